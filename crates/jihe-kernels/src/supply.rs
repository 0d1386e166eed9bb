//! Days of medicine.

pub mod days;
pub mod dose;
pub mod refill;

pub use days::{Supply, beyond_limit};
pub use dose::{Daily, Dose, Frequency, Measure};
pub use refill::{Refill, overlaps};
