//! Syntax to meaning: names, types, tables, bounds, articles, order.

pub(crate) mod benefit;
pub(crate) mod functions;
pub(crate) mod layers;
pub(crate) mod merge;
pub(crate) mod names;
pub(crate) mod nearest;
pub(crate) mod order;
pub(crate) mod outlook;
pub(crate) mod params;
pub(crate) mod reach;
pub(crate) mod specs;
pub(crate) mod typing;
pub(crate) mod values;
pub(crate) mod walk;
