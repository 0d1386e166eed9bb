//! What became of each row of the sheets.

use std::collections::BTreeMap;

use crate::place::{Place, Refused};

/// What became of a row.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum RowOutcome {
    /// It gave new rows of tables.
    Imported,
    /// The tables said so already.
    Unchanged,
    /// Nothing of it was taken.
    Refused,
    /// Another row of the file stands for it from the day it would begin.
    Replaced,
    /// It is a title, header, note, total, or a row of another kind.
    PassedOver,
}

impl RowOutcome {
    /// The word that reports use.
    pub fn word(self) -> &'static str {
        match self {
            Self::Imported => "imported",
            Self::Unchanged => "unchanged",
            Self::Refused => "refused",
            Self::Replaced => "replaced",
            Self::PassedOver => "passed over",
        }
    }
}

/// A row of a sheet and what became of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RowReport {
    /// Sheet by name; the file name for CSV.
    pub sheet: String,
    /// Row of the sheet, or line of the CSV file, from 1.
    pub row: u32,
    /// What became of it.
    pub outcome: RowOutcome,
    /// The tables that it says something to, joined by `, `.
    pub tables: String,
    /// New rows of tables.
    pub n_rows: u64,
    /// Why what was not taken was not.
    pub reason: String,
}

/// The rows as CSV with a header.
pub(crate) fn text(rows: &[RowReport]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut write = |cells: [&str; 6]| writer.write_record(cells);
    // Memory takes whatever is written to it.
    drop(write(["sheet", "row", "outcome", "tables", "n_rows", "reason"]));
    for row in rows {
        let RowReport { sheet, row, outcome, tables, n_rows, reason } = row;
        drop(write([sheet, &row.to_string(), outcome.word(), tables, &n_rows.to_string(), reason]));
    }
    let bytes = writer.into_inner().unwrap_or_default();
    String::from_utf8(bytes).unwrap_or_default()
}

/// The rows so far, by sheet in the order of the file, then by row.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    sheets: Vec<String>,
    rows: BTreeMap<(usize, u32), RowReport>,
}

impl Rows {
    /// Names the sheets in their order.
    pub(crate) fn of_sheets(sheets: Vec<String>) -> Self {
        Self { sheets, rows: BTreeMap::new() }
    }

    /// Notes what became of a row, or of one more part of it: what was taken goes before the rest.
    pub(crate) fn note(&mut self, place: &Place, outcome: RowOutcome, table: &str, reason: &str) {
        let sheet = self.sheets.iter().position(|name| *name == place.sheet);
        let key = (sheet.unwrap_or(usize::MAX), place.row);
        let row = self.rows.entry(key).or_insert_with(|| RowReport {
            sheet: place.sheet.clone(),
            row: place.row,
            outcome,
            tables: String::new(),
            n_rows: 0,
            reason: String::new(),
        });
        row.outcome = row.outcome.min(outcome);
        add(&mut row.tables, ", ", table);
        add(&mut row.reason, "; ", reason);
        row.n_rows = row.n_rows.saturating_add(u64::from(outcome == RowOutcome::Imported));
    }

    /// Whether something was noted of the row.
    pub(crate) fn has(&self, place: &Place) -> bool {
        let sheet = self.sheets.iter().position(|name| *name == place.sheet);
        self.rows.contains_key(&(sheet.unwrap_or(usize::MAX), place.row))
    }

    /// Notes a value that was not taken.
    pub(crate) fn refused(&mut self, refused: &Refused) {
        let place = Place { sheet: refused.sheet.clone(), row: refused.row };
        let reason = if refused.column.is_empty() {
            refused.reason.clone()
        } else {
            format!("{}: {}", refused.column, refused.reason)
        };
        self.note(&place, RowOutcome::Refused, "", &reason);
    }

    /// All rows in order.
    pub(crate) fn finish(self) -> Vec<RowReport> {
        self.rows.into_values().collect()
    }
}

/// Adds a word that is not there yet.
fn add(words: &mut String, between: &str, word: &str) {
    if word.is_empty() || words.split(between).any(|known| known == word) {
        return;
    }
    if !words.is_empty() {
        words.push_str(between);
    }
    words.push_str(word);
}
