//! More billed than the stock allows, over a whole institution.

use std::collections::{BTreeMap, HashMap};

use ahash::RandomState;
use jihe_frame::{Cut, Evidence, HitLine, Value};
use jihe_kernels::limit::latest_units;
use jihe_kernels::stock::stock_limit;
use jihe_rules::plan::Shape;
use jihe_terms::NO_CODE;
use rayon::prelude::*;

use crate::found::{Found, Place, in_scope, without_exempt};
use crate::run::{Part, Run};
use crate::subjects::param_on;

/// An institution and an item.
type Group = (u32, u32);

/// Billed units by group.
pub(crate) type Sums = HashMap<Group, i128, RandomState>;

/// A line of a group: its number, quantity, day, whether it is of the state, and its encounter's
/// person.
struct Billed {
    line: u32,
    cnt: i64,
    day: i32,
    is_carried: bool,
}

/// The institution and item of each row: `med_list_codg`, else `hilist_code`.
struct Groups<'a> {
    part: &'a Part<'a>,
    own: Option<&'a [u32]>,
}

impl<'a> Groups<'a> {
    fn new(part: &'a Part<'a>) -> Self {
        Self { part, own: part.optional.codes("med_list_codg") }
    }

    fn of(&self, row: u32) -> Group {
        let idx = row as usize;
        let own = self.own.map_or(NO_CODE, |codes| codes[idx]);
        (self.part.institution[idx], if own == NO_CODE { self.part.item[idx] } else { own })
    }
}

fn candidates(run: &Run<'_>, rule: usize, part: &Part<'_>, found: &mut Found) -> Vec<u32> {
    let groups = Groups::new(part);
    let rows = in_scope(run, rule, part, &part.rows(), found);
    let mut kept = Vec::new();
    for row in rows {
        if run.engine.stock.available(groups.of(row)).is_some() {
            kept.push(row);
        } else if !part.carried[row as usize] {
            found.not_evaluable(part.amount[row as usize]);
            found.reason = Some("no stock record of the item at the institution");
        }
    }
    without_exempt(run, rule, part, kept, found)
}

/// Billed units of the groups of one part.
pub(crate) fn sums(run: &Run<'_>, rule: usize, part: &Part<'_>, found: &mut Found) -> Sums {
    let groups = Groups::new(part);
    let mut sums = Sums::with_hasher(RandomState::with_seeds(1, 2, 3, 4));
    for row in candidates(run, rule, part, found) {
        found.n_judged += u64::from(!part.carried[row as usize]);
        *sums.entry(groups.of(row)).or_insert(0) += i128::from(part.cnt[row as usize]);
    }
    sums
}

/// Walks the groups whose sum over all parts is above what the stock allows.
pub(crate) fn judge(
    run: &Run<'_>,
    rule: usize,
    total: &Sums,
    found: &mut Found,
) -> std::io::Result<()> {
    let Shape::SoldOverStock { tolerance } = run.rule(rule).shape else { return Ok(()) };
    let tolerance = &run.rule(rule).params[tolerance].values;
    let is_over = |group: Group, sum: i128| {
        let available = run.engine.stock.available(group).unwrap_or(0);
        let least = tolerance.iter().map(|&(_, value)| stock_limit(available, value)).min();
        i128::from(least.unwrap_or(0)) < sum
    };
    // A BTreeMap gives the groups one order, whatever the order of hashes.
    let mut over: BTreeMap<Group, Vec<Billed>> = BTreeMap::new();
    #[expect(clippy::iter_over_hash_type, reason = "collected into an ordered map")]
    for (&group, &sum) in total {
        if is_over(group, sum) {
            over.insert(group, Vec::new());
        }
    }
    if over.is_empty() {
        return Ok(());
    }
    let collect = |part: usize| -> std::io::Result<Vec<(Group, Billed)>> {
        let lines = run.month.lines.load(part)?;
        Ok(billed(run, rule, &Part::new(&lines), &over))
    };
    let collected: std::io::Result<Vec<_>> =
        (0..run.month.lines.n_parts()).into_par_iter().map(collect).collect();
    for (group, line) in collected?.into_iter().flatten() {
        if let Some(lines) = over.get_mut(&group) {
            lines.push(line);
        }
    }
    for (group, lines) in &over {
        report(run, rule, *group, lines, found);
    }
    Ok(())
}

/// The lines of a part that are of these groups.
fn billed(
    run: &Run<'_>,
    rule: usize,
    part: &Part<'_>,
    over: &BTreeMap<Group, Vec<Billed>>,
) -> Vec<(Group, Billed)> {
    let groups = Groups::new(part);
    let is_over = |row: &u32| over.contains_key(&groups.of(*row));
    let rows: Vec<u32> = (0..part.n_lines()).filter(is_over).collect();
    let mut unused = Found::default();
    let rows = in_scope(run, rule, part, &rows, &mut unused);
    let rows = without_exempt(run, rule, part, rows, &mut unused);
    let line = |row: u32| {
        let idx = row as usize;
        let (cnt, day, is_carried) = (part.cnt[idx], part.day[idx], part.carried[idx]);
        (groups.of(row), Billed { line: part.first + row, cnt, day, is_carried })
    };
    rows.into_iter().map(line).collect()
}

fn report(run: &Run<'_>, rule: usize, group: Group, lines: &[Billed], found: &mut Found) {
    let Shape::SoldOverStock { tolerance } = run.rule(rule).shape else { return };
    let tolerance = &run.rule(rule).params[tolerance].values;
    let Some(last) = lines.last() else { return };
    let available = run.engine.stock.available(group).unwrap_or(0);
    let limit = stock_limit(available, param_on(tolerance, last.day));
    let cnt: Vec<i64> = lines.iter().map(|line| line.cnt).collect();
    let total: i128 = cnt.iter().map(|&cnt| i128::from(cnt)).sum();
    let over = i64::try_from(total - i128::from(limit)).unwrap_or(i64::MAX);
    let cut: Vec<HitLine> = lines
        .iter()
        .zip(latest_units(&cnt, over))
        .filter(|(line, units)| 0 < *units && !line.is_carried)
        .map(|(line, units)| HitLine { line: line.line, part: Evidence::Cut(Cut::Units(units)) })
        .collect();
    if cut.is_empty() {
        return;
    }
    let small = |value: i128| i64::try_from(value).unwrap_or(i64::MAX);
    let values = [
        Value::Number(small(total), 4),
        Value::Number(small(available.max(0)), 4),
        Value::Number(limit, 4),
        Value::Number(over, 4),
    ];
    let place = Place {
        rule,
        grade: run.rule(rule).grade,
        person: NO_CODE,
        encounter: NO_CODE,
        institution: group.0,
        row: NO_CODE,
        unknown_exceptions: 0,
    };
    found.push(place, &cut, values);
}
