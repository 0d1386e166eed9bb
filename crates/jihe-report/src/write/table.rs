//! One file of a result table, in pieces: each is coded for itself, and written behind the one before.

use std::fs::File;
use std::io::Write;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_schema::Schema;
use rayon::iter::{IndexedParallelIterator, IntoParallelRefIterator, ParallelIterator};

use crate::error::ReportError;
use crate::frames::Frames;
use crate::layout::{Format, ResultTable};
use crate::manifest::ResultDigest;
use crate::write::digest::Digesting;
use crate::write::parquet::{Group, ROW_GROUP_ROWS, Writer};
use crate::write::{Cause, csv};

/// Some rows of a table as they will stand in its file.
pub(super) struct Piece {
    n_rows: usize,
    rows: Rows,
}

enum Rows {
    Parquet(Group),
    Csv(Vec<u8>),
}

impl Piece {
    fn new(
        frames: &Frames<'_>,
        (table, format): (ResultTable, Format),
        rows: Range<usize>,
    ) -> Result<Self, Cause> {
        let n_rows = rows.len();
        let rows = match format {
            Format::Parquet => Rows::Parquet(Group::new(frames, table, rows)?),
            Format::Csv => Rows::Csv(csv::rows(frames, table, rows)?),
        };
        Ok(Self { n_rows, rows })
    }

    /// All rows of a table, side by side.
    pub(super) fn all(
        frames: &Frames<'_>,
        table: ResultTable,
        format: Format,
    ) -> Result<Vec<Self>, ReportError> {
        let pieces = frames.groups(table, ROW_GROUP_ROWS);
        let piece = |rows: &Range<usize>| Self::new(frames, (table, format), rows.clone());
        let pieces: Result<Vec<Self>, Cause> =
            pieces.par_iter().with_max_len(1).map(piece).collect();
        let name = format.name_of(table);
        pieces.map_err(|cause| ReportError::output("rows have no form", Path::new(&name), cause))
    }
}

/// A file in the making.
pub(super) struct TableFile {
    path: PathBuf,
    name: String,
    n_rows: usize,
    content: Content,
}

enum Content {
    Parquet(Box<Writer>),
    Csv(Box<Digesting>),
}

impl Content {
    fn format(&self) -> Format {
        match self {
            Self::Parquet(_) => Format::Parquet,
            Self::Csv(_) => Format::Csv,
        }
    }
}

impl TableFile {
    /// Begins the file of a table.
    pub(super) fn create(
        folder: &Path,
        (table, format): (ResultTable, Format),
        schema: Arc<Schema>,
    ) -> Result<Self, ReportError> {
        let name = format.name_of(table);
        let path = folder.join(&name);
        let begin = || -> Result<Content, Cause> {
            let mut file = Digesting::new(File::create_new(&path)?);
            Ok(match format {
                Format::Parquet => Content::Parquet(Box::new(Writer::new(schema, file)?)),
                Format::Csv => {
                    file.write_all(&csv::header(table)?)?;
                    Content::Csv(Box::new(file))
                }
            })
        };
        let content = begin().map_err(|cause| failed(&path, cause))?;
        Ok(Self { path, name, n_rows: 0, content })
    }

    /// Writes the next rows.
    pub(super) fn append(&mut self, pieces: &[Piece]) -> Result<(), ReportError> {
        for piece in pieces {
            self.n_rows = self.n_rows.saturating_add(piece.n_rows);
            let written = match (&mut self.content, &piece.rows) {
                (Content::Parquet(writer), Rows::Parquet(group)) => writer.append(group),
                (Content::Csv(file), Rows::Csv(text)) => file.write_all(text).map_err(Cause::from),
                _ => Err("rows of another format".into()),
            };
            written.map_err(|cause| failed(&self.path, cause))?;
        }
        Ok(())
    }

    /// Writes the rows of a table behind those that are there: as many row groups at a time as there are
    /// threads, so that the rest need not be in memory yet.
    pub(super) fn append_coding(
        &mut self,
        frames: &Frames<'_>,
        table: ResultTable,
    ) -> Result<(), ReportError> {
        let format = self.content.format();
        let groups = frames.groups(table, ROW_GROUP_ROWS);
        let piece = |rows: &Range<usize>| Piece::new(frames, (table, format), rows.clone());
        for groups in groups.chunks(rayon::current_num_threads().max(1)) {
            let pieces: Result<Vec<Piece>, Cause> =
                groups.par_iter().with_max_len(1).map(piece).collect();
            let pieces = pieces.map_err(|cause| failed(&self.path, cause))?;
            self.append(&pieces)?;
        }
        Ok(())
    }

    /// Ends the file, and sends the rest of it to the disk.
    pub(super) fn end(self) -> Result<EndedFile, ReportError> {
        let Self { path, name, n_rows, content } = self;
        let end = || -> Result<Digesting, Cause> {
            let mut file = match content {
                Content::Parquet(writer) => writer.finish()?,
                Content::Csv(file) => *file,
            };
            file.end()?;
            Ok(file)
        };
        let file = end().map_err(|cause| failed(&path, cause))?;
        Ok(EndedFile { path, name, n_rows, file })
    }
}

/// A file with all its rows, on its way to the disk.
pub(super) struct EndedFile {
    path: PathBuf,
    name: String,
    n_rows: usize,
    file: Digesting,
}

impl EndedFile {
    /// Waits until it is there.
    pub(super) fn finish(self) -> Result<ResultDigest, ReportError> {
        let finished = self.file.finish();
        let (blake3, n_bytes) = finished.map_err(|cause| failed(&self.path, cause.into()))?;
        let n_rows = u64::try_from(self.n_rows).unwrap_or(u64::MAX);
        Ok(ResultDigest { blake3, file: self.name, n_bytes, n_rows })
    }
}

/// Writes a whole table.
pub(super) fn write(
    frames: &Frames<'_>,
    table: ResultTable,
    (folder, format): (&Path, Format),
) -> Result<ResultDigest, ReportError> {
    let mut file = TableFile::create(folder, (table, format), frames.schema(table))?;
    file.append_coding(frames, table)?;
    file.end()?.finish()
}

fn failed(path: &Path, cause: Cause) -> ReportError {
    ReportError::output("file could not be written", path, cause)
}
