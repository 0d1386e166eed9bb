//! The same service in two settlements.

use jihe_frame::{Cut, Evidence, HitLine, Value};
use jihe_terms::NO_CODE;

use crate::found::{Found, Place, in_scope, without_exempt};
use crate::run::{Part, Run};

/// What must be the same: item, quantity, amount.
type Content = (u32, i64, i64);

/// Judges all lines of a part for services settled before in another settlement.
pub(crate) fn judge(run: &Run<'_>, rule: usize, part: &Part<'_>, found: &mut Found) {
    let n_own = part.carried.iter().filter(|&&carried| !carried).count();
    found.n_judged += u64::try_from(n_own).unwrap_or(u64::MAX);
    let mut rows: Vec<u32> = Vec::new();
    // Lines are ordered by person and time, so only neighbours can be the same.
    let moment = |row: u32| (part.person[row as usize], part.time[row as usize]);
    let is_settled = |row: u32| part.settlement[row as usize] != NO_CODE;
    let all = part.all();
    for of_moment in all.chunk_by(|&a, &b| moment(a) == moment(b)) {
        if 1 < of_moment.len() {
            collect(part, of_moment, &mut rows);
        }
    }
    if rows.is_empty() {
        return;
    }
    let rows = in_scope(run, rule, part, &rows, found);
    let rows = without_exempt(run, rule, part, rows, found);
    for of_moment in rows.chunk_by(|&a, &b| moment(a) == moment(b)) {
        let mut keyed: Vec<(Content, u32)> =
            of_moment.iter().map(|&row| (content(part, row), row)).collect();
        keyed.sort_unstable();
        for group in keyed.chunk_by(|a, b| a.0 == b.0).filter(|group| 1 < group.len()) {
            let (settled, others): (Vec<u32>, Vec<u32>) =
                group.iter().map(|&(_, row)| row).partition(|&row| is_settled(row));
            for row in others.into_iter().filter(|&row| !part.carried[row as usize]) {
                found.n_judged -= 1;
                found.not_evaluable_for(part.amount[row as usize], "lines.setl_id is missing");
            }
            report(run, rule, part, &settled, found);
        }
    }
}

fn content(part: &Part<'_>, row: u32) -> Content {
    let idx = row as usize;
    (part.item[idx], part.cnt[idx], part.amount[idx])
}

/// Adds the rows of one moment whose content is not alone.
fn collect(part: &Part<'_>, of_moment: &[u32], rows: &mut Vec<u32>) {
    let mut keyed: Vec<(Content, u32)> =
        of_moment.iter().map(|&row| (content(part, row), row)).collect();
    keyed.sort_unstable();
    let from = rows.len();
    for group in keyed.chunk_by(|a, b| a.0 == b.0).filter(|group| 1 < group.len()) {
        rows.extend(group.iter().map(|&(_, row)| row));
    }
    rows[from..].sort_unstable();
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
            HitLine { line: part.first + row, part: Evidence::Cut(Cut::Whole) },
            HitLine { line: part.first + first, part: Evidence::Shown },
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
