//! `jihe synth`.

use std::fmt::Write;

use jihe_testkit::synth::{CityOptions, CitySummary, write_city};
use serde_json::json;

use crate::args::SynthArgs;
use crate::exit::{Exit, Failure};
use crate::output;
use crate::progress::Progress;

/// Makes a city.
pub(crate) fn run(args: &SynthArgs) -> Result<Exit, Failure> {
    let options = CityOptions {
        n_months: args.months,
        pack: args.rules.clone(),
        reference: args.reference.clone(),
        format: args.format.into(),
        ..CityOptions::new(args.lines, args.seed)
    };
    let progress = Progress::new(args.quiet);
    let summary = write_city(&args.dir, &options, &mut |n_lines| progress.tell("lines", n_lines))?;
    progress.end();
    output::summary(&if args.json { json_text(&summary) } else { text(&summary) })?;
    Ok(Exit::Done)
}

fn text(summary: &CitySummary) -> String {
    let mut text = format!(
        "lines {}, settlements {}, encounters {}, persons {}, planted lines {}, findings of institutions {}\n",
        summary.n_lines,
        summary.n_settlements,
        summary.n_encounters,
        summary.n_persons,
        summary.n_truth,
        summary.n_truth_findings
    );
    for (rule, n_planted) in &summary.planted {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  {rule}: {n_planted}");
    }
    text
}

fn json_text(summary: &CitySummary) -> String {
    let planted: serde_json::Map<_, _> =
        summary.planted.iter().map(|(rule, n)| ((*rule).to_owned(), json!(n))).collect();
    let answer = json!({
        "n_lines": summary.n_lines,
        "n_settlements": summary.n_settlements,
        "n_encounters": summary.n_encounters,
        "n_persons": summary.n_persons,
        "n_truth": summary.n_truth,
        "n_truth_findings": summary.n_truth_findings,
        "planted": planted,
    });
    format!("{answer:#}")
}
