//! `jihe score`.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use crate::args::ScoreArgs;
use crate::exit::{Exit, Failure};
use crate::memory;
use crate::output;
use crate::progress::Progress;

/// Scores a month and writes the results and, if asked for, the state: both are whole on disk before
/// either takes its place, the state last, so that a failure leaves a month that can be scored
/// again.
pub(crate) fn run(args: &ScoreArgs) -> Result<Exit, Failure> {
    let began = Instant::now();
    let profile = args.profile.then(|| Arc::new(jihe::Profile::default()));
    let profile = profile.as_ref();
    outputs_stand_apart(args)?;
    jihe_report::check_destination(&args.out)?;
    if let Some(state) = &args.state {
        jihe_report::check_state_destination(state)?;
    }
    if let Some(threads) = args.threads {
        // Every step of the command runs in this pool, writing too.
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.into()).build_global();
        pool.map_err(|cause| Failure::usage(format!("no pool of {threads} threads: {cause}")))?;
    }
    let progress = Progress::new(args.quiet);
    progress.tell("rules and reference", 0);
    let (pack, reference) = rayon::join(
        || timed(profile, "prepare / rules", || jihe::Pack::load(&args.rules)),
        || {
            timed(profile, "prepare / reference", || {
                jihe::Reference::open_with(&args.reference, args.encoding.into())
            })
        },
    );
    let (pack, reference) = (pack?, reference?);
    let (engine, twice) = rayon::join(
        || timed(profile, "prepare / compile", || jihe::Engine::compile(&pack, &reference)),
        || reference.contradictions(),
    );
    let engine = engine?;
    drop(pack);
    said_twice(&twice);
    let month = jihe::Month::open_with(&args.month, args.encoding.into())?;
    let told = progress.clone();
    let mut options = jihe::Options { stage: args.stage.into(), ..jihe::Options::default() };
    options.memory = Some(args.memory.unwrap_or_else(memory::unsaid));
    options.forget_lines = args.state.is_none();
    options.profile = profile.cloned();
    options.reviews.clone_from(&args.reviews);
    options.state.clone_from(&args.state);
    options.progress = Some(Arc::new(move |stage: &str, n_rows| told.tell(stage, n_rows)));
    let to = jihe::Destination {
        out: &args.out,
        format: args.format.into(),
        state: args.state.as_deref(),
    };
    let delivered = engine.deliver(&month, &options, &to)?;
    progress.end();
    if let Some(profile) = profile {
        output::note(&profiled(profile, delivered.n_lines(), began.elapsed()));
    }
    if let Some(said) = args.memory.and_then(memory::excess) {
        output::note(&said);
    }
    let summary = delivered.summary();
    output::summary_of_done(&if args.json { summary.json() } else { summary.text() }, args.json);
    let exit = if delivered.n_quarantined() == 0 { Exit::Done } else { Exit::Quarantined };
    // The process ends here, and what it holds with it: giving it up piece by piece takes longer.
    std::mem::forget((engine, reference, month, delivered));
    Ok(exit)
}

/// Refuses results or a state among what is read: the next run would read them, or what is read would be
/// replaced. In a folder of tables they may lie under a name that no table has.
fn outputs_stand_apart(args: &ScoreArgs) -> Result<(), Failure> {
    let out = ("--out", args.out.as_path());
    let outputs: Vec<_> =
        std::iter::once(out).chain(args.state.as_deref().map(|state| ("--state", state))).collect();
    let tables = [("the month", args.month.as_path()), ("the reference folder", &args.reference)];
    for &(option, place) in &outputs {
        // Each of the two is the other's input of the next month.
        let others = outputs.iter().copied().filter(|(other, _)| *other != option);
        let whole = std::iter::once(("the rule pack", args.rules.as_path())).chain(others);
        let beside = tables.into_iter().filter(|(_, folder)| !is_beside_tables(place, folder));
        for (what, folder) in beside.chain(whole) {
            if !jihe_report::are_apart(place, folder) {
                return Err(Failure::usage(format!(
                    "the folder of {option} and {what} are one, or one lies in the other: {} and {}; \
                     one would be read or replaced with the other: give {option} a folder outside of it",
                    place.display(),
                    folder.display()
                )));
            }
        }
    }
    Ok(())
}

/// Whether a place lies in a folder of tables, and in none of these.
fn is_beside_tables(place: &Path, folder: &Path) -> bool {
    let inside = jihe_report::within(place, folder);
    let first = inside.as_deref().and_then(|inside| inside.components().next());
    first.is_some_and(|first| {
        let name = Path::new(first.as_os_str()).file_stem();
        jihe::TableName::ALL.iter().all(|table| name != Some(table.file().as_ref()))
    })
}

/// Says that rows of the reference folder contradict each other.
fn said_twice(all: &[jihe::Contradiction]) {
    if let Some(one) = all.first() {
        output::note(&format!(
            "{} row(s) of the reference folder contradict another of the same key and day, as {} row \
             {} does {} row {}; jihe check PACK --reference DIR names them",
            all.len(),
            one.file,
            one.row,
            one.other_file,
            one.other_row
        ));
    }
}

fn timed<T>(profile: Option<&Arc<jihe::Profile>>, step: &str, work: impl FnOnce() -> T) -> T {
    jihe::timed(profile.map(Arc::as_ref), step, work)
}

/// What each step and rule took: milliseconds of all threads, and nanoseconds for each line read.
///
/// Lines of one piece name the run's stages one after the other, in the time of the clock; the rest
/// is a share of the stage before the stroke, added up over threads.
fn profiled(profile: &jihe::Profile, n_lines: u64, whole: std::time::Duration) -> String {
    let mut steps = profile.steps();
    steps.push(("whole run".to_owned(), u64::try_from(whole.as_nanos()).unwrap_or(u64::MAX)));
    steps.sort();
    let mut text = format!("{:<44} {:>12} {:>9}\n", "step", "ms", "ns/line");
    for (step, time) in steps {
        let of_line = time.checked_div(n_lines).unwrap_or(0);
        let (ms, us) = (time / 1_000_000, time / 1_000 % 1_000);
        // A text takes whatever is written to it.
        let _ = writeln!(text, "{step:<44} {ms:>8}.{us:03} {of_line:>9}");
    }
    text
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use clap::Parser;

    use super::*;
    use crate::args::{Cli, Command};

    /// What is said where results go to `out` and the state to `state`, by the name of the folder beside it.
    fn said(home: &Path, out: &str, state: &str) -> Option<String> {
        let at = |inner: &str| home.join(inner).display().to_string();
        let mut words = ["jihe", "score"].map(str::to_owned).to_vec();
        words.extend([at("city/month"), "--rules".to_owned(), at("city/pack")]);
        words.extend(["--reference".to_owned(), at("city/reference")]);
        words.extend(["--out".to_owned(), at(out), "--state".to_owned(), at(state)]);
        let Command::Score(args) = Cli::parse_from(words).command else { panic!("it is score") };
        let failure = outputs_stand_apart(&args).err()?;
        assert_eq!(failure.exit, Exit::Usage);
        let (named, _) = failure.text.split_once(" are one").expect("it says what it is about");
        Some(named.trim_start_matches("the folder of ").to_owned())
    }

    #[test]
    fn neither_results_nor_state_lie_among_what_is_read_nor_hold_it() {
        let home = tempfile::tempdir().unwrap();
        for folder in ["city/month", "city/pack/tables", "city/reference"] {
            fs::create_dir_all(home.path().join(folder)).unwrap();
        }
        for (out, state, expected) in [
            ("out", "state", None),
            ("city/out", "city/state", None),
            ("city/pack-out", "city/pack/../state", None),
            ("city/pack/out", "state", Some("--out and the rule pack")),
            ("city/pack", "state", Some("--out and the rule pack")),
            ("city/pack/new/out", "state", Some("--out and the rule pack")),
            ("city/month/out", "city/reference/state", None),
            ("city/month/lines", "state", Some("--out and the month")),
            ("city/month/lines.parquet/out", "state", Some("--out and the month")),
            ("city/month", "state", Some("--out and the month")),
            ("city/reference/catalogue/out", "state", Some("--out and the reference folder")),
            ("city", "state", Some("--out and the month")),
            ("out", "city/pack/state", Some("--state and the rule pack")),
            ("out", "city/month", Some("--state and the month")),
            ("out", "city/out/../reference", Some("--state and the reference folder")),
            ("out", "city", Some("--state and the month")),
            ("out", "out/state", Some("--out and --state")),
            ("out", "out", Some("--out and --state")),
        ] {
            assert_eq!(said(home.path(), out, state).as_deref(), expected, "{out} {state}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_lies_where_links_lead() {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir_all(home.path().join("city/month")).unwrap();
        fs::create_dir_all(home.path().join("elsewhere/tables")).unwrap();
        let link = |to: &str, name: &str| {
            std::os::unix::fs::symlink(home.path().join(to), home.path().join(name)).unwrap();
        };
        link("elsewhere", "city/pack");
        link("city/month", "months");
        for (out, expected) in [
            ("elsewhere/out", Some("--out and the rule pack")),
            ("city/pack/out", Some("--out and the rule pack")),
            ("city/pack/../out", None),
            ("months/lines/out", Some("--out and the month")),
            ("months/out", None),
            ("out", None),
        ] {
            assert_eq!(said(home.path(), out, "state").as_deref(), expected, "{out}");
        }
    }
}
