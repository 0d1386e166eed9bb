//! The laws of the project, tested on the whole way of a claim.

mod scene;
mod twins;
