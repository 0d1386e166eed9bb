//! The folder of a city: made whole inside it, then put in the place of the city that was there.
//!
//! Months, reference and lists may be replaced if they are a city of ours, by the names of all their
//! files and the header of `truth.csv`; what else the folder holds stays. The new city grows in
//! `.synth-….tmp`, which stays locked as long as its writer lives.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use jihe_terms::schema::TableName;

use super::SynthError;

/// What a city consists of.
const PARTS: [&str; 4] = ["months", "reference", TRUTH, "truth_findings.csv"];
const TRUTH: &str = "truth.csv";
/// How `truth.csv` begins.
pub(super) const TRUTH_COLUMNS: [&str; 2] = ["rule_id", "bkkp_sn"];
const MONTH: [TableName; 6] = [
    TableName::Lines,
    TableName::Settlements,
    TableName::Encounters,
    TableName::Diagnoses,
    TableName::Persons,
    TableName::TraceCodes,
];
const REFERENCE: [&str; 7] = [
    "institutions",
    "practitioners",
    "catalogue",
    "price_limits",
    "item_map",
    "selfpay",
    "inventory",
];

/// The folder of a city and where the new one grows.
#[derive(Debug)]
pub(super) struct Place {
    dir: PathBuf,
    staging: PathBuf,
    /// Whether the folder was not there.
    is_new: bool,
    lock: Option<File>,
}

impl Place {
    /// Looks at the folder, before any work is done.
    ///
    /// # Errors
    ///
    /// If what would be replaced is no city.
    pub(super) fn look(dir: &Path) -> Result<Self, SynthError> {
        let staging = dir.join(format!(".synth-{}.tmp", std::process::id()));
        refuse_foreign(dir, &staging)?;
        let is_new = fs::symlink_metadata(dir).is_err();
        Ok(Self { dir: dir.to_path_buf(), staging, is_new, lock: None })
    }

    /// Makes the folder that the new city is written into.
    ///
    /// # Errors
    ///
    /// If the disk refuses.
    pub(super) fn prepare(&mut self) -> Result<PathBuf, SynthError> {
        let new = self.staging.join("new");
        fs::create_dir_all(&new).map_err(|error| SynthError::at(&self.dir, &error))?;
        self.lock = lock(&self.staging);
        Ok(new)
    }

    /// Puts the new city in place; the old one is taken away with the staging folder.
    ///
    /// # Errors
    ///
    /// If that cannot be done; the old city is then there as it was.
    pub(super) fn publish(self) -> Result<(), SynthError> {
        refuse_foreign(&self.dir, &self.staging)?;
        let old = self.staging.join("old");
        fs::create_dir(&old).map_err(|error| SynthError::at(&self.dir, &error))?;
        for (nth, part) in PARTS.iter().enumerate() {
            let moved = self.exchange(part);
            if let Err(error) = moved {
                for part in &PARTS[..=nth] {
                    self.give_back(part);
                }
                return Err(SynthError::at(&self.dir.join(part), &error));
            }
        }
        for entry in entries(&self.dir)? {
            if is_left_over(&entry) {
                // One that stays is tried again by the next city.
                let _ = fs::remove_dir_all(&entry);
            }
        }
        Ok(())
    }

    fn exchange(&self, part: &str) -> io::Result<()> {
        let (place, old) = (self.dir.join(part), self.staging.join("old").join(part));
        match fs::rename(&place, old) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            Ok(()) | Err(_) => fs::rename(self.staging.join("new").join(part), place),
        }
    }

    /// Undoes an exchange as far as it went.
    fn give_back(&self, part: &str) {
        let (place, old) = (self.dir.join(part), self.staging.join("old").join(part));
        let new = self.staging.join("new").join(part);
        if !new.exists() {
            let _ = fs::rename(&place, new);
        }
        let _ = fs::rename(old, place);
    }
}

impl Drop for Place {
    /// Takes the staging folder away: an unfinished city, or the old one.
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.staging);
        if self.is_new {
            // A folder that was made for nothing goes, too; one that holds anything stays.
            let _ = fs::remove_dir(&self.dir);
        }
    }
}

/// Refuses a folder in which what would be replaced holds what is no part of a city.
fn refuse_foreign(dir: &Path, staging: &Path) -> Result<(), SynthError> {
    match fs::metadata(dir) {
        Err(_) => return Ok(()),
        Ok(kept) if kept.is_dir() => {}
        Ok(_) => return Err(SynthError::usage(format!("not a folder: {}", dir.display()))),
    }
    let mut open = vec![(dir.to_path_buf(), Vec::new())];
    let mut is_empty = true;
    while let Some((folder, above)) = open.pop() {
        for entry in entries(&folder)? {
            let stays = above.is_empty() && !PARTS.contains(&name_of(&entry));
            if entry == staging || stays {
                continue;
            }
            is_empty = false;
            let mut names: Vec<String> = above.clone();
            names.push(name_of(&entry).to_owned());
            match fs::symlink_metadata(&entry).map(|kept| kept.file_type()) {
                Ok(kind) if kind.is_file() && is_file_of_ours(&names) => {}
                Ok(kind) if kind.is_dir() && is_folder_of_ours(&names) => open.push((entry, names)),
                Ok(_) | Err(_) => {
                    let what = "folder holds what is no part of a city, give another one";
                    return Err(SynthError::usage(format!("{what}: {}", entry.display())));
                }
            }
        }
    }
    if is_empty || has_truth(dir) {
        return Ok(());
    }
    let what = format!("folder has months or tables and no {TRUTH} of a city, give another one");
    Err(SynthError::usage(format!("{what}: {}", dir.display())))
}

fn is_folder_of_ours(names: &[String]) -> bool {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    match names.as_slice() {
        [part] => ["months", "reference"].contains(part),
        ["months", month] => is_month(month),
        _ => false,
    }
}

fn is_file_of_ours(names: &[String]) -> bool {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let is_table = |name: &str, ends: &[&str], known: &[&str]| {
        let mut stems = ends.iter().filter_map(|end| name.strip_suffix(end));
        stems.any(|stem| known.contains(&stem))
    };
    match names.as_slice() {
        [part] => PARTS.contains(part),
        ["months", _, table] => is_table(table, &[".csv", ".parquet"], &MONTH.map(TableName::file)),
        ["reference", table] => is_table(table, &[".csv"], &REFERENCE),
        _ => false,
    }
}

/// What is in a folder, by name.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, SynthError> {
    let failed = |error: io::Error| SynthError::at(folder, &error);
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        paths.push(entry.map_err(failed)?.path());
    }
    paths.sort();
    Ok(paths)
}

fn name_of(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).unwrap_or_default()
}

fn is_month(name: &str) -> bool {
    let digits = |text: &str, n: usize| {
        text.len() == n && text.bytes().all(|letter| letter.is_ascii_digit())
    };
    name.split_once('-').is_some_and(|(year, month)| digits(year, 4) && digits(month, 2))
}

/// Whether the list of what a city shows is there and begins as ours do.
fn has_truth(dir: &Path) -> bool {
    let text = fs::read(dir.join(TRUTH)).unwrap_or_default();
    text.starts_with(format!("{}\n", TRUTH_COLUMNS.join(",")).as_bytes())
}

/// The staging folder of a writer that is dead.
fn is_left_over(path: &Path) -> bool {
    let name = name_of(path);
    name.starts_with(".synth-")
        && path.extension().is_some_and(|end| end == "tmp")
        && fs::symlink_metadata(path).is_ok_and(|kept| kept.is_dir())
        && lock(path).is_some()
}

/// Takes the lock of a folder if nobody holds it.
fn lock(folder: &Path) -> Option<File> {
    let file = File::open(folder).ok()?;
    file.try_lock().ok().map(|()| file)
}
