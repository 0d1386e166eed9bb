//! Where faults are collected.

use std::cell::RefCell;

use crate::diagnostic::{Diagnostic, Severity};
use crate::parse::source::{SourceFile, Spot};

/// The growing list of diagnostics of one check.
#[derive(Debug, Default)]
pub(crate) struct Sink {
    diagnostics: RefCell<Vec<Diagnostic>>,
}

/// What a diagnostic says, without its place.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    code: &'static str,
    what: String,
    why: String,
    todo: String,
}

impl Fault {
    pub(crate) fn new(code: &'static str, what: impl Into<String>) -> Self {
        Self { code, what: what.into(), why: String::new(), todo: String::new() }
    }

    pub(crate) fn why(mut self, why: impl Into<String>) -> Self {
        self.why = why.into();
        self
    }

    pub(crate) fn todo(mut self, todo: impl Into<String>) -> Self {
        self.todo = todo.into();
        self
    }
}

impl Sink {
    /// Adds a fault about a whole file or folder.
    pub(crate) fn whole_file(&self, severity: Severity, file: &str, fault: Fault) {
        let Fault { code, what, why, todo } = fault;
        self.diagnostics.borrow_mut().push(Diagnostic {
            severity,
            code,
            file: file.to_owned(),
            line: 0,
            column: 0,
            excerpt: None,
            what,
            why,
            todo,
        });
    }

    /// Tells whether an error was reported.
    pub(crate) fn has_errors(&self) -> bool {
        self.diagnostics.borrow().iter().any(|found| found.severity == Severity::Error)
    }

    /// All diagnostics, sorted by file, line, column and text, each once.
    pub(crate) fn sorted(self) -> Vec<Diagnostic> {
        let mut all = self.diagnostics.into_inner();
        all.sort_by(|a, b| {
            (&a.file, a.line, a.column, a.severity, a.code, &a.what)
                .cmp(&(&b.file, b.line, b.column, b.severity, b.code, &b.what))
        });
        all.dedup();
        all
    }
}

/// A file and the sink for its faults.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context<'a> {
    pub(crate) file: &'a SourceFile,
    pub(crate) sink: &'a Sink,
}

impl Context<'_> {
    pub(crate) fn error(self, spot: Spot, fault: Fault) {
        self.report(Severity::Error, spot, fault);
    }

    pub(crate) fn warning(self, spot: Spot, fault: Fault) {
        self.report(Severity::Warning, spot, fault);
    }

    pub(crate) fn note(self, spot: Spot, fault: Fault) {
        self.report(Severity::Note, spot, fault);
    }

    fn report(self, severity: Severity, spot: Spot, fault: Fault) {
        let (line, column) = self.file.place(spot.start);
        let Fault { code, what, why, todo } = fault;
        self.sink.diagnostics.borrow_mut().push(Diagnostic {
            severity,
            code,
            file: self.file.shown.clone(),
            line,
            column,
            excerpt: self.file.excerpt(spot),
            what,
            why,
            todo,
        });
    }
}
