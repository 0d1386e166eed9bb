//! `coverage`: what each rule looked at, by rule id.

use std::ops::Range;

use jihe_frame::Coverage;

use crate::frames::{Frames, rule_of};
use crate::layout::ResultTable;
use crate::scored::Scored;
use crate::sheet::Sheet;
use crate::summary::will;

/// Some rows of the table.
pub(super) fn sheet<'f>(frames: &'f Frames<'_>, range: Range<usize>) -> Sheet<'f> {
    let scored = &frames.scored;
    let mut rows: Vec<&Coverage> = scored.coverage.iter().collect();
    rows.sort_by_key(|coverage| &rule_of(scored, coverage.rule).id);
    let rows = rows.get(range).unwrap_or(&[]);
    let rows = || rows.iter();
    let mut sheet = Sheet::new(ResultTable::Coverage, frames.wide(ResultTable::Coverage));
    sheet.text(rows().map(|coverage| &rule_of(scored, coverage.rule).id));
    sheet.count(rows().map(|coverage| coverage.n_judged));
    sheet.count(rows().map(|coverage| coverage.n_hit));
    sheet.count(rows().map(|coverage| coverage.n_exempt));
    sheet.count(rows().map(|coverage| coverage.n_not_evaluable));
    sheet.text(rows().map(|coverage| reason(scored, coverage)));
    sheet.decimal(rows().map(|coverage| coverage.amt_not_evaluable));
    sheet
}

/// Why subjects were not judged: what was missing, or that the rule holds only later.
fn reason(scored: &Scored<'_>, coverage: &Coverage) -> String {
    match will(scored, rule_of(scored, coverage.rule)) {
        Some((will, from)) if coverage.lacks.is_empty() => format!("will {will} from {from}"),
        _ => coverage.reason(),
    }
}
