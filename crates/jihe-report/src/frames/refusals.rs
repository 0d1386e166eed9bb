//! `refusals`: one row for each line with a refused part, in canonical order.

use std::ops::Range;

use arrow_array::RecordBatch;
use jihe_frame::LinePart;
use jihe_settle::LineMoney;

use crate::frames::{
    Frames, code_text, encounter_text, idx, person_text, rule_of, settlement_text,
};
use crate::layout::ResultTable;
use crate::sheet::Sheet;

struct Row<'a> {
    money: &'a LineMoney,
    part: &'a LinePart,
    at: usize,
}

/// Some rows of the table.
#[expect(clippy::indexing_slicing, reason = "rows were placed by the month itself")]
pub(super) fn batch(frames: &Frames<'_>, range: Range<usize>) -> RecordBatch {
    let scored = &frames.scored;
    let places = frames.refusals.get(range).unwrap_or(&[]).iter();
    let rows: Vec<Row<'_>> = places
        .filter_map(|&place| scored.ledger.lines.get(place))
        .map(|money| {
            let (part, at) = scored.lines.place(money.line);
            Row { money, part, at }
        })
        .collect();
    let rows = || rows.iter();
    let main = |row: &Row<'_>| scored.hits.hits.get(idx(row.money.main_hit));
    let mut sheet = Sheet::new(ResultTable::Refusals, false);
    sheet.text(rows().map(|row| row.part.key.text(row.at)));
    sheet.maybe_text(rows().map(|row| settlement_text(scored, row.part.settlement[row.at])));
    sheet.maybe_text(rows().map(|row| encounter_text(scored, row.part.encounter[row.at])));
    sheet.maybe_text(rows().map(|row| person_text(scored, row.part.person[row.at])));
    sheet.text(rows().map(|row| code_text(scored, row.part.institution[row.at])));
    sheet.text(rows().map(|row| code_text(scored, row.part.item[row.at])));
    sheet.decimal(rows().map(|row| row.part.amount[row.at]));
    sheet.decimal(rows().map(|row| row.money.refused_cnt));
    sheet.decimal(rows().map(|row| row.money.refused));
    sheet.decimal(rows().map(|row| row.money.refused_scp));
    sheet.decimal(rows().map(|row| row.money.refused_fund));
    sheet.decimal(rows().map(|row| row.money.loss));
    sheet.maybe_text(rows().map(|row| main(row).map(|hit| &rule_of(scored, hit.rule).id)));
    sheet.maybe_text(rows().map(|row| scored.jr_ids.get(idx(row.money.main_hit))));
    sheet.decimal(rows().map(|row| row.money.held));
    sheet.finish()
}
