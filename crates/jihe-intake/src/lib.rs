//! From files to the net month and the quarantine.
//!
//! In: a folder of tables or Arrow batches, and the state an earlier month left. Out: the
//! [`jihe_frame::NetMonth`] of `docs/semantics.md` §1, with every row that was put aside.
//! Not here: rules and money (`jihe-engine`), rule packs (`jihe-rules`).
//! Cost: one pass over the files, then sorts of what is left; all of it on the caller's threads.

mod cells;
mod chunk;
mod claim;
mod error;
mod join;
mod layout;
mod lines;
mod memory;
mod month;
mod net;
mod normalise;
mod options;
mod packed;
mod place;
mod read;
mod reference;
mod reviews;
mod rows;
mod stock;
mod traces;
mod values;
mod words;

pub use claim::{Beside, Claim, Row, read_claim};
pub use error::IntakeError;
pub use month::read_month;
pub use options::{Encoding, IntakeOptions, MonthSource, Progress, TraceRows, Wanted};
pub use read::folder::state_at;
pub use reference::{Aside, Reference, read_reference};
pub use reviews::{Reviews, read_reviews};
pub use stock::Stock;
