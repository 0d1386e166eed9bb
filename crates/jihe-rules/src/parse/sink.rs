//! Where faults are collected.

use std::cell::{Cell, RefCell};

use crate::diagnostic::{Diagnostic, Severity};
use crate::parse::source::{SourceFile, Spot};

/// The growing list of diagnostics of one check.
#[derive(Debug, Default)]
pub(crate) struct Sink {
    diagnostics: RefCell<Vec<Diagnostic>>,
    n_faults: Cell<usize>,
    has_errors: Cell<bool>,
}

/// Errors and warnings that are kept; a person reads no more, and a broken file gives no end of them.
const MAX_KEPT: usize = 5_000;

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
        self.keep(Diagnostic {
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

    fn is_full(&self) -> bool {
        MAX_KEPT <= self.n_faults.get()
    }

    fn keep(&self, diagnostic: Diagnostic) {
        match diagnostic.severity {
            Severity::Note => return self.diagnostics.borrow_mut().push(diagnostic),
            Severity::Error => self.has_errors.set(true),
            Severity::Warning => {}
        }
        if !self.is_full() {
            self.n_faults.set(self.n_faults.get().saturating_add(1));
            self.diagnostics.borrow_mut().push(diagnostic);
        }
    }

    /// Adds what was collected apart from it.
    pub(crate) fn append(&self, other: Self) {
        self.has_errors.set(self.has_errors.get() || other.has_errors.get());
        other.diagnostics.into_inner().into_iter().for_each(|one| self.keep(one));
    }

    /// Tells whether an error was reported.
    pub(crate) fn has_errors(&self) -> bool {
        self.has_errors.get()
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
        if severity != Severity::Note && self.sink.is_full() {
            self.sink.has_errors.set(self.sink.has_errors.get() || severity == Severity::Error);
            return;
        }
        let (line, column) = self.file.place(spot.start);
        let Fault { code, what, why, todo } = fault;
        self.sink.keep(Diagnostic {
            severity,
            code,
            file: self.file.shown.clone(),
            line,
            column,
            // Rows of this table may name persons, who are never shown on a terminal.
            excerpt: if self.file.inner == "tables/exemption.csv" {
                None
            } else {
                self.file.excerpt(spot)
            },
            what,
            why,
            todo,
        });
    }
}
