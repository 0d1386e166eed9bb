//! Things that are made side by side, and of which two steps are done in their order.
//!
//! Each thing is walked, settled, coded and put: walked and coded beside others, settled and put one after the
//! other. Nobody waits for a turn: what comes early is left, and who is before it goes on with it.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rayon::ScopeFifo;

/// The four steps of things.
pub(crate) struct Steps<'r, A, B, C, D, E> {
    /// The next thing, told how many are under way; none if there is no room for it yet, or no other.
    pub(crate) next: &'r mut (dyn FnMut(usize) -> Option<A> + Send),
    /// Beside others.
    pub(crate) walk: &'r (dyn Fn(A) -> Result<B, E> + Sync),
    /// In order.
    pub(crate) settle: &'r mut (dyn FnMut(B) -> C + Send),
    /// Beside others.
    pub(crate) code: &'r (dyn Fn(C) -> Result<D, E> + Sync),
    /// In order.
    pub(crate) put: &'r mut (dyn FnMut(D) -> Result<(), E> + Send),
}

/// Takes all things through their steps.
///
/// # Errors
///
/// That of the step that failed first; then no other thing is begun, settled, coded or put, but for what others
/// are at already.
pub(crate) fn in_turn<A: Send, B: Send, C: Send, D: Send, E: Send>(
    steps: Steps<'_, A, B, C, D, E>,
) -> Result<(), E> {
    let Steps { next, walk, settle, code, put } = steps;
    let begun = Mutex::new(Begun { n: 0, n_put: 0, next });
    let (settle, put) = (Turns::new(settle), Turns::new(put));
    let works = Works { begun, walk, settle, code, put, failure: Mutex::new(None) };
    rayon::scope_fifo(|scope| works.begin(scope));
    match works.failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(failure) => Err(failure),
        None => Ok(()),
    }
}

/// Takes one thing after the other through all steps, on the thread that asks: for a single one, which
/// would only wait for another thread to wake up.
///
/// # Errors
///
/// That of the step that failed first.
pub(crate) fn one_by_one<A, B, C, D, E>(steps: Steps<'_, A, B, C, D, E>) -> Result<(), E> {
    let Steps { next, walk, settle, code, put } = steps;
    while let Some(thing) = next(0) {
        put(code(settle(walk(thing)?))?)?;
    }
    Ok(())
}

struct Works<'r, A, B, C, D, E> {
    begun: Mutex<Begun<'r, A>>,
    walk: &'r (dyn Fn(A) -> Result<B, E> + Sync),
    settle: Turns<'r, B, C>,
    code: &'r (dyn Fn(C) -> Result<D, E> + Sync),
    put: Turns<'r, D, Result<(), E>>,
    failure: Mutex<Option<E>>,
}

struct Begun<'r, A> {
    n: usize,
    n_put: usize,
    next: &'r mut (dyn FnMut(usize) -> Option<A> + Send),
}

impl<'r, A: Send, B: Send, C: Send, D: Send, E: Send> Works<'r, A, B, C, D, E> {
    /// Begins as many things as there is room for.
    fn begin<'s>(&'s self, scope: &ScopeFifo<'s>)
    where
        'r: 's,
    {
        while !self.has_failed() {
            let mut begun = locked(&self.begun);
            let n_under_way = begun.n - begun.n_put;
            let Some(thing) = (begun.next)(n_under_way) else { return };
            let nth = begun.n;
            begun.n += 1;
            drop(begun);
            scope.spawn_fifo(move |scope| self.walk(nth, thing, scope));
        }
    }

    fn walk<'s>(&'s self, nth: usize, thing: A, scope: &ScopeFifo<'s>) {
        if self.has_failed() {
            return;
        }
        if let Some(walked) = self.good((self.walk)(thing)) {
            self.settle.give(nth, walked, |nth, settled| {
                scope.spawn_fifo(move |scope| self.code(nth, settled, scope));
                !self.has_failed()
            });
        }
    }

    fn code<'s>(&'s self, nth: usize, settled: C, scope: &ScopeFifo<'s>) {
        if self.has_failed() {
            return;
        }
        if let Some(coded) = self.good((self.code)(settled)) {
            self.put.give(nth, coded, |_, put| {
                let is_put = self.good(put).is_some();
                if is_put {
                    locked(&self.begun).n_put += 1;
                    self.begin(scope);
                }
                is_put
            });
        }
    }

    fn has_failed(&self) -> bool {
        locked(&self.failure).is_some()
    }

    /// What a step gave, or nothing where it failed.
    fn good<T>(&self, done: Result<T, E>) -> Option<T> {
        match done {
            Ok(done) => Some(done),
            Err(failure) => {
                locked(&self.failure).get_or_insert(failure);
                None
            }
        }
    }
}

/// A step that is done in order.
struct Turns<'r, T, U> {
    act: Mutex<&'r mut (dyn FnMut(T) -> U + Send)>,
    queue: Mutex<Queue<T>>,
}

struct Queue<T> {
    next: usize,
    is_busy: bool,
    early: BTreeMap<usize, T>,
}

impl<'r, T, U> Turns<'r, T, U> {
    fn new(act: &'r mut (dyn FnMut(T) -> U + Send)) -> Self {
        let queue = Queue { next: 0, is_busy: false, early: BTreeMap::new() };
        Self { act: Mutex::new(act), queue: Mutex::new(queue) }
    }

    /// Does the step for the `nth` thing and all that wait behind it, unless its turn has not come or
    /// another is at it; nobody goes on where `then` says that it is over.
    fn give(&self, nth: usize, thing: T, mut then: impl FnMut(usize, U) -> bool) {
        let mut queue = locked(&self.queue);
        queue.early.insert(nth, thing);
        if queue.is_busy {
            return;
        }
        queue.is_busy = true;
        loop {
            let nth = queue.next;
            let Some(thing) = queue.early.remove(&nth) else { break };
            drop(queue);
            let done = locked(&self.act)(thing);
            if !then(nth, done) {
                return;
            }
            queue = locked(&self.queue);
            queue.next += 1;
        }
        queue.is_busy = false;
    }
}

fn locked<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// Takes so many things through on some threads, no more than `most` at a time; one may fail when
    /// it is coded, one when it is put. Gives what was settled, what was put, and the most that were
    /// under way.
    fn run(
        (n_threads, n, most): (usize, usize, usize),
        (bad_code, bad_put): (Option<usize>, Option<usize>),
    ) -> (Vec<usize>, Vec<usize>, usize, Result<(), usize>) {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
        let (mut settled, mut put) = (Vec::new(), Vec::new());
        let most_under_way = AtomicUsize::new(0);
        let mut things = 0..n;
        // Later things are quicker than earlier ones, as far as threads let them.
        let dawdle = |nth: usize| (0..(n - nth) * 20).for_each(|_| std::thread::yield_now());
        let result = pool.install(|| {
            in_turn(Steps {
                next: &mut |n_under_way| {
                    most_under_way.fetch_max(n_under_way, Ordering::Relaxed);
                    if n_under_way < most { things.next() } else { None }
                },
                walk: &|nth| {
                    dawdle(nth);
                    Ok(nth)
                },
                settle: &mut |nth| {
                    settled.push(nth);
                    nth
                },
                code: &|nth| {
                    rayon::join(|| dawdle(nth), || dawdle(nth));
                    if Some(nth) == bad_code { Err(nth) } else { Ok(nth) }
                },
                put: &mut |nth| {
                    if Some(nth) == bad_put {
                        return Err(nth);
                    }
                    put.push(nth);
                    Ok(())
                },
            })
        });
        (settled, put, most_under_way.into_inner(), result)
    }

    #[test]
    fn things_are_settled_and_put_in_their_order_however_many_are_at_it() {
        let all: Vec<usize> = (0..50).collect();
        for (n_threads, most) in [(1, 1), (1, 3), (2, 3), (4, 1), (4, 8), (4, 100)] {
            let (settled, put, n, result) = run((n_threads, all.len(), most), (None, None));
            assert_eq!((&settled, &put, result), (&all, &all, Ok(())), "{n_threads} {most}");
            assert!(n <= most, "{n} under way");
        }
        assert_eq!(run((2, 0, 2), (None, None)), (vec![], vec![], 0, Ok(())));
    }

    #[test]
    fn what_comes_after_a_failure_is_not_put() {
        for n_threads in [1, 4] {
            for bad in [(Some(20), None), (None, Some(20))] {
                let (settled, put, _, result) = run((n_threads, 50, 5), bad);
                assert_eq!(result, Err(20));
                // Those just before one that fails may still be on their way to a form.
                let n_put = if bad.1.is_some() { 20 } else { put.len() };
                assert!(15 < n_put && n_put <= 20, "{n_put} were put");
                assert_eq!(put, (0..n_put).collect::<Vec<_>>());
                assert!(settled.len() < 26, "{} were begun", settled.len());
            }
        }
    }
}
