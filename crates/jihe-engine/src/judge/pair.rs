//! Lines together: the same line twice, and an item beside the one that contains it.

use jihe_frame::{Cut, Evidence, HitLine, Value};
use jihe_kernels::pair::contained_units;
use jihe_rules::plan::Shape;
use jihe_terms::schema::TableName;

use crate::found::{Found, Place, in_scope, picked, without_exempt};
use crate::index::{ContainedIndex, OF_DAY, OF_STAY};
use crate::judge::limit::MOST_SHOWN;
use crate::judge::moment::{Keyed, alike, each_repeated, n_due};
use crate::run::{Part, Run};

/// Judges all lines of a part for lines billed twice.
pub(crate) fn judge_same(run: &Run<'_>, rule: usize, part: &Part<'_>, found: &mut Found) {
    found.n_judged += n_due(run, rule, part);
    let rows = alike(run, rule, part, content, found);
    let order = TableName::Lines.column("rx_drord_no");
    let is_told = |row: u32| {
        let place = order.unwrap_or(usize::MAX);
        part.order_of(row as usize) != 0
            || !run.month.lacks(TableName::Lines, place)
                && !run.month.is_gap(TableName::Lines, place, (&part.file, row))
    };
    each_repeated(part, &rows, content, &mut |group| {
        let (told, untold): (Vec<_>, Vec<_>) = group.iter().partition(|&&(_, row)| is_told(row));
        if let [first, later @ ..] = &told[..] {
            report_same(run, rule, part, (*first, later), found);
        }
        // Whether these are of one order with another cannot be told; the first of all is as it is.
        let is_first = |one: &Keyed<Content>| group.first() == Some(one);
        let open = told.first().into_iter().chain(&untold).filter(|one| !is_first(one));
        for row in open.map(|&(_, row)| row as usize).filter(|&row| !part.carried[row]) {
            found.n_judged -= 1;
            found.not_evaluable_for(part.amount[row], "column lines.rx_drord_no is missing");
        }
    });
}

type Content = (u32, i64, i64, u64);

/// What must be the same beside the person, the time and the item.
fn content(part: &Part<'_>, row: u32) -> Content {
    let idx = row as usize;
    (part.institution[idx], part.pric[idx], part.cnt[idx], part.order_of(idx))
}

fn report_same(
    run: &Run<'_>,
    rule: usize,
    part: &Part<'_>,
    (first, later): (Keyed<Content>, &[Keyed<Content>]),
    found: &mut Found,
) {
    let first = part.first + first.1;
    let n_same = i64::try_from(later.len() + 1).unwrap_or(i64::MAX);
    for &(_, row) in later {
        if part.carried[row as usize] {
            continue;
        }
        let lines = [
            HitLine::new(part.first + row, Evidence::Cut(Cut::Whole)),
            HitLine::new(first, Evidence::Shown),
        ];
        let values = [Value::Line(first), Value::Int(n_same), Value::Missing, Value::Missing];
        found.push(Place::of_line(rule, run.rule(rule).grade, part, row), &lines, values);
    }
}

/// Judges the candidates of a part for items contained in others.
pub(crate) fn judge_contained(
    run: &Run<'_>,
    rule: usize,
    part: &Part<'_>,
    rows: &[u32],
    found: &mut Found,
) {
    let Shape::Contained { table } = &run.rule(rule).shape else { return };
    let Some(index) = run.engine.contained.get(table) else { return };
    let rows = in_scope(run, rule, part, rows, found);
    let rows = without_exempt(run, rule, part, rows, found);
    found.n_judged += part.n_own(&rows);
    let idx = |row: u32| row as usize;
    // Lines are in the order of person and time, so the lines of a day stand together.
    let day = |row: u32| (part.person[idx(row)], part.day[idx(row)]);
    let institution = |row: u32| (part.institution[idx(row)], 0, 0);
    let item = |row: &u32| part.item[idx(*row)];
    // What is carried is not refused again.
    let is_own = |row: &u32| !part.carried[idx(*row)];
    let sides = |row: &u32| index.sides(item(row));
    let any_side = |rows: &[u32]| rows.iter().fold(0, |any, row| any | sides(row));
    let has_both = |sides: u8, [one, other]: [u8; 2]| sides & one != 0 && sides & other != 0;
    let (mut keyed, mut items) = (Vec::new(), Vec::new());
    let days = rows.chunk_by(|&a, &b| day(a) == day(b));
    for of_day in days.filter(|rows| rows.iter().any(is_own)) {
        if !has_both(any_side(of_day), OF_DAY) {
            continue;
        }
        items.clear();
        items.extend(of_day.iter().map(|row| (item(row), sides(row))));
        if may_pair(index, &items) {
            in_groups(run, rule, part, (of_day, &mut keyed), &institution, (index, "day"), found);
        }
    }
    if has_both(any_side(&rows), OF_STAY) {
        let [contains, is_contained] = OF_STAY;
        let of_stays = picked(&rows, |row| sides(&row) & (contains | is_contained) != 0);
        let stay = |row: u32| {
            (part.person[idx(row)], part.encounter[idx(row)], part.institution[idx(row)])
        };
        in_groups(run, rule, part, (&of_stays, &mut keyed), &stay, (index, "stay"), found);
    }
}

/// More lines of a day than this are sorted at once.
const FEW: usize = 64;

/// Whether some pair of a few lines of one day, each with the sides of its item, stands in the table; true of
/// many lines.
fn may_pair(index: &ContainedIndex, lines: &[(u32, u8)]) -> bool {
    let [contains, is_contained] = OF_DAY;
    // A bit for the items that contain others: most items that are looked for have none.
    let bit = |item: u32| 1_u64 << (item % 64);
    let wholes = lines.iter().filter(|(_, sides)| sides & contains != 0);
    let bits = wholes.fold(0, |bits, &(item, _)| bits | bit(item));
    let is_there =
        |&whole: &u32| bits & bit(whole) != 0 && lines.iter().any(|&(item, _)| item == whole);
    let mut parts = lines.iter().filter(|(_, sides)| sides & is_contained != 0);
    FEW < lines.len() || parts.any(|&(item_b, _)| index.wholes_of(item_b).iter().any(is_there))
}

type GroupKey = (u32, u32, u32);

fn in_groups(
    run: &Run<'_>,
    rule: usize,
    part: &Part<'_>,
    (rows, keyed): (&[u32], &mut Vec<(GroupKey, u32, u32)>),
    key: &dyn Fn(u32) -> GroupKey,
    window: (&ContainedIndex, &str),
    found: &mut Found,
) {
    keyed.clear();
    keyed.extend(rows.iter().map(|&row| (key(row), part.item[row as usize], row)));
    keyed.sort_unstable();
    for group in keyed.chunk_by(|a, b| a.0 == b.0) {
        if group.iter().any(|&(_, item, _)| item != group[0].1) {
            in_group(run, rule, part, group, window, found);
        }
    }
}

/// The lines of an item in a group that is sorted by item: key, item and row.
pub(crate) fn of_item<K>(group: &[(K, u32, u32)], item: u32) -> &[(K, u32, u32)] {
    let lines = &group[group.partition_point(|line| line.1 < item)..];
    &lines[..lines.partition_point(|line| line.1 == item)]
}

/// Looks for each item of the group into the rows that it is part of.
fn in_group(
    run: &Run<'_>,
    rule: usize,
    part: &Part<'_>,
    group: &[(GroupKey, u32, u32)],
    (index, window): (&ContainedIndex, &str),
    found: &mut Found,
) {
    let window = run.month.codes.get(window.as_bytes());
    for lines_b in group.chunk_by(|a, b| a.1 == b.1) {
        let item_b = lines_b[0].1;
        for table_row in index.rows_of_b(item_b) {
            let item_a = index.item_a(table_row);
            let lines_a = of_item(group, item_a);
            if item_a == item_b || lines_a.is_empty() || Some(index.window(table_row)) != window {
                continue;
            }
            let holds = |lines: &[(GroupKey, u32, u32)]| -> Vec<u32> {
                let in_force = |row: u32| index.holds(table_row, part.day[row as usize]);
                lines.iter().map(|&(_, _, row)| row).filter(|&row| in_force(row)).collect()
            };
            report_contained(
                run,
                (rule, table_row, item_a),
                part,
                (&holds(lines_a), &holds(lines_b)),
                found,
            );
        }
    }
}

fn report_contained(
    run: &Run<'_>,
    (rule, table_row, item_a): (usize, u32, u32),
    part: &Part<'_>,
    (rows_a, rows_b): (&[u32], &[u32]),
    found: &mut Found,
) {
    let cnt =
        |rows: &[u32]| -> Vec<i64> { rows.iter().map(|&row| part.cnt[row as usize]).collect() };
    let (cnt_a, cnt_b) = (cnt(rows_a), cnt(rows_b));
    let units = contained_units(&cnt_a, &cnt_b);
    let cut: Vec<(u32, i64)> = rows_b
        .iter()
        .copied()
        .zip(units)
        .filter(|&(row, units)| 0 < units && !part.carried[row as usize])
        .collect();
    let Some(&(first, _)) = cut.first() else { return };
    let mut lines: Vec<HitLine> = Vec::with_capacity(cut.len() + rows_a.len().min(MOST_SHOWN));
    lines.extend(
        cut.iter()
            .map(|&(row, units)| HitLine::new(part.first + row, Evidence::Cut(Cut::Units(units)))),
    );
    let shown = rows_a.iter().take(MOST_SHOWN);
    lines.extend(shown.map(|&row| HitLine::new(part.first + row, Evidence::Shown)));
    let sum = |values: &[i64]| values.iter().fold(0_i64, |sum, &value| sum.saturating_add(value));
    let cut_units: i64 = cut.iter().fold(0, |sum, &(_, units)| units.saturating_add(sum));
    let values = [
        Value::Code(item_a),
        Value::Number(sum(&cnt_a), 4),
        Value::Number(sum(&cnt_b), 4),
        Value::Number(cut_units, 4),
    ];
    let place = Place { row: table_row, ..Place::of_line(rule, run.rule(rule).grade, part, first) };
    found.push(place, &lines, values);
}
