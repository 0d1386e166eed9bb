//! Months from files, clean and dirty, and what is left of them.

mod dirty_text;
mod files;
mod month;
mod netting;
mod parquet;
mod reference;
mod state;
