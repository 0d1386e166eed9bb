//! Results as one folder, written whole or not at all.
//!
//! In: a [`Scored`] month and a place, or first the slices of its findings one after the other. Out:
//! the files of [`ResultTable`], `rules.json` and, last of all, `manifest.json`, in a staging folder
//! beside the place, every file and folder synced; then the staging folder takes the place in one
//! step. On any failure the old results stay as they were.
//! Same findings, same bytes: no clock, host, path, thread or batch size enters a file.

pub(crate) mod csv;
mod digest;
mod parquet;
mod place;
mod state;
mod table;

use std::error::Error;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use arrow_schema::Schema;
use jihe_frame::{Profile, timed_in};
use rayon::iter::{
    IndexedParallelIterator, IntoParallelIterator, IntoParallelRefIterator, ParallelIterator,
};

use crate::error::ReportError;
use crate::frames::Frames;
use crate::layout::{Format, ResultTable};
use crate::manifest::{MANIFEST, Manifest, RULES, ResultDigest};
use crate::rulebook;
use crate::scored::Scored;
use crate::write::digest::Digesting;
use crate::write::place::Place;
use crate::write::table::{EndedFile, Piece, TableFile};

pub use place::{are_apart, check_destination, check_state_destination, within};
pub use state::{HORIZON_DAYS, StagedState, stage_state, verify_state, write_state};

/// Why one file failed; the caller names it.
type Cause = Box<dyn Error + Send + Sync>;

/// The tables of findings, which may be written slice by slice.
const OF_FINDINGS: [ResultTable; 3] =
    [ResultTable::Findings, ResultTable::FindingLines, ResultTable::Refusals];

/// The step of a profile in which slices are brought into the form of their files.
const CODE: &str = "findings / code";

/// Writes all results of a run to the folder `out`, replacing an earlier result folder there.
///
/// # Errors
///
/// If `out` holds anything but results of ours ([`ReportError::is_foreign`]), or something could not
/// be written, synced or renamed. Then whatever was at `out` is untouched.
pub fn write(scored: &Scored<'_>, out: &Path, format: Format) -> Result<Manifest, ReportError> {
    Writing::begin(out, format)?.publish(scored, &ResultTable::ALL, None)
}

/// Results in the making: tables of findings slice by slice, then all others.
pub struct Writing {
    place: Place,
    format: Format,
    /// Of [`OF_FINDINGS`], when the first slice is written.
    files: Vec<TableFile>,
}

/// The findings of a slice as they will stand in files.
pub struct Slice {
    /// The tables of [`OF_FINDINGS`], each with its columns.
    tables: Vec<(Arc<Schema>, Vec<Piece>)>,
}

impl Slice {
    /// Brings the findings of a slice into the form of their files.
    ///
    /// # Errors
    ///
    /// If they have none.
    pub fn new(
        scored: &Scored<'_>,
        format: Format,
        profile: Option<&Profile>,
    ) -> Result<Self, ReportError> {
        let frames = Frames::new(*scored);
        let table = |&table: &ResultTable| {
            let code = || Piece::all(&frames, table, format);
            let pieces = timed_in(profile, (CODE, table.file()), code)?;
            Ok((frames.schema(table), pieces))
        };
        let tables: Result<Vec<_>, ReportError> =
            OF_FINDINGS.par_iter().with_max_len(1).map(table).collect();
        Ok(Self { tables: tables? })
    }
}

impl Writing {
    /// Finds the place of results, and begins beside it.
    ///
    /// # Errors
    ///
    /// As [`write()`].
    pub fn begin(out: &Path, format: Format) -> Result<Self, ReportError> {
        check_destination(out)?;
        Ok(Self { place: Place::prepare(out)?, format, files: Vec::new() })
    }

    /// Writes the next slice.
    ///
    /// # Errors
    ///
    /// As [`write()`].
    pub fn append(&mut self, slice: &Slice) -> Result<(), ReportError> {
        self.begin_files(slice.tables.iter().map(|(schema, _)| Arc::clone(schema)))?;
        let tables = self.files.iter_mut().zip(&slice.tables);
        tables.into_iter().try_for_each(|(file, (_, pieces))| file.append(pieces))
    }

    /// Writes the next slice as it is brought into the form of its files, some row groups at a time: for one
    /// so large that it should not be in memory twice.
    ///
    /// # Errors
    ///
    /// As [`write()`].
    pub fn append_coding(
        &mut self,
        scored: &Scored<'_>,
        profile: Option<&Profile>,
    ) -> Result<(), ReportError> {
        let frames = Frames::new(*scored);
        self.begin_files(OF_FINDINGS.into_iter().map(|table| frames.schema(table)))?;
        let tables = self.files.iter_mut().zip(OF_FINDINGS);
        tables.into_iter().try_for_each(|(file, table)| {
            let code = || file.append_coding(&frames, table);
            timed_in(profile, (CODE, table.file()), code)
        })
    }

    /// Begins the files of [`OF_FINDINGS`] before the first slice.
    fn begin_files(
        &mut self,
        schemas: impl Iterator<Item = Arc<Schema>>,
    ) -> Result<(), ReportError> {
        if self.files.is_empty() {
            for (table, schema) in OF_FINDINGS.into_iter().zip(schemas) {
                let place = (table, self.format);
                self.files.push(TableFile::create(self.place.staging(), place, schema)?);
            }
        }
        Ok(())
    }

    /// Writes all other tables, and publishes the results, and a state with them; at least one slice was
    /// written.
    ///
    /// # Errors
    ///
    /// As [`write()`]; then the old state is untouched, too.
    pub fn finish(
        self,
        scored: &Scored<'_>,
        state: Option<StagedState>,
    ) -> Result<Manifest, ReportError> {
        let others: Vec<ResultTable> =
            ResultTable::ALL.into_iter().filter(|table| !OF_FINDINGS.contains(table)).collect();
        self.publish(scored, &others, state)
    }

    fn publish(
        self,
        scored: &Scored<'_>,
        others: &[ResultTable],
        state: Option<StagedState>,
    ) -> Result<Manifest, ReportError> {
        let Self { place, format, files } = self;
        // These are on their way to the disk while the others are made.
        let files = files.into_iter().map(TableFile::end).collect::<Result<Vec<_>, _>>()?;
        let frames = Frames::new(*scored);
        let to = (place.staging(), format);
        let (others, files) = rayon::join(
            || {
                let others = others.par_iter().with_max_len(1);
                others.map(|&one| table::write(&frames, one, to)).collect::<Result<Vec<_>, _>>()
            },
            || {
                let files = files.into_par_iter().with_max_len(1);
                files.map(EndedFile::finish).collect::<Result<Vec<_>, _>>()
            },
        );
        let mut results = others?;
        results.extend(files?);
        results.push(write_rules(scored, place.staging())?);
        results.sort_by(|a, b| a.file.cmp(&b.file));
        let manifest = Manifest::new(scored, format, results);
        write_bytes(place.staging(), MANIFEST, 0, &manifest.bytes())?;
        let places = std::iter::once(place).chain(state.map(StagedState::place));
        Place::publish_all(places.collect())?;
        Ok(manifest)
    }
}

fn write_rules(scored: &Scored<'_>, folder: &Path) -> Result<ResultDigest, ReportError> {
    let rules = rulebook::words(scored.plan);
    let mut bytes = serde_json::to_vec_pretty(&rules)
        .map_err(|cause| ReportError::output("rules have no text", &folder.join(RULES), cause))?;
    bytes.push(b'\n');
    let n_rows = u64::try_from(rules.len()).unwrap_or(u64::MAX);
    write_bytes(folder, RULES, n_rows, &bytes)
}

fn write_bytes(
    folder: &Path,
    name: &str,
    n_rows: u64,
    bytes: &[u8],
) -> Result<ResultDigest, ReportError> {
    write_file(folder, name, n_rows, |mut file| {
        file.write_all(bytes)?;
        Ok(file)
    })
}

/// Writes one file: `content` gets it and gives it back, then it is flushed and synced.
fn write_file(
    folder: &Path,
    name: &str,
    n_rows: u64,
    content: impl FnOnce(Digesting) -> Result<Digesting, Cause>,
) -> Result<ResultDigest, ReportError> {
    let path = folder.join(name);
    let failed = |cause: Cause| ReportError::output("file could not be written", &path, cause);
    let file = File::create_new(&path).map_err(|cause| failed(cause.into()))?;
    let file = content(Digesting::new(file)).map_err(failed)?;
    let (blake3, n_bytes) = file.finish().map_err(|cause| failed(cause.into()))?;
    Ok(ResultDigest { blake3, file: name.to_owned(), n_bytes, n_rows })
}

#[cfg(test)]
mod tests;
