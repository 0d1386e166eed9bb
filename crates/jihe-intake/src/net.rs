//! Entities that leave because of other rows: repeats and cancelled settlements.

pub(crate) mod cancel;
pub(crate) mod foreign;
pub(crate) mod order;
pub(crate) mod repeat;
