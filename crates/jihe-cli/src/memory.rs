//! Runs that must stay within a bound: an allocator that gives memory back at once, and what is said
//! when it was not enough.
//!
//! The allocator keeps what was freed for a second and asks for huge pages: that is faster, and a
//! process then holds up to twice what it uses. It reads its options when a process begins, before
//! any code of ours; so a bounded run begins a second time, in the same process, with other ones.

use std::ffi::OsString;

/// Options of the allocator: freed pages go back to the system at once, and no huge pages.
const OPTIONS: [(&str, &str); 2] = [("MIMALLOC_PURGE_DELAY", "0"), ("MIMALLOC_ALLOW_THP", "0")];

/// Begins again with an allocator that gives memory back, unless its options are set already.
///
/// Comes back where that cannot be done: the run is then the same, only larger.
#[cfg(unix)]
pub(crate) fn give_back_at_once() {
    use std::os::unix::process::CommandExt;

    let missing = OPTIONS.iter().filter(|(name, _)| std::env::var_os(name).is_none());
    let missing: Vec<_> = missing.copied().collect();
    let (false, Ok(program)) = (missing.is_empty(), std::env::current_exe()) else { return };
    let mut arguments = std::env::args_os();
    let name = arguments.next().unwrap_or_else(|| OsString::from("jihe"));
    // Comes back only if it failed.
    let _ = std::process::Command::new(program).arg0(name).args(arguments).envs(missing).exec();
}

/// Other systems have no way to begin again in the same process.
#[cfg(not(unix))]
pub(crate) fn give_back_at_once() {}

/// What to say of a run that took more memory than it was given; nothing if it did not.
pub(crate) fn excess(bound: u64) -> Option<String> {
    said_of(peak()?, bound)
}

fn said_of(peak: u64, bound: u64) -> Option<String> {
    let megabytes = |bytes: u64| bytes.div_ceil(1_000_000);
    (bound < peak).then(|| {
        format!(
            "memory of {} MB was not enough, the run took {} MB: rules, reference, persons, encounters, \
             settlements and findings stay in memory; {} MB would do",
            megabytes(bound),
            megabytes(peak),
            megabytes(peak.saturating_add(peak / 16)),
        )
    })
}

/// The most bytes that this process ever held; none where the system does not say.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    kilobytes.checked_mul(1024)
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
    #[cfg(target_os = "linux")]
    fn a_process_knows_what_it_took() {
        let block = vec![1_u8; 32 << 20];
        assert!(peak().is_some_and(|peak| 32 << 20 < peak), "{}", block.len());
    }
}
