//! From findings to files and sentences.
//!
//! In: a [`Scored`] month. Out: Arrow batches ([`Frames`]), a result folder written whole or not at
//! all ([`write()`]), its manifest, the check of it ([`verify()`]), the story of a finding
//! ([`explain_line`], [`explain_finding`], [`explain_settlement`]) and the summary of a run ([`Summary`]).
//! Not here: what is found (`jihe-engine`), what is refused (`jihe-settle`), printing (`jihe-cli`).

mod article;
pub mod error;
mod evidence;
pub mod explain;
mod expression;
#[cfg(test)]
mod fixture;
pub mod frames;
pub mod layout;
pub mod manifest;
mod read;
mod rulebook;
pub mod scored;
mod sentence;
mod sheet;
pub mod summary;
mod value;
pub mod verify;
pub mod write;

pub use error::ReportError;
pub use explain::{
    Explanation, explain_finding, explain_line, explain_line_of, explain_settlement,
};
pub use frames::Frames;
pub use layout::{Format, ResultTable};
pub use manifest::Manifest;
pub use scored::{ItemNames, RowSource, Scored};
pub use summary::{Summary, ToCome};
pub use verify::{VerifyReport, verify};
pub use write::{
    Slice, StagedState, Writing, are_apart, check_destination, check_state_destination,
    stage_state, verify_state, within, write, write_state,
};
