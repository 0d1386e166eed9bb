//! A use too soon after the paid ones before it.

use std::cmp::Reverse;

use jihe_frame::{Cut, Evidence, HitLine, Value};
use jihe_kernels::limit::too_soon;
use jihe_rules::plan::Shape;
use jihe_terms::NO_NUMBER;

use crate::evaluate::numbers;
use crate::found::{Found, Place, in_scope, not_exempt};
use crate::judge::line::{in_force, pairs};
use crate::open::{Why, once, only};
use crate::run::{Part, Run, lookup_table};
use crate::subjects::Subjects;

#[derive(Clone, Copy)]
struct Use {
    person: u32,
    item: u32,
    row: u32,
    table_row: u32,
    days: i64,
    max_count: i64,
    /// Nobody can tell that no exception takes it out.
    is_open: bool,
}

/// Judges the candidates of a part by the period of their items.
pub(crate) fn judge(run: &Run<'_>, rule: usize, part: &Part<'_>, rows: &[u32], found: &mut Found) {
    let plan = run.rule(rule);
    let Shape::Period { lookup, days, max_count } = &plan.shape else { return };
    let Some(table) = lookup_table(run.engine, &lookup.table) else { return };
    let in_force = in_force(run.engine.rows_of(rule, table), part, rows);
    let rows = in_scope(run, rule, part, &in_force, found);
    let (rows, open) = not_exempt(run, rule, part, rows, found);
    let (pair_rows, table_rows) = pairs(run.rows.of_rule(run.engine, rule, table), part, &rows);
    let on = Subjects::of_lines(run, part, &pair_rows, &plan.params).with_rows(table, &table_rows);
    let (days, max_count) = (numbers(days, &on), numbers(max_count, &on));
    let mut uses = Vec::new();
    for (idx, (&row, &table_row)) in pair_rows.iter().zip(&table_rows).enumerate() {
        let is_open = !open.is_empty() && open.binary_search(&row).is_ok();
        let is_own = !part.carried[row as usize];
        let (days, max_count) = (days[idx], max_count[idx]);
        if days == NO_NUMBER || max_count == NO_NUMBER {
            if is_own {
                found.line_not_evaluable(part, row);
            }
            continue;
        }
        found.n_judged += u64::from(is_own);
        let (person, item) = (part.person[row as usize], part.item[row as usize]);
        uses.push(Use { person, item, row, table_row, days, max_count, is_open });
    }
    uses.sort_unstable_by_key(|one| {
        (one.person, one.item, one.row, one.max_count, Reverse(one.days), one.table_row)
    });
    let has_open = uses.iter().any(|one| one.is_open);
    if !has_open {
        // A line counts once, by the least count and, of equal ones, the longest period.
        uses.dedup_by_key(|one| one.row);
    }
    for of_item in uses.chunk_by(|a, b| (a.person, a.item) == (b.person, b.item)) {
        if !has_open {
            judge_group(run, rule, part, (of_item, &[]), found);
            continue;
        }
        let group = once(of_item.iter().copied(), |one| one.row);
        let closed = once(of_item.iter().filter(|one| !one.is_open).copied(), |one| one.row);
        let soon = |group: &[Use]| -> Vec<u32> {
            let marked = group.iter().zip(marks(part, group)).filter(|(_, is_soon)| *is_soon);
            marked.map(|(one, _)| one.row).collect()
        };
        let (with, without) = (soon(&group), soon(&closed));
        found.open_lines(part, (&with, &without), Why::EXCEPTION);
        judge_group(run, rule, part, (&closed, &only(&without, &with)), found);
    }
}

/// Which uses of a group are too soon after the paid ones before them.
fn marks(part: &Part<'_>, group: &[Use]) -> Vec<bool> {
    let day: Vec<i32> = group.iter().map(|one| part.day[one.row as usize]).collect();
    let days: Vec<i64> = group.iter().map(|one| one.days).collect();
    let counts: Vec<i64> = group.iter().map(|one| one.max_count).collect();
    too_soon(&day, &days, &counts)
}

/// The uses of a group; those that are barred, ascending, are not surely too soon.
fn judge_group(
    run: &Run<'_>,
    rule: usize,
    part: &Part<'_>,
    (group, barred): (&[Use], &[u32]),
    found: &mut Found,
) {
    let marks = marks(part, group);
    let day = |idx: usize| part.day[group[idx].row as usize];
    let mut paid: Option<usize> = None;
    for (idx, one) in group.iter().enumerate() {
        let Some(previous) = paid.filter(|_| marks[idx]) else {
            paid = Some(idx);
            continue;
        };
        if part.carried[one.row as usize] || barred.binary_search(&one.row).is_ok() {
            continue;
        }
        let lines = [
            HitLine::new(part.first + one.row, Evidence::Cut(Cut::Whole)),
            HitLine::new(part.first + group[previous].row, Evidence::Shown),
        ];
        let values = [
            Value::Day(day(previous)),
            Value::Int(one.days),
            Value::Int(i64::from(day(idx)) - i64::from(day(previous))),
            Value::Int(one.max_count),
        ];
        let place = Place {
            row: one.table_row,
            ..Place::of_line(rule, run.rule(rule).grade, part, one.row)
        };
        found.push(place, &lines, values);
    }
}
