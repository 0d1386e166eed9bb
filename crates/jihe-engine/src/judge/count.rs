//! More different things in a group than its limit: items, days or encounters.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeSet;

use jihe_frame::{Cut, Evidence, HitLine, Value};
use jihe_kernels::limit::{Crowd, beyond_count, crowded, former_of};
use jihe_rules::plan::{CountLimit, Counted, KeyPart, Shape};
use jihe_terms::{NO_DAY, NO_NUMBER};

use crate::evaluate::evaluate;
use crate::found::{Found, Place};
use crate::judge::key::{Key, Keys};
use crate::judge::limit::{LookedUp, MOST_SHOWN, looked_up};
use crate::open::{Why, once, only};
use crate::run::{Part, Run};
use crate::vector::{Rows, Values};

/// A line in a group.
#[derive(Clone, Copy)]
struct Member {
    key: Key,
    row: u32,
    table_row: u32,
    max: i64,
    within: i64,
    why: Why,
}

/// The things of a group in the order of their days.
struct Crowds {
    /// Each thing with the place of its line in the group.
    lines: Vec<(i64, usize)>,
    /// The place before at which the same thing was counted.
    former: Vec<Option<usize>>,
    found: Vec<Crowd>,
}

/// What the groups of one rule in one part are looked at with.
struct Judging<'a> {
    run: &'a Run<'a>,
    rule: usize,
    part: &'a Part<'a>,
    limit: &'a CountLimit,
    /// Rows that a finding of the rule has named already.
    named: Vec<bool>,
    /// Rows that are too many only with what may not count, or only without it.
    unsure: BTreeSet<u32>,
    why: Why,
}

/// Judges the candidates of a part by a count limit.
pub(crate) fn judge(run: &Run<'_>, rule: usize, part: &Part<'_>, rows: &[u32], found: &mut Found) {
    let plan = run.rule(rule);
    let Shape::CountLimit(limit) = &plan.shape else { return };
    let looked = looked_up(run, rule, part, (limit.lookup.as_ref(), rows), found);
    if looked.rows.is_empty() {
        return;
    }
    // Mostly a limit is one number for all.
    let (max, within) = {
        let on = looked.subjects(run, part, &plan.params);
        let numbers = |expr| evaluate(expr, &on).into_numbers();
        (numbers(&limit.max), limit.within.as_ref().map_or(Values::One(0), numbers))
    };
    let (max, within) = (Rows::new(&max), Rows::new(&within));
    let limits = |idx: usize| (max.get(idx), within.get(idx));
    let named = vec![false; if limit.also_per.is_some() { part.len() } else { 0 }];
    let (unsure, why) = (BTreeSet::new(), Why::default());
    let mut judging = Judging { run, rule, part, limit, named, unsure, why };
    let members = judging.members(&looked, &limits, found);
    judging.groups(members, found);
    if limit.also_per.is_some() {
        let members = judging.also_members(&looked, &limits);
        judging.groups(members, found);
    }
    let Judging { named, unsure, why, .. } = judging;
    let unsure: Vec<u32> =
        unsure.into_iter().filter(|&row| named.get(row as usize) != Some(&true)).collect();
    found.open_lines(part, (&unsure, &[]), why);
}

/// Drops members of groups that surely have no more of them than things are allowed: most groups are small, and
/// need not be sorted. Groups are counted by hashes, so that one may be taken for two.
fn drop_few(members: &mut Vec<Member>) {
    let Some(least) = members.iter().map(|member| member.max).min() else { return };
    let n_slots = 2 * members.len().next_power_of_two();
    let slot = |member: &Member| {
        let hash = member.key.iter().fold(0_u64, |hash, word| {
            (hash.rotate_left(26) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15)
        });
        (hash >> 32) as usize & (n_slots - 1)
    };
    let mut counts = vec![0_u32; n_slots];
    for member in &*members {
        counts[slot(member)] += 1;
    }
    members.retain(|member| least < i64::from(counts[slot(member)]));
}

impl Judging<'_> {
    /// The lines with their groups; what has none, or no limit, cannot be judged.
    fn members(
        &self,
        looked: &LookedUp<'_>,
        limits: &dyn Fn(usize) -> (i64, i64),
        found: &mut Found,
    ) -> Vec<Member> {
        let keys = Keys::new(self.run, self.part, looked.table, &self.limit.per);
        let is_rolling = self.limit.within.is_some();
        let n_members = if is_rolling { 0 } else { looked.rows.len() };
        let mut members: Vec<Member> = Vec::with_capacity(n_members);
        // Of an encounter in a window that rolls only the first line counts.
        let by_encounter = is_rolling
            && self.limit.counted == Counted::Encounters
            && self.limit.per.iter().all(|part| matches!(part, KeyPart::Person));
        let mut last = None;
        for (idx, (&row, &table_row)) in looked.rows.iter().zip(&looked.table_rows).enumerate() {
            let own = !self.part.carried[row as usize];
            let encounter = (self.part.person[row as usize], self.part.encounter[row as usize]);
            let (why, limits) = (looked.why(idx), limits(idx));
            let same = Some((encounter, limits, why));
            if by_encounter && same == last {
                found.n_judged += u64::from(own);
                continue;
            }
            match (keys.of(row, table_row), limits) {
                (None, _) | (_, (NO_NUMBER, _) | (_, NO_NUMBER)) => {
                    if own {
                        found.line_not_evaluable(self.part, row);
                    }
                }
                (Some(key), (max, within)) => {
                    found.n_judged += u64::from(own);
                    members.push(Member { key, row, table_row, max, within, why });
                    last = same;
                }
            }
        }
        members
    }

    /// The lines with their second groups, those that have one.
    fn also_members(
        &self,
        looked: &LookedUp<'_>,
        limits: &dyn Fn(usize) -> (i64, i64),
    ) -> Vec<Member> {
        let per = self.limit.also_per.as_deref().unwrap_or(&[]);
        let keys = Keys::new(self.run, self.part, looked.table, per);
        let rows = looked.rows.iter().zip(&looked.table_rows).enumerate();
        let member = |(idx, (&row, &table_row)): (usize, (&u32, &u32))| {
            let key = keys.of(row, table_row)?;
            let (max, within) = limits(idx);
            (max != NO_NUMBER && within != NO_NUMBER).then_some(Member {
                key,
                row,
                table_row,
                max,
                within,
                why: looked.why(idx),
            })
        };
        rows.filter_map(member).collect()
    }

    fn groups(&mut self, mut members: Vec<Member>, found: &mut Found) {
        let has_open = members.iter().any(|member| member.why.is_open());
        if !has_open {
            drop_few(&mut members);
        }
        members.sort_unstable_by_key(|member| {
            (member.key, member.row, member.max, Reverse(member.within), member.table_row)
        });
        let row = |member: &Member| member.row;
        if !has_open {
            // A line counts once, by the least of its limits and, of equal ones, the longest window.
            members.dedup_by_key(|member| (member.key, member.row));
        }
        // What is carried is reported no more.
        let is_own = |member: &Member| !self.part.carried[member.row as usize];
        let groups = members.chunk_by(|a, b| a.key == b.key);
        for of_key in groups.filter(|group| group.iter().any(is_own)) {
            let (mut group, mut barred) = (Cow::Borrowed(of_key), Vec::new());
            if has_open {
                group = Cow::Owned(once(of_key.iter().copied(), row));
            }
            if of_key.iter().any(|member| member.why.is_open()) {
                let closed = of_key.iter().filter(|member| !member.why.is_open());
                let closed = once(closed.copied(), row);
                let (with, without) = (self.beyond(&group), self.beyond(&closed));
                barred = only(&without, &with);
                self.unsure.extend(only(&with, &without).iter().chain(&barred));
                let why = of_key.iter().map(|member| member.why);
                self.why = Why::any(why.chain([self.why]));
                group = Cow::Owned(closed);
            }
            if self.limit.within.is_some() {
                self.rolling((&group, &barred), found);
            } else {
                self.group((&group, &barred), found);
            }
        }
    }

    /// The lines of a group that are of more things than allowed, ascending.
    fn beyond(&self, group: &[Member]) -> Vec<u32> {
        let mut rows: Vec<u32> = if self.limit.within.is_some() {
            let Crowds { lines, found, .. } = self.crowds(group);
            found.iter().map(|crowd| group[lines[crowd.at].1].row).collect()
        } else {
            let (beyond, _) = self.beyond_count(group);
            group.iter().zip(beyond).filter(|(_, is)| *is).map(|(member, _)| member.row).collect()
        };
        rows.sort_unstable();
        rows
    }

    /// Which lines of a group are of more things than allowed, and how many things there are.
    fn beyond_count(&self, group: &[Member]) -> (Vec<bool>, i64) {
        let things: Vec<i64> = group.iter().map(|member| self.thing(member)).collect();
        let weight = |member: &Member| self.part.scp[member.row as usize];
        let weights: Option<Vec<i64>> =
            self.limit.keeps_largest.then(|| group.iter().map(weight).collect());
        let max: Vec<i64> = group.iter().map(|member| member.max).collect();
        beyond_count(&things, weights.as_deref(), &max)
    }

    fn thing(&self, member: &Member) -> i64 {
        let idx = member.row as usize;
        match self.limit.counted {
            Counted::Items => i64::from(self.part.item[idx]),
            Counted::Days => i64::from(self.part.day[idx]),
            // An encounter that no table lists is each person's own.
            Counted::Encounters => {
                let person = i64::from(self.part.person[idx]);
                person << 32 | i64::from(self.part.encounter[idx])
            }
        }
    }

    /// A group without a window that rolls; the rows that are barred, ascending, are not surely too many.
    fn group(&mut self, (group, barred): (&[Member], &[u32]), found: &mut Found) {
        // As many lines as things are allowed cannot be too many.
        let least = group.iter().map(|member| member.max).min().unwrap_or(0);
        if i64::try_from(group.len()).unwrap_or(i64::MAX) <= least {
            return;
        }
        let (mut beyond, n_things) = self.beyond_count(group);
        for (member, beyond) in group.iter().zip(&mut beyond) {
            *beyond &= barred.binary_search(&member.row).is_err();
        }
        let own = |idx: usize| !self.part.carried[group[idx].row as usize];
        let is_new = |idx: usize| {
            let row = group[idx].row as usize;
            self.named.get(row) != Some(&true)
        };
        let over: Vec<usize> =
            (0..group.len()).filter(|&idx| beyond[idx] && own(idx) && is_new(idx)).collect();
        let is_hit = if self.limit.cuts {
            !over.is_empty()
        } else {
            beyond.contains(&true) && (0..group.len()).any(own)
        };
        let (true, Some(last)) = (is_hit, (0..group.len()).rfind(|&idx| beyond[idx])) else {
            return;
        };
        if self.limit.also_per.is_some() {
            for &idx in &over {
                self.named[group[idx].row as usize] = true;
            }
        }
        let cut: &[usize] = if self.limit.cuts { &over } else { &[] };
        let lines = |idx: usize| self.part.first + group[idx].row;
        let mut shown: Vec<HitLine> =
            cut.iter().map(|&idx| HitLine::new(lines(idx), Evidence::Cut(Cut::Whole))).collect();
        let others = (0..group.len()).filter(|&idx| !self.limit.cuts || !beyond[idx]);
        shown.extend(others.take(MOST_SHOWN).map(|idx| HitLine::new(lines(idx), Evidence::Shown)));
        let values = [
            Value::Int(n_things),
            Value::Int(group[last].max),
            Value::Int(n_things - group[last].max),
            Value::Missing,
        ];
        let first = cut.first().copied().unwrap_or(0);
        let grade = self.run.rule(self.rule).grade;
        let place = Place {
            row: group[last].table_row,
            ..Place::of_line(self.rule, grade, self.part, group[first].row)
        };
        found.push(place, &shown, values);
    }

    /// The things of a group whose window rolls in the order of their days, and which come into a window
    /// with too many others.
    fn crowds(&self, group: &[Member]) -> Crowds {
        let mut lines: Vec<(i64, usize)> =
            group.iter().enumerate().map(|(idx, member)| (self.thing(member), idx)).collect();
        // An encounter has one day; an item or a day counts again when its last line left the window.
        if self.limit.counted == Counted::Encounters {
            lines.sort_unstable();
            lines.dedup_by_key(|one| one.0);
        }
        lines.sort_unstable_by_key(|&(_, idx)| (self.day(&group[idx]), idx));
        let things: Vec<i64> = lines.iter().map(|&(thing, _)| thing).collect();
        let of = |read: &dyn Fn(&Member) -> i64| -> Vec<i64> {
            lines.iter().map(|&(_, idx)| read(&group[idx])).collect()
        };
        let days: Vec<i32> = lines.iter().map(|&(_, idx)| self.day(&group[idx])).collect();
        let (max, within) = (of(&|member| member.max), of(&|member| member.within));
        let former = former_of(&things);
        let found = crowded(&days, &former, &within, &max);
        Crowds { lines, former, found }
    }

    /// A group whose window rolls: each thing that comes into a window with too many others.
    fn rolling(&self, (group, barred): (&[Member], &[u32]), found: &mut Found) {
        let Crowds { lines, former, found: crowds } = self.crowds(group);
        for Crowd { from, at, n_things } in crowds {
            let last = &group[lines[at].1];
            if self.part.carried[last.row as usize] || barred.binary_search(&last.row).is_ok() {
                continue;
            }
            let is_first = |&place: &usize| former[place].is_none_or(|former| former < from);
            let shown = (from..=at).rev().filter(is_first).take(MOST_SHOWN);
            let shown: Vec<HitLine> = shown
                .map(|place| {
                    HitLine::new(self.part.first + group[lines[place].1].row, Evidence::Shown)
                })
                .collect();
            let n_found = i64::try_from(n_things).unwrap_or(i64::MAX);
            let values = [
                Value::Int(n_found),
                Value::Int(last.max),
                Value::Int(n_found - last.max),
                Value::Int(last.within),
            ];
            let grade = self.run.rule(self.rule).grade;
            let place = Place {
                row: last.table_row,
                ..Place::of_line(self.rule, grade, self.part, last.row)
            };
            found.push(place, &shown, values);
        }
    }

    /// The day that a thing is counted on: the encounter's admission day where it is known.
    fn day(&self, member: &Member) -> i32 {
        let idx = member.row as usize;
        match self.limit.counted {
            Counted::Encounters => match self.run.stays.admission_day(self.part.encounter[idx]) {
                NO_DAY => self.part.day[idx],
                day => day,
            },
            Counted::Items | Counted::Days => self.part.day[idx],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_of_small_groups_are_dropped_and_no_others() {
        // Person n has n lines.
        let member = |who: u64, nth: u32, max: i64| Member {
            key: [who << 32, 0, 20_500, 0, who],
            row: nth,
            table_row: 0,
            max,
            within: 0,
            why: Why::default(),
        };
        let all = |least: i64| -> Vec<Member> {
            let group = |who: u64| (0..who as u32).map(move |nth| member(who, nth, least));
            (1..200).flat_map(group).collect()
        };
        for least in [-1, 0, 2, 150, 199, 1 << 40] {
            let mut kept = all(least);
            drop_few(&mut kept);
            for who in 1..200_u64 {
                let n = kept.iter().filter(|member| member.key[4] == who).count() as u64;
                let may_go = i64::try_from(who).unwrap() <= least;
                assert!(n == who || n == 0 && may_go, "{n} of {who} are left with {least}");
            }
            let n_large: i64 = (1..200_i64).filter(|&who| least < who).sum();
            let n_kept = i64::try_from(kept.len()).unwrap();
            assert!(n_kept < n_large + 2_000, "{n_kept} are left with {least}");
        }
        let mut none = Vec::new();
        drop_few(&mut none);
        assert!(none.is_empty());
    }
}
