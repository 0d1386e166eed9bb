//! Exceptions that nobody could tell of, named with what groups of lines came to.
//!
//! In: what a rule found in a part. Out: the same, each finding with the exceptions that were not known
//! of one of its lines. Rules of single lines and stays name theirs themselves.

use jihe_frame::{Hit, HitLine};
use jihe_rules::plan::Family;

use crate::found::{Found, exceptions};
use crate::run::{Part, Run};
use crate::subjects::Subjects;

/// Notes the exceptions that are not known of the lines that a finding cuts, of all its lines if it cuts
/// none.
pub(crate) fn name_unknown(run: &Run<'_>, rule: usize, part: &Part<'_>, found: &mut Found) {
    let plan = run.rule(rule);
    let names_its_own = matches!(plan.family, Family::Line | Family::Stay);
    if plan.exceptions.is_empty() || names_its_own || found.hits.hits.is_empty() {
        return;
    }
    let row_of = |line: &HitLine| {
        line.line.checked_sub(part.first).filter(|&row| (row as usize) < part.len())
    };
    let lines = |hit: &Hit| -> Vec<u32> {
        let all = found.hits.lines_of(hit);
        let cuts_none = !all.iter().any(|line| line.is_cut());
        all.iter().filter(|line| cuts_none || line.is_cut()).filter_map(row_of).collect()
    };
    let of_hits: Vec<Vec<u32>> = found.hits.hits.iter().map(lines).collect();
    let mut rows = of_hits.concat();
    rows.sort_unstable();
    rows.dedup();
    let excepted = exceptions(&Subjects::of_lines(run, part, &rows, &plan.params), rule);
    for (hit, of_hit) in found.hits.hits.iter_mut().zip(&of_hits) {
        let places = of_hit.iter().filter_map(|row| rows.binary_search(row).ok());
        hit.unknown_exceptions |= places.fold(0, |all, place| all | excepted.unknown(place));
    }
}
