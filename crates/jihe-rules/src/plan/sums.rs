//! Sums over the lines of a stay, or counts of an institution's practitioners, which the question of
//! a rule may name.

use crate::expr::Expr;

/// A named sum over the lines of a stay; unknown if it is not known of a line whether it counts. For
/// an institution, a count of its practitioners: at least those that surely count, at most those
/// that may.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StaySum {
    /// Its name.
    pub name: String,
    /// What is added up.
    pub of: SumOf,
    /// Which lines count.
    pub when: Expr,
}

/// What a sum adds up.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SumOf {
    /// Amounts, Number(2).
    Amount,
    /// Lines, Number(0).
    Lines,
}

impl SumOf {
    /// Decimals of the sum.
    pub fn scale(self) -> u32 {
        match self {
            Self::Amount => 2,
            Self::Lines => 0,
        }
    }
}
