//! `finding_lines`: the lines of each finding, in canonical order within it.

use std::ops::Range;

use arrow_array::RecordBatch;
use jihe_frame::{Cut, Evidence, LinePart};
use jihe_settle::Credit;
use jihe_terms::{Moment, decimal_text};

use crate::frames::{Frames, code_text, lines_of, settlement_text};
use crate::layout::ResultTable;
use crate::sheet::Sheet;
use crate::value::trimmed;

struct Row<'a> {
    jr_id: &'a str,
    cut: Option<Cut>,
    credit: Option<&'a Credit>,
    part: &'a LinePart,
    at: usize,
}

/// Some rows of the table.
#[expect(clippy::indexing_slicing, reason = "rows were placed by the month itself")]
pub(super) fn batch(frames: &Frames<'_>, range: Range<usize>) -> RecordBatch {
    let scored = &frames.scored;
    let rows = rows(frames, range);
    let rows = || rows.iter();
    let mut sheet = Sheet::new(ResultTable::FindingLines, false);
    sheet.text(rows().map(|row| row.jr_id));
    sheet.text(rows().map(|row| row.part.key.text(row.at)));
    sheet.text(rows().map(|row| if row.cut.is_some() { "1" } else { "2" }));
    sheet.maybe_text(rows().map(|row| row.cut.map(word)));
    sheet.maybe_text(rows().map(|row| row.cut.and_then(value)));
    sheet.decimal(rows().map(|row| row.credit.map_or(0, |money| money.standalone)));
    sheet.decimal(rows().map(|row| row.credit.map_or(0, |money| money.credited)));
    sheet.decimal(rows().map(|row| row.credit.map_or(0, |money| money.loss)));
    sheet.decimal(rows().map(|row| row.credit.map_or(0, |money| money.held)));
    sheet.maybe_text(rows().map(|row| settlement_text(scored, row.part.settlement[row.at])));
    sheet.text(rows().map(|row| code_text(scored, row.part.item[row.at])));
    sheet.text(rows().map(|row| (scored.item_name)(row.part.item[row.at], row.part.day[row.at])));
    sheet.text(rows().map(|row| Moment::from_seconds(row.part.time[row.at]).to_string()));
    sheet.decimal(rows().map(|row| row.part.cnt[row.at]));
    sheet.decimal(rows().map(|row| row.part.pric[row.at]));
    sheet.decimal(rows().map(|row| row.part.amount[row.at]));
    sheet.decimal(rows().map(|row| row.part.scp[row.at]));
    sheet.text(rows().map(|row| code_text(scored, row.part.institution[row.at])));
    sheet.maybe_decimal(rows().map(|row| row.credit?.most.map(i128::from)));
    sheet.finish()
}

#[expect(clippy::arithmetic_side_effects, reason = "the range begins inside the hit found")]
fn rows<'a>(frames: &Frames<'a>, range: Range<usize>) -> Vec<Row<'a>> {
    let scored = frames.scored;
    let mut rows = Vec::with_capacity(range.len());
    let mut at = range.start;
    let mut hit_idx = frames.line_starts.partition_point(|&start| start <= at).saturating_sub(1);
    while at < range.end {
        let Some(hit) = scored.hits.hits.get(hit_idx) else { break };
        let start = frames.line_starts.get(hit_idx).copied().unwrap_or(at);
        let mut lines = lines_of(&scored, hit).to_vec();
        lines.sort_by_key(|line| line.line);
        let jr_id = scored.jr_ids.get(hit_idx).map_or("", String::as_str);
        for line in lines.iter().skip(at - start).take(range.end - at) {
            let (part, row) = scored.lines.place(line.line);
            let cut = match line.part {
                Evidence::Cut(cut) => Some(cut),
                Evidence::Shown => None,
            };
            let credit = cut.and_then(|_| frames.credit(hit_idx, line.line));
            rows.push(Row { jr_id, cut, credit, part, at: row });
        }
        at = start + lines.len();
        hit_idx += 1;
    }
    rows
}

fn word(cut: Cut) -> &'static str {
    match cut {
        Cut::Units(_) => "units",
        Cut::Price(_) => "price",
        Cut::Whole => "whole",
        Cut::Amount(_) => "amount",
    }
}

fn value(cut: Cut) -> Option<String> {
    match cut {
        Cut::Units(units) => Some(trimmed(units, 4)),
        Cut::Price(price) => Some(trimmed(price, 6)),
        Cut::Whole => None,
        Cut::Amount(amount) => Some(decimal_text(i128::from(amount), 2)),
    }
}
