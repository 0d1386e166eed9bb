//! Fee lines from checked batches to parts of whole persons on a shelf, netted and in order.
//!
//! In: batches of checked rows ([`sink`]). Out: a store of parts that are loaded one by one
//! ([`load`]). Rows lie sealed, a few bytes a value ([`seal`]), in memory or, beyond the budget, in
//! a file without a name ([`shelf`]); repeated keys are found over all parts ([`unique`],
//! [`leaving`]), all else is netted part by part ([`net`]).

pub(crate) mod contents;
pub(crate) mod cuts;
pub(crate) mod leaving;
pub(crate) mod load;
pub(crate) mod net;
pub(crate) mod order;
pub(crate) mod raw;
pub(crate) mod reverse;
pub(crate) mod seal;
pub(crate) mod sealed;
pub(crate) mod shelf;
pub(crate) mod sink;
pub(crate) mod unique;
pub(crate) mod unseal;
