//! Conditions that institutions have to meet: a finding for each that one does not.
//!
//! Asked of the institutions that billed in this month, on the last day of service of the month, when
//! all parts are through.

use std::sync::Arc;

use jihe_frame::Value;
use jihe_rules::expr::{Expr, Type};
use jihe_rules::plan::{Condition, Conditions, Shape, StaySum};
use jihe_terms::NO_NUMBER;

use crate::evaluate::{numbers, truths};
use crate::found::{Found, Place};
use crate::registry::{Verdict, Verdicts};
use crate::run::{Run, bounds};
use crate::subjects::Subjects;
use crate::tables::CodedTable;
use crate::vector::{NULL, TRUE, Values};

/// The texts of a condition that findings show: they are codes of the run.
pub(crate) fn words(one: &Condition) -> [&str; 3] {
    [&one.name, &one.title.zh, &one.title.en]
}

/// Judges institutions, ascending by code.
pub(crate) fn judge(run: &Run<'_>, rule: usize, institutions: &[u32], found: &mut Found) {
    let plan = run.rule(rule);
    let Shape::Conditions(all) = &plan.shape else { return };
    let Some(day) = run.month.last_day else { return };
    let (from, until) = bounds(plan.range);
    if day < from || until <= day || institutions.is_empty() {
        return;
    }
    let ask = |new: &[u32]| verdicts(run, rule, (all, new), day);
    let verdicts = run.engine.registry.verdicts.of((rule, day), institutions, ask);
    for (nth, one) in all.conditions.iter().enumerate() {
        for (&institution, verdicts) in institutions.iter().zip(&verdicts) {
            let Verdict { scope, truth, shown: [value, limit] } = verdicts[nth];
            match (scope, truth) {
                (TRUE, TRUE) => {
                    found.n_judged += 1;
                    let at = Place::of_institution(rule, plan.grade, institution);
                    let [name, zh, en] = words(one).map(|text| word(run, text));
                    found.push(at, &[], [name, zh, en, value, limit]);
                }
                (TRUE | NULL, NULL) | (NULL, TRUE) => found.not_evaluable(0, &[]),
                (TRUE, _) => found.n_judged += 1,
                _ => {}
            }
        }
    }
}

/// What the conditions say of each institution.
fn verdicts(
    run: &Run<'_>,
    rule: usize,
    (all, institutions): (&Conditions, &[u32]),
    day: i32,
) -> Vec<Verdicts> {
    let plan = run.rule(rule);
    let counts = counts(run, rule, (all, institutions), day);
    let possible = possible(&counts, institutions.len());
    let of = |sums| {
        let on = Subjects::of_institutions(run, institutions, (&[], day), &plan.params);
        on.with_sums(sums)
    };
    let ends: Vec<Subjects<'_>> = possible.iter().map(|sums| of(sums)).collect();
    let scope = plan.scope.as_ref().map(|scope| sure(scope, &ends));
    let scope = scope.unwrap_or_else(|| Values::of(TRUE, institutions.len()));
    let mut verdicts: Vec<Vec<Verdict>> = vec![Vec::new(); institutions.len()];
    for one in &all.conditions {
        let truth = sure(&one.hit, &ends);
        let is_hit = |place: usize| (scope[place], truth[place]) == (TRUE, TRUE);
        let is_any = (0..institutions.len()).any(is_hit);
        let shown = [&one.value, &one.limit].map(|shown| shown.as_ref().filter(|_| is_any));
        let shown = shown.map(|shown| shown_of(shown, &ends));
        for (place, verdicts) in verdicts.iter_mut().enumerate() {
            let shown = [&shown[0], &shown[1]].map(|shown| shown[place]);
            verdicts.push(Verdict { scope: scope[place], truth: truth[place], shown });
        }
    }
    verdicts.into_iter().map(Arc::from).collect()
}

/// Counts that institutions may truly have, by variant and count. All of them where an institution
/// has few; else each count at its least and at its most, in every way.
fn possible([least, most]: &[Vec<Vec<i64>>; 2], n: usize) -> Vec<Vec<Vec<i64>>> {
    const FEW: i64 = 64;
    let width = |count: usize, at: usize| most[count][at].saturating_sub(least[count][at]) + 1;
    let n_ways = |at: usize| {
        (0..least.len()).fold(1_i64, |ways, count| ways.saturating_mul(width(count, at)))
    };
    let n_ends = 1_i64 << least.len().min(6);
    let of = |at: usize| if n_ways(at) <= FEW { n_ways(at) } else { n_ends };
    let n_variants = (0..n).map(of).max().unwrap_or(1);
    let value = |count: usize, at: usize, variant: i64| {
        let (low, high) = (least[count][at], most[count][at]);
        if n_ways(at) <= FEW {
            // Variants count through all ways; an institution with fewer repeats its last one.
            let ways = |count: usize| (0..count).fold(1, |ways, count| ways * width(count, at));
            low + variant.min(n_ways(at) - 1) / ways(count) % width(count, at)
        } else if variant >> count.min(5) & 1 == 0 {
            low
        } else {
            high
        }
    };
    let counts = 0..least.len();
    let of_variant = |variant| {
        counts.clone().map(|count| (0..n).map(|at| value(count, at, variant)).collect()).collect()
    };
    (0..n_variants).map(of_variant).collect()
}

/// What holds whatever the true counts are; they are among those that are possible.
fn sure(expr: &Expr, ends: &[Subjects<'_>]) -> Values<u8> {
    let mut truths = ends.iter().map(|on| truths(expr, on));
    let mut sure = truths.next().unwrap_or(Values::One(NULL));
    for other in truths {
        let differ = sure.iter_mut().zip(&*other).filter(|(one, other)| one != other);
        differ.for_each(|(one, _)| *one = NULL);
    }
    sure
}

fn word(run: &Run<'_>, text: &str) -> Value {
    run.month.codes.get(text.as_bytes()).map_or(Value::Missing, Value::Code)
}

/// A number for each institution; missing where it is not known.
fn shown_of(expr: Option<&Expr>, ends: &[Subjects<'_>]) -> Vec<Value> {
    let none = || vec![Value::Missing; ends.first().map_or(0, |on| on.n)];
    let Some(expr) = expr else { return none() };
    let Type::Number(scale) = expr.ty() else { return none() };
    let ends: Vec<Values<i64>> = ends.iter().map(|on| numbers(expr, on)).collect();
    let value = |place: usize| match ends[0][place] {
        NO_NUMBER => Value::Missing,
        value if ends.iter().all(|end| end[place] == value) => Value::Number(value, scale),
        _ => Value::Missing,
    };
    (0..ends[0].len()).map(value).collect()
}

/// The least and the most that each count may be for each institution.
fn counts(
    run: &Run<'_>,
    rule: usize,
    (all, institutions): (&Conditions, &[u32]),
    day: i32,
) -> [Vec<Vec<i64>>; 2] {
    let Some(table) = run.engine.registry.practitioners() else {
        return [0, 1].map(|_| vec![vec![NO_NUMBER; institutions.len()]; all.counts.len()]);
    };
    let of_house = |&house: &u32| counted(run, rule, (all, table), (house, day));
    let houses: Vec<Vec<[i64; 2]>> = institutions.iter().map(of_house).collect();
    let end = |end: usize| {
        let of_count = |count: usize| houses.iter().map(|house| house[count][end]).collect();
        (0..all.counts.len()).map(of_count).collect()
    };
    [0, 1].map(end)
}

/// The least and the most that each count may be for an institution.
fn counted(
    run: &Run<'_>,
    rule: usize,
    (all, table): (&Conditions, &CodedTable),
    (house, day): (u32, i32),
) -> Vec<[i64; 2]> {
    let rows = run.engine.registry.staff(house, day);
    let houses = vec![house; rows.len()];
    let on = Subjects::of_institutions(run, &houses, (&rows, day), &run.rule(rule).params);
    let persons = table.codes(0).unwrap_or(&[]);
    let places: Vec<usize> = (0..rows.len()).collect();
    let person = |at: usize| persons[rows[at] as usize];
    let of_count = |count: &StaySum| {
        let truth = truths(&count.when, &on);
        let (mut surely, mut perhaps) = (0, 0);
        for of_person in places.chunk_by(|&a, &b| person(a) == person(b)) {
            let has = |wanted: u8| of_person.iter().any(|&at| truth[at] == wanted);
            surely += i64::from(has(TRUE));
            perhaps += i64::from(has(TRUE) || has(NULL));
        }
        [surely, perhaps]
    };
    all.counts.iter().map(of_count).collect()
}
