//! Stock.

pub mod sold;

pub use sold::stock_limit;
