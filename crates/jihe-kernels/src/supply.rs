//! Days of medicine.

pub mod days;
pub mod refill;

pub use days::{Supply, beyond_limit};
pub use refill::{Refill, overlaps};
