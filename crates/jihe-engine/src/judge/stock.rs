//! More billed than the stock allows, over a whole institution.

use std::collections::BTreeMap;

use jihe_frame::{Cut, Evidence, HitLine, LinePart, Value};
use jihe_kernels::limit::latest_units;
use jihe_kernels::stock::stock_limit;
use jihe_rules::plan::Shape;
use jihe_terms::NO_CODE;
use rayon::prelude::*;

use crate::found::{Found, Place, in_scope, without_exempt};
use crate::run::Run;
use crate::subjects::param_on;

/// Billed units of the groups of one part, and what could not be judged.
type Partial = (BTreeMap<(u32, u32), i128>, Found);

/// Judges all parts: exact sums of each are merged, then the breaching groups are walked.
pub(crate) fn judge(run: &Run<'_>, rule: usize, found: &mut Found) {
    let Shape::SoldOverStock { tolerance } = run.rule(rule).shape else { return };
    let partials: Vec<Partial> =
        run.month.lines.parts.par_iter().map(|part| sums(run, rule, part)).collect();
    let mut total: BTreeMap<(u32, u32), i128> = BTreeMap::new();
    for (sums, counts) in partials {
        for (group, sum) in sums {
            *total.entry(group).or_insert(0) += sum;
        }
        found.merge(counts);
    }
    let tolerance = &run.rule(rule).params[tolerance].values;
    let mut breaching: BTreeMap<(u32, u32), Vec<(u32, i64, i32)>> = total
        .iter()
        .filter(|&(group, &sum)| {
            let available = run.engine.stock.available(*group).unwrap_or(0);
            let least = tolerance.iter().map(|&(_, value)| stock_limit(available, value)).min();
            i128::from(least.unwrap_or(0)) < sum
        })
        .map(|(&group, _)| (group, Vec::new()))
        .collect();
    if breaching.is_empty() {
        return;
    }
    for part in &run.month.lines.parts {
        collect(run, rule, part, &mut breaching);
    }
    for (group, lines) in &breaching {
        report(run, rule, *group, lines, tolerance, found);
    }
}

/// The institution and item of each row: `med_list_codg`, else `hilist_code`.
struct Groups<'a> {
    part: &'a LinePart,
    own: Option<&'a [u32]>,
}

impl<'a> Groups<'a> {
    fn new(part: &'a LinePart) -> Self {
        Self { part, own: part.optional.codes("med_list_codg") }
    }

    fn of(&self, row: u32) -> (u32, u32) {
        let idx = row as usize;
        let own = self.own.map_or(NO_CODE, |codes| codes[idx]);
        (self.part.institution[idx], if own == NO_CODE { self.part.item[idx] } else { own })
    }
}

fn candidates(run: &Run<'_>, rule: usize, part: &LinePart, found: &mut Found) -> Vec<u32> {
    let groups = Groups::new(part);
    let has = |row: &u32| run.engine.stock.available(groups.of(*row)).is_some();
    let rows: Vec<u32> = (0..part.len() as u32).collect();
    let rows = in_scope(run, rule, part, &rows, found);
    let mut kept = Vec::new();
    for row in rows {
        if has(&row) {
            kept.push(row);
        } else if !part.carried[row as usize] {
            found.not_evaluable(part.amount[row as usize]);
            found.reason = Some("no stock record of the item at the institution");
        }
    }
    without_exempt(run, rule, part, kept, found)
}

fn sums(run: &Run<'_>, rule: usize, part: &LinePart) -> Partial {
    let mut found = Found::default();
    let groups = Groups::new(part);
    let mut sums = BTreeMap::new();
    for row in candidates(run, rule, part, &mut found) {
        found.n_judged += u64::from(!part.carried[row as usize]);
        *sums.entry(groups.of(row)).or_insert(0) += i128::from(part.cnt[row as usize]);
    }
    (sums, found)
}

fn collect(
    run: &Run<'_>,
    rule: usize,
    part: &LinePart,
    breaching: &mut BTreeMap<(u32, u32), Vec<(u32, i64, i32)>>,
) {
    let groups = Groups::new(part);
    let is_breaching = |row: &u32| breaching.contains_key(&groups.of(*row));
    let rows: Vec<u32> = (0..part.len() as u32).filter(is_breaching).collect();
    let mut unused = Found::default();
    let rows = in_scope(run, rule, part, &rows, &mut unused);
    for row in without_exempt(run, rule, part, rows, &mut unused) {
        let idx = row as usize;
        if let Some(lines) = breaching.get_mut(&groups.of(row)) {
            lines.push((part.first + row, part.cnt[idx], part.day[idx]));
        }
    }
}

fn report(
    run: &Run<'_>,
    rule: usize,
    group: (u32, u32),
    lines: &[(u32, i64, i32)],
    tolerance: &[(jihe_terms::DayRange, i64)],
    found: &mut Found,
) {
    let Some(&(_, _, last_day)) = lines.last() else { return };
    let available = run.engine.stock.available(group).unwrap_or(0);
    let limit = stock_limit(available, param_on(tolerance, last_day));
    let cnt: Vec<i64> = lines.iter().map(|&(_, cnt, _)| cnt).collect();
    let total: i128 = cnt.iter().map(|&cnt| i128::from(cnt)).sum();
    let over = i64::try_from(total - i128::from(limit)).unwrap_or(i64::MAX);
    let cut: Vec<HitLine> = lines
        .iter()
        .zip(latest_units(&cnt, over))
        .filter(|&(&(line, _, _), units)| 0 < units && !carried(run, line))
        .map(|(&(line, _, _), units)| HitLine { line, part: Evidence::Cut(Cut::Units(units)) })
        .collect();
    let Some(first) = cut.first() else { return };
    let (part, row) = run.month.lines.place(first.line);
    let small = |value: i128| i64::try_from(value).unwrap_or(i64::MAX);
    let values = [
        Value::Number(small(total), 4),
        Value::Number(small(available.max(0)), 4),
        Value::Number(limit, 4),
        Value::Number(over, 4),
    ];
    let place = Place {
        person: NO_CODE,
        encounter: NO_CODE,
        ..Place::of_line(rule, run.rule(rule).grade, part, row as u32)
    };
    found.push(place, &cut, values);
}

fn carried(run: &Run<'_>, line: u32) -> bool {
    let (part, row) = run.month.lines.place(line);
    part.carried[row]
}
