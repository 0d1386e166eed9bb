//! From the files of a table to chunks of checked rows.

pub(crate) mod arrow;
pub(crate) mod blocks;
pub(crate) mod csv;
pub(crate) mod folder;
pub(crate) mod parquet;
pub(crate) mod plain;
pub(crate) mod record;

use jihe_frame::InputFile;
use jihe_terms::schema::TableName;

use crate::chunk::{Chunk, Gate};
use crate::error::IntakeError;
use crate::layout::{Keep, Layout};
use crate::options::Encoding;
use crate::read::folder::{Format, Shard};

/// What it takes to read a file of a table.
#[derive(Clone, Copy)]
pub(crate) struct Task<'a> {
    pub(crate) table: TableName,
    pub(crate) keeps: &'a [Keep],
    pub(crate) encoding: Encoding,
    pub(crate) gate: Gate<'a>,
    /// Bytes of text that are parsed at a time.
    pub(crate) block_bytes: usize,
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

/// The size and BLAKE3 of a file.
pub(crate) fn digest(shard: &Shard) -> Result<(u64, String), IntakeError> {
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
    hash().map_err(|error| {
        let advice = "check the disk and permissions";
        IntakeError::unreadable("file cannot be read", &shard.file, advice).because(error)
    })
}
