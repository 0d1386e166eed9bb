//! Files that are written beside their places first, so that all of them take their places or none.
//!
//! They lie there hidden, and locked as long as their writer lives: those of a dead one are no part of a
//! pack, and are taken away when their place is written again.

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
    files: Vec<Waiting>,
    /// Files that go once all others are in place.
    gone: Vec<PathBuf>,
}

/// A file that is not in its place yet.
#[derive(Debug)]
struct Waiting {
    /// Where it lies now.
    now: PathBuf,
    place: PathBuf,
    /// Keeps it locked.
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
        if self.files.iter().any(|other| other.now == now) {
            let what = format!("{what} has the place of a table that is written, too");
            return Err(ImportError::target(&what, path));
        }
        clear_leftovers(&place);
        self.files.push(Waiting { now: now.clone(), place, lock: None });
        let lock = write_new(&now, bytes).map_err(failed)?;
        if let Some(file) = self.files.last_mut() {
            file.lock = Some(lock);
        }
        Ok(())
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
        for file in &self.files {
            let put = done.keep(&file.place).and_then(|()| fs::rename(&file.now, &file.place));
            put.map_err(|error| ImportError::write("file", &file.place, error))?;
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
    /// Each place, and what was there, if anything was.
    kept: Vec<(PathBuf, Option<Kept>)>,
    is_whole: bool,
}

/// A file under another name, which is locked.
#[derive(Debug)]
struct Kept {
    now: PathBuf,
    _lock: File,
}

impl Replaced {
    /// Keeps what is in a place, which stays there, too.
    fn keep(&mut self, place: &Path) -> io::Result<()> {
        let there = fs::symlink_metadata(place).is_ok();
        let kept = there.then(|| Kept::new(place)).transpose()?;
        self.kept.push((place.to_path_buf(), kept));
        Ok(())
    }
}

impl Kept {
    fn new(place: &Path) -> io::Result<Self> {
        let now = beside(place, "old");
        // Not every disk has links.
        let keep = || fs::hard_link(place, &now).or_else(|_| fs::copy(place, &now).map(drop));
        let opened = keep().and_then(|()| File::open(&now)).inspect_err(|_| {
            drop(fs::remove_file(&now));
        })?;
        drop(opened.try_lock());
        Ok(Self { now, _lock: opened })
    }
}

impl Drop for Replaced {
    fn drop(&mut self) {
        for (place, kept) in self.kept.iter().rev() {
            match kept {
                Some(kept) => {
                    if !self.is_whole {
                        drop(fs::rename(&kept.now, place));
                    }
                    // Two names of one file both stay when one is renamed to the other.
                    drop(fs::remove_file(&kept.now));
                }
                None if self.is_whole => {}
                None => drop(fs::remove_file(place)),
            }
        }
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        // What is not there need not be taken away, and a folder with something in it stays.
        for file in &self.files {
            drop(fs::remove_file(&file.now));
        }
        for folder in self.folders.iter().rev() {
            drop(fs::remove_dir(folder));
        }
    }
}

/// How the hidden names beside a place begin.
fn prefix(place: &Path) -> OsString {
    let mut name = OsString::from(".");
    name.push(place.file_name().unwrap_or_default());
    name.push(".import-");
    name
}

/// A hidden name beside a place.
fn beside(place: &Path, what: &str) -> PathBuf {
    let mut name = prefix(place);
    name.push(format!("{}.{what}", std::process::id()));
    place.with_file_name(name)
}

/// Takes away what writers that are dead left beside a place. Failures wait for the next time.
fn clear_leftovers(place: &Path) {
    let (Some(folder), prefix) = (place.parent(), prefix(place)) else { return };
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let is_one = entry.file_name().as_encoded_bytes().starts_with(prefix.as_encoded_bytes());
        let is_dead = || File::open(entry.path()).is_ok_and(|file| file.try_lock().is_ok());
        if is_one && is_dead() {
            drop(fs::remove_file(entry.path()));
        }
    }
}

/// Writes a file and keeps it locked; without locks on this system there is none to hold.
fn write_new(path: &Path, bytes: &[u8]) -> io::Result<File> {
    let mut file = File::create(path)?;
    drop(file.try_lock());
    file.write_all(bytes)?;
    file.sync_all()?;
    Ok(file)
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

    #[test]
    fn what_a_dead_writer_left_goes_and_what_a_live_one_has_stays() {
        let home = tempfile::tempdir().unwrap();
        let [a, b] = ["a", "b"].map(|name| home.path().join(name));
        for name in [".a.import-0.new", ".a.import-0.old", ".b.import-0.new"] {
            fs::write(home.path().join(name), "left").unwrap();
        }
        let live = write_new(&home.path().join(".a.import-1.new"), b"live").unwrap();
        let mut staged = Staged::default();
        staged.file("table", &a, b"new").unwrap();
        staged.settle().unwrap();
        let left = [(".a.import-1.new", "live"), (".b.import-0.new", "left"), ("a", "new")];
        assert_eq!(texts(home.path()), left.map(|(name, text)| pair(name, text)));
        drop(live);
        for path in [&a, &b] {
            let mut staged = Staged::default();
            staged.file("table", path, b"new").unwrap();
            drop(staged);
        }
        assert_eq!(texts(home.path()), [pair("a", "new")]);
    }
}
