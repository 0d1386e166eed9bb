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
    let keys = Keys::new(run, part, table, per);
    let mut members = Vec::with_capacity(pair_rows.len());
    for (idx, (&row, &table_row)) in pair_rows.iter().zip(&table_rows).enumerate() {
        if matching.as_ref().is_some_and(|matching| matching[idx] != TRUE) {
            continue;
        }
        match (max[idx], keys.of(row, table_row)) {
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
    // A group of one person lies inside a run of the canonical order: short sorts do.
    let is_personal =
        |key: &KeyPart| matches!(key, KeyPart::Person | KeyPart::Encounter | KeyPart::RowPer);
    let by_person = per.iter().any(is_personal);
    let person = |member: &Member| part.person[member.row as usize];
    for run_of in members.chunk_by_mut(|a, b| !by_person || person(a) == person(b)) {
        run_of.sort_unstable_by_key(|member| (member.key, member.row));
        for group in run_of.chunk_by(|a, b| a.key == b.key) {
            judge_group(run, rule, part, group, found);
        }
    }
}

fn judge_group(run: &Run<'_>, rule: usize, part: &Part<'_>, group: &[Member], found: &mut Found) {
    let total: i128 = group.iter().map(|member| i128::from(part.cnt[member.row as usize])).sum();
    if group.iter().all(|member| total <= i128::from(member.max)) {
        return;
    }
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

/// What tells the groups of a rule apart, with the words of its table looked up once.
struct Keys<'a> {
    part: &'a Part<'a>,
    per: &'a [KeyPart],
    /// By table row: whether it counts by person, and its window.
    row_per: Option<&'a [u32]>,
    row_window: Option<&'a [u32]>,
    person: Option<u32>,
    windows: [Option<u32>; 4],
}

impl<'a> Keys<'a> {
    fn new(
        run: &Run<'a>,
        part: &'a Part<'a>,
        table: Option<&'a CodedTable>,
        per: &'a [KeyPart],
    ) -> Self {
        let codes = |column: &str| {
            let table = table?;
            table.codes(run.engine.plan.tables.get(&table.name)?.column(column)?)
        };
        let word = |word: &str| run.month.codes.get(word.as_bytes());
        Self {
            part,
            per,
            row_per: codes("per"),
            row_window: codes("window"),
            person: word("person"),
            windows: ["day", "month", "quarter", "year"].map(word),
        }
    }

    /// The group of a line; `None` where a part of it is not known.
    fn of(&self, row: u32, table_row: u32) -> Option<[u64; 3]> {
        let (part, idx) = (self.part, row as usize);
        let day = u64::from(part.day[idx].cast_unsigned());
        let (mut who, mut what, mut when) = (0_u64, 0_u64, 0_u64);
        let word = |codes: Option<&[u32]>| {
            codes?.get(table_row as usize).copied().filter(|&code| code != NO_CODE)
        };
        for key_part in self.per {
            match key_part {
                KeyPart::Person => who = 1 << 32 | u64::from(part.person[idx]),
                KeyPart::Encounter => who = 2 << 32 | u64::from(part.encounter[idx]),
                KeyPart::Item => what |= u64::from(part.item[idx]) << 32,
                KeyPart::Institution => what |= u64::from(part.institution[idx]),
                KeyPart::Day => when = day,
                KeyPart::RowPer => {
                    who = if Some(word(self.row_per)?) == self.person {
                        1 << 32 | u64::from(part.person[idx])
                    } else {
                        2 << 32 | u64::from(part.encounter[idx])
                    };
                }
                KeyPart::RowWindow => {
                    let window = Some(word(self.row_window)?);
                    let civil = || -> Option<(u64, u64)> {
                        let (year, month, _) = Day::from_epoch(part.day[idx]).civil();
                        Some((u64::try_from(year).ok()?, u64::from(month)))
                    };
                    when = match self.windows.iter().position(|&word| word == window) {
                        Some(0) => 1 << 40 | day,
                        Some(1) => civil().map(|(year, month)| (2 << 40) | (year * 12 + month))?,
                        Some(2) => civil()
                            .map(|(year, month)| (3 << 40) | (year * 4 + month.div_ceil(3)))?,
                        Some(_) => 4 << 40 | civil()?.0,
                        None => 5 << 40,
                    };
                }
            }
        }
        Some([who, what, when])
    }
}
