//! All or any of some conditions, in three-valued logic, asked of as few subjects as will do.

use jihe_rules::expr::Expr;

use crate::evaluate::{truth, truths};
use crate::known::ASK;
use crate::subjects::Subjects;
use crate::vector::{NULL, Rows, Values};

/// What is asked of one line of each visit, for all lines; none where that is no less work.
pub(crate) fn of_visits(
    on: &Subjects<'_>,
    ask: &mut dyn FnMut(&Subjects<'_>) -> Values<u8>,
) -> Option<Values<u8>> {
    let (part, rows) = on.lines?;
    if rows.len() < 2 {
        return None;
    }
    let visits = part.visits_of(rows);
    if rows.len() < 2 * visits.firsts.len() {
        return None;
    }
    let values = on.narrowed(&visits.firsts, ask)?;
    // Mostly it is the same of all visits.
    match values.first() {
        Some(&first) if values.iter().all(|&value| value == first) => {
            return Some(Values::One(first));
        }
        _ => {}
    }
    Some(visits.places.iter().map(|&place| values[place as usize]).collect())
}

/// What the items of subjects answer; those that do not are asked themselves.
pub(crate) fn of_items(place: usize, expr: &Expr, on: &Subjects<'_>) -> Values<u8> {
    let answers = on.run.engine.known.conditions.get(place);
    let Some(answers) = answers.filter(|_| on.lines.is_some()) else { return truth(expr, on) };
    let answer = |&row: &u32| answers.get(row as usize).copied().unwrap_or(ASK);
    let rows = on.item_row();
    let n_open = rows.iter().filter(|row| answer(row) == ASK).count();
    if n_open == on.n {
        return truth(expr, on);
    }
    let mut values: Values<u8> = rows.iter().map(answer).collect();
    if n_open == 0 {
        return values;
    }
    let open = (0_u32..).zip(&*values).filter(|&(_, &value)| value == ASK);
    let open: Vec<u32> = open.map(|(place, _)| place).collect();
    let of_open = on.narrowed(&open, &mut |on| truths(expr, on));
    let Some(of_open) = of_open else { return truth(expr, on) };
    for (&place, &value) in open.iter().zip(&*of_open) {
        values[place as usize] = value;
    }
    values
}

/// All (`decisive` is false) or any (true) of some conditions: those that come later are only asked
/// of subjects that the earlier leave open.
pub(crate) fn joined(parts: &[Expr], on: &Subjects<'_>, decisive: u8) -> Values<u8> {
    let mut result = Values::One(1 - decisive);
    for (nth, part) in parts.iter().enumerate() {
        let n_open = result.iter().filter(|&&value| value != decisive).count();
        if n_open == 0 {
            return result;
        }
        if result.len() == on.n && 1 < on.n && n_open * 2 < on.n {
            let open = (0_u32..).zip(&*result).filter(|&(_, &value)| value != decisive);
            let open: Vec<u32> = open.map(|(place, _)| place).collect();
            let rest = parts.get(nth..).unwrap_or(&[]);
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
