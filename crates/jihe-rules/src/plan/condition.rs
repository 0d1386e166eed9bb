//! Conditions that an institution as a whole has to meet.

use crate::expr::Expr;
use crate::plan::{Bilingual, StaySum};

/// What institutions are asked for: a finding for each condition that one does not meet.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Conditions {
    /// Counts of the practitioners registered at the institution, each person once.
    pub counts: Vec<StaySum>,
    /// The conditions in the order of the file.
    pub conditions: Vec<Condition>,
}

/// One condition.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Condition {
    /// Its name, which is part of the id of a finding.
    pub name: String,
    /// What is wrong where it is not met, in both languages.
    pub title: Bilingual,
    /// Whether it is not met (Bool).
    pub hit: Expr,
    /// The number that is shown of the institution, if one is.
    pub value: Option<Expr>,
    /// The number that it is held against, if one is.
    pub limit: Option<Expr>,
}
