//! Walks over typed expressions.

use crate::expr::{Arithmetic, Expr, Literal};
use crate::plan::Param;

/// The number of parts.
pub(crate) fn size(expr: &Expr) -> usize {
    let mut total = 0_usize;
    expr.visit(&mut |_| total = total.saturating_add(1));
    total
}

/// Tells whether the value is the same for every claim.
pub(crate) fn is_constant(expr: &Expr) -> bool {
    let mut constant = true;
    expr.visit(&mut |part| {
        constant &= !matches!(
            part,
            Expr::Column(..)
                | Expr::Derived(_)
                | Expr::Row(..)
                | Expr::Param(..)
                | Expr::Sum(..)
                | Expr::Listed(..)
                | Expr::Registered(_)
                | Expr::PrescriptionSum(_)
                | Expr::PrescriptionAll(_)
                | Expr::DiagnosisIn(_)
                | Expr::MainDiagnosisIn(_)
        );
    });
    constant
}

/// The least and the greatest value of a number that hangs on literals and parameters alone, in its own
/// decimals; `None` if a claim or a table row moves it.
pub(crate) fn bounds(expr: &Expr, params: &[Param]) -> Option<(i128, i128)> {
    match expr {
        Expr::Literal(Literal::Number(value, _)) => Some((i128::from(*value), i128::from(*value))),
        Expr::Param(place, _) => {
            let values = || params.get(*place).into_iter().flat_map(|param| &param.values);
            let (least, most) = (values().map(|it| it.1).min(), values().map(|it| it.1).max());
            Some((i128::from(least?), i128::from(most?)))
        }
        Expr::Rescale(inner, by) => {
            let (least, most) = bounds(inner, params)?;
            let scale = 10_i128.checked_pow(*by)?;
            Some((least.checked_mul(scale)?, most.checked_mul(scale)?))
        }
        Expr::Arithmetic(how, left, right) => {
            combined(*how, bounds(left, params)?, bounds(right, params)?)
        }
        Expr::Literal(_)
        | Expr::Column(..)
        | Expr::Derived(_)
        | Expr::Row(..)
        | Expr::Sum(..)
        | Expr::PerVisit(_)
        | Expr::PerItem(..)
        | Expr::Not(_)
        | Expr::And(_)
        | Expr::Or(_)
        | Expr::Compare(..)
        | Expr::Round(_)
        | Expr::IsNull(_)
        | Expr::InCodes(..)
        | Expr::StartsWith(..)
        | Expr::Begins(..)
        | Expr::DayOf(_)
        | Expr::Listed(..)
        | Expr::Registered(_)
        | Expr::PrescriptionSum(_)
        | Expr::PrescriptionAll(_)
        | Expr::MonthEnd(_)
        | Expr::DayEnd(_)
        | Expr::Recorded(_)
        | Expr::Months(..)
        | Expr::DiagnosisIn(_)
        | Expr::MainDiagnosisIn(_) => None,
    }
}

fn combined(how: Arithmetic, a: (i128, i128), b: (i128, i128)) -> Option<(i128, i128)> {
    match how {
        Arithmetic::Add => Some((a.0.checked_add(b.0)?, a.1.checked_add(b.1)?)),
        Arithmetic::Subtract => Some((a.0.checked_sub(b.1)?, a.1.checked_sub(b.0)?)),
        Arithmetic::Multiply => {
            let ends = [(a.0, b.0), (a.0, b.1), (a.1, b.0), (a.1, b.1)];
            let products: Option<Vec<i128>> =
                ends.into_iter().map(|(a, b)| a.checked_mul(b)).collect();
            let products = products?;
            Some((*products.iter().min()?, *products.iter().max()?))
        }
    }
}
