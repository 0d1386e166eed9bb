//! Walks over typed expressions.

use crate::expr::Expr;

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
