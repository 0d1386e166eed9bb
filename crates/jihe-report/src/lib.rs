//! From findings to files and sentences.

pub mod scored;

pub use scored::{RowSource, Scored};
