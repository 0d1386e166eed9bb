//! The same service in two settlements.

use jihe_frame::{Cut, Evidence, HitLine, Value};
use jihe_terms::NO_CODE;

use crate::found::{Found, Place};
use crate::judge::moment::{alike, each_repeated, n_due};
use crate::run::{Part, Run};

/// What must be the same beside the item: quantity, amount.
type Content = (i64, i64);

/// Judges all lines of a part for services settled before in another settlement.
pub(crate) fn judge(run: &Run<'_>, rule: usize, part: &Part<'_>, found: &mut Found) {
    found.n_judged += n_due(run, rule, part);
    let rows = alike(run, rule, part, content, found);
    let is_settled = |row: u32| part.settlement[row as usize] != NO_CODE;
    let mut settled: Vec<u32> = Vec::new();
    each_repeated(part, &rows, content, &mut |group| {
        settled.clear();
        for row in group.iter().map(|one| one.1) {
            if is_settled(row) {
                settled.push(row);
            } else if !part.carried[row as usize] {
                found.n_judged -= 1;
                found.not_evaluable_for(part.amount[row as usize], "lines.setl_id is missing");
            }
        }
        report(run, rule, part, &settled, found);
    });
}

fn content(part: &Part<'_>, row: u32) -> Content {
    (part.cnt[row as usize], part.amount[row as usize])
}

/// What another settlement than the first one's has is settled twice.
fn report(run: &Run<'_>, rule: usize, part: &Part<'_>, group: &[u32], found: &mut Found) {
    let Some(&first) = group.first() else { return };
    let settlement = |row: u32| part.settlement[row as usize];
    let n_same = i64::try_from(group.len()).unwrap_or(i64::MAX);
    for &row in group {
        if settlement(row) == settlement(first) || part.carried[row as usize] {
            continue;
        }
        let lines = [
            HitLine::new(part.first + row, Evidence::Cut(Cut::Whole)),
            HitLine::new(part.first + first, Evidence::Shown),
        ];
        let values = [
            Value::Line(part.first + first),
            Value::Settlement(settlement(first)),
            Value::Int(n_same),
            Value::Missing,
        ];
        found.push(Place::of_line(rule, run.rule(rule).grade, part, row), &lines, values);
    }
}
