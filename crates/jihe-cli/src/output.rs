//! The only place that prints.

use std::io::{self, Write};

use crate::exit::{Exit, Failure};

/// Writes one summary to standard output.
///
/// A reader that went away is no failure: what it wanted, it has.
pub(crate) fn summary(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    let mut written = stdout.write_all(text.as_bytes());
    if !text.ends_with('\n') {
        written = written.and_then(|()| stdout.write_all(b"\n"));
    }
    match written.and_then(|()| stdout.flush()) {
        Ok(()) => Ok(()),
        Err(cause) if cause.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(cause) => Err(Failure {
            exit: Exit::Output,
            text: format!("standard output cannot be written ({cause})"),
        }),
    }
}

/// Writes the summary of what is in its place already, as JSON or as text: that nobody can read it is no
/// failure, as all would be done a second time.
pub(crate) fn summary_of_done(text: &str, is_json: bool) {
    if let Err(failure) = summary(text) {
        let said = format!("{}; all files are in their places", failure.text);
        if is_json {
            note(&serde_json::json!({ "warning": said }).to_string());
        } else {
            error(&said);
        }
    }
}

/// Writes a note to standard error.
pub(crate) fn note(text: &str) {
    // There is nobody left to tell if this fails.
    let _ = writeln!(io::stderr(), "{text}");
}

/// Writes an error to standard error.
pub(crate) fn error(text: &str) {
    note(&format!("jihe: {text}"));
}

/// Writes an error to standard error as one JSON object.
pub(crate) fn error_json(failure: &Failure) {
    let object = serde_json::json!({ "error": failure.text, "exit": failure.exit.code() });
    note(&object.to_string());
}
