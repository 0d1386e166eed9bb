//! Files that are written beside their places first, so that all of them take their places or none.
//!
//! They lie there hidden, so that what a writer leaves that is ended is no part of a pack. One import at a
//! time holds the lock of a folder: what it finds there of another one is left over.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::error::ImportError;

/// Files that are written but not yet in place; those that do not get there are taken away again.
#[derive(Debug, Default)]
pub(crate) struct Staged {
    /// The folders that were made for them, the outer ones first.
    folders: Vec<PathBuf>,
    /// Each where it lies now, and its place.
    files: Vec<(PathBuf, PathBuf)>,
    /// Files that go once all others are in place.
    gone: Vec<PathBuf>,
    /// The lock of a folder that was made for them.
    lock: Option<File>,
}

impl Staged {
    /// Makes a folder and those above it.
    ///
    /// # Errors
    ///
    /// If the disk refuses.
    pub(crate) fn folder(&mut self, folder: &Path) -> Result<(), ImportError> {
        let missing: Vec<PathBuf> = folder
            .ancestors()
            .take_while(|above| !above.as_os_str().is_empty() && !above.exists())
            .map(Path::to_path_buf)
            .collect();
        self.folders.extend(missing.into_iter().rev());
        fs::create_dir_all(folder).map_err(|error| ImportError::write("folder", folder, error))
    }

    /// Writes a file beside its place; `what` is what it is called where that fails. A pipe or device,
    /// which nothing can stand beside, is written at once.
    ///
    /// # Errors
    ///
    /// If the disk refuses, or something else of this import has the same place.
    pub(crate) fn file(
        &mut self,
        what: &str,
        path: &Path,
        bytes: &[u8],
    ) -> Result<(), ImportError> {
        let failed = |error| ImportError::write(what, path, error);
        // A link stays a link: what it names is replaced.
        let place = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
        let kept = fs::metadata(&place).ok();
        if kept.is_some_and(|kept| !kept.is_file()) {
            return fs::write(&place, bytes).map_err(failed);
        }
        let now = beside(&place, "new");
        if self.files.iter().any(|(other, _)| *other == now) {
            let what = format!("{what} has the place of a table that is written, too");
            return Err(ImportError::target(&what, path));
        }
        self.files.push((now.clone(), place));
        write_new(&now, bytes).map_err(failed)
    }

    /// Keeps a folder that was made locked.
    pub(crate) fn lock(&mut self, folder: &Path) {
        self.lock = lock(folder);
    }

    /// Takes a file away.
    pub(crate) fn remove(&mut self, path: &Path) {
        self.gone.push(path.to_path_buf());
    }

    /// Puts all in place, in the order in which they came; if one cannot be put there, what was there before
    /// comes back.
    ///
    /// # Errors
    ///
    /// If one cannot be put there.
    pub(crate) fn settle(mut self) -> Result<(), ImportError> {
        let mut done = Replaced::default();
        for (now, place) in &self.files {
            let put = done.keep(place).and_then(|()| fs::rename(now, place));
            put.map_err(|error| ImportError::write("file", place, error))?;
        }
        for path in &self.gone {
            let taken = done.keep(path).and_then(|()| fs::remove_file(path));
            taken.map_err(|error| ImportError::write("file", path, error))?;
        }
        done.is_whole = true;
        self.folders.clear();
        Ok(())
    }
}

/// What was in the places before; it comes back unless all is in place.
#[derive(Debug, Default)]
struct Replaced {
    /// Each place, and where what was there is kept, if anything was.
    kept: Vec<(PathBuf, Option<PathBuf>)>,
    is_whole: bool,
}

impl Replaced {
    /// Keeps what is in a place, which stays there, too.
    fn keep(&mut self, place: &Path) -> io::Result<()> {
        let mut kept = None;
        if fs::symlink_metadata(place).is_ok() {
            let now = beside(place, "old");
            drop(fs::remove_file(&now));
            // Not every disk has links.
            fs::hard_link(place, &now)
                .or_else(|_| fs::copy(place, &now).map(drop))
                .inspect_err(|_| drop(fs::remove_file(&now)))?;
            kept = Some(now);
        }
        self.kept.push((place.to_path_buf(), kept));
        Ok(())
    }
}

impl Drop for Replaced {
    fn drop(&mut self) {
        for (place, kept) in self.kept.iter().rev() {
            match kept {
                // Two names of one file both stay when one is renamed to the other.
                Some(kept) if self.is_whole || fs::rename(kept, place).is_ok() => {
                    drop(fs::remove_file(kept));
                }
                None if !self.is_whole => drop(fs::remove_file(place)),
                Some(_) | None => {}
            }
        }
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        // What is not there need not be taken away, and a folder with something in it stays.
        for (now, _) in &self.files {
            drop(fs::remove_file(now));
        }
        for folder in self.folders.iter().rev() {
            drop(fs::remove_dir(folder));
        }
    }
}

/// What the hidden name of a file has between its own and the number of its writer.
const IMPORT: &str = ".import-";

/// A hidden name beside a place.
fn beside(place: &Path, what: &str) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(place.file_name().unwrap_or_default());
    name.push(format!("{IMPORT}{}.{what}", std::process::id()));
    place.with_file_name(name)
}

/// Takes away what imports left in a folder that were ended; whoever calls holds its lock. Failures wait for
/// the next time.
pub(crate) fn clear_leftovers(folder: &Path) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries.filter(|entry| entry.file_name().to_str().is_some_and(is_leftover)) {
        drop(fs::remove_file(entry.path()));
    }
}

/// Whether a name is one of those that files have beside their places.
fn is_leftover(name: &str) -> bool {
    let end = name.strip_prefix('.').and_then(|name| name.rsplit_once(IMPORT));
    end.and_then(|(_, end)| end.strip_suffix(".new").or_else(|| end.strip_suffix(".old")))
        .is_some_and(|id| !id.is_empty() && id.bytes().all(|digit| digit.is_ascii_digit()))
}

/// Waits for the lock of a folder; without locks on this system there is none to hold.
pub(crate) fn lock(folder: &Path) -> Option<File> {
    File::open(folder).ok().filter(|file| file.lock().is_ok())
}

fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names in a folder, each with its text.
    fn texts(folder: &Path) -> Vec<(String, String)> {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
        let mut texts: Vec<_> = entries
            .map(|path| (name(&path), fs::read_to_string(&path).unwrap_or_default()))
            .collect();
        texts.sort();
        texts
    }

    fn pair(name: &str, text: &str) -> (String, String) {
        (name.to_owned(), text.to_owned())
    }

    #[test]
    fn what_was_there_comes_back_where_one_cannot_be_replaced() {
        for fails in [false, true] {
            let home = tempfile::tempdir().unwrap();
            let [a, b, c, d] = ["a", "b", "c", "d"].map(|name| home.path().join(name));
            fs::write(&a, "old").unwrap();
            fs::write(&d, "old").unwrap();
            let mut staged = Staged::default();
            for path in [&a, &b, &c] {
                staged.file("table", path, b"new").unwrap();
            }
            staged.remove(&d);
            if fails {
                fs::create_dir(&c).unwrap();
            }
            assert_eq!(staged.settle().is_err(), fails);
            if fails {
                assert_eq!(texts(home.path()), [pair("a", "old"), pair("c", ""), pair("d", "old")]);
            } else {
                let all = ["a", "b", "c"].map(|name| pair(name, "new"));
                assert_eq!(texts(home.path()), all);
            }
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_that_leads_nowhere_is_replaced_and_comes_back() {
        for fails in [false, true] {
            let home = tempfile::tempdir().unwrap();
            let [link, b] = ["link", "b"].map(|name| home.path().join(name));
            std::os::unix::fs::symlink("nowhere", &link).unwrap();
            let mut staged = Staged::default();
            staged.file("report", &link, b"new").unwrap();
            staged.file("table", &b, b"new").unwrap();
            if fails {
                fs::create_dir(&b).unwrap();
            }
            assert_eq!(staged.settle().is_err(), fails);
            assert_eq!(fs::symlink_metadata(&link).unwrap().is_symlink(), fails);
            assert_eq!(texts(home.path()).len(), 2);
        }
    }

    #[test]
    fn only_names_of_imports_are_left_over() {
        let home = tempfile::tempdir().unwrap();
        let ours = [".a.csv.import-0.new", ".a.csv.import-12.old"];
        let others = [".a.csv.import-1x.old", ".a.csv.import-.new", ".a.csv.import-1.bak", "a.csv"];
        for name in ours.iter().chain(&others) {
            fs::write(home.path().join(name), "x").unwrap();
        }
        clear_leftovers(home.path());
        let mut left = others.map(|name| pair(name, "x"));
        left.sort();
        assert_eq!(texts(home.path()), left);
    }
}
