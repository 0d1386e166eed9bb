//! How much memory lines may take.

use crate::options::IntakeOptions;

/// Bytes that each thread needs for the part or batch at hand.
const OF_THREAD: u64 = 64 << 20;
/// Bytes that order, findings and results take for each line, about.
const OF_LINE: u64 = 16;

/// Bytes of this process that are in memory; none where the system does not say.
fn resident() -> Option<u64> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    let n_pages: u64 = statm.split(' ').nth(1)?.parse().ok()?;
    n_pages.checked_mul(4096)
}

/// Bytes of sealed lines that may lie in memory: what the budget leaves beside what is there already,
/// what entities will take once more when they are ordered, and what threads and results need.
pub(crate) fn shelf_bytes(options: &IntakeOptions<'_>, n_lines: u64) -> usize {
    let Some(budget) = options.memory else { return usize::MAX };
    let n_threads = u64::try_from(rayon::current_num_threads()).unwrap_or(1);
    let held = resident().unwrap_or(0);
    let needed = held
        .saturating_add(held / 2)
        .saturating_add(n_threads.saturating_mul(OF_THREAD))
        .saturating_add(n_lines.saturating_mul(OF_LINE));
    usize::try_from(budget.saturating_sub(needed)).unwrap_or(usize::MAX)
}
