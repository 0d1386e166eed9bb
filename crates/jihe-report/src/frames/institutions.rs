//! `institutions`: every institution with lines or settlements, by its code.

use std::ops::Range;

use crate::frames::{Frames, code_text};
use crate::layout::ResultTable;
use crate::sheet::Sheet;

/// Some rows of the table.
pub(super) fn sheet<'f>(frames: &'f Frames<'_>, range: Range<usize>) -> Sheet<'f> {
    let scored = &frames.scored;
    let rows = scored.ledger.institutions.get(range).unwrap_or(&[]);
    let rows = || rows.iter();
    let wide = frames.wide(ResultTable::Institutions);
    let mut sheet = Sheet::new(ResultTable::Institutions, wide);
    sheet.text(rows().map(|money| code_text(scored, money.institution)));
    sheet.count(rows().map(|money| money.n_lines));
    sheet.decimal(rows().map(|money| money.medfee));
    sheet.decimal(rows().map(|money| money.fund_pay));
    sheet.decimal(rows().map(|money| money.refused));
    sheet.decimal(rows().map(|money| money.refused_fund));
    sheet.decimal(rows().map(|money| money.loss));
    sheet.decimal(rows().map(|money| money.held));
    sheet.count(rows().map(|money| money.n_findings));
    sheet
}
