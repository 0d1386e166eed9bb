//! `exempt`: lines and stays that a named exception or a dated exemption took out.

use std::ops::Range;

use jihe_frame::Exempt;

use crate::evidence;
use crate::frames::{Frames, encounter_text, idx, line_text, rule_of, some};
use crate::layout::ResultTable;
use crate::sheet::Sheet;

/// The name that an exempt row bears if the pack's table `exemption` took it out.
const EXEMPTION: &str = "exemption";

/// Some rows of the table.
pub(super) fn sheet<'f>(frames: &'f Frames<'_>, range: Range<usize>) -> Sheet<'f> {
    let scored = &frames.scored;
    let rows = frames.exempts.get(range).unwrap_or(&[]);
    let rows = || rows.iter();
    let table = scored.plan.tables.get(EXEMPTION);
    let name = |exempt: &Exempt| {
        let exceptions = &rule_of(scored, exempt.rule).exceptions;
        let own = exceptions.get(usize::from(exempt.exception));
        own.map_or(EXEMPTION, |exception| exception.name.as_str())
    };
    let reason = |exempt: &Exempt| {
        let texts = table?.texts("reason")?;
        some(exempt.row).map(idx).filter(|&row| row < texts.len()).map(|row| texts.text(row))
    };
    let until = |exempt: &Exempt| {
        table?.range.get(idx(some(exempt.row)?))?.until().map(|day| day.to_string())
    };
    let source =
        |exempt: &Exempt| Some(evidence::table_row(table?, EXEMPTION, some(exempt.row)?)?.text());
    let mut sheet = Sheet::new(ResultTable::Exempt, false);
    sheet.text(rows().map(|exempt| &rule_of(scored, exempt.rule).id));
    sheet.text(rows().map(name));
    sheet.maybe_text(rows().map(|exempt| line_text(scored, exempt.line)));
    sheet.maybe_text(rows().map(|exempt| encounter_text(scored, exempt.encounter)));
    sheet.maybe_text(rows().map(reason));
    sheet.maybe_text(rows().map(until));
    sheet.maybe_text(rows().map(source));
    sheet
}
