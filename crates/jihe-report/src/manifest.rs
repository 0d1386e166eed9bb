//! `manifest.json`: what went in, what came out, and the totals; written last.
//!
//! Nothing in it depends on clock, host, folder or threads. `seal` is the BLAKE3 of the manifest
//! itself without the seal.

use std::collections::BTreeMap;

use jihe_settle::Stage;
use jihe_terms::schema::TableName;
use serde::{Deserialize, Serialize};

use crate::layout::{Format, ResultTable};
use crate::scored::Scored;
use crate::value::yuan;

/// The name of the manifest's file.
pub const MANIFEST: &str = "manifest.json";
/// The name of the file with the rules in words.
pub const RULES: &str = "rules.json";

/// The manifest of a result folder. Fields are in alphabetical order, and so are they written.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Manifest {
    /// Arguments that matter.
    pub arguments: BTreeMap<String, String>,
    /// What the rules looked at.
    pub coverage: CoverageTotals,
    /// The engine.
    pub engine: EngineName,
    /// `parquet` or `csv`.
    pub format: String,
    /// Files of the month and of the carried state.
    pub inputs: Vec<FileDigest>,
    /// The rules.
    pub pack: PackDigest,
    /// Files of the reference folder.
    pub reference: Vec<FileDigest>,
    /// Files of results, this one excepted.
    pub results: Vec<ResultDigest>,
    /// Rows by table.
    pub rows: BTreeMap<String, RowCounts>,
    /// BLAKE3 of the manifest without this field.
    #[serde(default)]
    pub seal: String,
    /// `before` or `after`.
    pub stage: String,
    /// Control totals.
    pub totals: RunTotals,
}

/// Sums over all rules.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct CoverageTotals {
    /// Findings.
    pub n_hit: u64,
    /// Rules.
    pub n_rules: u64,
    /// Rules with subjects that could not be judged.
    pub not_evaluable: Vec<String>,
}

/// Name and version of the engine.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct EngineName {
    /// Always `jihe`.
    pub name: String,
    /// Version.
    pub version: String,
}

/// A file that was read.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct FileDigest {
    /// BLAKE3.
    pub blake3: String,
    /// Name inside its folder.
    pub file: String,
    /// Bytes.
    pub n_bytes: u64,
    /// Rows.
    pub n_rows: u64,
    /// Table.
    pub table: String,
}

/// A rule pack.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct PackDigest {
    /// BLAKE3 of each file, by name.
    pub files: BTreeMap<String, String>,
    /// Id of the uppermost pack.
    pub id: String,
    /// Rows of lower packs that were replaced.
    pub replacements: Vec<String>,
}

/// A result file.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ResultDigest {
    /// BLAKE3.
    pub blake3: String,
    /// Name.
    pub file: String,
    /// Bytes.
    pub n_bytes: u64,
    /// Rows.
    pub n_rows: u64,
}

/// Rows of one input table: read = judged + netted + quarantined.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct RowCounts {
    /// Judged.
    pub judged: u64,
    /// Netted.
    pub netted: u64,
    /// Quarantined.
    pub quarantined: u64,
    /// Read.
    pub read: u64,
}

/// Control totals; money in yuan with two decimals.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct RunTotals {
    /// Highest sum of fines.
    pub fine_high: String,
    /// Lowest sum of fines.
    pub fine_low: String,
    /// Fund payment.
    pub fund_pay_sumamt: String,
    /// Held.
    pub held_amt: String,
    /// Loss.
    pub loss_amt: String,
    /// Billed amount.
    pub medfee_sumamt: String,
    /// Findings.
    pub n_findings: u64,
    /// Judged lines.
    pub n_lines: u64,
    /// Lines with a refused part.
    pub n_refused_lines: u64,
    /// Base of the fines.
    pub penalty_base_amt: String,
    /// Refused amount.
    pub refused_amt: String,
    /// The fund's part of it.
    pub refused_fund_amt: String,
}

impl Manifest {
    /// Describes a run and the result files already written.
    pub(crate) fn new(scored: &Scored<'_>, format: Format, results: Vec<ResultDigest>) -> Self {
        let files = |files: &[jihe_frame::InputFile]| {
            let mut files: Vec<_> = files.iter().collect();
            files.sort();
            files.into_iter().map(FileDigest::of).collect::<Vec<_>>()
        };
        let mut manifest = Self {
            arguments: scored.arguments.iter().cloned().collect(),
            coverage: coverage(scored),
            engine: EngineName { name: "jihe".to_owned(), version: scored.version.to_owned() },
            format: format.word().to_owned(),
            inputs: files(&scored.month.inputs),
            pack: PackDigest {
                files: scored.plan.digests.iter().cloned().collect(),
                id: scored.plan.pack.clone(),
                replacements: scored.plan.replacements.clone(),
            },
            reference: files(scored.other_inputs),
            results,
            rows: rows(scored),
            seal: String::new(),
            stage: stage_word(scored.stage).to_owned(),
            totals: totals(scored),
        };
        manifest.seal = manifest.seal_of();
        manifest
    }

    /// The bytes of the file.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }

    /// The seal that the other fields ask for.
    pub(crate) fn seal_of(&self) -> String {
        let open = Self { seal: String::new(), ..self.clone() };
        blake3::hash(&open.bytes()).to_hex().to_string()
    }

    /// The format of the result tables, if it is one of ours.
    pub(crate) fn format(&self) -> Option<Format> {
        Format::from_word(&self.format)
    }
}

impl FileDigest {
    fn of(input: &jihe_frame::InputFile) -> Self {
        Self {
            blake3: input.digest.clone(),
            file: input.file.clone(),
            n_bytes: input.n_bytes,
            n_rows: input.n_rows,
            table: input.table.file().to_owned(),
        }
    }
}

/// The word of a stage.
pub(crate) fn stage_word(stage: Stage) -> &'static str {
    match stage {
        Stage::Before => "before",
        Stage::After => "after",
    }
}

/// Every file that the state of a month may hold.
pub(crate) fn is_state(name: &str) -> bool {
    let table = |table: &TableName| Some(table.file()) == name.strip_suffix(".parquet");
    name == MANIFEST || TableName::ALL.iter().any(table)
}

/// Every file that a result folder may hold.
pub(crate) fn is_result(name: &str) -> bool {
    name == MANIFEST
        || name == RULES
        || ResultTable::ALL.iter().any(|table| {
            name == Format::Parquet.name_of(*table) || name == Format::Csv.name_of(*table)
        })
}

fn coverage(scored: &Scored<'_>) -> CoverageTotals {
    let not_evaluable = scored.coverage.iter().filter(|rule| 0 < rule.n_not_evaluable);
    let mut not_evaluable: Vec<String> = not_evaluable
        .filter_map(|rule| scored.plan.rules.get(usize::from(rule.rule)))
        .map(|rule| rule.id.clone())
        .collect();
    not_evaluable.sort();
    CoverageTotals {
        n_hit: scored.coverage.iter().map(|rule| rule.n_hit).fold(0, u64::saturating_add),
        n_rules: u64::try_from(scored.coverage.len()).unwrap_or(u64::MAX),
        not_evaluable,
    }
}

fn rows(scored: &Scored<'_>) -> BTreeMap<String, RowCounts> {
    let counts = scored.month.counts.iter();
    counts
        .map(|(table, counts)| {
            let counts = RowCounts {
                judged: counts.judged,
                netted: counts.netted,
                quarantined: counts.quarantined,
                read: counts.read,
            };
            (table.file().to_owned(), counts)
        })
        .collect()
}

fn totals(scored: &Scored<'_>) -> RunTotals {
    let totals = &scored.ledger.totals;
    let penalties = &scored.ledger.penalties;
    let sum = |of: fn(&jihe_settle::Penalty) -> i128| {
        yuan(penalties.iter().map(of).fold(0, i128::saturating_add))
    };
    RunTotals {
        fine_high: sum(|penalty| penalty.fine_high),
        fine_low: sum(|penalty| penalty.fine_low),
        fund_pay_sumamt: yuan(totals.fund_pay),
        held_amt: yuan(totals.held),
        loss_amt: yuan(totals.loss),
        medfee_sumamt: yuan(totals.medfee),
        n_findings: totals.n_findings,
        n_lines: totals.n_lines,
        n_refused_lines: totals.n_refused_lines,
        penalty_base_amt: sum(|penalty| penalty.base),
        refused_amt: yuan(totals.refused),
        refused_fund_amt: yuan(totals.refused_fund),
    }
}
