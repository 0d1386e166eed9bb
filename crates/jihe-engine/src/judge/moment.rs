//! Lines of one person, time and item, and those among them that have more in common.

use std::borrow::Cow;

use jihe_kernels::pair::repeats;

use crate::found::{Found, in_scope, without_exempt};
use crate::run::{Part, Run, bounds};

/// The rows of a part that share person, time and item with another one, ascending, of moments that have
/// a line that is not carried: nothing is found among the others. Most moments have none: whoever looks
/// for lines that are alike looks at these only.
pub(crate) fn twins(part: &Part<'_>) -> Vec<u32> {
    let mut rows: Vec<u32> = Vec::new();
    let mut keyed: Vec<(u32, u32)> = Vec::new();
    let mut add = |keyed: &mut Vec<(u32, u32)>| {
        let is_own = |one: &(u32, u32)| !part.carried[one.1 as usize];
        if 1 < keyed.len() && keyed.iter().any(is_own) {
            rows.extend(repeats(keyed).flatten().map(|&(_, row)| row));
        }
        keyed.clear();
    };
    let moments = part.person.iter().zip(&part.time).zip(0_u32..);
    let mut last = None;
    for (moment, row) in moments {
        if last != Some(moment) {
            add(&mut keyed);
        }
        last = Some(moment);
        keyed.push((part.item[row as usize], row));
    }
    add(&mut keyed);
    // Moments come in order.
    rows.sort_unstable();
    rows
}

/// How many lines of the month itself a rule looks at.
pub(crate) fn n_due(run: &Run<'_>, rule: usize, part: &Part<'_>) -> u64 {
    part.due(part.own(), bounds(run.rule(rule).range)).len() as u64
}

/// The item and what a rule asks beside it, and the row.
pub(crate) type Keyed<K> = ((u32, K), u32);

/// The rows that a rule holds against each other: those that have all in common with another one, or
/// all twins where nothing is left out before they are looked at.
pub(crate) fn alike<'p, K: Ord>(
    run: &Run<'_>,
    rule: usize,
    part: &'p Part<'_>,
    content: impl Fn(&Part<'_>, u32) -> K,
    found: &mut Found,
) -> Cow<'p, [u32]> {
    let plan = run.rule(rule);
    let twins = part.twins.get_or_init(|| twins(part));
    if plan.scope.is_none() && plan.exceptions.is_empty() && part.is_due(bounds(plan.range)) {
        return Cow::Borrowed(twins);
    }
    let mut rows = Vec::new();
    each_repeated(part, twins, content, &mut |group| rows.extend(group.iter().map(|one| one.1)));
    rows.sort_unstable();
    let rows = in_scope(run, rule, part, &rows, found);
    Cow::Owned(without_exempt(run, rule, part, rows, found).into_owned())
}

fn moment(part: &Part<'_>, row: u32) -> (u32, i64) {
    (part.person[row as usize], part.time[row as usize])
}

/// Calls `each` with the lines of some ascending rows that have all in common.
pub(crate) fn each_repeated<K: Ord>(
    part: &Part<'_>,
    rows: &[u32],
    content: impl Fn(&Part<'_>, u32) -> K,
    each: &mut dyn FnMut(&[Keyed<K>]),
) {
    let mut keyed: Vec<Keyed<K>> = Vec::new();
    for of_moment in rows.chunk_by(|&a, &b| moment(part, a) == moment(part, b)) {
        keyed.clear();
        let key = |row: u32| (part.item[row as usize], content(part, row));
        keyed.extend(of_moment.iter().map(|&row| (key(row), row)));
        repeats(&mut keyed).for_each(&mut *each);
    }
}
