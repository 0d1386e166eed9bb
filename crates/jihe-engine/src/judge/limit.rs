//! A sum of quantities in a window over its limit.

use jihe_frame::{Cut, Evidence, HitLine, Value};
use jihe_kernels::limit::excess_units;
use jihe_rules::plan::{KeyPart, Shape};
use jihe_terms::{Day, NO_CODE, NO_NUMBER};

use crate::evaluate::{numbers, truths};
use crate::found::{Found, Place, in_scope, without_exempt};
use crate::judge::line::{keep_pairs, scoped_pairs};
use crate::run::{Part, Run, lookup_table};
use crate::subjects::Subjects;
use crate::tables::CodedTable;
use crate::vector::TRUE;

/// Lines of a group shown beside the cut ones, at most.
pub(crate) const MOST_SHOWN: usize = 100;

/// A line with the table row that limits it.
struct Member {
    key: [u64; 3],
    row: u32,
    table_row: u32,
    max: i64,
}

/// Judges the candidates of a part by a sum limit.
pub(crate) fn judge(run: &Run<'_>, rule: usize, part: &Part<'_>, rows: &[u32], found: &mut Found) {
    let plan = run.rule(rule);
    let Shape::SumLimit { lookup, per, max } = &plan.shape else { return };
    let table = lookup.as_ref().and_then(|lookup| lookup_table(run.engine, &lookup.table));
    let (pair_rows, table_rows) = if let Some(table) = table {
        let (mut pair_rows, mut table_rows) = scoped_pairs(run, rule, part, (table, rows), found);
        if !run.rule(rule).exceptions.is_empty() {
            let mut before = pair_rows.clone();
            before.dedup();
            let kept = without_exempt(run, rule, part, before.clone(), found);
            keep_pairs(&mut pair_rows, &mut table_rows, &before, &kept);
        }
        (pair_rows, table_rows)
    } else {
        let rows = in_scope(run, rule, part, rows, found);
        let rows = without_exempt(run, rule, part, rows, found);
        if lookup.is_some() {
            return;
        }
        let none = vec![NO_CODE; rows.len()];
        (rows, none)
    };
    let on = Subjects::of_lines(run, part, &pair_rows, &plan.params);
    let on = match table {
        Some(table) => on.with_rows(table, &table_rows),
        None => on,
    };
    let matching = lookup.as_ref().and_then(|lookup| lookup.matching.as_ref());
    let matching = matching.map(|matching| truths(matching, &on));
    let max = numbers(max, &on);
    let mut members = Vec::with_capacity(pair_rows.len());
    for (idx, (&row, &table_row)) in pair_rows.iter().zip(&table_rows).enumerate() {
        if matching.as_ref().is_some_and(|matching| matching[idx] != TRUE) {
            continue;
        }
        match (max[idx], key(run, part, row, table.map(|table| (table, table_row)), per)) {
            (NO_NUMBER, _) | (_, None) => {
                if !part.carried[row as usize] {
                    found.not_evaluable(part.amount[row as usize]);
                }
            }
            (max, Some(key)) => {
                found.n_judged += u64::from(!part.carried[row as usize]);
                members.push(Member { key, row, table_row, max });
            }
        }
    }
    members.sort_unstable_by_key(|member| (member.key, member.row));
    for group in members.chunk_by(|a, b| a.key == b.key) {
        judge_group(run, rule, part, group, found);
    }
}

fn judge_group(run: &Run<'_>, rule: usize, part: &Part<'_>, group: &[Member], found: &mut Found) {
    let cnt: Vec<i64> = group.iter().map(|member| part.cnt[member.row as usize]).collect();
    let max: Vec<i64> = group.iter().map(|member| member.max).collect();
    let over = excess_units(&cnt, &max);
    let cut: Vec<usize> = (0..group.len())
        .filter(|&idx| 0 < over[idx] && !part.carried[group[idx].row as usize])
        .collect();
    let (Some(&first), Some(&last)) = (cut.first(), cut.last()) else { return };
    let mut lines: Vec<HitLine> = Vec::with_capacity(group.len().min(MOST_SHOWN));
    for &idx in &cut {
        lines.push(HitLine {
            line: part.first + group[idx].row,
            part: Evidence::Cut(Cut::Units(over[idx])),
        });
    }
    let shown = (0..group.len()).filter(|&idx| over[idx] == 0).take(MOST_SHOWN);
    lines.extend(
        shown.map(|idx| HitLine { line: part.first + group[idx].row, part: Evidence::Shown }),
    );
    let sum = |values: &[i64]| values.iter().fold(0_i64, |sum, &value| sum.saturating_add(value));
    let values = [
        Value::Number(sum(&cnt), 4),
        Value::Number(max[last], 4),
        Value::Number(sum(&over), 4),
        Value::Int(i64::try_from(group.len()).unwrap_or(i64::MAX)),
    ];
    let place = Place {
        row: group[last].table_row,
        ..Place::of_line(rule, run.rule(rule).grade, part, group[first].row)
    };
    found.push(place, &lines, values);
}

/// The group of a line; `None` where a part of it is not known.
fn key(
    run: &Run<'_>,
    part: &Part<'_>,
    row: u32,
    table: Option<(&CodedTable, u32)>,
    per: &[KeyPart],
) -> Option<[u64; 3]> {
    let idx = row as usize;
    let day = u64::from(part.day[idx].cast_unsigned());
    let (mut who, mut what, mut when) = (0_u64, 0_u64, 0_u64);
    for key_part in per {
        match key_part {
            KeyPart::Person => who = 1 << 32 | u64::from(part.person[idx]),
            KeyPart::Encounter => who = 2 << 32 | u64::from(part.encounter[idx]),
            KeyPart::Item => what |= u64::from(part.item[idx]) << 32,
            KeyPart::Institution => what |= u64::from(part.institution[idx]),
            KeyPart::Day => when = day,
            KeyPart::RowPer => {
                let (table, table_row) = table?;
                who = match row_text(run, table, table_row, "per")? {
                    "person" => 1 << 32 | u64::from(part.person[idx]),
                    _ => 2 << 32 | u64::from(part.encounter[idx]),
                };
            }
            KeyPart::RowWindow => {
                let (table, table_row) = table?;
                let (year, month, _) = Day::from_epoch(part.day[idx]).civil();
                let year = u64::try_from(year).ok()?;
                when = match row_text(run, table, table_row, "window")? {
                    "day" => 1 << 40 | day,
                    "month" => (2 << 40) | (year * 12 + u64::from(month)),
                    "quarter" => (3 << 40) | (year * 4 + u64::from(month.div_ceil(3))),
                    "year" => 4 << 40 | year,
                    _ => 5 << 40,
                };
            }
        }
    }
    Some([who, what, when])
}

/// A code of a row of a pack table, as text.
pub(crate) fn row_text<'a>(
    run: &Run<'a>,
    table: &CodedTable,
    row: u32,
    column: &str,
) -> Option<&'a str> {
    let place = run.engine.plan.tables.get(&table.name)?.column(column)?;
    let code = *table.codes(place)?.get(row as usize)?;
    (code != NO_CODE).then(|| run.month.codes.text(code))
}
