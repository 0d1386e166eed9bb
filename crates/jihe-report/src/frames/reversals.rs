//! `reversals`: reversals without an original, by key.

use std::ops::Range;

use crate::frames::Frames;
use crate::layout::ResultTable;
use crate::sheet::Sheet;

/// Some rows of the table.
pub(super) fn sheet<'f>(frames: &'f Frames<'_>, range: Range<usize>) -> Sheet<'f> {
    let rows = frames.scored.month.reversals.get(range).unwrap_or(&[]);
    let rows = || rows.iter();
    let mut sheet = Sheet::new(ResultTable::Reversals, false);
    sheet.text(rows().map(|reversal| reversal.table.file()));
    sheet.text(rows().map(|reversal| &reversal.key));
    sheet.text(rows().map(|reversal| &reversal.fixmedins_code));
    sheet.number(rows().map(|reversal| reversal.amount_fen));
    sheet.number(rows().map(|reversal| reversal.fund_fen));
    sheet.text(rows().map(|reversal| &reversal.reason));
    sheet
}
