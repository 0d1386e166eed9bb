//! A table being written, cell after cell, as Parquet or CSV.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::sync::Arc;

use arrow_array::builder::{
    ArrayBuilder as _, Date32Builder, Decimal128Builder, StringBuilder, TimestampMillisecondBuilder,
};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use jihe_terms::schema::{Kind, TableName};
use jihe_terms::{Day, Moment, decimal_text};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;

use super::{Format, SynthError};

const ROWS_OF_A_BATCH: usize = 1 << 15;
const ROWS_OF_A_GROUP: usize = 1 << 18;

/// A table.
#[derive(Debug)]
pub(super) struct Table {
    sink: Sink,
    at: usize,
    n_columns: usize,
    /// Rows so far.
    pub(super) n_rows: u64,
}

#[derive(Debug)]
enum Sink {
    Parquet(Box<ParquetSink>),
    Csv(BufWriter<File>),
}

#[derive(Debug)]
struct ParquetSink {
    writer: ArrowWriter<File>,
    schema: SchemaRef,
    columns: Vec<Column>,
}

#[derive(Debug)]
enum Column {
    Text(StringBuilder),
    Number(Decimal128Builder, u8, i8),
    Day(Date32Builder),
    Moment(TimestampMillisecondBuilder),
}

/// Cell after cell, then [`Table::end_row`].
impl Table {
    /// Begins a table of a month with some of its columns.
    pub(super) fn begin(
        folder: &Path,
        table: TableName,
        columns: &[&str],
        format: Format,
    ) -> Result<Self, SynthError> {
        let kinds: Vec<(&str, Kind)> = table
            .columns()
            .iter()
            .filter(|column| columns.contains(&column.name))
            .map(|column| (column.name, column.kind))
            .collect();
        if kinds.len() != columns.len() {
            return Err(SynthError::output(format!("a column of {} is unknown", table.file())));
        }
        // The cells come in the order of `columns`.
        let kind_of = |name: &str| {
            kinds.iter().find(|(known, _)| *known == name).map_or(Kind::Text, |(_, kind)| *kind)
        };
        match format {
            Format::Csv => Self::csv(&folder.join(format!("{}.csv", table.file())), columns),
            Format::Parquet => {
                let kinds: Vec<(&str, Kind)> =
                    columns.iter().map(|name| (*name, kind_of(name))).collect();
                Self::parquet(&folder.join(format!("{}.parquet", table.file())), &kinds)
            }
        }
    }

    /// Begins a CSV table.
    pub(super) fn csv(path: &Path, columns: &[&str]) -> Result<Self, SynthError> {
        let file = File::create(path).map_err(|error| SynthError::at(path, &error))?;
        let mut out = BufWriter::with_capacity(1 << 18, file);
        writeln!(out, "{}", columns.join(","))?;
        Ok(Self { sink: Sink::Csv(out), at: 0, n_columns: columns.len(), n_rows: 0 })
    }

    fn parquet(path: &Path, kinds: &[(&str, Kind)]) -> Result<Self, SynthError> {
        let file = File::create(path).map_err(|error| SynthError::at(path, &error))?;
        let columns: Vec<Column> = kinds.iter().map(|(_, kind)| Column::new(*kind)).collect();
        let fields: Vec<Field> = kinds
            .iter()
            .zip(&columns)
            .map(|((name, _), column)| Field::new(*name, column.data_type(), true))
            .collect();
        let schema: SchemaRef = Arc::new(Schema::new(fields));
        let mut properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
            .set_max_row_group_row_count(Some(ROWS_OF_A_GROUP));
        for (name, kind) in kinds {
            let column = ColumnPath::from((*name).to_owned());
            if matches!(kind, Kind::Key) {
                properties = properties
                    .set_column_statistics_enabled(column.clone(), EnabledStatistics::None);
            }
            if ["bkkp_sn", "drug_trac_codg"].contains(name) {
                properties = properties.set_column_dictionary_enabled(column, false);
            }
        }
        let writer = ArrowWriter::try_new(file, Arc::clone(&schema), Some(properties.build()))?;
        let n_columns = columns.len();
        let sink = Sink::Parquet(Box::new(ParquetSink { writer, schema, columns }));
        Ok(Self { sink, at: 0, n_columns, n_rows: 0 })
    }

    /// A text or code; nothing if it is empty.
    pub(super) fn text(&mut self, text: &str) -> Result<&mut Self, SynthError> {
        match &mut self.sink {
            Sink::Csv(out) => {
                separate(out, self.at)?;
                if text.contains([',', '"', '\n']) {
                    write!(out, "\"{}\"", text.replace('"', "\"\""))?;
                } else {
                    out.write_all(text.as_bytes())?;
                }
            }
            Sink::Parquet(sink) => match &mut sink.columns[self.at] {
                Column::Text(cells) if text.is_empty() => cells.append_null(),
                Column::Text(cells) => cells.append_value(text),
                other @ (Column::Number(..) | Column::Day(_) | Column::Moment(_)) => {
                    return Err(other.misfit(text));
                }
            },
        }
        self.at += 1;
        Ok(self)
    }

    /// A number in its smallest unit and how many decimals that is.
    pub(super) fn number(&mut self, value: i64, scale: u32) -> Result<&mut Self, SynthError> {
        match &mut self.sink {
            Sink::Csv(out) => {
                separate(out, self.at)?;
                out.write_all(decimal_text(i128::from(value), scale).as_bytes())?;
            }
            Sink::Parquet(sink) => match &mut sink.columns[self.at] {
                Column::Number(cells, ..) => cells.append_value(i128::from(value)),
                other @ (Column::Text(_) | Column::Day(_) | Column::Moment(_)) => {
                    return Err(other.misfit("a number"));
                }
            },
        }
        self.at += 1;
        Ok(self)
    }

    /// A day.
    pub(super) fn day(&mut self, day: Option<i64>) -> Result<&mut Self, SynthError> {
        match &mut self.sink {
            Sink::Csv(out) => {
                separate(out, self.at)?;
                if let Some(day) = day {
                    write!(out, "{}", Day::from_epoch(day as i32))?;
                }
            }
            Sink::Parquet(sink) => match &mut sink.columns[self.at] {
                Column::Day(cells) => cells.append_option(day.map(|day| day as i32)),
                other @ (Column::Text(_) | Column::Number(..) | Column::Moment(_)) => {
                    return Err(other.misfit("a day"));
                }
            },
        }
        self.at += 1;
        Ok(self)
    }

    /// A moment.
    pub(super) fn moment(&mut self, seconds: i64) -> Result<&mut Self, SynthError> {
        match &mut self.sink {
            Sink::Csv(out) => {
                separate(out, self.at)?;
                write!(out, "{}", Moment::from_seconds(seconds))?;
            }
            Sink::Parquet(sink) => match &mut sink.columns[self.at] {
                // Parquet has no whole seconds: other readers would see plain numbers.
                Column::Moment(cells) => cells.append_value(seconds.saturating_mul(1000)),
                other @ (Column::Text(_) | Column::Number(..) | Column::Day(_)) => {
                    return Err(other.misfit("a moment"));
                }
            },
        }
        self.at += 1;
        Ok(self)
    }

    /// Nothing.
    pub(super) fn nothing(&mut self) -> Result<&mut Self, SynthError> {
        match &mut self.sink {
            Sink::Csv(out) => separate(out, self.at)?,
            Sink::Parquet(sink) => sink.columns[self.at].append_null(),
        }
        self.at += 1;
        Ok(self)
    }

    /// Ends a row of which every cell was given.
    pub(super) fn end_row(&mut self) -> Result<(), SynthError> {
        if self.at != self.n_columns {
            return Err(SynthError::output(format!("a row has {} cells", self.at)));
        }
        self.at = 0;
        self.n_rows += 1;
        match &mut self.sink {
            Sink::Csv(out) => out.write_all(b"\n")?,
            Sink::Parquet(sink) => {
                if ROWS_OF_A_BATCH <= sink.columns[0].len() {
                    sink.flush()?;
                }
            }
        }
        Ok(())
    }

    /// Ends the table.
    pub(super) fn finish(self) -> Result<(), SynthError> {
        match self.sink {
            Sink::Csv(mut out) => out.flush()?,
            Sink::Parquet(mut sink) => {
                sink.flush()?;
                sink.writer.close()?;
            }
        }
        Ok(())
    }
}

impl ParquetSink {
    fn flush(&mut self) -> Result<(), SynthError> {
        let mut arrays = Vec::with_capacity(self.columns.len());
        for column in &mut self.columns {
            arrays.push(column.finish()?);
        }
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), arrays)?;
        self.writer.write(&batch)?;
        Ok(())
    }
}

impl Column {
    fn new(kind: Kind) -> Self {
        match kind {
            Kind::Code | Kind::Key | Kind::Text | Kind::Level => Self::Text(StringBuilder::new()),
            Kind::Number { scale, digits } => {
                Self::Number(Decimal128Builder::new(), digits as u8, scale as i8)
            }
            Kind::Day => Self::Day(Date32Builder::new()),
            Kind::Moment => Self::Moment(TimestampMillisecondBuilder::new()),
        }
    }

    fn data_type(&self) -> DataType {
        match self {
            Self::Text(_) => DataType::Utf8,
            Self::Number(_, digits, scale) => DataType::Decimal128(*digits, *scale),
            Self::Day(_) => DataType::Date32,
            Self::Moment(_) => DataType::Timestamp(TimeUnit::Millisecond, None),
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Text(cells) => cells.len(),
            Self::Number(cells, ..) => cells.len(),
            Self::Day(cells) => cells.len(),
            Self::Moment(cells) => cells.len(),
        }
    }

    fn append_null(&mut self) {
        match self {
            Self::Text(cells) => cells.append_null(),
            Self::Number(cells, ..) => cells.append_null(),
            Self::Day(cells) => cells.append_null(),
            Self::Moment(cells) => cells.append_null(),
        }
    }

    fn finish(&mut self) -> Result<ArrayRef, SynthError> {
        Ok(match self {
            Self::Text(cells) => Arc::new(cells.finish()),
            Self::Number(cells, digits, scale) => {
                Arc::new(cells.finish().with_precision_and_scale(*digits, *scale)?)
            }
            Self::Day(cells) => Arc::new(cells.finish()),
            Self::Moment(cells) => Arc::new(cells.finish()),
        })
    }

    fn misfit(&self, what: &str) -> SynthError {
        SynthError::output(format!("a column of {} got {what}", self.data_type()))
    }
}

fn separate(out: &mut BufWriter<File>, at: usize) -> Result<(), SynthError> {
    if 0 < at {
        out.write_all(b",")?;
    }
    Ok(())
}
