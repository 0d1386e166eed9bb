//! Why an input cannot be read at all.

use std::error::Error;
use std::fmt;

/// An input that cannot be read: the run writes nothing.
///
/// The message says what, where, why and what to do, and never shows a value of a row.
#[derive(Debug)]
pub struct IntakeError {
    kind: Kind,
    what: String,
    place: String,
    advice: String,
    source: Option<Box<dyn Error + Send + Sync>>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    Missing,
    Unreadable,
    Spill,
}

impl IntakeError {
    /// A folder, table or column that is not there.
    pub(crate) fn missing(what: &str, place: &str, advice: &str) -> Self {
        Self::new(Kind::Missing, what, place, advice)
    }

    /// A file that is there but is not what it should be.
    pub(crate) fn unreadable(what: &str, place: &str, advice: &str) -> Self {
        Self::new(Kind::Unreadable, what, place, advice)
    }

    /// The temporary folder does not take what has no room in memory.
    pub(crate) fn spill(what: &str, place: &str, advice: &str) -> Self {
        Self::new(Kind::Spill, what, place, advice)
    }

    fn new(kind: Kind, what: &str, place: &str, advice: &str) -> Self {
        Self {
            kind,
            what: what.to_owned(),
            place: place.to_owned(),
            advice: advice.to_owned(),
            source: None,
        }
    }

    /// Keeps the cause.
    pub(crate) fn because(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Tells whether a folder, table or required column is not there.
    pub fn is_missing(&self) -> bool {
        self.kind == Kind::Missing
    }

    /// Tells whether a file is there but cannot be read as its table.
    pub fn is_unreadable(&self) -> bool {
        self.kind == Kind::Unreadable
    }

    /// Tells whether the inputs are good, but what has no room in memory could not be put on disk.
    pub fn is_spill(&self) -> bool {
        self.kind == Kind::Spill
    }
}

impl fmt::Display for IntakeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({})", self.what, self.place, self.advice)
    }
}

impl Error for IntakeError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| {
            let source: &(dyn Error + 'static) = source;
            source
        })
    }
}
