//! Rule packs: text to [`Plan`]. Knows no claim data.
//!
//! A rule's way: parse (spans kept) → check (names, types, units, dates, bounds, articles) →
//! compile (one file per family) → plan. Every fault is a [`Diagnostic`] with file, line, column,
//! what, why and what to do; all of them come back at once.

mod assemble;
mod check;
mod compile;
mod diagnostic;
pub mod expr;
mod parse;
pub mod plan;

#[cfg(test)]
mod mutated;

use std::path::Path;

pub use assemble::rule_tables;
pub use check::outlook::Outlook;
pub use diagnostic::{Diagnostic, Excerpt, RuleErrors, Severity};
pub use plan::Plan;

/// Reads a pack and those below it.
///
/// # Errors
///
/// All faults, if the pack cannot be used.
pub fn load(dir: &Path) -> Result<Plan, RuleErrors> {
    let (plan, diagnostics) = check(dir);
    plan.ok_or_else(|| RuleErrors::new(diagnostics))
}

/// Reads a pack and says all there is to say about it, warnings and notes included.
///
/// There is a plan if and only if no diagnostic is an error. Where a pack below is missing, nothing is
/// said of what may stand in it. Diagnostics are sorted by file, line and column.
pub fn check(dir: &Path) -> (Option<Plan>, Vec<Diagnostic>) {
    assemble::assemble(dir, Outlook::default())
}

/// The same, seen from a day and beside a catalogue: also what is old, to come, or not there.
pub fn check_on(dir: &Path, outlook: Outlook<'_>) -> (Option<Plan>, Vec<Diagnostic>) {
    assemble::assemble(dir, outlook)
}
