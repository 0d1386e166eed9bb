//! A table file: read as it is, and given back as a whole.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::{fmt, fs};

use jihe_terms::{Day, DayRange};

use crate::error::ImportError;
use crate::lines::Lines;
use crate::quotes;
use crate::shape::{DATED, Shape};

/// A row of a table.
#[derive(Clone, Debug)]
pub(crate) struct TableRow {
    /// Its cells by column of the file.
    pub(crate) cells: Vec<String>,
    /// Days on which it holds.
    pub(crate) range: DayRange,
    /// Where it came from.
    pub(crate) origin: Origin,
}

impl TableRow {
    /// Its document and row, with what that says of points.
    pub(crate) fn basis(&self) -> &str {
        self.cells.last().map_or("", String::as_str)
    }

    /// Ends it on a day; tells whether it begins before.
    pub(crate) fn end_on(&mut self, on: Day) -> bool {
        let Some(range) = DayRange::new(self.range.from(), Some(on)) else { return false };
        self.range = range;
        let place = self.cells.len().saturating_sub(2);
        if let Some(cell) = self.cells.get_mut(place) {
            *cell = on.to_string();
        }
        true
    }
}

/// Where a row came from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Origin {
    /// A line of the table.
    Table(u64),
    /// A line of the file of points that wait.
    Waiting(u64),
    /// A row of the sheet.
    Sheet(u32),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Table(line) => write!(f, "row {line}"),
            Self::Waiting(line) => write!(f, "row {line} of tables/points.txt, as a row"),
            Self::Sheet(row) => write!(f, "row {row} of the sheet, as a row"),
        }
    }
}

/// A table with the rows it has.
#[derive(Clone, Debug)]
pub(crate) struct TableFile {
    /// Its file.
    pub(crate) path: PathBuf,
    /// Columns: the interface's, others the file has, then the days and the basis.
    pub(crate) columns: Vec<String>,
    /// Rows, old and new.
    pub(crate) rows: Vec<TableRow>,
}

impl TableFile {
    /// Reads a table; a missing file is an empty table.
    ///
    /// # Errors
    ///
    /// If the file is no such table.
    pub(crate) fn read(path: PathBuf, shape: &Shape) -> Result<Self, ImportError> {
        let own = shape.columns.iter().copied();
        let mut columns: Vec<String> = own.chain(DATED).map(str::to_owned).collect();
        if !path.try_exists().unwrap_or(true) {
            return Ok(Self { path, columns, rows: Vec::new() });
        }
        let bytes = fs::read(&path)
            .map_err(|error| ImportError::target("table cannot be read", &path).because(error))?;
        let body = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
        let mut reader = csv::Reader::from_reader(body);
        let foreign = |error: csv::Error| {
            ImportError::target("table is no CSV of its columns", &path).because(error)
        };
        let header = reader.headers().map_err(foreign)?.clone();
        keep_others(&mut columns, &header, shape);
        let places: Vec<Option<usize>> = columns
            .iter()
            .map(|column| header.iter().position(|name| name.trim() == column))
            .collect();
        if places.iter().take(shape.n_keys).any(Option::is_none) {
            return Err(ImportError::target("table lacks a key column", &path));
        }
        let text = String::from_utf8_lossy(body);
        if let Some(fault) = quotes::fault(&text, b',', header.len()) {
            return Err(ImportError::target(&fault, &path));
        }
        let mut lines = Lines::of(body);
        let mut rows = Vec::new();
        for record in reader.records() {
            let record = record.map_err(foreign)?;
            let line = record.position().map_or(0, |place| lines.at(place.byte()));
            let cells: Vec<String> = places
                .iter()
                .map(|place| place.and_then(|at| record.get(at)).unwrap_or("").trim().to_owned())
                .collect();
            let range = range_of(&cells).ok_or_else(|| {
                ImportError::target(&format!("table has no range of days in row {line}"), &path)
            })?;
            rows.push(TableRow { cells, range, origin: Origin::Table(line) });
        }
        Ok(Self { path, columns, rows })
    }

    /// The whole file: rows sorted by their cells, key first, then values and days.
    ///
    /// # Errors
    ///
    /// If a row cannot be written as CSV.
    pub(crate) fn bytes(&self) -> std::io::Result<Vec<u8>> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(&self.columns)?;
        let sorted: BTreeSet<&[String]> =
            self.rows.iter().map(|row| row.cells.as_slice()).collect();
        for cells in sorted {
            writer.write_record(cells)?;
        }
        writer.into_inner().map_err(|error| std::io::Error::other(error.to_string()))
    }
}

/// Columns that the interface does not name stay, before the days.
fn keep_others(columns: &mut Vec<String>, header: &csv::StringRecord, shape: &Shape) {
    let mut at = shape.columns.len();
    for name in header.iter().map(str::trim) {
        if !name.is_empty() && !columns.iter().any(|column| column == name) {
            columns.insert(at, name.to_owned());
            at = at.saturating_add(1);
        }
    }
}

/// The days of a row: a missing one is open.
pub(crate) fn range_of(cells: &[String]) -> Option<DayRange> {
    let [.., from, until, _] = cells else {
        return None;
    };
    let day = |text: &str| match text {
        "" | "null" | "NULL" => Some(None),
        _ => Day::parse(text).ok().map(Some),
    };
    DayRange::new(day(from)?.unwrap_or(DayRange::ALWAYS.from()), day(until)?)
}
