//! How much memory a run may take: an allocator that gives memory back, what stands where nobody said a
//! bound, and what is said when a bound was not enough.
//!
//! The allocator asks for huge pages, and keeps what was freed for a second: that is too long. It reads its
//! options when a process begins, before any code of ours; so a run begins a second time, in the same
//! process, with other ones.

use std::ffi::OsString;

/// Whether huge pages are taken: they stay whole while a part of them is used.
#[cfg(unix)]
const HUGE_PAGES: &str = "MIMALLOC_ALLOW_THP";
/// Milliseconds until what was freed is given back.
#[cfg(unix)]
const DELAY: &str = "MIMALLOC_PURGE_DELAY";

/// Without a bound, lines stay in memory up to a 32nd of that of the machine, but at least so much.
const LEAST: u64 = 880_000_000;

/// Milliseconds for which freed memory may be kept. A run that measures what it holds has room for some of
/// it where the bound is not tight; below 350 MB there is none.
#[cfg(unix)]
fn delay(bound: Option<u64>) -> u64 {
    bound.map_or(300, |bytes| (bytes.saturating_sub(350_000_000) / 5_000_000).min(100))
}

/// Begins again with an allocator that takes no huge pages and gives memory back soon, at once where there
/// is a tight bound, unless its options are set already.
///
/// Comes back where that cannot be done: the run is then the same, only larger.
#[cfg(unix)]
pub(crate) fn give_back(bound: Option<u64>) {
    use std::os::unix::process::CommandExt;

    let options = [(HUGE_PAGES, 0), (DELAY, delay(bound))];
    let missing = options.into_iter().filter(|(name, _)| std::env::var_os(name).is_none());
    let missing: Vec<_> = missing.map(|(name, value)| (name, value.to_string())).collect();
    let (false, Ok(program)) = (missing.is_empty(), std::env::current_exe()) else { return };
    let mut arguments = std::env::args_os();
    let name = arguments.next().unwrap_or_else(|| OsString::from("jihe"));
    // Comes back only if it failed.
    let _ = std::process::Command::new(program).arg0(name).args(arguments).envs(missing).exec();
}

/// Other systems have no way to begin again in the same process.
#[cfg(not(unix))]
pub(crate) fn give_back(_bound: Option<u64>) {}

/// The bytes that a run may take where nobody said how many.
pub(crate) fn unsaid() -> u64 {
    of_machine().map_or(LEAST, |bytes| LEAST.max(bytes / 32))
}

/// The bytes of memory of this machine; none where the system does not say.
fn of_machine() -> Option<u64> {
    kilobytes(&std::fs::read_to_string("/proc/meminfo").ok()?, "MemTotal:")
}

/// The bytes that a line of the system's own tables says in kB.
fn kilobytes(table: &str, name: &str) -> Option<u64> {
    let line = table.lines().find_map(|line| line.strip_prefix(name))?;
    let kilobytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    kilobytes.checked_mul(1024)
}

/// What to say of a run that took more memory than it was given; nothing if it did not.
pub(crate) fn excess(bound: u64) -> Option<String> {
    said_of(peak()?, bound)
}

fn said_of(peak: u64, bound: u64) -> Option<String> {
    let megabytes = |bytes: u64| bytes.div_ceil(1_000_000);
    (bound < peak).then(|| {
        format!(
            "memory of {} MB was not enough, the run took {} MB: rules, reference, persons, encounters, \
             settlements, trace codes, different texts and the lines of one person stay in memory; {} MB would do",
            megabytes(bound),
            megabytes(peak),
            megabytes(peak.saturating_add(peak / 16)),
        )
    })
}

/// The most bytes that this process ever held; none where the system does not say.
fn peak() -> Option<u64> {
    kilobytes(&std::fs::read_to_string("/proc/self/status").ok()?, "VmHWM:")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_run_that_took_more_is_told_how_much_would_do() {
        assert_eq!(said_of(800_000_000, 800_000_000), None);
        let said = said_of(801_000_000, 800_000_000).unwrap();
        assert!(said.contains("800 MB") && said.contains("took 801 MB"), "{said}");
        assert!(said.ends_with("852 MB would do"), "{said}");
    }

    #[test]
    #[cfg(unix)]
    fn freed_memory_is_kept_only_where_the_bound_leaves_room_for_it() {
        assert_eq!([None, Some(2 << 30), Some(400_000_000)].map(delay), [300, 100, 10]);
        assert_eq!([Some(350_000_000), Some(0)].map(delay), [0, 0]);
    }

    #[test]
    fn the_systems_tables_are_read_line_by_line() {
        let table = "MemTotal:       25165824 kB\nMemFree: 1 kB\n";
        assert_eq!(kilobytes(table, "MemTotal:"), Some(25_165_824 * 1024));
        assert_eq!(kilobytes(table, "MemUsed:"), None);
        assert!(LEAST <= unsaid());
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_process_knows_what_it_took() {
        let block = vec![1_u8; 32 << 20];
        assert!(peak().is_some_and(|peak| 32 << 20 < peak), "{}", block.len());
    }
}
