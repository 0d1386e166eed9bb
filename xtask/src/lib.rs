//! What the project does to itself: pages rendered from rules, new rules, golden folders.
//!
//! In: a checkout. Out: files of that checkout. The command `cargo xtask` calls it, and so do tests.
//! Not here: anything that a user of the library or of the command needs.

pub mod command;
pub mod docs;
mod failure;
pub mod golden;
pub mod new_rule;
mod project;

pub use failure::Failure;
pub use project::{Project, RuleName};
