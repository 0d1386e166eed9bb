//! A sum of quantities in a window over its limit.

use std::borrow::Cow;

use jihe_frame::{Cut, Evidence, HitLine, Value};
use jihe_kernels::limit::{excess_units, payable_amount};
use jihe_rules::plan::{KeyPart, Lookup, Param, Shape, Summed};
use jihe_terms::{NO_CODE, NO_NUMBER};

use crate::evaluate::{numbers, truths};
use crate::found::{Found, Place, in_scope, not_exempt};
use crate::judge::key::Keys;
use crate::judge::line::{keep_pairs, scoped_pairs};
use crate::open::{Why, once};
use crate::run::{Part, Run, lookup_table};
use crate::subjects::Subjects;
use crate::tables::CodedTable;
use crate::vector::{FALSE, TRUE};

/// Lines of a group shown beside the cut ones, at most.
pub(crate) const MOST_SHOWN: usize = 100;

/// Why a group is not judged whose sum 64 bits do not hold.
const TOO_LARGE: &str = "the sum of the lines is too large";

/// A line with the table row that limits it.
#[derive(Clone, Copy)]
struct Member {
    key: [u64; 3],
    row: u32,
    table_row: u32,
    max: i64,
    why: Why,
}

/// Judges the candidates of a part by a sum limit.
pub(crate) fn judge(run: &Run<'_>, rule: usize, part: &Part<'_>, rows: &[u32], found: &mut Found) {
    let plan = run.rule(rule);
    let Shape::SumLimit { lookup, per, of, max } = &plan.shape else { return };
    let looked = looked_up(run, rule, part, (lookup.as_ref(), rows), found);
    let on = looked.subjects(run, part, &plan.params);
    let max = numbers(max, &on);
    let keys = Keys::new(run, part, looked.table, per);
    let limited = Limited { looked: &looked, max: &max, of: *of };
    let mut members: Vec<u64> = Vec::with_capacity(looked.rows.len());
    // A group of one person lies inside a run of the canonical order: short sorts do.
    let is_personal =
        |key: &KeyPart| matches!(key, KeyPart::Person | KeyPart::Encounter | KeyPart::RowPer);
    let by_person = per.iter().any(is_personal);
    let by_item = per.contains(&KeyPart::Item);
    let own_days = part.own_days().filter(|_| by_person);
    for (idx, (&row, &table_row)) in (0_u32..).zip(looked.rows.iter().zip(&looked.table_rows)) {
        // Nothing is refused of a day of which all is carried.
        if own_days.is_some_and(|own| !own[row as usize]) && keys.is_by_day(table_row) {
            continue;
        }
        let is_own = !part.carried[row as usize];
        if max[idx as usize] == NO_NUMBER || !keys.is_known(row, table_row) {
            if is_own {
                found.line_not_evaluable(part, row);
            }
            continue;
        }
        found.n_judged += u64::from(is_own);
        let item = if by_item { part.item[row as usize] } else { 0 };
        members.push(u64::from(item) << 32 | u64::from(idx));
    }
    let person = |member: &u64| part.person[limited.row(*member) as usize];
    for of_person in members.chunk_by_mut(|a, b| !by_person || person(a) == person(b)) {
        // Many persons are below the least limit of their items even if all their lines were of one.
        if !limited.may_exceed(part, of_person) {
            continue;
        }
        of_person.sort_unstable();
        for of_item in of_person.chunk_by(|a, b| a >> 32 == b >> 32) {
            // Most items are below their least limit even if all their lines were of one group.
            if limited.may_exceed(part, of_item) {
                judge_item(run, rule, part, (&limited, of_item, &keys), found);
            }
        }
    }
}

/// Lines with the rows that limit them; a member is an item and a place among them.
struct Limited<'a> {
    looked: &'a LookedUp<'a>,
    max: &'a [i64],
    of: Summed,
}

impl Limited<'_> {
    fn row(&self, member: u64) -> u32 {
        self.looked.rows[place(member)]
    }

    /// What a line adds.
    fn value(&self, part: &Part<'_>, row: u32) -> i128 {
        i128::from(match self.of {
            Summed::Units => part.cnt[row as usize],
            Summed::InPolicy => part.scp[row as usize].max(0),
        })
    }

    /// Whether the sum of some lines is above the least of their limits; no line is below 0.
    fn may_exceed(&self, part: &Part<'_>, members: &[u64]) -> bool {
        let value = |&member: &u64| self.value(part, self.row(member));
        let least = members.iter().map(|&member| self.max[place(member)]).min();
        i128::from(least.unwrap_or(i64::MAX)) < members.iter().map(value).sum()
    }
}

fn place(member: u64) -> usize {
    (member & u64::from(u32::MAX)) as usize
}

/// Judges the groups of some lines.
fn judge_item(
    run: &Run<'_>,
    rule: usize,
    part: &Part<'_>,
    (limited, members, keys): (&Limited<'_>, &[u64], &Keys<'_>),
    found: &mut Found,
) {
    let member = |&member: &u64| {
        let idx = place(member);
        let (row, table_row) = (limited.row(member), limited.looked.table_rows[idx]);
        let key = keys.window(row, table_row)?;
        let why = limited.looked.why(idx);
        Some(Member { key, row, table_row, max: limited.max[idx], why })
    };
    let mut members: Vec<Member> = members.iter().filter_map(member).collect();
    members.sort_unstable_by_key(|member| (member.key, member.row, member.max, member.table_row));
    let has_open = members.iter().any(|member| member.why.is_open());
    if !has_open {
        // A line counts once, by the least of its limits.
        members.dedup_by_key(|member| (member.key, member.row));
    }
    // What is carried is not refused again.
    let is_own = |member: &Member| !part.carried[member.row as usize];
    for of_key in members.chunk_by(|a, b| a.key == b.key).filter(|group| group.iter().any(is_own)) {
        let mut group = Cow::Borrowed(of_key);
        if has_open {
            group = Cow::Owned(once(of_key.iter().copied(), |member| member.row));
        }
        let total: i128 = group.iter().map(|member| limited.value(part, member.row)).sum();
        if i64::try_from(total).is_err() {
            for member in group.iter().filter(|member| is_own(member)) {
                found.n_judged -= 1;
                found.not_evaluable_for(part.amount[member.row as usize], TOO_LARGE);
            }
            continue;
        }
        if of_key.iter().any(|member| member.why.is_open()) {
            group = Cow::Owned(settle_open(part, limited, (of_key, &group), found));
        }
        match limited.of {
            Summed::Units => judge_group(run, rule, part, &group, found),
            Summed::InPolicy => judge_money(run, rule, part, &group, found),
        }
    }
}

/// The lines of a group that surely count; what only the others bring above the limit is not evaluable.
fn settle_open(
    part: &Part<'_>,
    limited: &Limited<'_>,
    (of_key, group): (&[Member], &[Member]),
    found: &mut Found,
) -> Vec<Member> {
    let over = |group: &[Member]| -> Vec<u32> {
        let values: Vec<i64> = group
            .iter()
            .map(|member| i64::try_from(limited.value(part, member.row)).unwrap_or(i64::MAX))
            .collect();
        let max: Vec<i64> = group.iter().map(|member| member.max).collect();
        let over = group.iter().zip(excess_units(&values, &max)).filter(|(_, over)| 0 < *over);
        over.map(|(member, _)| member.row).collect()
    };
    let closed = of_key.iter().filter(|member| !member.why.is_open());
    let closed = once(closed.copied(), |member| member.row);
    let why = Why::any(of_key.iter().map(|member| member.why));
    found.open_lines(part, (&over(group), &over(&closed)), why);
    closed
}

/// Lines that a limit looks at, each with a row of its item in force on its day that matches.
pub(crate) struct LookedUp<'a> {
    pub(crate) table: Option<&'a CodedTable>,
    pub(crate) rows: Cow<'a, [u32]>,
    pub(crate) table_rows: Vec<u32>,
    /// The lines of which nobody can tell that no exception takes them out, ascending: what would be a
    /// hit with them is not evaluable.
    open: Vec<u32>,
    /// The places at which it is not known whether the row matches, ascending: the same.
    unmatched: Vec<usize>,
}

impl LookedUp<'_> {
    /// What keeps the line at a place from being surely counted by its row.
    pub(crate) fn why(&self, idx: usize) -> Why {
        if self.open.is_empty() && self.unmatched.is_empty() {
            return Why::default();
        }
        Why {
            exception: self.open.binary_search(&self.rows[idx]).is_ok(),
            matching: self.unmatched.binary_search(&idx).is_ok(),
        }
    }

    pub(crate) fn subjects<'s>(
        &'s self,
        run: &'s Run<'s>,
        part: &'s Part<'s>,
        params: &'s [Param],
    ) -> Subjects<'s> {
        let on = Subjects::of_lines(run, part, &self.rows, params);
        match self.table {
            Some(table) => on.with_rows(table, &self.table_rows),
            None => on,
        }
    }
}

/// The lines in scope that no exception takes out, with the rows of their items.
pub(crate) fn looked_up<'a>(
    run: &Run<'a>,
    rule: usize,
    part: &'a Part<'_>,
    (lookup, rows): (Option<&Lookup>, &'a [u32]),
    found: &mut Found,
) -> LookedUp<'a> {
    let Some(lookup) = lookup else {
        let rows = in_scope(run, rule, part, rows, found);
        let (rows, open) = not_exempt(run, rule, part, rows, found);
        let table_rows = vec![NO_CODE; rows.len()];
        return LookedUp { table: None, rows, table_rows, open, unmatched: Vec::new() };
    };
    let Some(table) = lookup_table(run.engine, &lookup.table) else {
        let (rows, table_rows) = (Cow::Borrowed(&[][..]), Vec::new());
        let (open, unmatched) = (Vec::new(), Vec::new());
        return LookedUp { table: None, rows, table_rows, open, unmatched };
    };
    let (mut open, mut unmatched) = (Vec::new(), Vec::new());
    let (mut rows, mut table_rows) = scoped_pairs(run, rule, part, (table, rows), found);
    if !run.rule(rule).exceptions.is_empty() {
        let mut before = rows.clone();
        before.dedup();
        let kept;
        (kept, open) = not_exempt(run, rule, part, Cow::Borrowed(&before), found);
        keep_pairs(&mut rows, &mut table_rows, &before, &kept);
    }
    if let Some(matching) = run.engine.matching(rule, lookup) {
        let params = &run.rule(rule).params;
        let on = Subjects::of_lines(run, part, &rows, params).with_rows(table, &table_rows);
        let truth = truths(matching, &on);
        let keep = |values: &[u32]| -> Vec<u32> {
            let kept = values.iter().zip(&*truth).filter(|&(_, &truth)| truth != FALSE);
            kept.map(|(&value, _)| value).collect()
        };
        let kept = truth.iter().filter(|&&truth| truth != FALSE).enumerate();
        unmatched = kept.filter(|(_, truth)| **truth != TRUE).map(|(idx, _)| idx).collect();
        (rows, table_rows) = (keep(&rows), keep(&table_rows));
    }
    LookedUp { table: Some(table), rows: Cow::Owned(rows), table_rows, open, unmatched }
}

/// The sum of what a group or its excess comes to, which 64 bits were seen to hold.
fn sum(values: &[i64]) -> i64 {
    values.iter().sum()
}

/// In-policy money above its limit: the latest money is the excess.
fn judge_money(run: &Run<'_>, rule: usize, part: &Part<'_>, group: &[Member], found: &mut Found) {
    let scp: Vec<i64> = group.iter().map(|member| part.scp[member.row as usize].max(0)).collect();
    let max: Vec<i64> = group.iter().map(|member| member.max).collect();
    let over = excess_units(&scp, &max);
    let cut: Vec<usize> = (0..group.len())
        .filter(|&idx| 0 < over[idx] && !part.carried[group[idx].row as usize])
        .collect();
    let (Some(&first), Some(&last)) = (cut.first(), cut.last()) else { return };
    let amount = |idx: usize| part.amount[group[idx].row as usize];
    let mut lines: Vec<HitLine> = Vec::with_capacity(group.len().min(MOST_SHOWN));
    lines.extend(cut.iter().map(|&idx| {
        HitLine::new(
            part.first + group[idx].row,
            Evidence::Cut(Cut::Amount(payable_amount(amount(idx), scp[idx], over[idx]))),
        )
    }));
    let shown = (0..group.len()).filter(|&idx| over[idx] == 0).take(MOST_SHOWN);
    lines.extend(shown.map(|idx| HitLine::new(part.first + group[idx].row, Evidence::Shown)));
    let values = [
        Value::Number(sum(&scp), 2),
        Value::Number(max[last], 2),
        Value::Number(sum(&over), 2),
        Value::Int(i64::try_from(group.len()).unwrap_or(i64::MAX)),
    ];
    let place = Place {
        row: group[last].table_row,
        ..Place::of_line(rule, run.rule(rule).grade, part, group[first].row)
    };
    found.push(place, &lines, values);
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
        lines.push(HitLine::new(part.first + group[idx].row, Evidence::Cut(Cut::Units(over[idx]))));
    }
    let shown = (0..group.len()).filter(|&idx| over[idx] == 0).take(MOST_SHOWN);
    lines.extend(shown.map(|idx| HitLine::new(part.first + group[idx].row, Evidence::Shown)));
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
