//! Adjudicates China's basic medical insurance claims: the crate to embed.
//!
//! ```no_run
//! # fn main() -> Result<(), jihe::Error> {
//! let pack = jihe::Pack::load("rules/national")?;
//! let reference = jihe::Reference::open("reference")?;
//! let engine = jihe::Engine::compile(&pack, &reference)?;
//! let month = jihe::Month::open("months/2026-10")?;
//! let result = engine.score(&month, &jihe::Options::default())?;
//! result.write("out")?;
//! # Ok(())
//! # }
//! ```
//!
//! An [`Engine`] is immutable and shared by threads; it never prints, reads the clock, or opens a
//! file that it was not given. Arrow goes in ([`Month::from_batches`]) and out
//! ([`Outcome::findings`] and its neighbours); the Arrow types are re-exported as [`arrow_array`] and
//! [`arrow_schema`]. What a result means is written in `docs/semantics.md`.
//!
//! A damaged file of Parquet or Arrow is an error. On the way the readers of these formats may panic, which is
//! caught here; the panic hook of the process hears of it all the same, and the usual one prints.

mod check;
mod delivery;
mod engine;
mod error;
mod month;
mod outcome;
mod pack;
mod reference;

pub use arrow_array;
pub use arrow_schema;
pub use check::{check, check_on};
pub use delivery::{Delivered, Destination};
pub use engine::{Engine, OnProgress, Options};
pub use error::Error;
pub use jihe_frame::{Profile, timed};
pub use jihe_intake::{Claim, Encoding, Row};
pub use jihe_report::{
    Explanation, Format, ResultTable, Scored, Summary, VerifyReport, explain_finding, explain_line,
    explain_line_of, explain_settlement,
};
pub use jihe_rules::{Diagnostic, Severity};
pub use jihe_settle::Stage;
pub use jihe_terms::Day;
pub use jihe_terms::schema::TableName;
pub use month::Month;
pub use outcome::Outcome;
pub use pack::Pack;
pub use reference::{Contradiction, Reference};

/// Recomputes every digest and total of a result folder.
///
/// # Errors
///
/// If the folder holds no results or one of its files cannot be read.
pub fn verify(dir: impl AsRef<std::path::Path>) -> Result<VerifyReport, Error> {
    Ok(jihe_report::verify(dir.as_ref())?)
}

/// The version of the engine, as manifests name it.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
