//! `reversals`: reversals without an original, by key.

use std::ops::Range;

use arrow_array::RecordBatch;

use crate::frames::Frames;
use crate::layout::ResultTable;
use crate::sheet::Sheet;

/// Some rows of the table.
pub(super) fn batch(frames: &Frames<'_>, range: Range<usize>) -> RecordBatch {
    let rows = frames.scored.month.reversals.get(range).unwrap_or(&[]);
    let rows = || rows.iter();
    let mut sheet = Sheet::new(ResultTable::Reversals, false);
    sheet.text(rows().map(|reversal| reversal.table.file()));
    sheet.text(rows().map(|reversal| &reversal.key));
    sheet.text(rows().map(|reversal| &reversal.fixmedins_code));
    sheet.decimal(rows().map(|reversal| reversal.amount_fen));
    sheet.decimal(rows().map(|reversal| reversal.fund_fen));
    sheet.text(rows().map(|reversal| &reversal.reason));
    sheet.finish()
}
