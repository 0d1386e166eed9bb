//! `penalties`: lawful ranges of fines, by institution or person and article.

use std::ops::Range;

use jihe_settle::Fined;

use crate::frames::{Frames, code_text, idx};
use crate::layout::ResultTable;
use crate::sheet::Sheet;

/// Some rows of the table.
pub(super) fn sheet<'f>(frames: &'f Frames<'_>, range: Range<usize>) -> Sheet<'f> {
    let scored = &frames.scored;
    let rows = scored.ledger.penalties.get(range).unwrap_or(&[]);
    let rows = || rows.iter();
    let hundredths = |multiple: u32| i128::from(multiple).saturating_mul(100);
    let mut sheet = Sheet::new(ResultTable::Penalties, frames.wide(ResultTable::Penalties));
    let persons = &scored.month.persons.ids;
    sheet.text(rows().map(|penalty| match penalty.subject {
        Fined::Institution(_) => "institution",
        Fined::Person(_) => "person",
    }));
    sheet.text(rows().map(|penalty| match penalty.subject {
        Fined::Institution(code) => code_text(scored, code),
        Fined::Person(person) => persons.text(idx(person)),
    }));
    sheet.text(rows().map(|penalty| penalty.article.key()));
    sheet.decimal(rows().map(|penalty| penalty.base));
    sheet.decimal(rows().map(|penalty| penalty.fine_low));
    sheet.decimal(rows().map(|penalty| penalty.fine_high));
    sheet.decimal(rows().map(|penalty| hundredths(penalty.mult_low)));
    sheet.decimal(rows().map(|penalty| hundredths(penalty.mult_high)));
    sheet.text(rows().map(|penalty| penalty.measures));
    sheet
}
