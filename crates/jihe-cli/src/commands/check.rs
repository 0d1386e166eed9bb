//! `jihe check`.

use std::time::SystemTime;

use jihe::{Day, Diagnostic, Severity};
use serde_json::json;

use crate::args::CheckArgs;
use crate::exit::{Exit, Failure};
use crate::output;

/// Checks a pack, and with a reference folder also what only that can show.
pub(crate) fn run(args: &CheckArgs) -> Result<Exit, Failure> {
    let reference = match &args.reference {
        Some(folder) => Some(jihe::Reference::open_with(folder, args.encoding.into())?),
        None => None,
    };
    let day = args.on.unwrap_or_else(today);
    let mut diagnostics = jihe::check_on(&args.pack, day, reference.as_ref());
    let n_errors = count(&diagnostics, Severity::Error);
    if let (Some(reference), 0) = (&reference, n_errors) {
        let pack = jihe::Pack::load(&args.pack)?;
        jihe::Engine::compile(&pack, reference)?;
    }
    let n_warnings = count(&diagnostics, Severity::Warning);
    let n_notes = count(&diagnostics, Severity::Note);
    if args.quiet {
        diagnostics.retain(|diagnostic| diagnostic.severity == Severity::Error);
    }
    output::summary(&if args.json {
        let diagnostics: Vec<_> = diagnostics.iter().map(object).collect();
        let answer = json!({
            "diagnostics": diagnostics,
            "errors": n_errors,
            "notes": n_notes,
            "warnings": n_warnings,
        });
        format!("{answer:#}")
    } else {
        let mut text: String = diagnostics.iter().map(ToString::to_string).collect();
        text.push_str(&format_counts(n_errors, n_warnings, n_notes));
        text
    })?;
    Ok(if n_errors == 0 { Exit::Done } else { Exit::Usage })
}

/// The day on the wall in Shanghai.
fn today() -> Day {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let days = since.as_secs().saturating_add(8 * 3_600) / 86_400;
    Day::from_epoch(i32::try_from(days).unwrap_or(i32::MAX))
}

fn format_counts(n_errors: usize, n_warnings: usize, n_notes: usize) -> String {
    format!("errors: {n_errors}, warnings: {n_warnings}, notes: {n_notes}\n")
}

fn count(diagnostics: &[Diagnostic], severity: Severity) -> usize {
    diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity).count()
}

fn object(diagnostic: &Diagnostic) -> serde_json::Value {
    json!({
        "severity": diagnostic.severity.word(),
        "code": diagnostic.code,
        "file": diagnostic.file,
        "line": diagnostic.line,
        "column": diagnostic.column,
        "what": diagnostic.what,
        "why": diagnostic.why,
        "do": diagnostic.todo,
    })
}
