//! The place of results, and the one step in which a finished folder takes it.
//!
//! A writer fills `.NAME.tmp-…` beside the place and keeps it locked, so that the folder of a dead
//! writer is known by its free lock and removed at the next start. Finding a place and taking it
//! happen under a lock of the parent folder.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::error::ReportError;
use crate::manifest::{MANIFEST, is_result, is_state};

/// A staging folder and the place it is for.
pub(super) struct Place {
    out: PathBuf,
    parent: PathBuf,
    staging: PathBuf,
    lock: Option<File>,
    keep: bool,
}

/// Tells whether results may be written to `out`, before any work is done. Writes nothing.
///
/// # Errors
///
/// If something is there that is no result folder of ours.
pub fn check_destination(out: &Path) -> Result<(), ReportError> {
    check(out, is_result)
}

/// Tells whether a state may be written to `dir`, before any work is done. Writes nothing.
///
/// # Errors
///
/// If something is there that is neither a state nor a result folder of ours: it would be read as the
/// state of the month before.
pub fn check_state_destination(dir: &Path) -> Result<(), ReportError> {
    check(dir, is_ours).map_err(|error| if error.is_foreign() { error.of_input() } else { error })
}

/// Whether neither of two places is or lies in the other, so that both can be written whole.
pub fn are_apart(one: &Path, other: &Path) -> bool {
    let (one, other) = (real(one), real(other));
    !one.starts_with(&other) && !other.starts_with(&one)
}

/// The path of a place inside a folder, empty if it is the folder; none if it lies elsewhere.
pub fn within(place: &Path, folder: &Path) -> Option<PathBuf> {
    real(place).strip_prefix(real(folder)).ok().map(Path::to_path_buf)
}

/// A path as it will be: links of what is there already are followed.
fn real(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    for there in absolute.ancestors() {
        if let Ok(mut real) = fs::canonicalize(there) {
            for part in absolute.strip_prefix(there).unwrap_or(Path::new("")).components() {
                if part == Component::ParentDir {
                    real.pop();
                } else {
                    real.push(part);
                }
            }
            return real;
        }
    }
    absolute
}

fn check(out: &Path, is_ours: fn(&str) -> bool) -> Result<(), ReportError> {
    if fs::symlink_metadata(out).is_err() {
        return match out.file_name() {
            Some(_) => Ok(()),
            None => Err(ReportError::foreign("no name for a result folder", out)),
        };
    }
    refuse_foreign(&resolved(out)?, is_ours)
}

impl Place {
    /// Finds the place, removes what dead writers left there, and makes a staging folder.
    ///
    /// The place may be free, or hold results or a state of ours.
    pub(super) fn prepare(out: &Path) -> Result<Self, ReportError> {
        let is_free = fs::symlink_metadata(out).is_err();
        if !is_free {
            refuse_foreign(&resolved(out)?, is_ours)?;
        }
        if is_free
            && let Some(parent) = out.parent().filter(|parent| !parent.as_os_str().is_empty())
        {
            fs::create_dir_all(parent)
                .map_err(|cause| ReportError::output("folder could not be made", parent, cause))?;
        }
        let out = resolved(out)?;
        let (Some(parent), Some(name)) = (out.parent(), out.file_name()) else {
            return Err(ReportError::foreign("no name for a result folder", &out));
        };
        let _guard = lock(parent);
        clear_leftovers(parent, name, &out);
        let staging = make_staging(parent, name)?;
        let lock = lock_now(&staging);
        Ok(Self { parent: parent.to_owned(), out: out.clone(), staging, lock, keep: false })
    }

    /// The folder to fill.
    pub(super) fn staging(&self) -> &Path {
        &self.staging
    }

    /// Puts the filled folder in its place; the old one is removed afterwards.
    pub(super) fn publish(self) -> Result<(), ReportError> {
        Self::publish_all(vec![self])
    }

    /// Puts filled folders in their places one after the other; if one cannot, the old ones of those before
    /// it come back.
    pub(super) fn publish_all(mut places: Vec<Self>) -> Result<(), ReportError> {
        for place in &places {
            sync_folder(&place.staging).map_err(|cause| {
                ReportError::output("folder could not be synced", &place.staging, cause)
            })?;
        }
        let parents: BTreeSet<PathBuf> = places.iter().map(|place| place.parent.clone()).collect();
        let _guards: Vec<Option<File>> = parents.iter().map(|parent| lock(parent)).collect();
        let mut taken = Vec::new();
        for place in &mut places {
            match place.take() {
                Ok(has_replaced) => taken.push((place, has_replaced)),
                Err(error) => {
                    taken.into_iter().rev().for_each(|(place, replaced)| place.give_back(replaced));
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    /// Takes the place; tells whether something was there, which is in the staging folder then.
    fn take(&mut self) -> Result<bool, ReportError> {
        let failed =
            |what: &str, path: &Path, cause: io::Error| ReportError::output(what, path, cause);
        let replaces = fs::symlink_metadata(&self.out).is_ok();
        if replaces {
            refuse_foreign(&self.out, is_ours)?;
            exchange(&self.staging, &self.out)
                .map_err(|cause| failed(not_replaced(&cause), &self.out, cause))?;
        } else {
            fs::rename(&self.staging, &self.out)
                .map_err(|cause| failed("folder could not be put in place", &self.out, cause))?;
        }
        if let Err(cause) = sync_folder(&self.parent) {
            // Not known to be on the disk: the old results come back.
            self.give_back(replaces);
            return Err(failed("folder could not be synced", &self.parent, cause));
        }
        Ok(replaces)
    }

    /// Gives the place back to what was there.
    fn give_back(&mut self, has_replaced: bool) {
        let undone = if has_replaced {
            exchange(&self.staging, &self.out)
        } else {
            fs::rename(&self.out, &self.staging)
        };
        self.keep = undone.is_err();
    }
}

/// Why a folder could not be replaced.
fn not_replaced(cause: &io::Error) -> &'static str {
    if cause.kind() == io::ErrorKind::ResourceBusy {
        "folder could not be replaced (a mounted one cannot be: name a folder inside it)"
    } else {
        "folder could not be replaced"
    }
}

impl Drop for Place {
    /// Removes the staging folder: unfinished results, or the old ones after the exchange.
    fn drop(&mut self) {
        if !self.keep {
            // A folder that stays is a leftover, which the next start removes.
            let _ = fs::remove_dir_all(&self.staging);
        }
        drop(self.lock.take());
    }
}

/// The absolute path of a place, links resolved; its parent must exist.
fn resolved(out: &Path) -> Result<PathBuf, ReportError> {
    let failed = |cause| ReportError::output("folder could not be reached", out, cause);
    if fs::symlink_metadata(out).is_ok() {
        return fs::canonicalize(out).map_err(failed);
    }
    let parent = out.parent().filter(|parent| !parent.as_os_str().is_empty());
    let parent = fs::canonicalize(parent.unwrap_or(Path::new("."))).map_err(failed)?;
    match out.file_name() {
        Some(name) => Ok(parent.join(name)),
        None => Err(ReportError::foreign("no name for a result folder", out)),
    }
}

/// Every file of a result folder or of a state.
fn is_ours(name: &str) -> bool {
    is_result(name) || is_state(name)
}

/// Only an empty folder, or one whose every file is ours, may be replaced.
fn refuse_foreign(out: &Path, is_ours: fn(&str) -> bool) -> Result<(), ReportError> {
    let entries = fs::read_dir(out)
        .map_err(|cause| ReportError::output("not a folder that can be read", out, cause))?;
    let (mut n_entries, mut has_manifest) = (0_u32, false);
    for entry in entries {
        let entry = entry
            .map_err(|cause| ReportError::output("not a folder that can be read", out, cause))?;
        let name = entry.file_name();
        if !name.to_str().is_some_and(is_ours) {
            let what = "the folder holds what is no result of jihe, and is left alone";
            return Err(ReportError::foreign(what, &entry.path()));
        }
        has_manifest |= name == MANIFEST;
        n_entries = n_entries.saturating_add(1);
    }
    if 0 < n_entries && !has_manifest {
        let what = "the folder is not empty and has no manifest.json, and is left alone";
        return Err(ReportError::foreign(what, out));
    }
    Ok(())
}

fn staging_prefix(name: &OsStr) -> OsString {
    let mut prefix = OsString::from(".");
    prefix.push(name);
    prefix.push(".tmp-");
    prefix
}

fn old_name(name: &OsStr) -> OsString {
    let mut old = OsString::from(".");
    old.push(name);
    old.push(".old");
    old
}

fn make_staging(parent: &Path, name: &OsStr) -> Result<PathBuf, ReportError> {
    static TURN: AtomicU32 = AtomicU32::new(0);
    let mut own = staging_prefix(name);
    own.push(format!("{}-{}", std::process::id(), TURN.fetch_add(1, Ordering::Relaxed)));
    let staging = parent.join(own);
    fs::create_dir(&staging)
        .map_err(|cause| ReportError::output("folder could not be made", &staging, cause))?;
    Ok(staging)
}

/// Removes staging folders whose writer is dead, and finishes a replacement cut short between two
/// renames. Failures wait for the next start.
fn clear_leftovers(parent: &Path, name: &OsStr, out: &Path) {
    let old = parent.join(old_name(name));
    if refuse_foreign(&old, is_ours).is_ok() {
        let _ = if fs::symlink_metadata(out).is_ok() {
            fs::remove_dir_all(&old)
        } else {
            fs::rename(&old, out)
        };
    }
    let prefix = staging_prefix(name);
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let path = entry.path();
        let of_ours = entry.file_name().as_encoded_bytes().starts_with(prefix.as_encoded_bytes());
        if of_ours && holds_only_ours(&path) && lock_now(&path).is_some() {
            let _ = fs::remove_dir_all(&path);
        }
    }
}

fn holds_only_ours(folder: &Path) -> bool {
    let ours = |entry: fs::DirEntry| entry.file_name().to_str().is_some_and(is_ours);
    fs::read_dir(folder).is_ok_and(|mut entries| entries.all(|entry| entry.is_ok_and(ours)))
}

/// Waits for the lock of a folder; without locks on this system there is none to hold.
fn lock(folder: &Path) -> Option<File> {
    let file = File::open(folder).ok()?;
    file.lock().ok().map(|()| file)
}

/// Takes the lock of a folder if nobody holds it.
fn lock_now(folder: &Path) -> Option<File> {
    let file = File::open(folder).ok()?;
    match file.try_lock() {
        Ok(()) => Some(file),
        Err(TryLockError::WouldBlock | TryLockError::Error(_)) => None,
    }
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Swaps two folders: in one step where the system can, else by two renames.
fn exchange(staging: &Path, out: &Path) -> io::Result<()> {
    match exchange_at_once(staging, out) {
        Ok(()) => Ok(()),
        Err(cause) if cause.kind() == io::ErrorKind::Unsupported => exchange_by_turns(staging, out),
        Err(cause) => Err(cause),
    }
}

#[cfg(target_os = "linux")]
fn exchange_at_once(staging: &Path, out: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    use rustix::io::Errno;

    renameat_with(CWD, staging, CWD, out, RenameFlags::EXCHANGE).map_err(|cause| match cause {
        Errno::INVAL | Errno::NOSYS | Errno::NOTSUP => io::ErrorKind::Unsupported.into(),
        _ => cause.into(),
    })
}

#[cfg(not(target_os = "linux"))]
fn exchange_at_once(_staging: &Path, _out: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

fn exchange_by_turns(staging: &Path, out: &Path) -> io::Result<()> {
    let (Some(parent), Some(name)) = (out.parent(), out.file_name()) else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    let old = parent.join(old_name(name));
    fs::rename(out, &old)?;
    if let Err(cause) = fs::rename(staging, out) {
        fs::rename(&old, out)?;
        return Err(cause);
    }
    fs::rename(&old, staging)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_folders_swap_by_turns_where_the_system_cannot_do_it_at_once() {
        let room = tempfile::tempdir().unwrap();
        let (new, out) = (room.path().join(".out.tmp-1"), room.path().join("out"));
        for (folder, text) in [(&new, "new"), (&out, "old")] {
            fs::create_dir(folder).unwrap();
            fs::write(folder.join("x"), text).unwrap();
        }
        exchange_by_turns(&new, &out).unwrap();
        assert_eq!(fs::read_to_string(out.join("x")).unwrap(), "new");
        assert_eq!(fs::read_to_string(new.join("x")).unwrap(), "old");
        exchange(&new, &out).unwrap();
        assert_eq!(fs::read_to_string(out.join("x")).unwrap(), "old");
        assert_eq!(fs::read_dir(room.path()).unwrap().count(), 2);
    }

    #[test]
    fn the_folder_of_a_dead_writer_is_removed_and_that_of_a_live_one_is_not() {
        let room = tempfile::tempdir().unwrap();
        let out = room.path().join("out");
        fs::create_dir(room.path().join(".out.tmp-dead-0")).unwrap();
        let live = Place::prepare(&out).unwrap();
        let other = Place::prepare(&out).unwrap();
        assert!(!room.path().join(".out.tmp-dead-0").exists());
        assert!(live.staging().exists() && other.staging().exists());
        drop((live, other));
        assert_eq!(fs::read_dir(room.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_replacement_cut_short_gives_the_old_results_back() {
        let room = tempfile::tempdir().unwrap();
        let (old, out) = (room.path().join(".out.old"), room.path().join("out"));
        fs::create_dir(&old).unwrap();
        fs::write(old.join(MANIFEST), "{}").unwrap();
        drop(Place::prepare(&out).unwrap());
        assert!(out.join(MANIFEST).exists() && !old.exists());
    }

    #[test]
    fn what_was_there_comes_back_if_the_place_after_it_cannot_be_taken() {
        for is_new in [true, false] {
            let room = tempfile::tempdir().unwrap();
            let [out, state] = ["out", "state"].map(|name| room.path().join(name));
            let filled = |at: &Path, text: &str| {
                let place = Place::prepare(at).unwrap();
                fs::write(place.staging().join(MANIFEST), text).unwrap();
                place
            };
            if !is_new {
                filled(&out, "old").publish().unwrap();
            }
            let both = vec![filled(&out, "new"), filled(&state, "new")];
            // Somebody puts something else there meanwhile.
            fs::create_dir(&state).unwrap();
            fs::write(state.join("other"), "").unwrap();
            Place::publish_all(both).unwrap_err();
            let left = fs::read_to_string(out.join(MANIFEST)).ok();
            assert_eq!(left.as_deref(), (!is_new).then_some("old"));
            assert_eq!(fs::read_dir(room.path()).unwrap().count(), 1 + usize::from(!is_new));
            fs::remove_dir_all(&state).unwrap();
            Place::publish_all(vec![filled(&out, "new"), filled(&state, "new")]).unwrap();
            for at in [&out, &state] {
                assert_eq!(fs::read_to_string(at.join(MANIFEST)).unwrap(), "new");
            }
        }
    }
}
