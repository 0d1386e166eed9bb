//! Rows of small tables as texts, with their days and basis.
//!
//! In: a file of the reference folder. Out: one call for each row, in the order of the file.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_ipc::reader::FileReader;
use arrow_schema::Schema;
use jihe_catalogue::Cells;
use jihe_frame::InputFile;
use jihe_terms::schema::{ColumnDef, Kind, TableName};
use jihe_terms::{Day, DayRange, NO_DAY, NO_NUMBER, Texts};
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use rayon::prelude::*;

use crate::chunk::RowNumbers;
use crate::error::IntakeError;
use crate::layout::Layout;
use crate::options::Encoding;
use crate::place::count;
use crate::read::arrow::{self, damaged};
use crate::read::blocks::{Blocks, encoding_of, endless_at};
use crate::read::folder::{Format, Shard};
use crate::read::parquet::with_dictionaries;
use crate::read::{BLOCK_BYTES, csv, record};
use crate::values::{self, Shown};

/// One row as texts; missing values are empty.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PlainRow<'a> {
    pub(crate) number: u64,
    /// By place in the schema; only the raw text if there is trouble.
    pub(crate) values: &'a [&'a str],
    pub(crate) begin: &'a str,
    pub(crate) end: &'a str,
    pub(crate) basis: &'a str,
    /// Why the row could not be split into values, and the column at fault, if one alone is.
    pub(crate) trouble: Option<(&'static str, &'a str)>,
}

/// What a file had.
#[derive(Debug)]
pub(crate) struct PlainRead {
    pub(crate) has: Vec<bool>,
    pub(crate) input: InputFile,
}

/// Rows whose values are all as they should be.
#[derive(Debug)]
pub(crate) struct PlainRows {
    pub(crate) numbers: RowNumbers,
    /// By place in the schema.
    pub(crate) columns: Vec<Cells>,
    pub(crate) range: Vec<DayRange>,
    pub(crate) basis: Texts,
}

/// Takes the rows of a file in their order.
pub(crate) trait TakeRows {
    /// Takes a row.
    fn row(&mut self, row: PlainRow<'_>);

    /// Takes rows that need no further look.
    fn rows(&mut self, rows: PlainRows);

    /// Whether rows of text have to come as they are written.
    fn is_literal(&self) -> bool {
        false
    }
}

/// Takes a row.
type Add<'a> = &'a mut dyn TakeRows;

/// Rows that are decoded at a time.
const BATCH_ROWS: usize = 1 << 17;

/// The columns that every reference row may have.
const BESIDE: [ColumnDef; 3] = [
    ColumnDef { name: "begndate", aliases: &[], kind: Kind::Day, required: false },
    ColumnDef { name: "enddate", aliases: &[], kind: Kind::Day, required: false },
    ColumnDef { name: "basis", aliases: &[], kind: Kind::Text, required: false },
];

/// Places of the columns of the schema, then of those beside it.
struct Places {
    layout: Layout,
    beside: [Option<usize>; 3],
}

impl Places {
    fn find(table: TableName, file: &str, names: &[String]) -> Result<Self, IntakeError> {
        let layout = Layout::find(table, file, names)?;
        let beside = BESIDE.map(|column| {
            names.iter().position(|name| name.trim().eq_ignore_ascii_case(column.name))
        });
        Ok(Self { layout, beside })
    }

    /// The name of the column at a place of the file; none for one that is passed over.
    fn name_at(&self, place: usize) -> &str {
        let beside = self.beside.iter().position(|found| *found == Some(place));
        let beside = beside.and_then(|nth| BESIDE.get(nth));
        beside.map_or_else(|| self.layout.name_at(place), |column| column.name)
    }

    /// Calls `add` with the texts that `get` gives for places in the file.
    fn add<'t>(
        &self,
        number: u64,
        get: impl Fn(usize) -> &'t str,
        values: &mut Vec<&'t str>,
        add: Add<'_>,
    ) {
        let text = |place: usize| match get(place) {
            "null" | "NULL" => "",
            text => text,
        };
        values.clear();
        let columns = self.layout.columns.iter();
        values.extend(columns.map(|found| found.as_ref().map_or("", |&(place, _)| text(place))));
        let [begin, end, basis] = self.beside.map(|place| place.map_or("", text));
        add.row(PlainRow { number, values, begin, end, basis, trouble: None });
    }
}

/// Reads a file row by row.
pub(crate) fn read(
    shard: &Shard,
    table: TableName,
    encoding: Encoding,
    add: Add<'_>,
) -> Result<PlainRead, IntakeError> {
    match shard.format {
        Format::Csv => read_csv(shard, table, encoding, add),
        Format::Parquet | Format::Arrow => {
            match catch_unwind(AssertUnwindSafe(|| read_batches(shard, table, add))) {
                Ok(read) => read,
                Err(_) => Err(damaged(shard)),
            }
        }
    }
}

fn read_csv(
    shard: &Shard,
    table: TableName,
    encoding: Encoding,
    add: Add<'_>,
) -> Result<PlainRead, IntakeError> {
    let encoding = encoding_of(shard, encoding)?;
    let mut blocks = Blocks::open(shard, encoding, BLOCK_BYTES)?;
    let (names, rest, n_lines) = csv::header_names(shard, &mut blocks)?;
    let places = Places::find(table, &shard.file, &names)?;
    csv::check_encoding(shard, encoding, names.len(), &rest)?;
    let mut n_rows = 0_u64;
    let mut group = vec![(rest, n_lines)];
    csv::fill(&mut group, &mut blocks)?;
    let text = Text { shard, places: &places, n_fields: names.len(), is_literal: add.is_literal() };
    while !group.is_empty() {
        let mut next = Vec::new();
        let parse = || group.par_iter().map(|(block, n)| text.parse(block, *n)).collect::<Vec<_>>();
        let (parsed, filled) = rayon::join(parse, || csv::fill(&mut next, &mut blocks));
        for (parsed, (_, n_lines)) in parsed.into_iter().zip(&group) {
            let (records, rows) = parsed?;
            let n_records = count(records.len()).saturating_add(count(records.rejects.len()));
            n_rows = n_rows.saturating_add(n_records);
            match rows {
                Some(rows) => add.rows(rows),
                None => add_records(&records, &places, *n_lines, add),
            }
            for reject in &records.rejects {
                add.row(PlainRow {
                    number: number(*n_lines, reject.line),
                    values: &[&reject.value],
                    begin: "",
                    end: "",
                    basis: "",
                    trouble: Some((
                        reject.reason,
                        reject.field.map_or("", |field| places.name_at(field)),
                    )),
                });
            }
        }
        filled?;
        for (block, _) in std::mem::replace(&mut group, next) {
            blocks.give_back(block);
        }
    }
    let (n_bytes, digest) = blocks.digest();
    let input = InputFile { table, file: shard.file.clone(), n_bytes, n_rows, digest };
    Ok(PlainRead { has: has(&places), input })
}

/// A file of text, whose blocks are read side by side.
struct Text<'a> {
    shard: &'a Shard,
    places: &'a Places,
    n_fields: usize,
    is_literal: bool,
}

impl Text<'_> {
    /// The records of a block that comes after so many lines, and its rows column by column unless one of
    /// them has a fault or is wanted as it is written.
    fn parse<'t>(
        &self,
        block: &'t [u8],
        n_lines: u64,
    ) -> Result<(record::Records<'t>, Option<PlainRows>), IntakeError> {
        let records = record::split(block, self.n_fields);
        let records = records.map_err(|endless| {
            endless_at(self.shard, n_lines.saturating_add(u64::from(endless.line)))
        })?;
        let whole = || whole_records(&records, self.places, n_lines);
        let rows = (!self.is_literal).then(whole).flatten();
        Ok((records, rows))
    }
}

/// The number of a line of a block that comes after so many lines.
fn number(n_lines: u64, line: u32) -> u64 {
    n_lines.saturating_add(u64::from(line)).saturating_add(1)
}

/// Adds the rows of a block one by one.
fn add_records(records: &record::Records<'_>, places: &Places, n_lines: u64, add: Add<'_>) {
    let mut values = Vec::new();
    for (row, &line) in records.lines.iter().enumerate() {
        let get = |place| std::str::from_utf8(records.field(row, place)).unwrap_or("");
        places.add(number(n_lines, line), get, &mut values, add);
    }
}

fn has(places: &Places) -> Vec<bool> {
    places.layout.columns.iter().map(Option::is_some).collect()
}

fn read_batches(shard: &Shard, table: TableName, add: Add<'_>) -> Result<PlainRead, IntakeError> {
    let file = shard.open()?;
    let fail = |error: arrow_schema::ArrowError| damaged(shard).because(error);
    let (schema, batches): (_, Box<dyn Iterator<Item = _>>) = match shard.format {
        Format::Arrow => {
            arrow::check_blocks(&file, shard)?;
            let reader = FileReader::try_new_buffered(file, None).map_err(fail)?;
            (reader.schema(), Box::new(reader))
        }
        Format::Csv | Format::Parquet => {
            let fail = |error| damaged(shard).because(error);
            let metadata =
                ArrowReaderMetadata::load(&file, ArrowReaderOptions::new()).map_err(fail)?;
            let schema = Arc::clone(metadata.schema());
            let metadata = match Places::find(table, &shard.file, &names_of(&schema)) {
                Ok(places) => coded(&metadata, &places.layout).unwrap_or(metadata),
                Err(_) => metadata,
            };
            let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata);
            let reader = builder.with_batch_size(BATCH_ROWS).build().map_err(fail)?;
            (schema, Box::new(reader))
        }
    };
    let places = check(table, &shard.file, &schema)?;
    let mut n_rows = 0_u64;
    for batch in batches {
        let batch: RecordBatch = batch.map_err(fail)?;
        let first = n_rows.saturating_add(1);
        match whole_batch(&batch, &places, first) {
            Some(rows) => add.rows(rows),
            None => add_batch(&batch, &places, n_rows, add),
        }
        n_rows = n_rows.saturating_add(count(batch.num_rows()));
    }
    let (n_bytes, digest) = crate::read::digest(shard, crate::read::Sink::Chunks, None)?;
    let input = InputFile { table, file: shard.file.clone(), n_bytes, n_rows, digest };
    Ok(PlainRead { has: has(&places), input })
}

/// The same with texts of dictionaries where a file is written so.
fn coded(metadata: &ArrowReaderMetadata, layout: &Layout) -> Option<ArrowReaderMetadata> {
    let groups = metadata.metadata().row_groups();
    let schema = with_dictionaries(metadata.schema(), layout, groups);
    let options = ArrowReaderOptions::new().with_schema(Arc::new(schema));
    ArrowReaderMetadata::try_new(Arc::clone(metadata.metadata()), options).ok()
}

fn names_of(schema: &Schema) -> Vec<String> {
    schema.fields().iter().map(|field| field.name().clone()).collect()
}

/// Whether rows say on which days they hold.
pub(crate) fn has_days(schema: &Schema) -> bool {
    let is_day = |name: &String| {
        BESIDE.iter().any(|it| it.kind == Kind::Day && name.trim().eq_ignore_ascii_case(it.name))
    };
    names_of(schema).iter().any(is_day)
}

fn check(table: TableName, file: &str, schema: &Schema) -> Result<Places, IntakeError> {
    arrow::layout(table, file, schema)?;
    let places = Places::find(table, file, &names_of(schema))?;
    for (column, place) in BESIDE.iter().zip(places.beside) {
        if let Some(field) = place.and_then(|place| schema.fields().get(place)) {
            values::check_type(column, field.data_type(), column.name, file)?;
        }
    }
    Ok(places)
}

/// The rows of a batch column by column; none if any of them has a fault.
fn whole_batch(batch: &RecordBatch, places: &Places, first: u64) -> Option<PlainRows> {
    let cells = |column: &ColumnDef, place: usize| {
        values::cells(column.kind, column.required, batch.columns().get(place)?)
    };
    whole(places, RowNumbers { base: first, list: None }, batch.num_rows(), cells)
}

/// The rows of a block of text column by column; none if any of them has a fault.
fn whole_records(
    records: &record::Records<'_>,
    places: &Places,
    n_lines: u64,
) -> Option<PlainRows> {
    let n_rows = records.len();
    let cells = |column: &ColumnDef, place: usize| {
        let get = |row| Some(records.field(row, place));
        // A guess; all of them are not longer than their block.
        let n_bytes = records.field(0, place).len().saturating_mul(n_rows).min(BLOCK_BYTES);
        values::texts((column.kind, column.required), n_rows, n_bytes, get)
    };
    let numbers = RowNumbers { base: n_lines.saturating_add(1), list: Some(records.lines.clone()) };
    whole(places, numbers, n_rows, cells)
}

/// Rows whose columns `cells` reads by their places in the file.
fn whole(
    places: &Places,
    numbers: RowNumbers,
    n_rows: usize,
    cells: impl Fn(&ColumnDef, usize) -> Option<Cells>,
) -> Option<PlainRows> {
    let columns = places.layout.table.columns().iter().zip(&places.layout.columns);
    let columns = columns.map(|(column, found)| match found {
        Some((place, _)) => cells(column, *place).filter(|cells| !has_negative(column, cells)),
        None => (!column.required).then(|| Cells::missing(column.kind, n_rows)),
    });
    let columns = columns.collect::<Option<Vec<Cells>>>()?;
    let beside = BESIDE.iter().zip(places.beside).map(|(column, place)| match place {
        Some(place) => cells(column, place),
        None => Some(Cells::missing(column.kind, n_rows)),
    });
    let beside: [Cells; 3] = beside.collect::<Option<Vec<Cells>>>()?.try_into().ok()?;
    let [Cells::Day(begin), Cells::Day(end), Cells::Text(basis)] = beside else { return None };
    let known = |day: i32| (day != NO_DAY).then(|| Day::from_epoch(day));
    let days = begin.into_iter().zip(end);
    let range = days.map(|(begin, end)| {
        DayRange::new(known(begin).unwrap_or(DayRange::ALWAYS.from()), known(end))
    });
    let range = range.collect::<Option<Vec<DayRange>>>()?;
    Some(PlainRows { numbers, columns, range, basis })
}

/// Whether a column of prices has one below 0.
fn has_negative(column: &ColumnDef, cells: &Cells) -> bool {
    let is_below = |&value: &i64| value < 0 && value != NO_NUMBER;
    is_price(column.name) && matches!(cells, Cells::Number(values) if values.iter().any(is_below))
}

/// Whether a column of a reference table says what may be paid.
pub(crate) fn is_price(column: &str) -> bool {
    column == "hilist_pric_uplmt_amt"
}

fn add_batch(batch: &RecordBatch, places: &Places, n_before: u64, add: Add<'_>) {
    let n_columns = batch.num_columns();
    let mut shown: Vec<Option<Shown>> = (0..n_columns).map(|_| None).collect();
    let columns = places.layout.table.columns().iter().zip(&places.layout.columns);
    let own = columns.filter_map(|(column, found)| Some((column.kind, found.as_ref()?.0)));
    let beside = BESIDE.iter().zip(places.beside);
    let beside = beside.filter_map(|(column, place)| Some((column.kind, place?)));
    for (kind, place) in own.chain(beside) {
        if let (Some(slot), Some(array)) = (shown.get_mut(place), batch.columns().get(place)) {
            *slot = Some(values::shown(kind, array));
        }
    }
    let mut values = Vec::new();
    for row in 0..batch.num_rows() {
        let get = |place: usize| {
            shown.get(place).and_then(Option::as_ref).map_or("", |texts| texts.text(row))
        };
        let number = n_before.saturating_add(count(row)).saturating_add(1);
        places.add(number, get, &mut values, add);
    }
}
