//! Compiles a pack and a reference once, scores any number of months.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use jihe_frame::{FindingId, NetMonth, Profile, Review, timed};
use jihe_intake::{
    Beside, Claim, IntakeOptions, Progress, Reviews, read_claim, read_month, read_reviews, state_at,
};
use jihe_settle::Stage;

use crate::error::Error;
use crate::month::Month;
use crate::outcome::Outcome;
use crate::pack::Pack;
use crate::reference::Reference;

/// Told which stage a run is in and how many rows it has done there.
pub type OnProgress = Arc<dyn Fn(&str, u64) + Send + Sync>;

/// How to score.
#[derive(Clone, Default)]
pub struct Options {
    /// Whether the claims were already paid out.
    pub stage: Stage,
    /// Threads, up to 1024; the caller's rayon pool if none.
    pub threads: Option<usize>,
    /// Folder of the state that the month before left.
    pub state: Option<PathBuf>,
    /// File of reviews: `jr_id`, `decision` (`confirmed`, `dismissed` or `appealed`), and if present
    /// `amount` and `reason`.
    pub reviews: Option<PathBuf>,
    /// Bytes of memory that a run may take: lines beyond it go to a temporary file.
    pub memory: Option<u64>,
    /// Gives lines up once they are judged: less memory, but no state can be written of the outcome.
    pub forget_lines: bool,
    /// Where the time of each step is added up.
    pub profile: Option<Arc<Profile>>,
    /// Called now and then while a month is read and judged.
    pub progress: Option<OnProgress>,
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options")
            .field("stage", &self.stage)
            .field("threads", &self.threads)
            .field("state", &self.state)
            .field("reviews", &self.reviews)
            .field("memory", &self.memory)
            .field("forget_lines", &self.forget_lines)
            .finish_non_exhaustive()
    }
}

/// Compiled rules: immutable, shared by threads.
#[derive(Clone, Debug)]
pub struct Engine {
    inner: Arc<jihe_engine::Engine>,
}

impl Engine {
    /// Compiles a pack against the reference tables.
    ///
    /// # Errors
    ///
    /// None today; compiling may come to refuse what only the reference shows.
    pub fn compile(pack: &Pack, reference: &Reference) -> Result<Self, Error> {
        let (plan, tables) = (Arc::clone(&pack.plan), Arc::clone(&reference.tables));
        let inner = jihe_engine::Engine::compile(plan, tables);
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Reads, nets, judges and settles a month.
    ///
    /// The outcome is the same for any number of threads.
    ///
    /// # Errors
    ///
    /// If the month cannot be read at all. Bad rows are quarantined, not an error.
    pub fn score(&self, month: &Month, options: &Options) -> Result<Outcome, Error> {
        on_threads(options.threads, || self.score_here(month, options))
    }

    /// Judges one claim beside a person's history, in this thread: the same rules and the same answer
    /// as a month in which the history is the carried state.
    ///
    /// Rules over a whole institution or country see only these rows.
    ///
    /// # Errors
    ///
    /// What a month would put aside: a value that is missing or malformed, an institution that the reference
    /// does not know, amounts that contradict each other, a line of another person's visit; also a key that
    /// comes twice and a reversal. The message names the row of `claim` or `history`, counted
    /// from 0 without void rows and those of cancelled settlements.
    pub fn check(&self, claim: &Claim, history: &Claim) -> Result<Outcome, Error> {
        let beside = Beside {
            codes: self.inner.codes(),
            institutions: self.inner.known_institutions(),
            traces: self.inner.reference().trace_codes.as_ref(),
        };
        let net = read_claim(beside, claim, history)?;
        let judged = self.inner.judge(&net, Stage::Before, &|_| None, None);
        let judged =
            judged.map_err(|error| Error::input(format!("lines cannot be read: {error}")))?;
        Ok(Outcome::of_claim(Arc::clone(&self.inner), net, judged))
    }

    fn score_here(&self, month: &Month, options: &Options) -> Result<Outcome, Error> {
        let (engine, profile) = (&self.inner, options.profile.as_deref());
        let (net, mut reviews) = self.read(month, options)?;
        let reviewed = |id: FindingId| review_of(reviews.as_ref(), id);
        let judged =
            timed(profile, "judge", || engine.judge(&net, options.stage, &reviewed, profile));
        let judged = judged.map_err(|error| not_read_back(&error))?;
        if let Some(reviews) = &mut reviews {
            let known: BTreeSet<FindingId> = judged.jr_ids.iter().copied().collect();
            reviews.keep_known(|id| FindingId::parse(id).is_some_and(|id| known.contains(&id)));
        }
        let outcome = Outcome::new(Arc::clone(engine), net, judged, options.stage, month.encoding);
        Ok(outcome.with_reviews(reviews))
    }

    /// Reads and nets a month, and the reviews if there are any.
    pub(crate) fn read(
        &self,
        month: &Month,
        options: &Options,
    ) -> Result<(NetMonth, Option<Reviews>), Error> {
        let tell = |progress: Progress| {
            if let Some(told) = &options.progress {
                told(progress.stage, progress.n_rows);
            }
        };
        let engine = &self.inner;
        if let Some(state) = state_at(options.state.as_deref())? {
            jihe_report::verify_state(state)?;
        }
        let wanted = if options.forget_lines { engine.usable() } else { engine.wanted() };
        let intake = IntakeOptions {
            encoding: month.encoding,
            institutions: engine.known_institutions(),
            state: options.state.as_deref(),
            memory: options.memory,
            keeps_judged: !options.forget_lines,
            profile: options.profile.as_deref(),
            traces: engine.reference().trace_codes.as_ref(),
            progress: Some(&tell),
            ..IntakeOptions::new(engine.codes(), wanted)
        };
        let net = read_month(&month.source, &intake)?;
        if let Some(told) = &options.progress {
            told("judging", u64::try_from(net.lines.len()).unwrap_or(u64::MAX));
        }
        let reviews = options.reviews.as_deref();
        let reviews = reviews.map(|path| read_reviews(path, month.encoding)).transpose()?;
        Ok((net, reviews))
    }

    pub(crate) fn inner(&self) -> &Arc<jihe_engine::Engine> {
        &self.inner
    }
}

/// Does something on so many threads; on those of the caller if none are asked for.
pub(crate) fn on_threads<T: Send>(
    threads: Option<usize>,
    work: impl FnOnce() -> Result<T, Error> + Send,
) -> Result<T, Error> {
    let Some(threads) = threads else { return work() };
    if 1024 < threads {
        return Err(Error::usage(format!("{threads} threads are too many: ask for 1024 at most")));
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.max(1)).build();
    let pool =
        pool.map_err(|cause| Error::usage(format!("no pool of {threads} threads: {cause}")))?;
    pool.install(work)
}

/// What a review decided of a finding.
pub(crate) fn review_of(reviews: Option<&Reviews>, id: FindingId) -> Option<&Review> {
    reviews?.by_finding.get(id.to_string().as_str())
}

/// What waits on disk was not written or not read.
pub(crate) fn not_read_back(error: &std::io::Error) -> Error {
    Error::output(format!(
        "lines and findings cannot be put on disk or read back: {error}; give more memory, or a \
         temporary folder with more room (TMPDIR)"
    ))
}
