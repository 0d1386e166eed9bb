//! `jihe synth`.

use std::fmt::Write;

use jihe_testkit::synth::{CityOptions, CitySummary, write_city};
use serde_json::json;

use crate::args::SynthArgs;
use crate::exit::{Exit, Failure};
use crate::output;
use crate::progress::Progress;

/// Makes a city.
pub(crate) fn run(args: &SynthArgs) -> Result<Exit, Failure> {
    let options = CityOptions {
        n_months: args.months,
        pack: args.rules.clone(),
        reference: args.reference.clone(),
        format: args.format.into(),
        ..CityOptions::new(args.lines, args.seed)
    };
    let progress = Progress::new(args.quiet);
    let summary = write_city(&args.dir, &options, &mut |n_lines| progress.tell("lines", n_lines))?;
    progress.end();
    output::summary_of_done(
        &if args.json { json_text(&summary) } else { text(&summary) },
        args.json,
    );
    Ok(Exit::Done)
}

fn text(summary: &CitySummary) -> String {
    let mut text = format!(
        "lines {}, settlements {}, encounters {}, persons {}, planted lines {}, findings of institutions {}\n",
        summary.n_lines,
        summary.n_settlements,
        summary.n_encounters,
        summary.n_persons,
        summary.n_truth,
        summary.n_truth_findings
    );
    for (rule, n_planted) in &summary.planted {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  {rule}: {n_planted}");
    }
    text
}

fn json_text(summary: &CitySummary) -> String {
    let planted: serde_json::Map<_, _> =
        summary.planted.iter().map(|(rule, n)| ((*rule).to_owned(), json!(n))).collect();
    let answer = json!({
        "n_lines": summary.n_lines,
        "n_settlements": summary.n_settlements,
        "n_encounters": summary.n_encounters,
        "n_persons": summary.n_persons,
        "n_truth": summary.n_truth,
        "n_truth_findings": summary.n_truth_findings,
        "planted": planted,
    });
    format!("{answer:#}")
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::*;
    use crate::args::FormatWord;

    /// How a city of so many lines with a pack and a reference ends.
    fn ends(dir: &Path, lines: u64, [rules, reference]: [Option<&str>; 2]) -> (Exit, String) {
        let args = SynthArgs {
            dir: dir.to_path_buf(),
            lines,
            seed: 1,
            months: 1,
            rules: rules.map(PathBuf::from),
            reference: reference.map(PathBuf::from),
            format: FormatWord::Csv,
            quiet: true,
            json: false,
        };
        run(&args).map_or_else(|failure| (failure.exit, failure.text), |exit| (exit, String::new()))
    }

    #[test]
    fn what_is_wrong_with_a_city_tells_how_the_command_ends() {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("city");
        let options = CityOptions::new(40, 1);
        assert_eq!(write_city(&dir, &options, &mut |_| ()).unwrap().n_lines, 40);
        assert_eq!(ends(&dir, 0, [None, None]).0, Exit::Usage);
        let (exit, text) = ends(&dir, 40, [Some("/no/pack"), None]);
        assert!(exit == Exit::Usage && text.ends_with("errors: 1"), "{text}");
        let (exit, text) = ends(&dir, 40, [None, Some("/no/tables")]);
        assert!(exit == Exit::Input && text.ends_with(": /no/tables"), "{text}");
        assert_eq!(ends(&dir.join("truth.csv/city"), 40, [None, None]).0, Exit::Output);
        std::fs::write(dir.join("months/letter.txt"), "dear").unwrap();
        let (exit, text) = ends(&dir, 40, [None, None]);
        assert!(exit == Exit::Usage && text.ends_with("letter.txt"), "{text}");
    }
}
