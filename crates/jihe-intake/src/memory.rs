//! How much memory lines may take.

use std::fs::File;
use std::os::unix::fs::FileExt;

use crate::options::IntakeOptions;

/// Bytes that each thread needs for the part or batch at hand.
pub(crate) const OF_THREAD: u64 = 48 << 20;
/// Bytes of these for a page of each column that is read.
const OF_PAGES: u64 = 24 << 20;
/// Bytes that a line takes while it is judged, with what is found.
pub(crate) const OF_JUDGED: u64 = 600;
/// Bytes that the order of lines takes for each of them.
const OF_LINE: u64 = 4;
/// Sealed lines go to disk at least so many bytes at a time.
const LEAST_WRITTEN: u64 = 16 << 20;

/// How much of the memory of a run the lines on the shelf may have.
#[derive(Debug)]
pub(crate) struct Room {
    /// Bytes of sealed lines that may lie in memory.
    pub(crate) of_lines: usize,
    /// What the process may hold, if it is bounded.
    pub(crate) of_process: Option<Bound>,
    /// What threads need beside what is there when they begin.
    pub(crate) of_threads: u64,
    /// Fewer bytes than these are not worth a write.
    pub(crate) least_written: usize,
}

impl Room {
    /// As much room as is asked for.
    pub(crate) const BOUNDLESS: Self =
        Self { of_lines: usize::MAX, of_process: None, of_threads: 0, least_written: 0 };

    /// What the bound of a run leaves beside what is there already, what entities will take once more
    /// while they are ordered, what threads need and the order of lines.
    pub(crate) fn new(options: &IntakeOptions<'_>, n_lines: u64) -> Self {
        let Some(bytes) = options.memory else { return Self::BOUNDLESS };
        let n_threads = u64::try_from(rayon::current_num_threads()).unwrap_or(1);
        let of_threads = n_threads.saturating_mul(OF_THREAD);
        let of_process = Bound::new(bytes);
        let held = of_process.as_ref().and_then(Bound::held).unwrap_or(0);
        let needed = held
            .saturating_add(held / 8)
            .saturating_add(of_threads)
            .saturating_add(n_lines.saturating_mul(OF_LINE));
        let least_written = LEAST_WRITTEN.min(bytes / 16);
        Self {
            of_lines: usize::try_from(bytes.saturating_sub(needed)).unwrap_or(usize::MAX),
            of_process,
            of_threads,
            least_written: usize::try_from(least_written).unwrap_or(usize::MAX),
        }
    }

    /// How many threads may read lines at once, each a row group with so many bytes of pages.
    pub(crate) fn n_readers(&self, n_page_bytes: u64) -> usize {
        let n_threads = rayon::current_num_threads().max(1);
        let Some(left) = self.left() else { return n_threads };
        let of_one = OF_THREAD.saturating_add(n_page_bytes.saturating_sub(OF_PAGES));
        usize::try_from(left.div_euclid(of_one)).unwrap_or(usize::MAX).clamp(1, n_threads)
    }

    /// Bytes that the process may take beside what it holds; none where it is not bounded.
    pub(crate) fn left(&self) -> Option<u64> {
        let bound = self.of_process.as_ref()?;
        Some(bound.bytes.saturating_sub(bound.held()?))
    }

    /// Tells whether `more` bytes beside those of the threads would be too many for the process now.
    pub(crate) fn is_short_of(&self, more: u64) -> bool {
        self.of_process.as_ref().is_some_and(|bound| {
            let coming = self.of_threads.saturating_add(more);
            bound.held().is_some_and(|held| bound.bytes < held.saturating_add(coming))
        })
    }
}

/// What the process may hold, and where the system says what it holds.
#[derive(Debug)]
pub(crate) struct Bound {
    bytes: u64,
    /// Open for as long as the run: it is asked some thousand times.
    statm: File,
}

impl Bound {
    /// None where the system does not say what the process holds.
    pub(crate) fn new(bytes: u64) -> Option<Self> {
        Some(Self { bytes, statm: File::open("/proc/self/statm").ok()? })
    }

    /// Bytes of this process that are in memory.
    fn held(&self) -> Option<u64> {
        let mut said = [0; 128];
        let n = self.statm.read_at(&mut said, 0).ok()?;
        let said = std::str::from_utf8(said.get(..n)?).ok()?;
        let n_pages: u64 = said.split(' ').nth(1)?.parse().ok()?;
        n_pages.checked_mul(4096)
    }
}
