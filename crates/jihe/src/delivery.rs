//! A month scored straight to files: findings are settled and written slice by slice, so that they
//! need never be in memory all at once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use jihe_engine::Judged;
use jihe_frame::{FindingId, timed};
use jihe_report::{Format, ReportError, Slice, Summary, Writing};
use jihe_terms::schema::TableName;

use crate::engine::{Engine, Options, not_read_back, on_threads, review_of};
use crate::error::Error;
use crate::month::Month;
use crate::outcome::{Outcome, Seen};

/// Where the results of a month go.
#[derive(Clone, Copy, Debug)]
pub struct Destination<'a> {
    /// Folder of the results.
    pub out: &'a Path,
    /// Their format.
    pub format: Format,
    /// Folder of what the next month has to know of this one, if it is to be written.
    pub state: Option<&'a Path>,
}

/// A month whose results are written.
#[derive(Debug)]
pub struct Delivered {
    /// Without findings.
    outcome: Outcome,
}

impl Delivered {
    /// The summary of the run.
    pub fn summary(&self) -> Summary {
        self.outcome.summary()
    }

    /// Rows put aside, of all tables.
    pub fn n_quarantined(&self) -> usize {
        self.outcome.n_quarantined()
    }

    /// Lines read.
    pub fn n_lines(&self) -> u64 {
        self.outcome.month().counts.get(&TableName::Lines).map_or(0, |all| all.read)
    }
}

/// Lines of findings of a slice that is written as it is coded: one person may have very many.
const MOST_CODED: usize = 1 << 17;

/// A slice on its way to its files.
enum Coded {
    /// In the form of its files.
    Now(Slice),
    /// Too much to be in memory in both forms.
    Later(Box<Judged>),
}

/// Why a slice was not written.
struct Failed(Error);

impl From<std::io::Error> for Failed {
    fn from(error: std::io::Error) -> Self {
        Self(not_read_back(&error))
    }
}

impl From<ReportError> for Failed {
    fn from(error: ReportError) -> Self {
        Self(error.into())
    }
}

impl Engine {
    /// Scores a month and writes its results and, if asked for, its state: the same files as those of
    /// [`Engine::score`], in less memory. Both are whole on disk before either takes its place, the
    /// state last, so that a failure leaves a month that can be scored again.
    ///
    /// # Errors
    ///
    /// As [`Engine::score`] and [`Outcome::write_as`], if the folders of results and state are one or one lies
    /// in the other, and if the state of the month before holds every
    /// line of this month.
    pub fn deliver(
        &self,
        month: &Month,
        options: &Options,
        to: &Destination<'_>,
    ) -> Result<Delivered, Error> {
        on_threads(options.threads, || self.deliver_here(month, options, to))
    }

    fn deliver_here(
        &self,
        month: &Month,
        options: &Options,
        to: &Destination<'_>,
    ) -> Result<Delivered, Error> {
        let (engine, profile) = (self.inner(), options.profile.as_deref());
        if to.state.is_some_and(|state| !jihe_report::are_apart(to.out, state)) {
            return Err(Error::usage(
                "results and state are one folder, or one lies in the other: give each its own",
            ));
        }
        let (net, mut reviews) = self.read(month, options)?;
        if net.is_held {
            return Err(Error::usage(
                "the state already holds every line of this month: give the state of the month before",
            ));
        }
        let unsettled = timed(profile, "judge", || engine.find(&net, profile));
        let unsettled = unsettled.map_err(|error| not_read_back(&error))?;
        if let Some(told) = &options.progress {
            told("writing", 0);
        }
        let state = timed(profile, "write / state", || {
            to.state.map(|state| jihe_report::stage_state(&net, state)).transpose()
        })?;
        let mut writing = Writing::begin(to.out, to.format)?;
        // Reviews of findings that are.
        let known: Mutex<BTreeSet<FindingId>> = Mutex::default();
        let reviewed = |id: FindingId| {
            let review = review_of(reviews.as_ref(), id)?;
            known.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
            Some(review)
        };
        let seen = Seen { engine, month: &net, stage: options.stage };
        let none = BTreeMap::new();
        let by_finding = reviews.as_ref().map_or(&none, |reviews| &reviews.by_finding);
        let about = (by_finding, &[][..], &[][..]);
        let code = |judged: Judged| -> Result<Coded, Failed> {
            if MOST_CODED < judged.hits.lines.len() {
                return Ok(Coded::Later(Box::new(judged)));
            }
            let slice = timed(profile, "findings / code", || {
                seen.with(&judged, about, |scored| Slice::new(scored, to.format, profile))
            });
            Ok(Coded::Now(slice?))
        };
        let mut put = |coded: Coded| -> Result<(), Failed> {
            match coded {
                Coded::Now(slice) => {
                    timed(profile, "findings / write", || writing.append(&slice))?;
                }
                Coded::Later(judged) => timed(profile, "findings / code", || {
                    seen.with(&judged, about, |scored| writing.append_coding(scored, profile))
                })?,
            }
            Ok(())
        };
        let rest = timed(profile, "findings", || {
            unsettled.in_slices((options.stage, &reviewed), profile, &code, &mut put)
        });
        let rest = rest.map_err(|Failed(error)| error)?;
        let known = known.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Some(reviews) = &mut reviews {
            reviews.keep_known(|id| FindingId::parse(id).is_some_and(|id| known.contains(&id)));
        }
        let outcome = Outcome::new(Arc::clone(engine), net, rest, options.stage, month.encoding);
        let outcome = outcome.with_reviews(reviews);
        timed(profile, "write", || outcome.with_scored(|scored| writing.finish(scored, state)))?;
        Ok(Delivered { outcome })
    }
}
