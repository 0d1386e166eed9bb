//! A result table as a Parquet file with pinned properties.

use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;

use crate::frames::Frames;
use crate::layout::{ResultKind, ResultTable};
use crate::write::Cause;
use crate::write::digest::Digesting;

/// Rows of a row group: small enough for one reader's memory, large enough to compress.
const ROW_GROUP_ROWS: usize = 262_144;

/// Writes a table.
pub(super) fn write(
    frames: &Frames<'_>,
    table: ResultTable,
    file: Digesting,
) -> Result<Digesting, Cause> {
    let mut writer = ArrowWriter::try_new(file, frames.schema(table), Some(properties(table)))?;
    for batch in frames.batches(table) {
        writer.write(&batch)?;
    }
    Ok(writer.into_inner()?)
}

/// Footers would show the smallest and largest id in clear, so ids have no statistics and no
/// dictionary.
fn properties(table: ResultTable) -> WriterProperties {
    let mut properties = WriterProperties::builder()
        .set_created_by("jihe".to_owned())
        .set_compression(Compression::SNAPPY)
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_statistics_enabled(EnabledStatistics::Chunk);
    // Ids of findings and evidence hardly repeat: a dictionary of them costs time and room.
    let many = |name: &str| matches!(name, "jr_id" | "vola_evid");
    for column in table.columns().iter().filter(|column| many(column.name)) {
        let path = ColumnPath::new(vec![column.name.to_owned()]);
        properties = properties.set_column_dictionary_enabled(path, false);
    }
    for column in table.columns().iter().filter(|column| column.kind == ResultKind::Id) {
        let path = ColumnPath::new(vec![column.name.to_owned()]);
        properties = properties
            .set_column_statistics_enabled(path.clone(), EnabledStatistics::None)
            .set_column_dictionary_enabled(path, false);
    }
    properties.build()
}
