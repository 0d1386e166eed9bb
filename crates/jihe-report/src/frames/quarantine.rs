//! `quarantine`: rows put aside, by table, file and row.

use std::ops::Range;

use crate::frames::Frames;
use crate::layout::ResultTable;
use crate::sheet::Sheet;

/// Some rows of the table.
pub(super) fn sheet<'f>(frames: &'f Frames<'_>, range: Range<usize>) -> Sheet<'f> {
    let all = &frames.scored.month.quarantine;
    let rows = || range.clone().filter_map(|place| all.get(place));
    let mut sheet = Sheet::new(ResultTable::Quarantine, false);
    sheet.text(rows().map(|defect| defect.table.file()));
    sheet.text(rows().map(|defect| defect.file));
    sheet.count(rows().map(|defect| defect.row));
    sheet.text(rows().map(|defect| defect.column));
    sheet.text(rows().map(|defect| defect.reason));
    sheet.text(rows().map(|defect| defect.value));
    sheet
}
