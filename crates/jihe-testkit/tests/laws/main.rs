//! The laws of the project, tested on the whole way of a claim.

mod dag;
mod scene;
mod tidy;
mod twins;
