//! Lines together.

pub mod contained;
pub mod same;

pub use contained::contained_units;
pub use same::repeats;
