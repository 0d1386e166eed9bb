//! All or any of some conditions, in three-valued logic, asked of as few subjects as will do.

use jihe_rules::expr::{Derived, Expr, Source};
use jihe_terms::NO_CODE;
use jihe_terms::schema::TableName;

use crate::evaluate::{longest, truth};
use crate::subjects::Subjects;
use crate::vector::{NULL, Rows, Vector};

/// All or any of some conditions, those of whole visits and the cheap ones first: the others are
/// only asked of subjects that these leave open.
pub(crate) fn logic(parts: &[Expr], on: &Subjects<'_>, decisive: u8) -> Vector {
    let mut parts: Vec<&Expr> = parts.iter().collect();
    parts.sort_by_key(|part| weight(part));
    let (visits, lines): (Vec<&Expr>, Vec<&Expr>) =
        parts.iter().partition(|part| is_of_visit(part));
    let first = if visits.is_empty() {
        None
    } else {
        of_visits(on, &mut |on| joined(vec![1 - decisive], &visits, on, decisive))
    };
    Vector::Bool(match first {
        Some(first) => joined(first, &lines, on, decisive),
        None => joined(vec![1 - decisive], &parts, on, decisive),
    })
}

/// Whether an expression has one value for all lines of an encounter, settlement and institution on
/// one day.
pub(crate) fn is_of_visit(expr: &Expr) -> bool {
    let mut is = true;
    expr.visit(&mut |expr| {
        is &= match expr {
            Expr::Column(Source::Line, place, _) => {
                TableName::Lines.columns()[*place].name == "fixmedins_code"
            }
            Expr::Column(Source::Item | Source::Former | Source::Practitioner, ..)
            | Expr::Row(..)
            | Expr::Sum(..)
            | Expr::Registered(_)
            | Expr::PrescriptionSum(_)
            | Expr::PrescriptionAll(_) => false,
            Expr::Derived(which) => matches!(
                which,
                Derived::Day
                    | Derived::AgeYears
                    | Derived::AgeDays
                    | Derived::MedType
                    | Derived::Inpatient
                    | Derived::LengthOfStay
                    | Derived::PersonKnown
            ),
            _ => true,
        };
    });
    is
}

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

/// What is known so far, joined with more conditions.
fn joined(known: Vec<u8>, parts: &[&Expr], on: &Subjects<'_>, decisive: u8) -> Vec<u8> {
    let mut result = known;
    for (nth, part) in parts.iter().enumerate() {
        let n_open = result.iter().filter(|&&value| value != decisive).count();
        if n_open == 0 {
            return result;
        }
        if result.len() == on.n && 1 < on.n && n_open * 2 < on.n {
            let open = (0_u32..).zip(&result).filter(|&(_, &value)| value != decisive);
            let open: Vec<u32> = open.map(|(place, _)| place).collect();
            let rest = parts.get(nth..).unwrap_or(&[]);
            let start = || vec![1 - decisive];
            let of_open = on.narrowed(&open, &mut |on| joined(start(), rest, on, decisive));
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

/// About what an expression costs for each subject.
fn weight(expr: &Expr) -> u32 {
    let mut all = 0;
    expr.visit(&mut |expr| {
        all += match expr {
            Expr::Literal(_) | Expr::Param(..) | Expr::Row(..) => 0,
            Expr::DiagnosisIn(_)
            | Expr::MainDiagnosisIn(_)
            | Expr::Listed(..)
            | Expr::Begins(..)
            | Expr::StartsWith(..) => 8,
            Expr::Derived(_) => 4,
            Expr::Registered(_) | Expr::PrescriptionSum(_) | Expr::PrescriptionAll(_) => 32,
            _ => 1,
        };
    });
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
