//! The laws of the project, tested on the whole way of a claim.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    unreachable_pub,
    reason = "test code of one binary"
)]

mod absent;
mod again;
mod batches;
mod benefit;
mod carried;
mod dag;
mod docs;
mod explain;
mod fines;
mod golden;
mod history;
mod keys;
mod large;
mod life;
mod local;
mod months;
mod open;
mod precheck;
mod profile;
mod properties;
mod reviewed;
mod scene;
mod sets;
mod slices;
mod state;
mod sums;
mod synth;
mod tidy;
mod to_come;
mod twins;
mod unchanged;
mod unshown;
mod values;
mod walk;
mod written;
