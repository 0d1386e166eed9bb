//! A Parquet file to chunks, row groups or pieces of them in parallel.
//!
//! The reader panics on some damaged files; every call of it is caught and becomes an error.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_schema::{DataType, Field, Schema};
use jihe_frame::{InputFile, timed};
use jihe_terms::schema::Kind;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder, RowSelection,
};
use parquet::basic::Encoding;
use parquet::errors::ParquetError;
use parquet::file::metadata::{ColumnChunkMetaData, RowGroupMetaData};
use rayon::prelude::*;

use crate::chunk::{Chunk, RowNumbers};
use crate::error::IntakeError;
use crate::layout::Layout;
use crate::place::count;
use crate::read::arrow::{add, damaged, layout};
use crate::read::folder::Shard;
use crate::read::pages::{self, Columns, PageSizes};
use crate::read::pieces::{Piece, Pieces};
use crate::read::{Desk, FileRead, Sink, Task};

/// Rows that are decoded at a time, at least and at most: few stay in the cache, but each part of a
/// month gets some of them.
const BATCH_ROWS: usize = 1 << 15;
const MOST_BATCH_ROWS: usize = 1 << 16;
/// Rows of a batch for each part of a month.
const ROWS_OF_PART: usize = 512;

/// Reads a Parquet file.
pub(crate) fn read(shard: &Shard, task: Task<'_>) -> Result<FileRead, IntakeError> {
    match catch_unwind(AssertUnwindSafe(|| read_file(shard, task))) {
        Ok(read) => read,
        Err(_) => Err(damaged(shard)),
    }
}

/// What a file says of itself, with the number of pages of each column where it has it.
pub(crate) fn metadata(file: &File) -> Result<ArrowReaderMetadata, ParquetError> {
    let options = ArrowReaderOptions::new().with_encoding_stats_as_mask(false);
    ArrowReaderMetadata::load(file, options)
}

fn read_file(shard: &Shard, task: Task<'_>) -> Result<FileRead, IntakeError> {
    let fail = |error| damaged(shard).because(error);
    let file = shard.open()?;
    let metadata = metadata(&file).map_err(fail)?;
    let layout = layout(task.table, &shard.file, metadata.schema())?;
    let (mut groups, mut n_rows_of_groups) = (Vec::new(), Vec::new());
    let mut n_rows = 0_u64;
    for (number, group) in metadata.metadata().row_groups().iter().enumerate() {
        let n_group = u64::try_from(group.num_rows()).map_err(|_| damaged(shard))?;
        let sizes = Arc::new(PageSizes::of(&file, group));
        groups.push(Piece::whole((number, group), sizes, (n_rows, n_group)));
        n_rows_of_groups.push(n_group);
        n_rows = n_rows.checked_add(n_group).ok_or_else(|| damaged(shard))?;
    }
    if u64::try_from(metadata.metadata().file_metadata().num_rows()) != Ok(n_rows) {
        return Err(damaged(shard));
    }
    let n_readers = task.n_readers();
    let pieces = Pieces::new(groups, matches!(task.sink, Sink::Lines(_)) && 1 < n_readers);
    let read = |piece: &Piece<'_>| {
        let read = || read_piece(shard, task, &layout, &metadata, piece);
        match catch_unwind(AssertUnwindSafe(read)) {
            Ok(read) => read.map(|(chunks, n_rows)| ((piece.number, piece.from), chunks, n_rows)),
            Err(_) => Err(damaged(shard)),
        }
    };
    let read_all = |_| -> Result<Vec<_>, IntakeError> {
        let mut done = Vec::new();
        while let Some(piece) = pieces.next() {
            done.push(read(&piece)?);
        }
        Ok(done)
    };
    let (read, digest) = rayon::join(
        || {
            let readers = (0..n_readers).into_par_iter().with_max_len(1);
            readers.map(read_all).collect::<Result<Vec<_>, _>>()
        },
        || crate::read::digest(shard, task.sink, task.profile),
    );
    let (read, (n_bytes, digest)) = (read?, digest?);
    let mut read: Vec<_> = read.into_iter().flatten().collect();
    read.sort_unstable_by_key(|&(place, ..)| place);
    // Each group must have given as many rows as it has.
    let mut n_left = n_rows_of_groups;
    for &((number, _), _, n_read) in &read {
        if let Some(n_left) = n_left.get_mut(number) {
            *n_left = n_left.wrapping_sub(n_read);
        }
    }
    if n_left.iter().any(|&n_left| n_left != 0) {
        return Err(damaged(shard));
    }
    let file = shard.file.clone();
    let input = InputFile { table: task.table, file, n_bytes, n_rows, digest };
    let chunks = read.into_iter().flat_map(|(_, chunks, _)| chunks).collect();
    Ok(FileRead { layout, chunks, input })
}

/// Reads a piece; gives its chunks and how many rows were read.
fn read_piece(
    shard: &Shard,
    task: Task<'_>,
    layout: &Layout,
    metadata: &ArrowReaderMetadata,
    piece: &Piece<'_>,
) -> Result<(Vec<Chunk>, u64), IntakeError> {
    // Readers share the position of an open file: each piece opens its own.
    let file = shard.open()?;
    // Other tables are much smaller than the lines, and what they tell stays in memory.
    let by_pieces = match task.sink {
        Sink::Lines(lines) => lines.is_short_of(piece.sizes.large_pages(piece.group)),
        Sink::Chunks | Sink::Contents(_) => true,
    };
    let group = (piece.group, by_pieces.then_some(&*piece.sizes));
    if !task.is_hashed()
        && let Some(columns) = pages::open(&Arc::new(file), metadata.schema(), layout, group)
    {
        return read_pages(columns, shard, task, layout, piece);
    }
    // The general way takes a group as a whole, whatever others took of it.
    piece.begin(u64::MAX);
    if piece.from != 0 {
        return Ok((Vec::new(), 0));
    }
    read_group(shard, task, layout, (metadata, piece.number, piece.group), piece.n_before)
}

fn read_group(
    shard: &Shard,
    task: Task<'_>,
    layout: &Layout,
    (metadata, number, group): (&ArrowReaderMetadata, usize, &RowGroupMetaData),
    n_before: u64,
) -> Result<(Vec<Chunk>, u64), IntakeError> {
    let fail = |error| damaged(shard).because(error);
    let file = shard.open()?;
    let schema = with_dictionaries(metadata.schema(), layout, std::slice::from_ref(group));
    let options = ArrowReaderOptions::new().with_schema(Arc::new(schema));
    let metadata = ArrowReaderMetadata::try_new(Arc::clone(metadata.metadata()), options)
        .or_else(|_| {
            let options = ArrowReaderOptions::new();
            ArrowReaderMetadata::try_new(Arc::clone(metadata.metadata()), options)
        })
        .map_err(fail)?;
    let first = n_before.saturating_add(1);
    let n_group = u64::try_from(group.num_rows()).map_err(|_| damaged(shard))?;
    // Of rows whose contents are asked for, the others are not even decoded.
    let picks = match task.sink {
        Sink::Contents(contents) => {
            Some(contents.wanted(task.file, first..first.saturating_add(n_group)))
        }
        Sink::Chunks | Sink::Lines(_) => None,
    };
    if picks.is_some_and(<[u64]>::is_empty) {
        return Ok((Vec::new(), n_group));
    }
    let mut roots: Vec<usize> = layout.columns.iter().flatten().map(|&(place, _)| place).collect();
    roots.sort_unstable();
    let mask = ProjectionMask::roots(metadata.parquet_schema(), roots.iter().copied());
    let mut builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata)
        .with_row_groups(vec![number])
        .with_projection(mask)
        .with_batch_size(BATCH_ROWS);
    if let Some(picks) = picks {
        builder = builder.with_row_selection(selection(picks, first, n_group));
    }
    let reader = builder.build().map_err(fail)?;
    let mut desk = Desk::new(layout, task);
    let mut chunks = Vec::new();
    let (mut n_read, mut n_done) = (0_u64, 0_u64);
    let numbers = |n_done: u64| match picks {
        None => RowNumbers { base: first.saturating_add(n_done), list: None },
        Some(picks) => {
            let rest = picks.get(usize::try_from(n_done).unwrap_or(usize::MAX)..).unwrap_or(&[]);
            let distance = |&pick: &u64| u32::try_from(pick.saturating_sub(first)).ok();
            RowNumbers { base: first, list: rest.iter().map(distance).collect() }
        }
    };
    let mut reader = reader;
    while let Some(batch) = timed(task.profile, "read / decode parquet", || reader.next()) {
        let batch = batch.map_err(|error| damaged(shard).because(error))?;
        let columns: &[ArrayRef] = batch.columns();
        let array = |place| roots.binary_search(&place).ok().and_then(|found| columns.get(found));
        timed(task.profile, "read / take values", || {
            add(&mut desk.sheet, batch.num_rows(), array);
        });
        n_read = n_read.saturating_add(count(batch.num_rows()));
        if desk.is_stream() {
            chunks.push(desk.hand_over(numbers(n_done))?);
            n_done = n_read;
        }
    }
    if !desk.is_stream() {
        chunks.push(desk.hand_over(numbers(0))?);
    }
    let is_whole = picks.is_none_or(|picks| count(picks.len()) == n_read);
    Ok((chunks, if picks.is_some() && is_whole { n_group } else { n_read }))
}

/// Some ascending rows of a group whose first row has the number `first`.
fn selection(picks: &[u64], first: u64, n_group: u64) -> RowSelection {
    let place = |pick: u64| usize::try_from(pick.saturating_sub(first)).unwrap_or(usize::MAX);
    let ranges = picks.iter().map(|&pick| place(pick)..place(pick).saturating_add(1));
    RowSelection::from_consecutive_ranges(ranges, usize::try_from(n_group).unwrap_or(usize::MAX))
}

/// Reads a piece of a row group page by page.
fn read_pages(
    mut columns: Columns,
    shard: &Shard,
    task: Task<'_>,
    layout: &Layout,
    piece: &Piece<'_>,
) -> Result<(Vec<Chunk>, u64), IntakeError> {
    let fail = |error: pages::Damaged| damaged(shard).because(error.0);
    let mut desk = Desk::new(layout, task);
    let mut chunks = Vec::new();
    let n_passed = usize::try_from(piece.from).map_err(|_| damaged(shard))?;
    columns.pass_over(&mut desk.sheet, n_passed).map_err(fail)?;
    let first = piece.n_before.saturating_add(piece.from).saturating_add(1);
    let mut n_read = 0_u64;
    let n_parts = if let Sink::Lines(lines) = task.sink { lines.n_parts() } else { 0 };
    let batch_rows = n_parts.saturating_mul(ROWS_OF_PART).clamp(BATCH_ROWS, MOST_BATCH_ROWS);
    loop {
        let n_rows = piece.begin(count(batch_rows));
        if n_rows == 0 {
            break;
        }
        timed(task.profile, "read / decode", || {
            columns.read(&mut desk.sheet, usize::try_from(n_rows).unwrap_or(0), task.by_column())
        })
        .map_err(fail)?;
        let base = first.saturating_add(n_read);
        n_read = n_read.saturating_add(n_rows);
        if desk.is_stream() {
            chunks.push(desk.hand_over(RowNumbers { base, list: None })?);
        }
    }
    if !desk.is_stream() {
        chunks.push(desk.hand_over(RowNumbers { base: first, list: None })?);
    }
    Ok((chunks, n_read))
}

/// Asks for dictionaries where all row groups are written so: each text is then looked up once.
pub(crate) fn with_dictionaries(
    schema: &Schema,
    layout: &Layout,
    groups: &[RowGroupMetaData],
) -> Schema {
    let mut fields: Vec<Arc<Field>> = schema.fields().iter().cloned().collect();
    for (definition, found) in layout.table.columns().iter().zip(&layout.columns) {
        let Some(field) = found.as_ref().and_then(|(place, _)| fields.get_mut(*place)) else {
            continue;
        };
        let is_name = matches!(definition.kind, Kind::Code | Kind::Key);
        let are_coded = || groups.iter().all(|group| is_dictionary(field.name(), group));
        if is_name && *field.data_type() == DataType::Utf8 && are_coded() {
            let keys = Box::new(DataType::Int32);
            let texts = DataType::Dictionary(keys, Box::new(DataType::Utf8));
            *field = Arc::new(field.as_ref().clone().with_data_type(texts));
        }
    }
    Schema::new_with_metadata(fields, schema.metadata().clone())
}

/// Tells whether all pages of a column are written with its dictionary.
fn is_dictionary(name: &str, group: &RowGroupMetaData) -> bool {
    let is_column =
        |column: &&ColumnChunkMetaData| column.column_path().parts() == [name.to_owned()];
    let Some(column) = group.columns().iter().find(is_column) else { return false };
    if column.dictionary_page_offset().is_none() {
        return false;
    }
    let allowed = [Encoding::RLE_DICTIONARY, Encoding::PLAIN_DICTIONARY];
    match column.page_encoding_stats_mask() {
        Some(mask) => mask.encodings().all(|encoding| allowed.contains(&encoding)),
        // The dictionary page itself is plain; without statistics a small one tells enough.
        None => count(group.columns().len()) < u64::MAX,
    }
}
