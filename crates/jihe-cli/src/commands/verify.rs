//! `jihe verify`.

use serde_json::json;

use crate::args::VerifyArgs;
use crate::exit::{Exit, Failure};
use crate::output;

/// Recomputes every hash and total; results that differ are no input to rely on.
pub(crate) fn run(args: &VerifyArgs) -> Result<Exit, Failure> {
    let report = jihe_report::verify(&args.out)?;
    output::summary(&if args.json {
        let answer = json!({
            "differences": report.differences,
            "n_files": report.n_files,
            "n_identities": report.n_identities,
            "whole": report.is_whole(),
        });
        format!("{answer:#}")
    } else if report.is_whole() {
        format!(
            "whole: {} files and {} sums are as the manifest says",
            report.n_files, report.n_identities
        )
    } else {
        format!("not whole:\n  {}", report.differences.join("\n  "))
    })?;
    Ok(if report.is_whole() { Exit::Done } else { Exit::Input })
}
