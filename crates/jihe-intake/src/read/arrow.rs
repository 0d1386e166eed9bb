//! Arrow batches to chunks: IPC files and batches from memory.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_ipc::reader::FileReader;
use arrow_schema::Schema;
use jihe_frame::InputFile;
use jihe_terms::schema::TableName;
use rayon::prelude::*;

use crate::chunk::{Chunk, RowNumbers, finish};
use crate::error::IntakeError;
use crate::layout::Layout;
use crate::normalise::Normaliser;
use crate::place::count;
use crate::read::folder::Shard;
use crate::read::{FileRead, Task};
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
    IntakeError::unreadable("file is damaged or cut", &shard.file, "deliver it again")
}

fn read_file(shard: &Shard, task: Task<'_>) -> Result<FileRead, IntakeError> {
    let fail = |error: arrow_schema::ArrowError| damaged(shard).because(error);
    let file = File::open(&shard.path).map_err(|error| damaged(shard).because(error))?;
    let reader = FileReader::try_new_buffered(file, None).map_err(fail)?;
    let layout = layout(task.table, &shard.file, &reader.schema())?;
    let mut chunks = Vec::new();
    let mut n_rows = 0;
    for batch in reader {
        let batch = batch.map_err(fail)?;
        chunks.push(chunk(&batch, &layout, task, n_rows));
        n_rows = n_rows.saturating_add(count(batch.num_rows()));
    }
    let (n_bytes, digest) = crate::read::digest(shard)?;
    let file = shard.file.clone();
    let input = InputFile { table: task.table, file, n_bytes, n_rows, digest };
    Ok(FileRead { layout, chunks, input })
}

fn chunk(batch: &RecordBatch, layout: &Layout, task: Task<'_>, n_before: u64) -> Chunk {
    let mut sheet = Normaliser::new(layout, task.keeps);
    add(&mut sheet, batch.num_rows(), |place| batch.columns().get(place));
    let rows = RowNumbers { base: n_before.saturating_add(1), list: None };
    finish(sheet, rows, task.gate)
}

/// Takes batches from memory; each stands for a file.
pub(crate) fn read_batches(
    batches: &[RecordBatch],
    task: Task<'_>,
) -> Result<Vec<FileRead>, IntakeError> {
    let read = |(number, batch): (usize, &RecordBatch)| {
        let file = format!("batch {number}");
        let layout = layout(task.table, &file, &batch.schema())?;
        let chunk = chunk(batch, &layout, task, 0);
        let n_bytes = batch.columns().iter().map(|column| count(column.get_array_memory_size()));
        let input = InputFile {
            table: task.table,
            file,
            n_bytes: n_bytes.sum(),
            n_rows: count(batch.num_rows()),
            digest: String::new(),
        };
        Ok(FileRead { layout, chunks: vec![chunk], input })
    };
    batches.par_iter().enumerate().map(read).collect()
}

/// The texts of a column that is a dictionary of texts, if it is one.
pub(crate) fn dictionary_values(array: &ArrayRef) -> Option<&ArrayRef> {
    array.as_any_dictionary_opt().map(arrow_array::array::AnyDictionaryArray::values)
}
