//! The commands, one a file.

pub(crate) mod check;
pub(crate) mod explain;
pub(crate) mod import;
pub(crate) mod score;
pub(crate) mod synth;
pub(crate) mod verify;
