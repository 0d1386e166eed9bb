//! Results as one folder, written whole or not at all.
//!
//! In: a [`Scored`] month and a place. Out: the files of [`ResultTable`], `rules.json` and, last of
//! all, `manifest.json`, in a staging folder beside the place, every file and folder synced; then
//! the staging folder takes the place in one step. On any failure the old results stay as they were.
//! Same findings, same bytes: no clock, host, path, thread or batch size enters a file.

pub(crate) mod csv;
mod digest;
mod parquet;
mod place;
mod state;

use std::error::Error;
use std::fs::File;
use std::io::Write;
use std::path::Path;

use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};

use crate::error::ReportError;
use crate::frames::Frames;
use crate::layout::{Format, ResultTable};
use crate::manifest::{MANIFEST, Manifest, RULES, ResultDigest};
use crate::rulebook;
use crate::scored::Scored;
use crate::write::digest::Digesting;
use crate::write::place::Place;

pub use place::{check_destination, check_state_destination};
pub use state::{HORIZON_DAYS, StagedState, stage_state, verify_state, write_state};

/// Why one file failed; the caller names it.
type Cause = Box<dyn Error + Send + Sync>;

/// Writes all results of a run to the folder `out`, replacing an earlier result folder there.
///
/// # Errors
///
/// If `out` holds anything but results of ours ([`ReportError::is_foreign`]), or something could not
/// be written, synced or renamed. Then whatever was at `out` is untouched.
pub fn write(scored: &Scored<'_>, out: &Path, format: Format) -> Result<Manifest, ReportError> {
    check_destination(out)?;
    let place = Place::prepare(out)?;
    let frames = Frames::new(*scored);
    let mut results = ResultTable::ALL
        .into_par_iter()
        .with_max_len(1)
        .map(|table| write_table(&frames, table, format, place.staging()))
        .collect::<Result<Vec<_>, _>>()?;
    results.push(write_rules(scored, place.staging())?);
    results.sort_by(|a, b| a.file.cmp(&b.file));
    let manifest = Manifest::new(scored, format, results);
    write_bytes(place.staging(), MANIFEST, 0, &manifest.bytes())?;
    place.publish()?;
    Ok(manifest)
}

fn write_table(
    frames: &Frames<'_>,
    table: ResultTable,
    format: Format,
    folder: &Path,
) -> Result<ResultDigest, ReportError> {
    let n_rows = u64::try_from(frames.n_rows(table)).unwrap_or(u64::MAX);
    write_file(folder, &format.name_of(table), n_rows, |file| match format {
        Format::Parquet => parquet::write(frames, table, file),
        Format::Csv => csv::write(frames, table, file),
    })
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
