//! Which files a table has: one file, or a folder of shards in the order of their names.

use std::fs::{self, File};
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};

use jihe_terms::schema::TableName;

use crate::error::IntakeError;

/// How a file is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Format {
    Csv,
    Parquet,
    Arrow,
}

/// A file of a table.
#[derive(Clone, Debug)]
pub(crate) struct Shard {
    pub(crate) path: PathBuf,
    /// Its name inside the folder of the month.
    pub(crate) file: String,
    pub(crate) format: Format,
}

impl Shard {
    pub(crate) fn open(&self) -> Result<File, IntakeError> {
        File::open(&self.path).map_err(|error| self.cannot_read(error))
    }

    /// The disk does not give the file.
    pub(crate) fn cannot_read(&self, error: Error) -> IntakeError {
        let advice = "check the disk and permissions";
        IntakeError::unreadable("file cannot be read", &self.file, advice).because(error)
    }
}

const FORMATS: [(&str, Format); 3] =
    [("parquet", Format::Parquet), ("csv", Format::Csv), ("arrow", Format::Arrow)];

/// Makes sure that a folder is there.
pub(crate) fn check_folder(dir: &Path) -> Result<(), IntakeError> {
    let place = dir.display().to_string();
    let kept = fs::metadata(dir).map_err(|error| {
        IntakeError::missing("folder cannot be opened", &place, "give a folder of tables")
            .because(error)
    })?;
    if !kept.is_dir() {
        return Err(IntakeError::unreadable("not a folder", &place, "give a folder of tables"));
    }
    fs::read_dir(dir).map(drop).map_err(|error| {
        IntakeError::unreadable("folder cannot be listed", &place, "check its permissions")
            .because(error)
    })
}

/// The folder of a state, if there is one yet.
///
/// # Errors
///
/// If nobody can tell, as a folder above it may not be searched.
pub fn state_at(dir: Option<&Path>) -> Result<Option<&Path>, IntakeError> {
    let Some(dir) = dir else { return Ok(None) };
    match dir.try_exists() {
        Ok(is_there) => Ok(is_there.then_some(dir)),
        Err(error) => {
            let place = dir.display().to_string();
            let advice = "check the permissions of the folders above it";
            Err(IntakeError::unreadable("state cannot be reached", &place, advice).because(error))
        }
    }
}

/// Refuses tables that are none of a month.
pub(crate) fn check_tables<'t>(
    mut tables: impl Iterator<Item = &'t TableName>,
    beside_lines: &[TableName],
) -> Result<(), IntakeError> {
    let is_other =
        |table: &&TableName| **table != TableName::Lines && !beside_lines.contains(table);
    match tables.find(is_other) {
        Some(table) => {
            let advice = if *table == TableName::Reviews {
                "it comes after a run; name its file in the options"
            } else {
                "it is a table of the reference folder; open it with that"
            };
            Err(IntakeError::unreadable("table is none of a month", table.file(), advice))
        }
        None => Ok(()),
    }
}

/// The files of a table; none if the table is not there.
pub(crate) fn shards(dir: &Path, table: TableName) -> Result<Vec<Shard>, IntakeError> {
    let name = table.file();
    let mut found = Vec::new();
    for (extension, format) in FORMATS {
        let file = format!("{name}.{extension}");
        let path = dir.join(&file);
        if is_there(&path, &file)? {
            check_regular(&path, &file)?;
            found.push(vec![Shard { path, file, format }]);
        }
    }
    let folder = dir.join(name);
    if is_there(&folder, name)? {
        found.push(in_folder(&folder, name)?);
    }
    if 1 < found.len() {
        return Err(IntakeError::unreadable(
            "table is there more than once",
            name,
            "keep one of its files or folders",
        ));
    }
    match found.pop() {
        Some(shards) => Ok(shards),
        None => refuse_alike(dir, name).map(|()| Vec::new()),
    }
}

/// Whether a name is there; of a folder that may not be searched nobody knows.
fn is_there(path: &Path, file: &str) -> Result<bool, IntakeError> {
    match path.symlink_metadata() {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => {
            let advice = "check the permissions of its folder";
            Err(IntakeError::unreadable("file cannot be looked for", file, advice).because(error))
        }
    }
}

/// Refuses a file that is surely meant as the table, and that nobody would read under its name.
fn refuse_alike(dir: &Path, name: &str) -> Result<(), IntakeError> {
    const PACKED: [&str; 5] = [".gz", ".zip", ".zst", ".bz2", ".xz"];
    // A folder that cannot be listed is told of elsewhere.
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let base = entry.file_name().to_string_lossy().into_owned();
        let lower = base.to_lowercase();
        let plain = PACKED.iter().find_map(|packed| lower.strip_suffix(packed)).unwrap_or(&lower);
        let extension = plain.strip_prefix(name).and_then(|rest| rest.strip_prefix('.'));
        if FORMATS.iter().any(|&(known, _)| Some(known) == extension) {
            let advice =
                "name it in small letters, not packed: NAME.csv, NAME.parquet or NAME.arrow";
            return Err(IntakeError::unreadable("not read under this name", &base, advice));
        }
    }
    Ok(())
}

/// A file that is given by its own path; text unless its name ends otherwise.
pub(crate) fn lone(path: &Path) -> Result<Shard, IntakeError> {
    let file =
        path.file_name().map_or_else(|| path.to_string_lossy(), |base| base.to_string_lossy());
    let file = file.into_owned();
    check_regular(path, &file)?;
    let extension = path.extension().and_then(|extension| extension.to_str());
    let extension = extension.unwrap_or_default().to_lowercase();
    let format = FORMATS.iter().find(|&&(known, _)| known == extension);
    let format = format.map_or(Format::Csv, |&(_, format)| format);
    Ok(Shard { path: path.to_path_buf(), file, format })
}

fn in_folder(folder: &Path, name: &str) -> Result<Vec<Shard>, IntakeError> {
    let fail = |error| {
        IntakeError::unreadable("folder cannot be listed", name, "check its permissions")
            .because(error)
    };
    let mut shards = Vec::new();
    for entry in fs::read_dir(folder).map_err(fail)? {
        let path = entry.map_err(fail)?.path();
        let Some(base) = path.file_name().map(|base| base.to_string_lossy().into_owned()) else {
            continue;
        };
        let file = format!("{name}/{base}");
        let extension = path.extension().and_then(|extension| extension.to_str());
        let known = FORMATS.iter().find(|&&(known, _)| Some(known) == extension);
        if base.starts_with(['_', '.']) {
            // `_SUCCESS`, `_metadata` and `.crc` files are left behind by cluster writers.
            if known.is_none() {
                continue;
            }
            let advice =
                "other tools pass over such names: rename it if it is a shard, or take it away";
            return Err(IntakeError::unreadable("may be no shard", &file, advice));
        }
        let Some(&(_, format)) = known else {
            return Err(IntakeError::unreadable(
                "not a table file",
                &file,
                "a folder of shards holds only .parquet, .csv and .arrow files",
            ));
        };
        check_regular(&path, &file)?;
        shards.push(Shard { path, file, format });
    }
    shards.sort_by(|a, b| a.file.cmp(&b.file));
    if shards.is_empty() {
        let advice = "put its shards there, or remove the folder";
        return Err(IntakeError::missing("folder of a table is empty", name, advice));
    }
    Ok(shards)
}

/// Refuses what would block or never end: pipes, devices, folders, dangling links.
fn check_regular(path: &Path, file: &str) -> Result<(), IntakeError> {
    let kept = fs::metadata(path).map_err(|error| {
        IntakeError::unreadable(
            "file cannot be opened",
            file,
            "check that it is there and readable",
        )
        .because(error)
    })?;
    if !kept.is_file() {
        return Err(IntakeError::unreadable("not a regular file", file, "give a plain file"));
    }
    if kept.len() == 0 {
        return Err(IntakeError::unreadable("file is empty", file, "deliver it again"));
    }
    Ok(())
}
