//! Rule packs: text to [`Plan`]. Knows no claim data.
//!
//! A rule's way: parse (spans kept) → check (names, types, units, dates, bounds, articles) →
//! compile (one file per family) → plan. Every fault is a [`Diagnostic`] with file, line, column,
//! what, why and what to do; all of them come back at once.

pub mod expr;
pub mod plan;
