//! A plan and a net month give findings and money.
//!
//! In: a [`Plan`](jihe_rules::plan::Plan) compiled with the reference tables into an [`Engine`], and a
//! [`NetMonth`](jihe_frame::NetMonth). Out: [`Judged`], the same for any number of threads.
//! Expressions are evaluated in columns; rules that look items up see only the lines of their items;
//! lines are in canonical order, so groups are runs or short sorts.
//! Not here: reading (`jihe-intake`), the questions themselves (`jihe-kernels`), files (`jihe-report`).
#![expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    reason = "rows, codes and places come from the frames whose lengths were checked when they were \
              made; u32 rows fit usize; overflow checks are on in release"
)]
#![expect(
    clippy::too_many_arguments,
    clippy::similar_names,
    clippy::wildcard_enum_match_arm,
    reason = "a judge is asked with run, rule, part, rows and tally; names are the columns'; most \
              shapes and expressions have nothing for the one question at hand"
)]

mod arrange;
mod aside;
mod benefit;
mod calendar;
mod candidates;
mod compile;
mod diagnoses;
mod evaluate;
mod exemption;
mod found;
mod in_turn;
mod index;
mod indicator;
mod judge;
mod known;
mod left;
mod logic;
mod merge;
mod missing;
mod open;
mod order;
mod packed;
mod prescription;
mod questions;
mod registry;
mod rows;
mod run;
mod score;
mod sets;
mod slices;
mod stays;
mod subjects;
mod tables;
mod unknown;
mod unsettled;
mod vector;
mod wanted;

pub use compile::Engine;
pub use unsettled::{Judged, Unsettled};
