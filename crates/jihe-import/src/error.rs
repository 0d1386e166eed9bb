//! Why an import could not be done at all; the old files are then untouched.

use std::fmt;
use std::path::Path;

/// An import that could not be done.
#[derive(Debug)]
pub struct ImportError {
    fault: Fault,
    message: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Fault {
    Input,
    Target,
    Write,
}

impl ImportError {
    /// Tells whether the sheet could not be read or holds nothing that is known.
    pub fn is_input(&self) -> bool {
        self.fault == Fault::Input
    }

    /// Tells whether the folder to write into, or a table in it, is not one of jihe's.
    pub fn is_target(&self) -> bool {
        self.fault == Fault::Target
    }

    /// Tells whether the tables could not be written.
    pub fn is_write(&self) -> bool {
        self.fault == Fault::Write
    }

    pub(crate) fn input(message: &str, path: &Path) -> Self {
        Self::new(Fault::Input, message, path)
    }

    pub(crate) fn target(message: &str, path: &Path) -> Self {
        Self::new(Fault::Target, message, path)
    }

    /// Says what could not be written and why.
    pub(crate) fn write(what: &str, path: &Path, cause: std::io::Error) -> Self {
        let message = format!("{what} cannot be written ({cause})");
        Self::new(Fault::Write, &message, path).because(cause)
    }

    /// Keeps the cause.
    pub(crate) fn because<E>(mut self, source: E) -> Self
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        self.source = Some(source.into());
        self
    }

    fn new(fault: Fault, message: &str, path: &Path) -> Self {
        Self { fault, message: format!("{message}: {}", path.display()), source: None }
    }
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ImportError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| {
            let source: &(dyn std::error::Error + 'static) = source.as_ref();
            source
        })
    }
}
