//! The check of a result folder: every hash, and every sum from the line up to the run.
//!
//! In: the folder alone. Out: what differs, in words; nothing if it is whole. Sums are compared only
//! where every file is as the manifest says, since a changed file is named already.
//! Cost: a few reads of every file; memory linear in lines with credits, settlements and findings.

mod books;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde::Serialize;

use crate::error::ReportError;
use crate::manifest::{MANIFEST, RULES};
use crate::read::{Folder, digest};
use crate::verify::books::Books;

/// Differences named of one kind; the rest is counted.
const NAMED: usize = 10;

/// What a check found.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct VerifyReport {
    /// Files compared with their hash.
    pub n_files: usize,
    /// Sums and identities compared.
    pub n_identities: u64,
    /// What differs, in words that name file, key and both values.
    pub differences: Vec<String>,
}

impl VerifyReport {
    /// Tells whether nothing differs.
    pub fn is_whole(&self) -> bool {
        self.differences.is_empty()
    }
}

/// Checks a result folder.
///
/// # Errors
///
/// If there is no manifest of ours to check against, or a table with the right hash cannot be read.
pub fn verify(path: &Path) -> Result<VerifyReport, ReportError> {
    let folder = Folder::open(path)?;
    let mut report = VerifyReport::default();
    check_manifest(&folder, &mut report);
    check_files(&folder, &mut report)?;
    if report.is_whole() {
        let books = Books::read(&folder)?;
        let mut compared = Compared::default();
        books.compare(&folder, &mut compared)?;
        report.n_identities = compared.n_identities;
        report.differences = compared.into_words();
    }
    Ok(report)
}

fn check_manifest(folder: &Folder, report: &mut VerifyReport) {
    let manifest = &folder.manifest;
    if manifest.seal != manifest.seal_of() || manifest.bytes() != folder.manifest_bytes {
        report.differences.push(format!("{MANIFEST}: was changed after it was sealed"));
    }
    let expected = Folder::expected_files(folder);
    let named: BTreeSet<&str> = manifest.results.iter().map(|file| file.file.as_str()).collect();
    for name in &expected {
        if !named.contains(name.as_str()) {
            report.differences.push(format!("{MANIFEST}: does not name {name}"));
        }
    }
}

fn check_files(folder: &Folder, report: &mut VerifyReport) -> Result<(), ReportError> {
    for result in &folder.manifest.results {
        report.n_files = report.n_files.saturating_add(1);
        match digest(&folder.path().join(&result.file)) {
            Ok((blake3, n_bytes)) if blake3 == result.blake3 && n_bytes == result.n_bytes => {}
            Ok(_) => {
                report.differences.push(format!("{}: bytes differ from the manifest", result.file));
            }
            Err(cause) => {
                report.differences.push(format!("{}: cannot be read ({cause})", result.file));
            }
        }
    }
    let failed = |cause| ReportError::input("folder cannot be read", folder.path(), cause);
    for entry in fs::read_dir(folder.path()).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        let known = name.to_str().is_some_and(|name| {
            name == MANIFEST || folder.manifest.results.iter().any(|result| result.file == name)
        });
        if !known {
            report.differences.push(format!("{}: is not in the manifest", name.to_string_lossy()));
        }
    }
    Ok(())
}

impl Folder {
    /// The files that a whole folder has, the manifest excepted.
    fn expected_files(&self) -> Vec<String> {
        let tables = crate::layout::ResultTable::ALL.iter().map(|&table| self.name_of(table));
        tables.chain([RULES.to_owned()]).collect()
    }
}

/// Identities compared so far.
#[derive(Default)]
struct Compared {
    n_identities: u64,
    named: Vec<(&'static str, String)>,
    n_unnamed: u64,
}

impl Compared {
    /// Compares two values of one identity.
    #[expect(clippy::needless_pass_by_value, reason = "callers compare numbers and references")]
    fn same<T: PartialEq + std::fmt::Display>(
        &mut self,
        identity: &'static str,
        key: &str,
        left: T,
        right: T,
    ) {
        self.holds(identity, left == right, || format!("{key}: {left} and {right}"));
    }

    /// Notes an identity that may not hold.
    fn holds(&mut self, identity: &'static str, holds: bool, words: impl FnOnce() -> String) {
        self.n_identities = self.n_identities.saturating_add(1);
        if holds {
            return;
        }
        if self.named.iter().filter(|(other, _)| *other == identity).count() < NAMED {
            self.named.push((identity, words()));
        } else {
            self.n_unnamed = self.n_unnamed.saturating_add(1);
        }
    }

    fn into_words(self) -> Vec<String> {
        let mut words: Vec<String> = self
            .named
            .into_iter()
            .map(|(identity, words)| format!("{identity}: {words}"))
            .collect();
        if 0 < self.n_unnamed {
            words.push(format!("{} more differences of these kinds", self.n_unnamed));
        }
        words
    }
}
