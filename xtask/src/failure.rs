//! Why a task could not be done.

use std::fmt;
use std::path::Path;

/// Why a task could not be done, in words.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Failure(String);

impl Failure {
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }

    pub(crate) fn at(path: &Path, cause: &impl fmt::Display) -> Self {
        Self(format!("{cause}: {}", path.display()))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}
