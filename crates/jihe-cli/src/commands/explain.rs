//! `jihe explain`.

use crate::args::ExplainArgs;
use crate::exit::{Exit, Failure};
use crate::output;

/// Explains a line, a finding or a settlement from a result folder alone.
pub(crate) fn run(args: &ExplainArgs) -> Result<Exit, Failure> {
    let explanation = match (&args.line, &args.finding, &args.settlement) {
        (Some(line), ..) => match &args.encounter {
            Some(encounter) => jihe_report::explain_line_of(&args.out, line, encounter)?,
            None => jihe_report::explain_line(&args.out, line)?,
        },
        (None, Some(finding), _) => jihe_report::explain_finding(&args.out, finding)?,
        (None, None, Some(id)) => jihe_report::explain_settlement(&args.out, id)?,
        (None, None, None) => {
            return Err(Failure::usage("--line, --finding or --settlement is missing"));
        }
    };
    output::summary(&if args.json { explanation.json() } else { explanation.text() })?;
    Ok(Exit::Done)
}
