//! Encounters in sequence.

pub mod overlap;
pub mod split;
pub mod visit;

pub use overlap::{Overlapping, overlapping};
pub use split::gap_days;
pub use visit::{perhaps_inside, strictly_inside};

/// One stay of a person, as far as sequence matters.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// Admission day.
    pub admission: i32,
    /// Discharge day; `NO_DAY` while in hospital.
    pub discharge: i32,
    /// Code of the institution.
    pub institution: u32,
}
