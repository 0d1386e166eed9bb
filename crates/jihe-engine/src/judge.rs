//! The judges: one file for each kind of question, each from a plan's shape to hits.

pub(crate) mod beds;
pub(crate) mod benefit;
pub(crate) mod bought;
pub(crate) mod companion;
pub(crate) mod condition;
pub(crate) mod count;
pub(crate) mod discount;
pub(crate) mod dose;
pub(crate) mod incompatible;
pub(crate) mod key;
pub(crate) mod limit;
pub(crate) mod line;
pub(crate) mod pair;
pub(crate) mod period;
pub(crate) mod places;
pub(crate) mod price;
pub(crate) mod ratio;
pub(crate) mod settled;
pub(crate) mod split;
pub(crate) mod stay;
pub(crate) mod stay_lines;
pub(crate) mod stock;
pub(crate) mod supply;
pub(crate) mod total;
pub(crate) mod trace;
pub(crate) mod visit;
