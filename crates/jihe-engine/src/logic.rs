//! All or any of some conditions, in three-valued logic, asked of as few subjects as will do.

use jihe_rules::expr::Expr;
use jihe_terms::NO_CODE;

use crate::evaluate::{longest, truth};
use crate::subjects::Subjects;
use crate::vector::{NULL, Rows};

/// What is asked of one line of each visit, for all lines; none where that is no less work.
pub(crate) fn of_visits(
    on: &Subjects<'_>,
    ask: &mut dyn FnMut(&Subjects<'_>) -> Vec<u8>,
) -> Option<Vec<u8>> {
    let (part, rows) = on.lines?;
    let visits = part.visits();
    let mut firsts: Vec<u32> = Vec::new();
    let mut places: Vec<u32> = Vec::with_capacity(rows.len());
    let mut last = NO_CODE;
    for (place, &row) in (0_u32..).zip(rows) {
        let visit = visits[row as usize];
        if visit != last {
            last = visit;
            firsts.push(place);
        }
        places.push(firsts.len() as u32 - 1);
    }
    if rows.len() < 2 * firsts.len() {
        return None;
    }
    let values = on.narrowed(&firsts, ask)?;
    if values.len() == 1 {
        return Some(values);
    }
    Some(places.iter().map(|&place| values[place as usize]).collect())
}

/// All (`decisive` is false) or any (true) of some conditions: those that come later are only asked
/// of subjects that the earlier leave open.
pub(crate) fn joined(parts: &[Expr], on: &Subjects<'_>, decisive: u8) -> Vec<u8> {
    let mut result = vec![1 - decisive];
    for (nth, part) in parts.iter().enumerate() {
        let n_open = result.iter().filter(|&&value| value != decisive).count();
        if n_open == 0 {
            return result;
        }
        if result.len() == on.n && 1 < on.n && n_open * 2 < on.n {
            let open = (0_u32..).zip(&result).filter(|&(_, &value)| value != decisive);
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
        let next = truth(part, on);
        let n = longest(result.len(), next.len());
        let (a, b) = (Rows::new(&result), Rows::new(&next));
        result = (0..n).map(|row| join(a.get(row), b.get(row), decisive)).collect();
    }
    result
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
