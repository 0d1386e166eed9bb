//! Values of parameters that make no sense, one beside another or in an expression.
//!
//! In: parameters with their values by days. Out: what is wrong, in words; the same for a pack that is
//! read and for a parameter that is moved later. Not here: the bounds of each parameter (`parse`).

use crate::check::params::value_on;
use crate::check::walk::bounds;
use crate::expr::Expr;
use crate::plan::{Param, Rule, Shape};

/// Bands that overlap on some day: the one that `high` closes does not end above the one before it.
pub(crate) fn overlap(low: &Param, high: &Param) -> Option<String> {
    let begins = low.values.iter().chain(&high.values).map(|(range, _)| range.from());
    let values = begins.filter_map(|day| Some((value_on(low, day)?, value_on(high, day)?)));
    let (below, above) = values.into_iter().find(|(below, above)| above <= below)?;
    let (low, high) = (&low.name, &high.name);
    Some(format!("bands overlap: {high} is {above}, {low} before it is {below}"))
}

/// A number that may come to less than 0, as far as literals and parameters tell.
pub(crate) fn below_zero(text: &str, expr: &Expr, params: &[Param]) -> Option<String> {
    let shown: String = text.chars().take(60).collect();
    bounds(expr, params)
        .is_some_and(|(least, _)| least < 0)
        .then(|| format!("value is below 0: {shown}"))
}

impl Rule {
    /// What makes no sense in the values of its parameters; none of a rule as it was read.
    pub fn value_fault(&self) -> Option<String> {
        let bands =
            if let Shape::SplitStay { bands } = &self.shape { bands.as_slice() } else { &[] };
        let pairs = bands.iter().zip(bands.iter().skip(1)).filter_map(|(low, high)| {
            Some((self.params.get(low.upto)?, self.params.get(high.upto)?))
        });
        let mut overlaps = pairs.filter_map(|(low, high)| overlap(low, high));
        let mut negative = self
            .not_negative
            .iter()
            .filter_map(|(text, expr)| below_zero(text, expr, &self.params));
        overlaps.next().or_else(|| negative.next())
    }
}
