//! Months from files, clean and dirty, and what is left of them.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "a test that meets what it does not expect shall fail"
)]

mod dirty_text;
mod files;
mod month;
mod netting;
mod pages;
mod parquet;
mod reference;
mod state;
