//! The one error of the crate.

use std::fmt;

use jihe_intake::IntakeError;
use jihe_report::ReportError;
use jihe_rules::RuleErrors;

/// Why something could not be done; ask it with its predicates.
#[derive(Debug)]
pub struct Error(Kind);

#[derive(Debug)]
enum Kind {
    Rules(RuleErrors),
    Intake(IntakeError),
    Report(ReportError),
    Usage(String),
    Input(String),
    Output(String),
}

impl Error {
    pub(crate) fn usage(text: impl Into<String>) -> Self {
        Self(Kind::Usage(text.into()))
    }

    pub(crate) fn input(text: impl Into<String>) -> Self {
        Self(Kind::Input(text.into()))
    }

    pub(crate) fn output(text: impl Into<String>) -> Self {
        Self(Kind::Output(text.into()))
    }

    /// The pack or an option is wrong (exit code 2).
    pub fn is_usage(&self) -> bool {
        matches!(self.0, Kind::Rules(_) | Kind::Usage(_))
    }

    /// An input cannot be read (exit code 3).
    pub fn is_input(&self) -> bool {
        match &self.0 {
            Kind::Intake(error) => !error.is_spill(),
            Kind::Input(_) => true,
            Kind::Report(error) => error.is_input(),
            Kind::Rules(_) | Kind::Usage(_) | Kind::Output(_) => false,
        }
    }

    /// Results, or what has no room in memory, could not be written (exit code 4).
    pub fn is_output(&self) -> bool {
        match &self.0 {
            Kind::Report(error) => error.is_output(),
            Kind::Intake(error) => error.is_spill(),
            Kind::Output(_) => true,
            Kind::Rules(_) | Kind::Usage(_) | Kind::Input(_) => false,
        }
    }

    /// All faults of a pack, if that is what went wrong.
    pub fn diagnostics(&self) -> &[jihe_rules::Diagnostic] {
        match &self.0 {
            Kind::Rules(errors) => errors.diagnostics(),
            Kind::Intake(_)
            | Kind::Report(_)
            | Kind::Usage(_)
            | Kind::Input(_)
            | Kind::Output(_) => &[],
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Rules(errors) => errors.fmt(f),
            Kind::Intake(error) => error.fmt(f),
            Kind::Report(error) => error.fmt(f),
            Kind::Usage(text) | Kind::Input(text) | Kind::Output(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0 {
            Kind::Rules(errors) => Some(errors),
            Kind::Intake(error) => Some(error),
            Kind::Report(error) => Some(error),
            Kind::Usage(_) | Kind::Input(_) | Kind::Output(_) => None,
        }
    }
}

impl From<RuleErrors> for Error {
    fn from(errors: RuleErrors) -> Self {
        Self(Kind::Rules(errors))
    }
}

impl From<IntakeError> for Error {
    fn from(error: IntakeError) -> Self {
        Self(Kind::Intake(error))
    }
}

impl From<ReportError> for Error {
    fn from(error: ReportError) -> Self {
        Self(Kind::Report(error))
    }
}
