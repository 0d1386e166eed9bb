//! The questions of the regulation as free functions of slices: one question per file.
//!
//! In: columns of one group of lines or stays, in canonical order. Out: which of them exceed, repeat
//! or collide, and by how much. Not here: which rule asks, which lines are in the group
//! (`jihe-engine`), what money moves (`jihe-settle`). Tests of one line are expressions of the rule
//! files and have no kernel.
#![expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "each kernel asserts its lengths once; quantities have 54 bits, and overflow checks \
              are on in release"
)]

pub mod benefit;
pub mod limit;
pub mod pair;
mod quotient;
pub mod stay;
pub mod stock;
pub mod supply;
pub mod trace;
