//! `benefits`: one row for each settlement that the benefit policy speaks of, by the policy and as it
//! was paid.

use std::ops::Range;

use crate::evidence;
use crate::frames::{Frames, code_text, idx, settlement_text};
use crate::layout::ResultTable;
use crate::sheet::Sheet;

/// Some rows of the table.
pub(super) fn sheet<'f>(frames: &'f Frames<'_>, range: Range<usize>) -> Sheet<'f> {
    let scored = &frames.scored;
    let rows = scored.benefits.settlements.get(range).unwrap_or(&[]);
    let rows = || rows.iter();
    let table = scored.plan.tables.get("benefit_kind");
    let kind = |row: u32| {
        let texts = table?.texts("kind")?;
        (idx(row) < texts.len()).then(|| texts.text(idx(row)))
    };
    let source = |row: u32| Some(evidence::table_row(table?, "benefit_kind", row)?.text());
    let mut sheet = Sheet::new(ResultTable::Benefits, false);
    sheet.maybe_text(rows().map(|row| settlement_text(scored, row.settlement)));
    sheet.text(rows().map(|row| code_text(scored, row.institution)));
    sheet.maybe_text(rows().map(|row| kind(row.kind)));
    sheet.number(rows().map(|row| row.amount));
    sheet.number(rows().map(|row| row.in_policy));
    sheet.number(rows().map(|row| row.deductible));
    sheet.number(rows().map(|row| row.over_cap));
    sheet.number(rows().map(|row| row.fund));
    sheet.number(rows().map(|row| row.amount.saturating_sub(row.fund)));
    sheet.number(rows().map(|row| row.settled_in_policy));
    sheet.number(rows().map(|row| row.settled_fund));
    sheet.number(rows().map(|row| row.settled_fund.saturating_sub(row.fund)));
    sheet.number(rows().map(|row| row.used_deductible));
    sheet.number(rows().map(|row| row.used_fund));
    sheet.maybe_text(rows().map(|row| source(row.kind)));
    sheet
}
