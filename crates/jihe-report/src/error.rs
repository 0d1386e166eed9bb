//! Why results could not be written, read back or explained.

use std::error::Error;
use std::fmt;
use std::path::Path;

/// A failure of writing, verifying or explaining a result folder.
///
/// Messages name files and never show a value of a row.
#[derive(Debug)]
pub struct ReportError {
    kind: Kind,
    what: String,
    file: String,
    source: Option<Box<dyn Error + Send + Sync>>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    Output,
    Foreign,
    Input,
    Unknown,
}

impl ReportError {
    /// A file or folder could not be written.
    pub(crate) fn output(
        what: &str,
        file: &Path,
        source: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self::new(Kind::Output, what, &file.display().to_string(), Some(source.into()))
    }

    /// The place of the results holds something else.
    pub(crate) fn foreign(what: &str, file: &Path) -> Self {
        Self::new(Kind::Foreign, what, &file.display().to_string(), None)
    }

    /// A result file could not be read.
    pub(crate) fn input(
        what: &str,
        file: &Path,
        source: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self::new(Kind::Input, what, &file.display().to_string(), Some(source.into()))
    }

    /// A result file is not what it should be.
    pub(crate) fn damaged(what: &str, file: &Path) -> Self {
        Self::new(Kind::Input, what, &file.display().to_string(), None)
    }

    /// The same of something that was to be read.
    pub(crate) fn of_input(self) -> Self {
        Self { kind: Kind::Input, ..self }
    }

    /// Something asked for is not in the results.
    pub(crate) fn unknown(what: &str, name: &str) -> Self {
        Self::new(Kind::Unknown, what, name, None)
    }

    fn new(
        kind: Kind,
        what: &str,
        file: &str,
        source: Option<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self { kind, what: what.to_owned(), file: file.to_owned(), source }
    }

    /// Tells whether results could not be written; the old ones are untouched.
    pub fn is_output(&self) -> bool {
        matches!(self.kind, Kind::Output | Kind::Foreign)
    }

    /// Tells whether the place of the results holds something that is not ours to replace.
    pub fn is_foreign(&self) -> bool {
        self.kind == Kind::Foreign
    }

    /// Tells whether a result folder could not be read.
    pub fn is_input(&self) -> bool {
        self.kind == Kind::Input
    }

    /// Tells whether the finding asked for is not there.
    pub fn is_unknown(&self) -> bool {
        self.kind == Kind::Unknown
    }
}

impl fmt::Display for ReportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.what, self.file)?;
        self.source.as_ref().map_or(Ok(()), |source| write!(f, " ({source})"))
    }
}

impl Error for ReportError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| {
            let source: &(dyn Error + 'static) = source;
            source
        })
    }
}
