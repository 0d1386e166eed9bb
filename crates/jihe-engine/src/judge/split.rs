//! All parts of a set billed for more than the whole costs.

use std::collections::BTreeSet;

use jihe_frame::{Cut, Evidence, HitLine, Value};
use jihe_kernels::pair::{SetLine, split_excess};
use jihe_rules::plan::Shape;
use jihe_terms::NO_CODE;

use crate::found::{Found, Place, in_scope, without_exempt};
use crate::judge::price::{SetPrice, set_price};
use crate::run::{Part, Run};
use crate::sets::{SetKey, SplitIndex};

/// What the groups of one rule in one part are looked at with.
struct Judging<'a> {
    run: &'a Run<'a>,
    rule: usize,
    part: &'a Part<'a>,
    index: &'a SplitIndex,
    /// Rows of which a whole has no known price.
    unknown: BTreeSet<u32>,
}

/// Judges the candidates of a part by sets of a whole and its parts.
pub(crate) fn judge(run: &Run<'_>, rule: usize, part: &Part<'_>, rows: &[u32], found: &mut Found) {
    let Shape::Split { table } = &run.rule(rule).shape else { return };
    let Some(index) = run.engine.splits.get(table) else { return };
    let rows = in_scope(run, rule, part, rows, found);
    let rows = without_exempt(run, rule, part, rows, found);
    let mut judging = Judging { run, rule, part, index, unknown: BTreeSet::new() };
    let idx = |row: u32| row as usize;
    let day = |row: u32| (part.person[idx(row)], part.day[idx(row)]);
    for of_day in rows.chunk_by(|&a, &b| day(a) == day(b)) {
        let mut keyed: Vec<(u32, u32)> =
            of_day.iter().map(|&row| (part.institution[idx(row)], row)).collect();
        keyed.sort_unstable();
        for group in keyed.chunk_by(|a, b| a.0 == b.0).filter(|group| 1 < group.len()) {
            let group: Vec<u32> = group.iter().map(|&(_, row)| row).collect();
            judging.group(&group, found);
        }
    }
    let own = |row: &&u32| !part.carried[idx(**row)];
    for &row in judging.unknown.iter().filter(own) {
        found.not_evaluable_for(part.amount[idx(row)], "price_limits has no price of the whole");
    }
    let judged = rows.iter().filter(own).filter(|row| !judging.unknown.contains(row));
    found.n_judged += u64::try_from(judged.count()).unwrap_or(u64::MAX);
}

impl Judging<'_> {
    /// The lines of one person at one institution on one day, in canonical order.
    fn group(&mut self, group: &[u32], found: &mut Found) {
        let item = |row: u32| self.part.item[row as usize];
        let day = self.part.day[group[0] as usize];
        let mut items: Vec<u32> = group.iter().map(|&row| item(row)).collect();
        items.sort_unstable();
        items.dedup();
        // Each item with each set that it is a part of: mostly a set has one of them.
        let of_item = |item: u32| self.index.sets_of(item, day).map(move |set| (set, item));
        let mut met: Vec<(SetKey, u32)> = items.into_iter().flat_map(of_item).collect();
        met.sort_unstable();
        met.dedup();
        for of_set in met.chunk_by(|a, b| a.0 == b.0).filter(|of_set| 1 < of_set.len()) {
            let set = of_set[0].0;
            let parts = self.index.parts(set, day);
            if parts.len() != of_set.len() {
                continue;
            }
            let place_of = |row: u32| parts.binary_search_by_key(&item(row), |part| part.0).ok();
            let lines: Vec<(u32, usize)> =
                group.iter().filter_map(|&row| Some((row, place_of(row)?))).collect();
            self.set(set, &parts, &lines, found);
        }
    }

    fn set(
        &mut self,
        set: SetKey,
        parts: &[(u32, u32)],
        lines: &[(u32, usize)],
        found: &mut Found,
    ) {
        let part = self.part;
        let first = lines[0].0 as usize;
        let (institution, day) = (part.institution[first], part.day[first]);
        let price = match set_price(self.run, set.whole, institution, day) {
            SetPrice::Known(price) => price,
            SetPrice::None if !self.may_exist(set.whole, day) => return,
            SetPrice::None | SetPrice::Unknown => {
                self.unknown.extend(lines.iter().map(|&(row, _)| row));
                return;
            }
        };
        let of_set: Vec<SetLine> = lines
            .iter()
            .map(|&(row, place)| SetLine {
                part: place,
                cnt: part.cnt[row as usize],
                amount: part.amount[row as usize],
            })
            .collect();
        let split = split_excess(&of_set, parts.len(), price);
        let taken = lines.iter().zip(&split.taken);
        let cut: Vec<HitLine> = taken
            .clone()
            .filter(|&(&(row, _), &taken)| 0 < taken && !part.carried[row as usize])
            .map(|(&(row, _), &taken)| {
                HitLine::new(
                    part.first + row,
                    Evidence::Cut(Cut::Amount(part.amount[row as usize] - taken)),
                )
            })
            .collect();
        if cut.is_empty() {
            return;
        }
        let mut named = cut;
        let shown = taken.filter(|&(_, &taken)| taken == 0);
        named.extend(shown.map(|(&(row, _), _)| HitLine::new(part.first + row, Evidence::Shown)));
        let values = [
            Value::Code(set.whole),
            Value::Number(split.parts_amount, 2),
            Value::Number(split.whole_amount, 2),
            Value::Number(split.parts_amount - split.whole_amount, 2),
        ];
        let grade = self.run.rule(self.rule).grade;
        let place = Place {
            row: parts.iter().map(|&(_, row)| row).min().unwrap_or(NO_CODE),
            ..Place::of_line(self.rule, grade, part, lines[0].0)
        };
        found.push(place, &named, values);
    }

    /// Whether the whole is in the catalogue on the day, or no catalogue says so.
    fn may_exist(&self, whole: u32, day: i32) -> bool {
        let catalogue = self.run.engine.catalogue.as_ref();
        catalogue.is_none_or(|table| table.by_key.on(whole, day).next().is_some())
    }
}
