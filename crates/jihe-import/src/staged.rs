//! Files that are written beside their places first, so that all of them take their places or none.

use std::fs;
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
        let temporary = beside(&place);
        if self.files.iter().any(|(other, _)| *other == temporary) {
            let what = format!("{what} has the place of a table that is written, too");
            return Err(ImportError::target(&what, path));
        }
        self.files.push((temporary.clone(), place));
        write_new(&temporary, bytes).map_err(failed)
    }

    /// Takes a file away.
    pub(crate) fn remove(&mut self, path: &Path) {
        self.gone.push(path.to_path_buf());
    }

    /// Puts all in place, in the order in which they came.
    ///
    /// # Errors
    ///
    /// If one cannot be put there.
    pub(crate) fn settle(mut self) -> Result<(), ImportError> {
        for (temporary, place) in &self.files {
            fs::rename(temporary, place)
                .map_err(|error| ImportError::write("file", place, error))?;
        }
        for path in &self.gone {
            fs::remove_file(path).map_err(|error| ImportError::write("file", path, error))?;
        }
        self.folders.clear();
        Ok(())
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        // What is not there need not be taken away, and a folder with something in it stays.
        for (temporary, _) in &self.files {
            drop(fs::remove_file(temporary));
        }
        for folder in self.folders.iter().rev() {
            drop(fs::remove_dir(folder));
        }
    }
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{}.tmp", std::process::id()));
    path.with_file_name(name)
}

fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = fs::File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
