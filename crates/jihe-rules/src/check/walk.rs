//! Walks over typed expressions.

use crate::expr::Expr;

/// The number of parts.
pub(crate) fn size(expr: &Expr) -> usize {
    let mut total = 0_usize;
    visit(expr, &mut |_| total = total.saturating_add(1));
    total
}

/// Shows every part to `look`.
pub(crate) fn visit<'a>(expr: &'a Expr, look: &mut impl FnMut(&'a Expr)) {
    look(expr);
    match expr {
        Expr::Not(inner)
        | Expr::Rescale(inner, _)
        | Expr::Round(inner)
        | Expr::IsNull(inner)
        | Expr::InCodes(inner, _)
        | Expr::StartsWith(inner, _)
        | Expr::DayOf(inner)
        | Expr::Listed(_, inner) => visit(inner, look),
        Expr::And(parts) | Expr::Or(parts) => {
            for part in parts {
                visit(part, look);
            }
        }
        Expr::Compare(_, left, right)
        | Expr::Arithmetic(_, left, right)
        | Expr::Begins(left, right) => {
            visit(left, look);
            visit(right, look);
        }
        Expr::Literal(_)
        | Expr::Column(..)
        | Expr::Derived(_)
        | Expr::Row(..)
        | Expr::Param(..)
        | Expr::DiagnosisIn(_)
        | Expr::MainDiagnosisIn(_) => {}
    }
}

/// Tells whether the value is the same for every claim.
pub(crate) fn is_constant(expr: &Expr) -> bool {
    let mut constant = true;
    visit(expr, &mut |part| {
        constant &= !matches!(
            part,
            Expr::Column(..)
                | Expr::Derived(_)
                | Expr::Row(..)
                | Expr::Param(..)
                | Expr::Listed(..)
                | Expr::DiagnosisIn(_)
                | Expr::MainDiagnosisIn(_)
        );
    });
    constant
}
