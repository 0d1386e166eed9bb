//! Trace codes.

pub mod reused;

pub use reused::reused;
