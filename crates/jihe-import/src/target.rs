//! The folder that is written into: a pack, or a reference folder.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use jihe_terms::Day;

use crate::error::ImportError;
use crate::shape::Shape;
use crate::staged::{Staged, clear_leftovers, lock};

/// The file that makes a folder a pack.
const PACK_FILE: &str = "pack.toml";
/// A pack is made to stand on the national one if that lies beside it.
const NATIONAL: &str = "national";

/// Where tables go.
#[derive(Debug)]
pub(crate) struct Target {
    root: PathBuf,
    is_pack: bool,
    was_there: bool,
    /// Of the folder, from before its tables are read until they are replaced, so that no other import reads
    /// or replaces them in between.
    _lock: Option<File>,
}

impl Target {
    /// Looks at the folder, once no other import is at work there.
    ///
    /// # Errors
    ///
    /// If it is no folder.
    pub(crate) fn look(into: &Path) -> Result<Self, ImportError> {
        if into.exists() && !into.is_dir() {
            return Err(ImportError::target("not a folder", into));
        }
        let was_there = into.is_dir();
        let held = was_there.then(|| lock(into)).flatten();
        let is_pack = into.join(PACK_FILE).is_file();
        Ok(Self { root: into.to_owned(), is_pack, was_there, _lock: held })
    }

    /// The file of a table: `tables/NAME.csv` in a pack; reference tables are `NAME.csv` in a
    /// reference folder and `reference/NAME.csv` in a pack.
    ///
    /// # Errors
    ///
    /// If it is a table of a pack, and the folder is something else, or if a reference table is there
    /// in another form, beside which a CSV file would be a second one.
    pub(crate) fn file(&self, shape: &Shape) -> Result<PathBuf, ImportError> {
        let name = format!("{}.csv", shape.name);
        if shape.reference {
            let folder = if self.is_pack { self.root.join("reference") } else { self.root.clone() };
            let others = [".parquet", ".arrow", ""].map(|end| format!("{}{end}", shape.name));
            let mut others = others.iter().map(|other| folder.join(other));
            return match others.find(|other| other.symlink_metadata().is_ok()) {
                Some(other) => {
                    let what = format!("table is no CSV file, put {name} in its place first");
                    Err(ImportError::target(&what, &other))
                }
                None => Ok(folder.join(name)),
            };
        }
        if !self.is_pack && !is_vacant(&self.root) {
            return Err(ImportError::target("not a pack, it has no pack.toml", &self.root));
        }
        Ok(self.root.join("tables").join(name))
    }

    /// The file of points beside the tables of a pack.
    pub(crate) fn points(&self) -> PathBuf {
        self.root.join("tables").join("points.txt")
    }

    /// Makes the folders of the files, and a pack where a table of a pack goes into none.
    ///
    /// # Errors
    ///
    /// If the disk refuses.
    pub(crate) fn prepare(
        &self,
        staged: &mut Staged,
        files: &[&Path],
        first: Day,
    ) -> Result<(), ImportError> {
        if !self.was_there && self.root.exists() {
            let what = "folder was made by another import in the meantime, import again";
            return Err(ImportError::target(what, &self.root));
        }
        let folders = || files.iter().filter_map(|file| file.parent());
        folders().try_for_each(|folder| staged.folder(folder))?;
        if !self.was_there {
            staged.lock(&self.root);
        }
        folders().for_each(clear_leftovers);
        let tables = self.root.join("tables");
        if self.is_pack || !files.iter().any(|file| file.starts_with(&tables)) {
            return Ok(());
        }
        let text = self.pack_text(first);
        staged.file("pack", &self.root.join(PACK_FILE), text.as_bytes())
    }

    fn pack_text(&self, first: Day) -> String {
        let root = fs::canonicalize(&self.root).unwrap_or_else(|_| self.root.clone());
        let name = root.file_name().map(|name| name.to_string_lossy().into_owned());
        let name = name.unwrap_or_else(|| "imported".to_owned());
        let (id, title) = (quoted(&id_of(&name)), quoted(&name));
        let below = root.parent().map(|parent| parent.join(NATIONAL));
        let stands = below.is_some_and(|pack| pack != root && pack.join(PACK_FILE).is_file());
        let base =
            if stands { format!("builds_on = [\"../{NATIONAL}\"]\n") } else { String::new() };
        format!("id = {id}\ntitle = {title}\nfrom = {first}\n{base}")
    }
}

/// Tells whether the folder is not there or holds nothing.
fn is_vacant(folder: &Path) -> bool {
    fs::read_dir(folder).map_or(!folder.exists(), |mut files| files.next().is_none())
}

/// A name as an id: letters, digits, `-`, `_` and `.`.
fn id_of(name: &str) -> String {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    let id: String = name.chars().map(|c| if fits(c) { c } else { '-' }).collect();
    let bare = id.trim_matches('-');
    if bare.is_empty() { "imported".to_owned() } else { bare.to_owned() }
}

/// A TOML string.
fn quoted(text: &str) -> String {
    let plain: String = text
        .chars()
        .flat_map(|letter| match letter {
            '"' | '\\' => vec!['\\', letter],
            _ if letter.is_control() => vec!['_'],
            _ => vec![letter],
        })
        .collect();
    format!("\"{plain}\"")
}
