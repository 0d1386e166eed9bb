//! The command line.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum};
use jihe_terms::{Day, Rate};

use crate::size;

/// Adjudicates China's basic medical insurance claims (稽核).
#[derive(Debug, Parser)]
#[command(name = "jihe", version, propagate_version = true, arg_required_else_help = true)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// A command.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Scores a month: what is refused, held, lost and may be fined.
    Score(ScoreArgs),
    /// Checks a rule pack: every fault at once, with place, reason and remedy.
    Check(CheckArgs),
    /// Tells the law and the arithmetic of a line or a finding.
    Explain(ExplainArgs),
    /// Takes official sheets into the tables of a pack or of a reference folder.
    Import(ImportArgs),
    /// Makes a seeded city with planted, labelled violations.
    Synth(SynthArgs),
    /// Recomputes every hash and total of a result folder.
    Verify(VerifyArgs),
}

impl Command {
    /// Whether the summary is to be one JSON object.
    pub(crate) fn json(&self) -> bool {
        match self {
            Self::Score(args) => args.json,
            Self::Check(args) => args.json,
            Self::Explain(args) => args.json,
            Self::Import(args) => args.json,
            Self::Synth(args) => args.json,
            Self::Verify(args) => args.json,
        }
    }
}

/// Options of `score`.
#[derive(Args, Debug)]
pub(crate) struct ScoreArgs {
    /// Folder of the month.
    pub(crate) month: PathBuf,
    /// Folder of the rule pack.
    #[arg(long, value_name = "PACK")]
    pub(crate) rules: PathBuf,
    /// Folder of the reference tables.
    #[arg(long, value_name = "DIR")]
    pub(crate) reference: PathBuf,
    /// Folder for the results, replaced whole.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Folder of the state between months: read if it is there, replaced afterwards.
    #[arg(long, value_name = "DIR")]
    pub(crate) state: Option<PathBuf>,
    /// Whether the claims were already paid out.
    #[arg(long, value_enum, default_value_t = StageWord::After)]
    pub(crate) stage: StageWord,
    /// File of reviews of earlier findings.
    #[arg(long, value_name = "FILE")]
    pub(crate) reviews: Option<PathBuf>,
    /// Threads; the results do not depend on them.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
    /// Memory to stay within, like 2GiB or 800M; a 32nd of the machine's, at least 880M, if not given.
    #[arg(long, value_name = "SIZE", value_parser = size::parse)]
    pub(crate) memory: Option<u64>,
    /// Encoding of CSV files.
    #[arg(long, value_enum, default_value_t = EncodingWord::Utf8)]
    pub(crate) encoding: EncodingWord,
    /// Format of the result tables.
    #[arg(long, value_enum, default_value_t = FormatWord::Parquet)]
    pub(crate) format: FormatWord,
    /// Says at the end what each step and rule took.
    #[arg(long)]
    pub(crate) profile: bool,
    /// Shows no progress.
    #[arg(long)]
    pub(crate) quiet: bool,
    /// Makes the summary one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Options of `check`.
#[derive(Args, Debug)]
pub(crate) struct CheckArgs {
    /// Folder of the rule pack.
    pub(crate) pack: PathBuf,
    /// Folder of the reference tables, to be read and compiled with the pack.
    #[arg(long, value_name = "DIR")]
    pub(crate) reference: Option<PathBuf>,
    /// The day from which the pack is looked at, like 2026-10-01; today if none.
    #[arg(long, value_name = "DAY", value_parser = day)]
    pub(crate) on: Option<jihe::Day>,
    /// Encoding of CSV files of the reference.
    #[arg(long, value_enum, default_value_t = EncodingWord::Utf8)]
    pub(crate) encoding: EncodingWord,
    /// Says nothing of warnings and notes.
    #[arg(long)]
    pub(crate) quiet: bool,
    /// Makes the answer one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Options of `explain`.
#[derive(Args, Debug)]
#[command(group(ArgGroup::new("what").required(true).args(["line", "finding", "settlement"])))]
pub(crate) struct ExplainArgs {
    /// Folder of results.
    pub(crate) out: PathBuf,
    /// Line by its key.
    #[arg(long, value_name = "BKKP_SN", allow_hyphen_values = true)]
    pub(crate) line: Option<String>,
    /// Encounter of the line, where lines of several encounters have one key.
    #[arg(long, value_name = "MDTRT_ID", requires = "line", allow_hyphen_values = true)]
    pub(crate) encounter: Option<String>,
    /// Finding by its id.
    #[arg(long, value_name = "JR_ID")]
    pub(crate) finding: Option<String>,
    /// Settlement by its id: what the benefit policy comes to, beside what was paid.
    #[arg(long, value_name = "SETL_ID", allow_hyphen_values = true)]
    pub(crate) settlement: Option<String>,
    /// Makes the answer one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
    /// Accepted on every command; there is no progress to show here.
    #[arg(long)]
    pub(crate) quiet: bool,
}

/// Options of `import`.
#[derive(Args, Debug)]
pub(crate) struct ImportArgs {
    /// Which rows are wanted; `auto` takes whatever is known.
    pub(crate) kind: String,
    /// The sheet: CSV, xlsx or xls.
    pub(crate) file: PathBuf,
    /// The pack or reference folder.
    #[arg(long, value_name = "PACK")]
    pub(crate) into: PathBuf,
    /// Encoding of a CSV file.
    #[arg(long, value_enum, default_value_t = EncodingWord::Utf8)]
    pub(crate) encoding: EncodingWord,
    /// First day of every row, instead of its day of publication.
    #[arg(long, value_name = "DAY", value_parser = day)]
    pub(crate) from: Option<Day>,
    /// Part of its price that a second operation of a group is paid at, like 0.5.
    #[arg(long, value_name = "RATIO", value_parser = ratio)]
    pub(crate) discount: Option<Rate>,
    /// CSV file that says of every row of the sheets what became of it.
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
    /// Shows no list of refused rows.
    #[arg(long)]
    pub(crate) quiet: bool,
    /// Makes the summary one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Options of `synth`.
#[derive(Args, Debug)]
pub(crate) struct SynthArgs {
    /// Folder for the city; an older city there is replaced.
    pub(crate) dir: PathBuf,
    /// Rows of `lines` in each month.
    #[arg(long, value_name = "N")]
    pub(crate) lines: u64,
    /// The seed: the same city for the same seed.
    #[arg(long, value_name = "S")]
    pub(crate) seed: u64,
    /// Months, one after the other.
    #[arg(long, value_name = "M", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=120))]
    pub(crate) months: u32,
    /// Pack whose tables name the restricted items; the national tables if none.
    #[arg(long, value_name = "PACK")]
    pub(crate) rules: Option<PathBuf>,
    /// Folder with a catalogue and prices to draw from.
    #[arg(long, value_name = "DIR")]
    pub(crate) reference: Option<PathBuf>,
    /// Format of the months' tables.
    #[arg(long, value_enum, default_value_t = FormatWord::Parquet)]
    pub(crate) format: FormatWord,
    /// Shows no progress.
    #[arg(long)]
    pub(crate) quiet: bool,
    /// Makes the summary one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Options of `verify`.
#[derive(Args, Debug)]
pub(crate) struct VerifyArgs {
    /// Folder of results.
    pub(crate) out: PathBuf,
    /// Makes the answer one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
    /// Accepted on every command; there is no progress to show here.
    #[arg(long)]
    pub(crate) quiet: bool,
}

/// Whether claims were paid.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum StageWord {
    /// Not yet paid out: the fund withholds.
    Before,
    /// Paid: the fund recovers its loss.
    After,
}

impl From<StageWord> for jihe::Stage {
    fn from(word: StageWord) -> Self {
        match word {
            StageWord::Before => Self::Before,
            StageWord::After => Self::After,
        }
    }
}

/// Encoding of text files.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum EncodingWord {
    /// UTF-8, with or without a byte order mark.
    Utf8,
    /// GB18030, which GBK and GB2312 are part of.
    Gb18030,
}

impl From<EncodingWord> for jihe::Encoding {
    fn from(word: EncodingWord) -> Self {
        match word {
            EncodingWord::Utf8 => Self::Utf8,
            EncodingWord::Gb18030 => Self::Gb18030,
        }
    }
}

impl From<EncodingWord> for jihe_import::Encoding {
    fn from(word: EncodingWord) -> Self {
        match word {
            EncodingWord::Utf8 => Self::Utf8,
            EncodingWord::Gb18030 => Self::Gb18030,
        }
    }
}

/// Format of tables.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum FormatWord {
    /// Parquet.
    Parquet,
    /// Comma-separated text.
    Csv,
}

impl From<FormatWord> for jihe::Format {
    fn from(word: FormatWord) -> Self {
        match word {
            FormatWord::Parquet => Self::Parquet,
            FormatWord::Csv => Self::Csv,
        }
    }
}

impl From<FormatWord> for jihe_testkit::synth::Format {
    fn from(word: FormatWord) -> Self {
        match word {
            FormatWord::Parquet => Self::Parquet,
            FormatWord::Csv => Self::Csv,
        }
    }
}

fn day(text: &str) -> Result<Day, String> {
    Day::parse(text).map_err(|why| format!("{why}, write yyyy-MM-dd"))
}

fn ratio(text: &str) -> Result<Rate, String> {
    let rate = Rate::parse(text).map_err(|why| format!("{why}, write a ratio like 0.5"))?;
    if (1..=1_000_000).contains(&rate.ppm()) {
        Ok(rate)
    } else {
        Err("not above 0 and up to 1".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn an_explanation_is_of_a_line_or_of_a_finding() {
        for (line, fits) in [
            ("jihe explain OUT --line B1", true),
            ("jihe explain OUT --finding a1", true),
            ("jihe explain OUT --line -B1", true),
            ("jihe explain OUT", false),
            ("jihe explain OUT --line B1 --finding a1", false),
            ("jihe score M --rules P --reference R --out O --threads 0", false),
            ("jihe score M --rules P --reference R --out O --threads 1024", true),
            ("jihe score M --rules P --reference R --out O --threads 1025", false),
            ("jihe score M --rules P --reference R --out O --memory 2GiB", true),
            ("jihe score M --rules P --reference R --out O --memory lots", false),
            ("jihe score M --rules P --reference R", false),
        ] {
            assert_eq!(Cli::try_parse_from(line.split(' ')).is_ok(), fits, "{line}");
        }
    }
}
