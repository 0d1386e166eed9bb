//! How much memory lines may take.

use crate::options::IntakeOptions;

/// Bytes that each thread needs for the part or batch at hand.
const OF_THREAD: u64 = 48 << 20;
/// Bytes that the order of lines takes for each of them.
const OF_LINE: u64 = 4;
/// Sealed lines go to disk at least so many bytes at a time.
const LEAST_WRITTEN: u64 = 16 << 20;

/// How much of the memory of a run the lines on the shelf may have.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    /// Bytes of sealed lines that may lie in memory.
    pub(crate) of_lines: usize,
    /// Bytes that the process may hold, if they are bounded.
    pub(crate) of_process: Option<u64>,
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
        let held = resident().unwrap_or(0);
        let needed = held
            .saturating_add(held / 8)
            .saturating_add(of_threads)
            .saturating_add(n_lines.saturating_mul(OF_LINE));
        let least_written = LEAST_WRITTEN.min(bytes / 16);
        Self {
            of_lines: usize::try_from(bytes.saturating_sub(needed)).unwrap_or(usize::MAX),
            of_process: Some(bytes),
            of_threads,
            least_written: usize::try_from(least_written).unwrap_or(usize::MAX),
        }
    }

    /// Bytes that the process may take beside what it holds; none where it is not bounded.
    pub(crate) fn left(&self) -> Option<u64> {
        let bytes = self.of_process?;
        Some(bytes.saturating_sub(resident()?))
    }

    /// Tells whether `more` bytes beside those of the threads would be too many for the process now.
    pub(crate) fn is_short_of(&self, more: u64) -> bool {
        self.of_process.is_some_and(|bytes| {
            let coming = self.of_threads.saturating_add(more);
            resident().is_some_and(|held| bytes < held.saturating_add(coming))
        })
    }
}

/// Bytes of this process that are in memory; none where the system does not say.
fn resident() -> Option<u64> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    let n_pages: u64 = statm.split(' ').nth(1)?.parse().ok()?;
    n_pages.checked_mul(4096)
}
