//! From the files of a table to chunks of checked rows.

pub(crate) mod arrow;
pub(crate) mod blocks;
pub(crate) mod csv;
pub(crate) mod folder;
pub(crate) mod pages;
pub(crate) mod parquet;
pub(crate) mod pieces;
pub(crate) mod plain;
pub(crate) mod record;

use jihe_frame::{InputFile, Profile, timed};
use jihe_terms::schema::TableName;

use crate::chunk::{Chunk, Gate, RowNumbers, finish};
use crate::error::IntakeError;
use crate::layout::{Keep, Layout};
use crate::lines::contents::Contents;
use crate::lines::sink::{LineSink, Maps};
use crate::normalise::Normaliser;
use crate::options::Encoding;
use crate::packed::Packed;
use crate::read::folder::{Format, Shard};

/// Where checked rows go.
#[derive(Clone, Copy)]
pub(crate) enum Sink<'a> {
    /// Into the chunks of the file.
    Chunks,
    /// To the store of lines; the chunks keep only what was put aside.
    Lines(&'a LineSink<'a>),
    /// Nowhere: the contents of some rows are noted.
    Contents(&'a Contents),
}

/// What it takes to read a file of a table.
#[derive(Clone, Copy)]
pub(crate) struct Task<'a> {
    pub(crate) table: TableName,
    pub(crate) keeps: &'a [Keep],
    pub(crate) encoding: Encoding,
    pub(crate) gate: Gate<'a>,
    /// Bytes of text that are parsed at a time.
    pub(crate) block_bytes: usize,
    pub(crate) sink: Sink<'a>,
    /// The place of the file among those of the table.
    pub(crate) file: u32,
    pub(crate) profile: Option<&'a Profile>,
}

impl Task<'_> {
    /// How many threads read at once.
    pub(crate) fn n_readers(&self) -> usize {
        match self.sink {
            Sink::Lines(lines) => lines.n_readers(),
            Sink::Chunks | Sink::Contents(_) => rayon::current_num_threads().max(1),
        }
    }

    /// The profile that says what each column takes: one of lines.
    pub(crate) fn by_column(&self) -> Option<&Profile> {
        self.profile.filter(|_| matches!(self.sink, Sink::Lines(_)))
    }

    /// Whether the contents of all rows are hashed. Where rows have a key, contents are asked for
    /// afterwards, of those whose keys repeat; a trace code is told by its line and itself.
    pub(crate) fn is_hashed(&self) -> bool {
        match self.sink {
            Sink::Lines(_) => false,
            Sink::Contents(_) => true,
            Sink::Chunks => !is_keyed(self.table) && self.table != TableName::TraceCodes,
        }
    }
}

/// Whether the first column of a table tells its rows apart.
pub(crate) fn is_keyed(table: TableName) -> bool {
    matches!(table, TableName::Persons | TableName::Encounters | TableName::Settlements)
}

/// The sheet of a file or row group, and where its rows go.
pub(crate) struct Desk<'a> {
    pub(crate) sheet: Normaliser<'a>,
    task: Task<'a>,
    maps: Maps,
}

impl<'a> Desk<'a> {
    pub(crate) fn new(layout: &'a Layout, task: Task<'a>) -> Self {
        let mut sheet = Normaliser::new(layout, task.keeps, task.is_hashed());
        if let Sink::Lines(lines) = task.sink {
            lines.introduce(&mut sheet);
        }
        Self { sheet, task, maps: Maps::default() }
    }

    /// Whether rows should be handed over after each batch.
    pub(crate) fn is_stream(&self) -> bool {
        !matches!(self.task.sink, Sink::Chunks)
    }

    /// Checks the rows of the sheet, hands them over, and leaves the sheet empty.
    pub(crate) fn hand_over(&mut self, rows: RowNumbers) -> Result<Chunk, IntakeError> {
        if let Sink::Contents(contents) = self.task.sink {
            contents.note(self.task.file, &rows, &self.sheet.content);
            self.sheet.clear();
            return Ok(Chunk::default());
        }
        let profile = self.task.profile;
        let mut chunk =
            timed(profile, "read / check rows", || finish(&mut self.sheet, rows, self.task.gate));
        match self.task.sink {
            Sink::Lines(lines) => {
                timed(profile, "read / put on shelf", || {
                    lines.take(&mut chunk, &self.sheet, &mut self.maps, self.task)
                })?;
                self.sheet.reuse(std::mem::take(&mut chunk.columns));
            }
            Sink::Chunks | Sink::Contents(_) => {
                chunk.names = self.sheet.take_names();
                if self.task.table == TableName::TraceCodes {
                    chunk.packed = chunk.columns.drain(..).map(Packed::new).collect();
                }
            }
        }
        Ok(chunk)
    }
}

/// Text is parsed in blocks of this size: large enough for the dictionaries of a block to pay.
pub(crate) const BLOCK_BYTES: usize = 8 << 20;

/// A file that was read.
#[derive(Debug)]
pub(crate) struct FileRead {
    pub(crate) layout: Layout,
    pub(crate) chunks: Vec<Chunk>,
    pub(crate) input: InputFile,
}

/// Reads one file.
pub(crate) fn read_shard(shard: &Shard, task: Task<'_>) -> Result<FileRead, IntakeError> {
    match shard.format {
        Format::Csv => csv::read(shard, task),
        Format::Parquet => parquet::read(shard, task),
        Format::Arrow => arrow::read(shard, task),
    }
}

/// The rows that a Parquet file says it has, and the most bytes that a page of each column of a row group
/// takes; 0 if it cannot be asked.
pub(crate) fn size_of(shard: &Shard) -> (u64, u64) {
    let ask = || {
        let file = std::fs::File::open(&shard.path).ok()?;
        let metadata = parquet::metadata(&file).ok()?;
        let metadata = metadata.metadata();
        let page_bytes = |group| pages::PageSizes::of(&file, group).page_bytes(group);
        let page_bytes = metadata.row_groups().iter().map(page_bytes).max();
        let n_rows = u64::try_from(metadata.file_metadata().num_rows()).ok()?;
        Some((n_rows, page_bytes.unwrap_or(0)))
    };
    std::panic::catch_unwind(ask).ok().flatten().unwrap_or((0, 0))
}

/// The size and BLAKE3 of a file; nothing when its rows are read again.
pub(crate) fn digest(
    shard: &Shard,
    sink: Sink<'_>,
    profile: Option<&Profile>,
) -> Result<(u64, String), IntakeError> {
    if matches!(sink, Sink::Contents(_)) {
        return Ok((0, String::new()));
    }
    let hash = || -> std::io::Result<(u64, String)> {
        let mut file = std::fs::File::open(&shard.path)?;
        let mut hasher = blake3::Hasher::new();
        let mut buffer = vec![0; 1 << 20];
        let mut n_bytes = 0_u64;
        loop {
            let n_read = std::io::Read::read(&mut file, &mut buffer)?;
            if n_read == 0 {
                return Ok((n_bytes, hasher.finalize().to_hex().to_string()));
            }
            hasher.update(buffer.get(..n_read).unwrap_or(&[]));
            n_bytes = n_bytes.saturating_add(crate::place::count(n_read));
        }
    };
    timed(profile, "read / digest", hash).map_err(|error| shard.cannot_read(error))
}
