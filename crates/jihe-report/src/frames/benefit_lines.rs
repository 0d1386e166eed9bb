//! `benefit_lines`: the lines of settlements that were paid otherwise than the benefit policy comes to,
//! each amount in its parts.

use std::ops::Range;

use jihe_frame::LineBenefit;

use crate::frames::{Frames, code_text, line_text, settlement_text};
use crate::layout::ResultTable;
use crate::sheet::Sheet;

/// Some rows of the table.
#[expect(clippy::indexing_slicing, reason = "the row was placed by the month itself")]
pub(super) fn sheet<'f>(frames: &'f Frames<'_>, range: Range<usize>) -> Sheet<'f> {
    let scored = &frames.scored;
    let rows = scored.benefits.lines.get(range).unwrap_or(&[]);
    let rows = || rows.iter();
    let amount = |row: &LineBenefit| {
        let (part, at) = scored.lines.place(row.line);
        part.amount[at]
    };
    let item = |row: &LineBenefit| {
        let (part, at) = scored.lines.place(row.line);
        code_text(scored, part.item[at])
    };
    let mut sheet = Sheet::new(ResultTable::BenefitLines, false);
    sheet.maybe_text(rows().map(|row| settlement_text(scored, row.settlement)));
    sheet.maybe_text(rows().map(|row| line_text(scored, row.line)));
    sheet.text(rows().map(item));
    sheet.number(rows().map(amount));
    sheet.number(rows().map(|row| row.outside));
    sheet.number(rows().map(|row| row.over_price));
    sheet.number(rows().map(|row| row.first_share));
    sheet.number(rows().map(|row| row.in_policy));
    sheet.number(rows().map(|row| row.fund));
    sheet.number(rows().map(|row| amount(row).saturating_sub(row.fund)));
    sheet
}
