//! A result table as a Parquet file.
//!
//! Columns are coded as they are known: texts of a list by their places in it, ids and sentences
//! one after the other, numbers by their differences. Row groups are made side by side and written in
//! their order, so that no byte depends on threads. There are no statistics: footers would show the
//! smallest and largest id in clear, and who reads results reads them whole.

mod chunk;
mod deltas;
mod hybrid;
mod ranked;
mod snappy;

use std::io::Write;
use std::ops::Range;
use std::sync::Arc;

use arrow_schema::Schema;
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
pub(super) const ROW_GROUP_ROWS: usize = 32_768;

/// A row group, coded.
pub(super) struct Group {
    n_rows: usize,
    chunks: Vec<Chunk>,
}

impl Group {
    /// Codes some rows of a table.
    pub(super) fn new(
        frames: &Frames<'_>,
        table: ResultTable,
        rows: Range<usize>,
    ) -> Result<Self, Cause> {
        let schema = ArrowSchemaConverter::new().convert(&frames.schema(table))?;
        let n_rows = rows.len();
        let sheet = frames.sheet(table, rows);
        let columns = sheet.columns().par_iter().zip(schema.columns());
        let chunks = columns.map(|(column, descr)| Chunk::new(column, descr));
        Ok(Self { n_rows, chunks: chunks.collect::<Result<Vec<_>, Cause>>()? })
    }
}

/// A table in the making.
pub(super) struct Writer {
    file: Digesting,
    arrow: Arc<Schema>,
    schema: SchemaDescPtr,
    groups: Vec<RowGroupMetaData>,
}

impl Writer {
    /// Begins a file.
    pub(super) fn new(arrow: Arc<Schema>, mut file: Digesting) -> Result<Self, Cause> {
        let schema = Arc::new(ArrowSchemaConverter::new().convert(&arrow)?);
        file.write_all(b"PAR1")?;
        Ok(Self { file, arrow, schema, groups: Vec::new() })
    }

    /// Writes the next row group.
    pub(super) fn append(&mut self, group: &Group) -> Result<(), Cause> {
        let Group { n_rows, chunks } = group;
        let nth = self.groups.len();
        self.groups.push(append(&mut self.file, &self.schema, nth, *n_rows, chunks)?);
        Ok(())
    }

    /// Ends the file.
    pub(super) fn finish(self) -> Result<Digesting, Cause> {
        let Self { mut file, arrow, schema, groups } = self;
        let mut properties = WriterProperties::builder().build();
        add_encoded_arrow_schema_to_metadata(&arrow, &mut properties);
        let n_rows = groups.iter().map(RowGroupMetaData::num_rows);
        let about = FileMetaData::new(
            1,
            n_rows.fold(0, i64::saturating_add),
            Some("jihe".to_owned()),
            properties.key_value_metadata().cloned(),
            schema,
            None,
        );
        ParquetMetaDataWriter::new(&mut file, &ParquetMetaData::new(about, groups)).finish()?;
        Ok(file)
    }
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
