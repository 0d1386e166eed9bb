//! Tables of text: CSV read into rows by column name.

use std::collections::BTreeMap;

/// A row; a missing column reads as empty.
#[derive(Clone, Debug, Default)]
pub(super) struct Record(BTreeMap<String, String>);

impl Record {
    /// Makes a row of its cells.
    pub(super) fn new(cells: impl Iterator<Item = (String, String)>) -> Self {
        Self(cells.filter(|(_, cell)| !cell.is_empty()).collect())
    }

    /// The cell of a column.
    pub(super) fn get(&self, column: &str) -> &str {
        self.0.get(column).map_or("", String::as_str)
    }
}

/// Reads a CSV text with a header.
pub(super) fn read_csv(bytes: &[u8]) -> Result<Vec<Record>, csv::Error> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = csv::Reader::from_reader(bytes);
    let columns: Vec<String> = reader.headers()?.iter().map(str::to_owned).collect();
    let mut records = Vec::new();
    for row in reader.records() {
        let row = row?;
        let cells = columns.iter().cloned().zip(row.iter().map(|cell| cell.trim().to_owned()));
        records.push(Record(cells.filter(|(_, cell)| !cell.is_empty()).collect()));
    }
    Ok(records)
}
