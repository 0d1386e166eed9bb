//! Sums and counts in a window.

pub mod excess;
pub mod period;

pub use excess::{excess_units, latest_units};
pub use period::too_soon;
