//! The shapes of a month inside the engine.
//!
//! In: nothing; these are plain columns with the promises written beside them. Codes are ids of one
//! dictionary ([`Codes`]), money is fen, a price 10⁻⁶ yuan, a quantity 10⁻⁴ unit, a moment seconds
//! and a day days since 1970. Missing values are the constants of `jihe_terms`.
//! Not here: reading files (`jihe-intake`), judging (`jihe-kernels`, `jihe-engine`).

pub mod benefit;
pub mod codes;
pub mod defect;
mod ends;
pub mod finding;
mod heads;
pub mod kept;
pub mod lines;
pub mod month;
pub mod profile;
pub mod relation;
pub mod review;
pub mod serials;
mod slots;
mod value;
pub mod varint;

pub use benefit::{Benefits, LineBenefit, SettlementBenefit};
pub use codes::Codes;
pub use defect::{Counts, Defect, Defects, InputFile, Reversal};
pub use finding::{Coverage, Cut, Evidence, Exempt, FindingId, Hit, HitLine, Hits, Lack};
pub use kept::KeptLines;
pub use lines::{LinePart, LineStore, Lines};
pub use month::{Diagnoses, Doubt, EarlyTraces, Entities, NetMonth, Traces};
pub use profile::{Profile, timed, timed_in};
pub use relation::{Column, Relation};
pub use review::{Decision, Review};
pub use serials::Serials;
pub use value::{N_VALUES, Value, Values};
