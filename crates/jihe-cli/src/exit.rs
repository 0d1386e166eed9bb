//! Exit codes, and what is said when a command fails.

use std::process::ExitCode;

/// How a command ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Exit {
    /// Done; nothing quarantined.
    Done,
    /// Done; rows were quarantined or refused.
    Quarantined,
    /// The command line or the rule pack is wrong; nothing written.
    Usage,
    /// An input cannot be read at all, or results are not what they were; nothing written.
    Input,
    /// Results could not be written; the old ones are untouched.
    Output,
    /// A fault of jihe.
    Fault,
}

impl Exit {
    /// The number.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Quarantined => 1,
            Self::Usage => 2,
            Self::Input => 3,
            Self::Output => 4,
            Self::Fault => 70,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}

/// Why a command failed.
#[derive(Debug)]
pub(crate) struct Failure {
    /// How it ends.
    pub(crate) exit: Exit,
    /// What is said; never a value of a row.
    pub(crate) text: String,
}

impl Failure {
    /// A wrong command line.
    pub(crate) fn usage(text: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, text: text.into() }
    }
}

impl From<jihe::Error> for Failure {
    fn from(error: jihe::Error) -> Self {
        let exit = match (error.is_usage(), error.is_output()) {
            (true, _) => Exit::Usage,
            (false, true) => Exit::Output,
            (false, false) => Exit::Input,
        };
        Self { exit, text: error.to_string() }
    }
}

impl From<jihe_report::ReportError> for Failure {
    fn from(error: jihe_report::ReportError) -> Self {
        let exit = match (error.is_unknown(), error.is_output()) {
            (true, _) => Exit::Usage,
            (false, true) => Exit::Output,
            (false, false) => Exit::Input,
        };
        Self { exit, text: error.to_string() }
    }
}

impl From<jihe_import::ImportError> for Failure {
    fn from(error: jihe_import::ImportError) -> Self {
        let exit = match (error.is_target(), error.is_write()) {
            (true, _) => Exit::Usage,
            (false, true) => Exit::Output,
            (false, false) => Exit::Input,
        };
        Self { exit, text: error.to_string() }
    }
}

impl From<jihe_testkit::synth::SynthError> for Failure {
    fn from(error: jihe_testkit::synth::SynthError) -> Self {
        let exit = match (error.is_usage(), error.is_input()) {
            (true, _) => Exit::Usage,
            (false, true) => Exit::Input,
            (false, false) => Exit::Output,
        };
        Self { exit, text: error.to_string() }
    }
}
