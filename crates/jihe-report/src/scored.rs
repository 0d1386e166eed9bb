//! A scored month as the writers see it.

use std::collections::BTreeMap;

use jihe_catalogue::InForce;
use jihe_frame::{
    Benefits, Coverage, Exempt, FindingId, Hits, InputFile, KeptLines, NetMonth, Review,
};
use jihe_rules::plan::Plan;
use jihe_settle::{Ledger, Stage};
use jihe_terms::Texts;

use crate::frames::put;

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
    /// By hit: `jr_id`.
    pub jr_ids: &'a [FindingId],
    /// Rules and ids of findings that follow these, and are written elsewhere.
    pub further: &'a [(u16, FindingId)],
    /// Where row groups begin anew: the place of a hit, and the number of a line.
    pub cuts: &'a [(usize, u32)],
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
    /// Names of items from the catalogue.
    pub items: ItemNames<'a>,
    /// Where a row of a reference table (`price_limits`, `catalogue`, …) is from, if the run knows.
    pub reference_row: &'a (dyn Fn(&str, u32) -> Option<RowSource<'a>> + Sync),
    /// Arguments that matter, by name, for the manifest.
    pub arguments: &'a [(String, String)],
    /// Version of the engine.
    pub version: &'a str,
}

impl Scored<'_> {
    /// The rule and the id of a hit, or of one that follows them.
    pub(crate) fn rule_and_id(&self, hit: u32) -> Option<(u16, FindingId)> {
        let hit = usize::try_from(hit).ok()?;
        match hit.checked_sub(self.hits.hits.len()) {
            Some(place) => self.further.get(place).copied(),
            None => Some((self.hits.hits.get(hit)?.rule, *self.jr_ids.get(hit)?)),
        }
    }

    /// What a review decided of a finding.
    pub(crate) fn review(&self, id: FindingId) -> Option<&Review> {
        // Most runs have none: then no text is made.
        (!self.reviews.is_empty()).then(|| self.reviews.get(id.to_string().as_str())).flatten()
    }
}

/// Names of items, by the rows of the catalogue.
#[derive(Clone, Copy, Debug, Default)]
pub struct ItemNames<'a> {
    /// Which row of an item (by the id of its code) holds on a day, and the name of each row; none
    /// without a catalogue.
    pub rows: Option<(&'a InForce, &'a Texts)>,
}

impl ItemNames<'_> {
    /// The catalogue's row of an item on a day (since 1970).
    pub(crate) fn row(&self, item: u32, day: i32) -> Option<u32> {
        self.rows.and_then(|(in_force, _)| in_force.on(item, day).next())
    }

    /// Adds the name that a row of the catalogue gives.
    pub(crate) fn put_row(&self, row: u32, text: &mut Vec<u8>) {
        if let Some((_, names)) = self.rows {
            put(names.bytes(usize::try_from(row).unwrap_or(usize::MAX)), text);
        }
    }

    /// The number of rows.
    pub(crate) fn n_rows(&self) -> usize {
        self.rows.map_or(0, |(_, names)| names.len())
    }

    /// Adds the name of an item on a day, or nothing.
    pub(crate) fn put_name(&self, item: u32, day: i32, text: &mut Vec<u8>) {
        if let Some(row) = self.row(item, day) {
            self.put_row(row, text);
        }
    }
}

/// Where a row of a table is from.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct RowSource<'a> {
    /// Its file, as written in evidence: `price_limits.csv`.
    pub file: &'a str,
    /// Line of the text file, or row of the binary file from 1.
    pub row: u64,
    /// Document and row that it rests on; may be empty.
    pub basis: &'a str,
}
