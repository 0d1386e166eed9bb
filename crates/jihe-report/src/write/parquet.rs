//! A result table as a Parquet file.
//!
//! Columns are coded as they are known: texts of a list by their places in it, ids and sentences
//! one after the other, numbers by their differences. Row groups are made side by side and written in
//! their order, so that no byte depends on threads. There are no statistics: footers would show the
//! smallest and largest id in clear, and who reads results reads them whole.

mod chunk;
mod deltas;
mod hybrid;

use std::io::Write;
use std::sync::Arc;

use parquet::arrow::{ArrowSchemaConverter, add_encoded_arrow_schema_to_metadata};
use parquet::file::metadata::{
    FileMetaData, ParquetMetaData, ParquetMetaDataWriter, RowGroupMetaData,
};
use parquet::file::properties::WriterProperties;
use parquet::schema::types::SchemaDescPtr;
use rayon::iter::{IndexedParallelIterator, IntoParallelRefIterator, ParallelIterator};

use crate::frames::Frames;
use crate::layout::ResultTable;
use crate::write::Cause;
use crate::write::digest::Digesting;
use crate::write::parquet::chunk::Chunk;

/// Rows of a row group: what is made side by side, and small enough for one reader's memory.
const ROW_GROUP_ROWS: usize = 65_536;

/// Writes a table.
pub(super) fn write(
    frames: &Frames<'_>,
    table: ResultTable,
    mut file: Digesting,
) -> Result<Digesting, Cause> {
    let arrow = frames.schema(table);
    let schema = Arc::new(ArrowSchemaConverter::new().convert(&arrow)?);
    let n_rows = frames.n_rows(table);
    let starts: Vec<usize> = (0..n_rows).step_by(ROW_GROUP_ROWS).collect();
    let mut groups = Vec::with_capacity(starts.len());
    file.write_all(b"PAR1")?;
    // As many row groups at a time as there are threads: the rest need not be in memory yet.
    for starts in starts.chunks(rayon::current_num_threads().max(1)) {
        let group = |&from: &usize| {
            let until = from.saturating_add(ROW_GROUP_ROWS).min(n_rows);
            let sheet = frames.sheet(table, from..until);
            let columns = sheet.columns().par_iter().zip(schema.columns());
            let chunks = columns.map(|(column, descr)| Chunk::new(column, descr));
            Ok((until.saturating_sub(from), chunks.collect::<Result<Vec<_>, Cause>>()?))
        };
        let made: Result<Vec<(usize, Vec<Chunk>)>, Cause> =
            starts.par_iter().with_max_len(1).map(group).collect();
        for (n_rows, chunks) in made? {
            groups.push(append(&mut file, &schema, groups.len(), n_rows, &chunks)?);
        }
    }
    let mut properties = WriterProperties::builder().build();
    add_encoded_arrow_schema_to_metadata(&arrow, &mut properties);
    let about = FileMetaData::new(
        1,
        i64::try_from(n_rows)?,
        Some("jihe".to_owned()),
        properties.key_value_metadata().cloned(),
        schema,
        None,
    );
    ParquetMetaDataWriter::new(&mut file, &ParquetMetaData::new(about, groups)).finish()?;
    Ok(file)
}

/// Writes the columns of a row group one after the other.
fn append(
    file: &mut Digesting,
    schema: &SchemaDescPtr,
    nth: usize,
    n_rows: usize,
    chunks: &[Chunk],
) -> Result<RowGroupMetaData, Cause> {
    let begin = i64::try_from(file.n_bytes())?;
    let mut columns = Vec::with_capacity(chunks.len());
    let mut n_bytes = 0_i64;
    for (chunk, descr) in chunks.iter().zip(schema.columns()) {
        columns.push(chunk.describe(descr, i64::try_from(file.n_bytes())?)?);
        n_bytes = n_bytes.saturating_add(chunk.n_uncompressed());
        file.write_all(chunk.bytes())?;
    }
    let group = RowGroupMetaData::builder(Arc::clone(schema))
        .set_num_rows(i64::try_from(n_rows)?)
        .set_total_byte_size(n_bytes)
        .set_column_metadata(columns)
        .set_file_offset(begin)
        .set_ordinal(i16::try_from(nth)?);
    Ok(group.build()?)
}
