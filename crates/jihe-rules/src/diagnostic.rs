//! What is wrong with a pack: file, line, column, what, why, and what to do.

use std::fmt;

/// How bad it is.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Severity {
    /// The pack cannot be used.
    Error,
    /// The pack works, perhaps not as meant.
    Warning,
    /// Worth knowing.
    Note,
}

impl Severity {
    /// The word used in messages.
    pub fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// A piece of a source line, to be shown with a mark below it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Excerpt {
    /// The line, or the part of a long line around the place; no control characters.
    pub text: String,
    /// Display columns before the marked piece (a Chinese character takes two).
    pub before: usize,
    /// Display columns of the marked piece, at least 1.
    pub width: usize,
}

/// One fault, warning or note about a pack, for the author of its rules.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// A stable word for the kind of fault.
    pub code: &'static str,
    /// The file, under the pack folder as it was given.
    pub file: String,
    /// Line from 1; 0 if the whole file is meant.
    pub line: u32,
    /// Column in characters from 1; 0 if the whole file is meant.
    pub column: u32,
    /// The source line, where the place is known.
    pub excerpt: Option<Excerpt>,
    /// What is wrong.
    pub what: String,
    /// Why that is a fault.
    pub why: String,
    /// What to do about it.
    pub todo: String,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file)?;
        if 0 < self.line {
            write!(f, ":{}:{}", self.line, self.column)?;
        }
        writeln!(f, ": {}[{}]: {}", self.severity.word(), self.code, self.what)?;
        if let Some(excerpt) = &self.excerpt {
            let number = self.line.to_string();
            let gutter = number.len();
            writeln!(f, "  {number} | {}", excerpt.text)?;
            let (before, mark) = (" ".repeat(excerpt.before), "^".repeat(excerpt.width));
            writeln!(f, "  {:gutter$} | {before}{mark}", "")?;
        }
        if !self.why.is_empty() {
            writeln!(f, "  why: {}", self.why)?;
        }
        if !self.todo.is_empty() {
            writeln!(f, "  do:  {}", self.todo)?;
        }
        Ok(())
    }
}

/// All faults of a pack that cannot be used, sorted by file, line and column.
#[derive(Clone, Debug)]
pub struct RuleErrors {
    diagnostics: Vec<Diagnostic>,
}

/// The code of diagnostics about files that cannot be read at all.
pub(crate) const UNREADABLE: &str = "unreadable";

impl RuleErrors {
    pub(crate) fn new(diagnostics: Vec<Diagnostic>) -> Self {
        Self { diagnostics }
    }

    /// The faults, with warnings and notes.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// Tells whether a folder or file of the pack is missing or cannot be read.
    pub fn is_unreadable(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.code == UNREADABLE)
    }
}

/// The errors, and how many warnings there are beside them: whoever wants to use the pack needs no more.
impl fmt::Display for RuleErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = |severity| self.diagnostics.iter().filter(move |one| one.severity == severity);
        for error in of(Severity::Error) {
            write!(f, "{error}")?;
        }
        write!(f, "errors: {}", of(Severity::Error).count())?;
        match of(Severity::Warning).count() {
            0 => Ok(()),
            n_warnings => write!(f, ", warnings: {n_warnings} (jihe check PACK shows them)"),
        }
    }
}

impl std::error::Error for RuleErrors {}
