//! Trace codes of the reference folder that name lines of a claim or its history.

use std::io::Result;

use jihe_frame::{Codes, LinePart, NetMonth, Traces};

use crate::options::TraceRows;
use crate::place::id;
use crate::traces::{Claimant, Claimants, Claimed, Traced};

/// The uses of the rows that name a line, as in a month.
pub(super) fn traces(
    part: &LinePart,
    month: &NetMonth,
    given: &TraceRows,
    by_encounter: bool,
) -> Result<Traces> {
    let mut rows: Vec<u32> = Vec::new();
    for line in 0..part.len() {
        rows.extend(given.of_line(&part.key.bytes(line)));
    }
    if rows.is_empty() {
        return Ok(Traces::default());
    }
    rows.sort_unstable();
    rows.dedup();
    let given = given.some(&rows);
    let heads = part.key.heads();
    let traced = Traced::new(None, Some(&given), (Codes::default(), heads), (&month.codes, false))?;
    let claimed = |line: usize| {
        let codes = traced.find(part.key.pair(line))?;
        let settlement = part.settlement.get(line).copied()?;
        let is_carried = part.carried.get(line).copied()?;
        Some((codes, Claimant { line: id(line), settlement, is_carried, by_encounter }))
    };
    let claimed: Vec<Claimed> = (0..part.len()).filter_map(claimed).collect();
    let claims = |_| Ok(claimed.clone());
    let lines = Claimants { firsts: &[0, id(part.len())], claims: &claims, file: None };
    traced.traces(&lines, (&[], by_encounter), &month.settlements.ids)
}
