//! Lines that may not count: an exception asks for what the files lack, or a row may match or not.
//!
//! In: what a rule finds with all such lines, and without any. Out: what it finds either way; the other
//! lines are not evaluable. Not here: which lines they are (`found`, `judge::limit`).
//! Cost: nothing without such lines; else the rule judges the part a second time.

use std::collections::BTreeMap;

use jihe_frame::{Cut, Evidence, HitLine, Hits};
use jihe_rules::plan::Shape;

use crate::found::Found;
use crate::run::{Part, Run};

/// What keeps lines from being surely counted.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Why {
    /// An exception asks for what the files lack.
    pub(crate) exception: bool,
    /// Whether a row of the rule's table matches is not known.
    pub(crate) matching: bool,
}

impl Why {
    /// An exception alone.
    pub(crate) const EXCEPTION: Self = Self { exception: true, matching: false };

    /// Whether anything does.
    pub(crate) fn is_open(self) -> bool {
        self.exception || self.matching
    }

    /// What keeps any of some lines.
    pub(crate) fn any(of_lines: impl IntoIterator<Item = Self>) -> Self {
        of_lines.into_iter().fold(Self::default(), |all, one| Self {
            exception: all.exception || one.exception,
            matching: all.matching || one.matching,
        })
    }
}

/// Each line of a group once, as it comes first: by the strictest of its limits.
pub(crate) fn once<T>(group: impl Iterator<Item = T>, line: impl Fn(&T) -> u32) -> Vec<T> {
    let mut group: Vec<T> = group.collect();
    group.dedup_by_key(|member| line(member));
    group
}

/// What is in one list and not in another; both ascending.
pub(crate) fn only(one: &[u32], other: &[u32]) -> Vec<u32> {
    one.iter().copied().filter(|row| other.binary_search(row).is_err()).collect()
}

impl Found {
    /// Counts lines that are hits with what may not count and none without it, or the other way round;
    /// both ascending.
    pub(crate) fn open_lines(
        &mut self,
        part: &Part<'_>,
        (with, without): (&[u32], &[u32]),
        why: Why,
    ) {
        for row in [only(with, without), only(without, with)].concat() {
            if part.carried[row as usize] {
                continue;
            }
            // Of two groups of a line the first may not be known: then it was not counted.
            self.n_judged = self.n_judged.saturating_sub(1);
            self.open_line(part.amount[row as usize], (&[row], why));
        }
    }

    /// Counts a line that is a hit only with what may not count; `rows` is it, if it is of one part.
    pub(crate) fn open_line(&mut self, amount: i64, (rows, why): (&[u32], Why)) {
        if why.matching {
            self.not_evaluable(amount, rows);
            self.lacks_exception |= why.exception;
        } else {
            self.open_exception(amount);
        }
    }
}

/// Judges a part, and once more without the lines that an exception may take out, if there are any.
pub(crate) fn judge(
    run: &Run<'_>,
    rule: usize,
    part: &Part<'_>,
    judge: &dyn Fn(&mut Found),
    found: &mut Found,
) {
    judge(found);
    if !found.has_open {
        return;
    }
    let mut without = Found { leaves_out_open: true, ..Found::default() };
    judge(&mut without);
    let with = strictest(run, rule, &std::mem::take(&mut found.hits));
    let of_closed = strictest(run, rule, &without.hits);
    for hit in &without.hits.hits {
        let lines = without.hits.lines_of(hit);
        let is_asked = asked(run, rule, lines);
        let holds = |line: &HitLine| {
            with.get(&line.line).is_some_and(|&with| is_as_strict(with, line.part()))
        };
        let left = lines.iter().filter(|line| !is_asked(line) || holds(line));
        let left: Vec<HitLine> = left.copied().collect();
        if left.iter().any(&is_asked) {
            found.hits.push_of(&without.hits, hit, &left);
        }
    }
    let sure = strictest(run, rule, &found.hits);
    let mut rows: Vec<u32> = with.into_keys().chain(of_closed.into_keys()).collect();
    rows.retain(|line| !sure.contains_key(line));
    for line in &mut rows {
        *line -= part.first;
    }
    rows.sort_unstable();
    rows.dedup();
    found.open_lines(part, (&rows, &[]), Why::EXCEPTION);
}

/// By line that findings are about: what takes most of it.
fn strictest(run: &Run<'_>, rule: usize, hits: &Hits) -> BTreeMap<u32, Evidence> {
    let mut all: BTreeMap<u32, Evidence> = BTreeMap::new();
    for hit in &hits.hits {
        let lines = hits.lines_of(hit);
        let is_asked = asked(run, rule, lines);
        for line in lines.iter().filter(|line| is_asked(line)) {
            let most = all.entry(line.line).or_insert(line.part());
            if is_as_strict(line.part(), *most) {
                *most = line.part();
            }
        }
    }
    all
}

/// Whether a finding is about a line of it: those that it cuts, or all if it cuts none. Of lines at two
/// places the first is the later one.
fn asked(run: &Run<'_>, rule: usize, lines: &[HitLine]) -> impl Fn(&HitLine) -> bool + use<> {
    let cuts_none = !lines.iter().any(|line| line.is_cut());
    let is_of_two = matches!(run.rule(rule).shape, Shape::TwoPlaces { .. });
    let only = lines.first().copied().filter(|_| is_of_two);
    move |line| only.map_or(cuts_none || line.is_cut(), |only| *line == only)
}

/// Whether a line loses by one cut at least what it loses by another of its kind.
fn is_as_strict(one: Evidence, other: Evidence) -> bool {
    let (Evidence::Cut(one), Evidence::Cut(other)) = (one, other) else { return one == other };
    match (one, other) {
        (Cut::Units(one), Cut::Units(other)) => other <= one,
        (Cut::Price(one), Cut::Price(other)) | (Cut::Amount(one), Cut::Amount(other)) => {
            one <= other
        }
        (one, other) => one == other,
    }
}
