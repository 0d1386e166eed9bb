//! `jihe score`.

use std::sync::Arc;

use crate::args::ScoreArgs;
use crate::exit::{Exit, Failure};
use crate::output;
use crate::progress::Progress;

/// Scores a month and writes the results; the state, if asked for, comes after them, so that a
/// failure leaves a month that can be scored again.
pub(crate) fn run(args: &ScoreArgs) -> Result<Exit, Failure> {
    if args.memory.is_some() && !args.quiet {
        output::note("note: --memory is read, but this version does not bound its memory by it");
    }
    jihe_report::check_destination(&args.out)?;
    let progress = Progress::new(args.quiet);
    progress.tell("rules", 0);
    let pack = jihe::Pack::load(&args.rules)?;
    progress.tell("reference", 0);
    let reference = jihe::Reference::open_with(&args.reference, args.encoding.into())?;
    let engine = jihe::Engine::compile(&pack, &reference)?;
    let month = jihe::Month::open_with(&args.month, args.encoding.into())?;
    let told = progress.clone();
    let mut options = jihe::Options { stage: args.stage.into(), ..jihe::Options::default() };
    options.threads = args.threads.map(std::num::NonZeroUsize::get);
    options.reviews.clone_from(&args.reviews);
    // The first month has no state yet.
    options.state = args.state.clone().filter(|state| state.exists());
    options.progress = Some(Arc::new(move |stage: &str, n_rows| told.tell(stage, n_rows)));
    let outcome = engine.score(&month, &options)?;
    if options.state.is_some() && holds_all(&outcome) {
        return Err(Failure::usage(
            "the state already holds every line of this month: give the state of the month before",
        ));
    }
    progress.tell("writing", 0);
    outcome.write_as(&args.out, args.format.into())?;
    if let Some(state) = &args.state {
        progress.tell("state", 0);
        outcome.write_state(state)?;
    }
    progress.end();
    let summary = outcome.summary();
    output::summary(&if args.json { summary.json() } else { summary.text() })?;
    Ok(if outcome.n_quarantined() == 0 { Exit::Done } else { Exit::Quarantined })
}

/// Whether the state left nothing of the month to judge: it is the month's own.
fn holds_all(outcome: &jihe::Outcome) -> bool {
    let counts = outcome.month().counts.get(&jihe::TableName::Lines);
    counts.is_some_and(|counts| counts.judged == 0 && 0 < counts.netted)
}
