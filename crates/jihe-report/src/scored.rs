//! A scored month as the writers see it.

use std::collections::BTreeMap;

use jihe_frame::{Benefits, Coverage, Exempt, Hits, InputFile, KeptLines, NetMonth, Review};
use jihe_rules::plan::Plan;
use jihe_settle::{Ledger, Stage};

/// Everything a run found, by reference.
#[derive(Clone, Copy)]
pub struct Scored<'a> {
    /// The net month.
    pub month: &'a NetMonth,
    /// The rules.
    pub plan: &'a Plan,
    /// Findings, in the order in which they are written.
    pub hits: &'a Hits,
    /// The lines that findings and exemptions name.
    pub lines: &'a KeptLines,
    /// By hit: `jr_id`, hexadecimal.
    pub jr_ids: &'a [String],
    /// Money.
    pub ledger: &'a Ledger,
    /// By rule.
    pub coverage: &'a [Coverage],
    /// Subjects taken out by exceptions.
    pub exempts: &'a [Exempt],
    /// Settlements by the benefit policy.
    pub benefits: &'a Benefits,
    /// What reviews decided, by the id of the finding.
    pub reviews: &'a BTreeMap<String, Review>,
    /// Before or after payment.
    pub stage: Stage,
    /// Files of the reference folder and of the carried state.
    pub other_inputs: &'a [InputFile],
    /// Name of an item (code id, day since 1970) from the catalogue, or empty.
    pub item_name: &'a (dyn Fn(u32, i32) -> String + Sync),
    /// Where a row of a reference table (`price_limits`, `catalogue`, …) is from, if the run knows.
    pub reference_row: &'a (dyn Fn(&str, u32) -> Option<RowSource> + Sync),
    /// Arguments that matter, by name, for the manifest.
    pub arguments: &'a [(String, String)],
    /// Version of the engine.
    pub version: &'a str,
}

/// Where a row of a table is from.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct RowSource {
    /// Its file, as written in evidence: `price_limits.csv`.
    pub file: String,
    /// Line of the text file, or row of the binary file from 1.
    pub row: u64,
    /// Document and row that it rests on; may be empty.
    pub basis: String,
}
