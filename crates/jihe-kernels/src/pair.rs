//! Lines together.

pub mod contained;
pub mod discounted;
pub mod same;
pub mod split;

pub use contained::contained_units;
pub use discounted::discounted_price;
pub use same::repeats;
pub use split::{SetLine, Split, split_excess};
