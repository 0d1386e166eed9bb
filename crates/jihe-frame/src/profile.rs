//! Where the time of a run goes: nanoseconds by step, added up over threads.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Steps and their time. Steps that run inside others are named `outer / inner`.
#[derive(Debug, Default)]
pub struct Profile {
    steps: Mutex<BTreeMap<String, u64>>,
}

impl Profile {
    /// Does something and adds its time to a step.
    pub fn time<T>(&self, step: &str, work: impl FnOnce() -> T) -> T {
        let begin = Instant::now();
        let done = work();
        self.add(step, u64::try_from(begin.elapsed().as_nanos()).unwrap_or(u64::MAX));
        done
    }

    /// Adds nanoseconds to a step.
    pub fn add(&self, step: &str, nanoseconds: u64) {
        let mut steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        match steps.get_mut(step) {
            Some(total) => *total = total.saturating_add(nanoseconds),
            None => {
                steps.insert(step.to_owned(), nanoseconds);
            }
        }
    }

    /// All steps with their nanoseconds, in the order of their names.
    pub fn steps(&self) -> Vec<(String, u64)> {
        let steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        steps.iter().map(|(step, &time)| (step.clone(), time)).collect()
    }
}

/// Does something, timed where a profile is kept.
pub fn timed<T>(profile: Option<&Profile>, step: &str, work: impl FnOnce() -> T) -> T {
    match profile {
        Some(profile) => profile.time(step, work),
        None => work(),
    }
}

/// Does something as a share of the step `outer`, timed where a profile is kept.
pub fn timed_in<T>(
    profile: Option<&Profile>,
    (outer, name): (&str, &str),
    work: impl FnOnce() -> T,
) -> T {
    match profile {
        Some(profile) => profile.time(&format!("{outer} / {name}"), work),
        None => work(),
    }
}
