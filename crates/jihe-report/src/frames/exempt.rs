//! `exempt`: lines and stays that a named exception took out.

use std::ops::Range;

use crate::frames::{Frames, encounter_text, line_text, rule_of};
use crate::layout::ResultTable;
use crate::sheet::Sheet;

/// Some rows of the table.
pub(super) fn sheet<'f>(frames: &'f Frames<'_>, range: Range<usize>) -> Sheet<'f> {
    let scored = &frames.scored;
    let rows = frames.exempts.get(range).unwrap_or(&[]);
    let rows = || rows.iter();
    let name = |rule: u16, exception: u16| {
        let exceptions = &rule_of(scored, rule).exceptions;
        exceptions.get(usize::from(exception)).map_or("", |exception| exception.name.as_str())
    };
    let mut sheet = Sheet::new(ResultTable::Exempt, false);
    sheet.text(rows().map(|exempt| &rule_of(scored, exempt.rule).id));
    sheet.text(rows().map(|exempt| name(exempt.rule, exempt.exception)));
    sheet.maybe_text(rows().map(|exempt| line_text(scored, exempt.line)));
    sheet.maybe_text(rows().map(|exempt| encounter_text(scored, exempt.encounter)));
    sheet
}
