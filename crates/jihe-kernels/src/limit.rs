//! Sums and counts in a window.

pub mod crowd;
pub mod excess;
pub mod kinds;
pub mod money;
pub mod period;

pub use crowd::{Crowd, crowded, former_of};
pub use excess::{excess_units, latest_units};
pub use kinds::beyond_count;
pub use money::payable_amount;
pub use period::too_soon;
