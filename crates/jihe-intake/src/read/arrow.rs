//! Arrow batches to chunks: IPC files and batches from memory.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, RecordBatch, UInt32Array};
use arrow_ipc::reader::FileReader;
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{ArrowError, Schema};
use arrow_select::take::take;
use jihe_frame::InputFile;
use jihe_terms::schema::TableName;
use rayon::prelude::*;

use crate::chunk::{Chunk, RowNumbers};
use crate::error::IntakeError;
use crate::layout::Layout;
use crate::normalise::Normaliser;
use crate::place::{at, count};
use crate::read::folder::{Format, Shard};
use crate::read::{Desk, FileRead, Sink, Task};
use crate::values;

/// Finds the columns of a table in an Arrow schema.
pub(crate) fn layout(table: TableName, file: &str, schema: &Schema) -> Result<Layout, IntakeError> {
    let names: Vec<String> = schema.fields().iter().map(|field| field.name().clone()).collect();
    let layout = Layout::find(table, file, &names)?;
    for (definition, found) in table.columns().iter().zip(&layout.columns) {
        if let Some((place, name)) = found
            && let Some(field) = schema.fields().get(*place)
        {
            values::check_type(definition, field.data_type(), name, file)?;
        }
    }
    Ok(layout)
}

/// Takes the columns of a batch; `array` gives the array of a place in the file.
pub(crate) fn add<'b>(
    sheet: &mut Normaliser<'_>,
    n_rows: usize,
    array: impl Fn(usize) -> Option<&'b ArrayRef>,
) {
    sheet.begin(n_rows);
    let layout = sheet.layout;
    for (column, found) in layout.columns.iter().enumerate() {
        if let Some((place, _)) = found
            && let Some(array) = array(*place)
        {
            values::add(sheet, column, array);
        }
    }
}

/// Reads an Arrow IPC file.
pub(crate) fn read(shard: &Shard, task: Task<'_>) -> Result<FileRead, IntakeError> {
    let read = || read_file(shard, task);
    match catch_unwind(AssertUnwindSafe(read)) {
        Ok(read) => read,
        Err(_) => Err(damaged(shard)),
    }
}

pub(crate) fn damaged(shard: &Shard) -> IntakeError {
    let (what, advice) = match shard.format {
        Format::Arrow => (
            "file is damaged, cut or of a form that is not read",
            "deliver it as an Arrow IPC file, no stream, without compression",
        ),
        Format::Parquet => (
            "file is damaged, cut or of a form that is not read",
            "deliver it again, not encrypted, plain or compressed with Snappy, gzip, LZ4 or Zstandard",
        ),
        Format::Csv => ("file is damaged or cut", "deliver it again"),
    };
    IntakeError::unreadable(what, &shard.file, advice)
}

fn read_file(shard: &Shard, task: Task<'_>) -> Result<FileRead, IntakeError> {
    let fail = |error: arrow_schema::ArrowError| damaged(shard).because(error);
    let file = shard.open()?;
    check_blocks(&file, shard)?;
    let reader = FileReader::try_new_buffered(file, None).map_err(fail)?;
    let layout = layout(task.table, &shard.file, &reader.schema())?;
    let mut chunks = Vec::new();
    let mut n_rows = 0;
    for batch in reader {
        let batch = batch.map_err(fail)?;
        chunks.push(chunk(&batch, &layout, task, n_rows)?);
        n_rows = n_rows.saturating_add(count(batch.num_rows()));
    }
    let (n_bytes, digest) = crate::read::digest(shard, task.sink, task.profile)?;
    let file = shard.file.clone();
    let input = InputFile { table: task.table, file, n_bytes, n_rows, digest };
    Ok(FileRead { layout, chunks, input })
}

/// Refuses blocks that claim to lie outside the file: the reader would ask for their memory first.
pub(crate) fn check_blocks(file: &File, shard: &Shard) -> Result<(), IntakeError> {
    const MAGIC: &[u8] = b"ARROW1";
    let mut file = file;
    let mut footer = || -> std::io::Result<(u64, Vec<u8>)> {
        let n_bytes = file.seek(SeekFrom::End(-10))?.saturating_add(10);
        let mut tail = [0; 10];
        file.read_exact(&mut tail)?;
        let [a, b, c, d, magic @ ..] = tail;
        let length = u32::from_le_bytes([a, b, c, d]);
        let length_wide = u64::from(length);
        if magic != MAGIC || n_bytes <= length_wide.saturating_add(10) {
            return Ok((n_bytes, Vec::new()));
        }
        file.seek(SeekFrom::End(i64::from(length).saturating_add(10).saturating_neg()))?;
        let mut footer = vec![0; at(length)];
        file.read_exact(&mut footer)?;
        file.rewind()?;
        Ok((n_bytes, footer))
    };
    let (n_bytes, footer) = footer().map_err(|error| damaged(shard).because(error))?;
    let footer = arrow_ipc::root_as_footer(&footer)
        .map_err(|error| damaged(shard).because(error.to_string()))?;
    let blocks = footer.recordBatches().into_iter().chain(footer.dictionaries()).flatten();
    for block in blocks {
        let end = block
            .offset()
            .checked_add(i64::from(block.metaDataLength()))
            .and_then(|end| end.checked_add(block.bodyLength()));
        let is_inside = end.is_some_and(|end| u64::try_from(end).is_ok_and(|end| end <= n_bytes));
        let is_forward =
            0 <= block.offset() && 0 <= block.metaDataLength() && 0 <= block.bodyLength();
        if !is_inside || !is_forward {
            return Err(damaged(shard));
        }
    }
    Ok(())
}

fn chunk(
    batch: &RecordBatch,
    layout: &Layout,
    task: Task<'_>,
    n_before: u64,
) -> Result<Chunk, IntakeError> {
    let mut desk = Desk::new(layout, task);
    add(&mut desk.sheet, batch.num_rows(), |place| batch.columns().get(place));
    desk.hand_over(RowNumbers { base: n_before.saturating_add(1), list: None })
}

/// Takes batches from memory; each stands for a file.
pub(crate) fn read_batches(
    batches: &[RecordBatch],
    task: Task<'_>,
) -> Result<Vec<FileRead>, IntakeError> {
    let read = |(number, batch): (usize, &RecordBatch)| {
        let file = format!("{} batch {number}", task.table.file());
        let layout = layout(task.table, &file, &batch.schema())?;
        let task = Task { file: task.file.saturating_add(crate::place::id(number)), ..task };
        let (chunk, digest) = rayon::join(
            || chunk(batch, &layout, task, 0),
            || match task.sink {
                // Rows that are read again.
                Sink::Contents(_) => Ok((0, String::new())),
                Sink::Chunks | Sink::Lines(_) => digest(batch, &layout),
            },
        );
        let (n_bytes, digest) = digest.map_err(|error| {
            let advice = "give the columns as plain Arrow arrays";
            IntakeError::unreadable("batch cannot be digested", &file, advice).because(error)
        })?;
        let n_rows = count(batch.num_rows());
        let input = InputFile { table: task.table, file, n_bytes, n_rows, digest };
        Ok(FileRead { layout, chunks: vec![chunk?], input })
    };
    batches.par_iter().enumerate().map(read).collect()
}

/// Rows that are digested at a time.
const DIGESTED: usize = 1 << 16;

/// The size and BLAKE3 of the columns that a batch has for its table, as a stream of the Arrow format. Of
/// what the arrays hold beside the rows, and of dictionaries, nothing is left: equal rows are equal.
fn digest(batch: &RecordBatch, layout: &Layout) -> Result<(u64, String), ArrowError> {
    let mut places: Vec<usize> = layout.columns.iter().flatten().map(|(place, _)| *place).collect();
    places.sort_unstable();
    let batch = batch.project(&places)?;
    let first = some_alone(&batch, 0)?;
    let mut stream = StreamWriter::try_new(blake3::Hasher::new(), &first.schema())?;
    stream.write(&first)?;
    for from in (0..batch.num_rows()).step_by(DIGESTED).skip(1) {
        stream.write(&some_alone(&batch, from)?)?;
    }
    let hasher = stream.into_inner()?;
    Ok((hasher.count(), hasher.finalize().to_hex().to_string()))
}

/// Some rows of a batch in arrays of their own.
fn some_alone(batch: &RecordBatch, from: usize) -> Result<RecordBatch, ArrowError> {
    let rows = batch.slice(from, DIGESTED.min(batch.num_rows().saturating_sub(from)));
    let columns: Result<Vec<ArrayRef>, ArrowError> = rows.columns().iter().map(alone).collect();
    let schema = rows.schema();
    let names = schema.fields().iter().map(|field| field.name());
    let columns = names.zip(columns?).map(|(name, column)| (name, column, true));
    RecordBatch::try_from_iter_with_nullable(columns)
}

/// An array that holds its own rows and nothing else.
fn alone(array: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    if let Some(dictionary) = array.as_any_dictionary_opt() {
        let keys = alone(&arrow_array::make_array(dictionary.keys().to_data()))?;
        return alone(&take(dictionary.values(), &keys, None)?);
    }
    let rows: UInt32Array = (0..crate::place::id(array.len())).collect();
    let own = take(array, &rows, None)?;
    Ok(match own.as_string_view_opt() {
        Some(views) => Arc::new(views.gc()),
        None => own,
    })
}

/// The texts of a column that is a dictionary of texts, if it is one.
pub(crate) fn dictionary_values(array: &ArrayRef) -> Option<&ArrayRef> {
    array.as_any_dictionary_opt().map(arrow_array::array::AnyDictionaryArray::values)
}
