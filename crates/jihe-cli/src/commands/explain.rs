//! `jihe explain`.

use crate::args::ExplainArgs;
use crate::exit::{Exit, Failure};
use crate::output;

/// Explains a line or a finding from a result folder alone.
pub(crate) fn run(args: &ExplainArgs) -> Result<Exit, Failure> {
    let explanation = match (&args.line, &args.finding) {
        (Some(line), _) => jihe_report::explain_line(&args.out, line)?,
        (None, Some(finding)) => jihe_report::explain_finding(&args.out, finding)?,
        (None, None) => return Err(Failure::usage("--line or --finding is missing")),
    };
    output::summary(&if args.json { explanation.json() } else { explanation.text() })?;
    Ok(Exit::Done)
}
