//! Rows that leave because of other rows: repeats, cancelled settlements, foreign lines, reversals.

pub(crate) mod cancel;
pub(crate) mod foreign;
pub(crate) mod keys;
pub(crate) mod order;
pub(crate) mod repeat;
pub(crate) mod reverse;
