//! All or any of some conditions, in three-valued logic, asked of as few subjects as will do.

use std::borrow::Cow;

use jihe_rules::expr::Expr;

use crate::evaluate::truth;
use crate::run::Visits;
use crate::subjects::Subjects;
use crate::vector::{NULL, Rows, Values};

/// The visits of lines and what is asked of one line of each; none where that is no less work.
fn asked_of_visits<'a>(
    on: &Subjects<'a>,
    ask: &mut dyn FnMut(&Subjects<'_>) -> Values<u8>,
) -> Option<(Cow<'a, Visits>, Values<u8>)> {
    let (part, rows) = on.lines?;
    if rows.len() < 2 {
        return None;
    }
    let visits = part.visits_of(rows);
    if rows.len() < 2 * visits.firsts.len() {
        return None;
    }
    let values = on.narrowed(&visits.firsts, ask)?;
    Some((visits, values))
}

/// What is asked of one line of each visit, for all lines; none where that is no less work.
pub(crate) fn of_visits(
    on: &Subjects<'_>,
    ask: &mut dyn FnMut(&Subjects<'_>) -> Values<u8>,
) -> Option<Values<u8>> {
    let (visits, values) = asked_of_visits(on, ask)?;
    Some(spread(&visits, &values))
}

/// What visits have, for all their lines.
fn spread(visits: &Visits, values: &[u8]) -> Values<u8> {
    match values.first() {
        Some(&first) if values.iter().all(|&value| value == first) => return Values::One(first),
        _ => {}
    }
    visits.places.iter().map(|&place| values[place as usize]).collect()
}

/// The places of the lines of visits that a condition leaves open; none if they are many.
fn few_open(visits: &Visits, values: &[u8], decisive: u8) -> Option<Vec<u32>> {
    let n_lines = visits.places.len();
    let ends = visits.firsts.iter().skip(1).copied().chain([n_lines as u32]);
    let lines = visits.firsts.iter().copied().zip(ends).zip(values);
    let open = lines.filter(|&(_, &value)| value != decisive).map(|((first, end), _)| first..end);
    let n_open: usize = open.clone().map(|lines| lines.len()).sum();
    (n_open * 2 < n_lines).then(|| open.flatten().collect())
}

/// All (`decisive` is false) or any (true) of some conditions: those that come later are only asked
/// of subjects that the earlier leave open.
pub(crate) fn joined(parts: &[Expr], on: &Subjects<'_>, decisive: u8) -> Values<u8> {
    let mut result = Values::One(1 - decisive);
    // What whole visits have in common comes first.
    let mut rest = parts;
    if let [Expr::PerVisit(inner), others @ ..] = parts
        && let Some((visits, values)) = asked_of_visits(on, &mut |on| truth(inner, on))
    {
        if let Some(open) = few_open(&visits, &values, decisive).filter(|_| values.len() != 1) {
            return of_few(others, on, (&visits, &values, &open), decisive);
        }
        (rest, result) = (others, spread(&visits, &values));
    }
    for (nth, part) in rest.iter().enumerate() {
        let n_open = result.iter().filter(|&&value| value != decisive).count();
        if n_open == 0 {
            return result;
        }
        if result.len() == on.n && 1 < on.n && n_open * 2 < on.n {
            let open = (0_u32..).zip(&*result).filter(|&(_, &value)| value != decisive);
            let open: Vec<u32> = open.map(|(place, _)| place).collect();
            let rest = rest.get(nth..).unwrap_or(&[]);
            let of_open = on.narrowed(&open, &mut |on| joined(rest, on, decisive));
            if let Some(of_open) = of_open {
                let of_open = Rows::new(&of_open);
                for (nth, &place) in open.iter().enumerate() {
                    let value = &mut result[place as usize];
                    *value = join(*value, of_open.get(nth), decisive);
                }
                return result;
            }
        }
        result = both(result, truth(part, on), decisive);
    }
    result
}

/// The same where visits leave few lines open.
fn of_few(
    others: &[Expr],
    on: &Subjects<'_>,
    (visits, values, open): (&Visits, &[u8], &[u32]),
    decisive: u8,
) -> Values<u8> {
    if open.is_empty() {
        return Values::One(decisive);
    }
    let of_open = on.narrowed(open, &mut |on| joined(others, on, decisive));
    let of_open = of_open.unwrap_or(Values::One(NULL));
    let of_open = Rows::new(&of_open);
    let mut result = Values::of(decisive, on.n);
    for (nth, &place) in open.iter().enumerate() {
        let of_visit = values[visits.places[place as usize] as usize];
        result[place as usize] = join(of_visit, of_open.get(nth), decisive);
    }
    result
}

/// Joins values of which either side may be one for all.
fn both(a: Values<u8>, b: Values<u8>, decisive: u8) -> Values<u8> {
    let (mut all, others) = if a.len() == 1 { (b, a) } else { (a, b) };
    if let [other] = *others {
        all.iter_mut().for_each(|value| *value = join(*value, other, decisive));
    } else {
        let each = all.iter_mut().zip(&*others);
        each.for_each(|(value, &other)| *value = join(*value, other, decisive));
    }
    all
}

#[inline]
fn join(a: u8, b: u8, decisive: u8) -> u8 {
    if a == decisive || b == decisive {
        decisive
    } else if a == NULL || b == NULL {
        NULL
    } else {
        1 - decisive
    }
}
