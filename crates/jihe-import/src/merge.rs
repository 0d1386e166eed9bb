//! New rows into a table that has rows: what is there stays, what says the same is not repeated,
//! what contradicts is refused.

use std::collections::BTreeMap;

use jihe_terms::{Day, DayRange};

use crate::entry::Entry;
use crate::place::Refused;
use crate::shape::Shape;
use crate::table_file::{TableFile, TableRow};

/// A table being filled.
#[derive(Debug)]
pub(crate) struct Merge {
    shape: &'static Shape,
    file: TableFile,
    /// Rows by key.
    by_key: BTreeMap<Vec<String>, Vec<usize>>,
    n_added: u64,
}

/// What became of an entry.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Merged {
    /// Its rows are new.
    Taken,
    /// The table says so already.
    Unchanged,
    /// The table says something else.
    Clash(Refused),
}

impl Merge {
    /// Begins with the rows of a file.
    pub(crate) fn new(shape: &'static Shape, file: TableFile) -> Self {
        let mut by_key = BTreeMap::<Vec<String>, Vec<usize>>::new();
        for (idx, row) in file.rows.iter().enumerate() {
            let key = row.cells.iter().take(shape.n_keys).cloned().collect();
            by_key.entry(key).or_default().push(idx);
        }
        Self { shape, file, by_key, n_added: 0 }
    }

    /// The table as it is now.
    pub(crate) fn file(&self) -> &TableFile {
        &self.file
    }

    /// How many rows are new.
    pub(crate) fn n_added(&self) -> u64 {
        self.n_added
    }

    /// Takes an entry.
    pub(crate) fn take(&mut self, entry: &Entry) -> Merged {
        let Some(range) = DayRange::new(entry.from, None) else {
            return Merged::Unchanged;
        };
        let holders = self.by_key.get(&entry.key).map_or(&[][..], Vec::as_slice);
        let there: Vec<&TableRow> = holders
            .iter()
            .filter_map(|&idx| self.file.rows.get(idx))
            .filter(|row| row.range.overlaps(range))
            .collect();
        match there.as_slice() {
            [] => {
                self.add(entry);
                Merged::Taken
            }
            [first, ..] => match disagreement(self.shape, entry, &there) {
                None => Merged::Unchanged,
                Some(reason) => {
                    let reason = format!("{reason} {} of {}", first.origin, self.shape.name);
                    let column = self.shape.columns.first().copied().unwrap_or_default();
                    Merged::Clash(entry.place.refuse(column, &reason, &entry.key.join(" ")))
                }
            },
        }
    }

    fn add(&mut self, entry: &Entry) {
        for values in &entry.values {
            let cells = self
                .file
                .columns
                .iter()
                .map(|column| cell(self.shape, entry, values, column))
                .collect();
            let range = DayRange::new(entry.from, None).unwrap_or(DayRange::ALWAYS);
            let origin = format!("row {} of the sheet, as a row", entry.place.row);
            self.by_key.entry(entry.key.clone()).or_default().push(self.file.rows.len());
            self.file.rows.push(TableRow { cells, range, origin });
            self.n_added = self.n_added.saturating_add(1);
        }
    }
}

fn cell(shape: &Shape, entry: &Entry, values: &[String], column: &str) -> String {
    match column {
        "begndate" => entry.from.to_string(),
        "basis" => entry.basis.clone(),
        _ => shape
            .columns
            .iter()
            .position(|name| *name == column)
            .and_then(|at| entry.key.iter().chain(values).nth(at))
            .cloned()
            .unwrap_or_default(),
    }
}

/// Why the rows that are there do not say what the entry says; none if they do.
fn disagreement(shape: &Shape, entry: &Entry, there: &[&TableRow]) -> Option<&'static str> {
    let value_columns = shape.n_keys..shape.columns.len();
    let says = |row: &TableRow, values: &[String]| {
        let old = row.cells.get(value_columns.clone()).unwrap_or(&[]);
        // A value that the sheet does not state agrees with any.
        old.iter().zip(values).all(|(old, new)| new.is_empty() || same(old, new))
    };
    let all_said = entry.values.iter().all(|values| there.iter().any(|row| says(row, values)))
        && there.iter().all(|row| entry.values.iter().any(|values| says(row, values)));
    if !all_said {
        return Some("clashes with");
    }
    let covered = there.iter().all(|row| covers(row.range, entry.from));
    (!covered).then_some("says the same for other days than")
}

fn covers(range: DayRange, from: Day) -> bool {
    range.from() <= from && range.until().is_none()
}

/// Equal as text, or as plain numbers (`1` and `1.0`).
fn same(old: &str, new: &str) -> bool {
    let number = |text: &str| jihe_terms::parse_decimal(text.as_bytes(), 6, 16).ok();
    old == new
        || (old.contains('.') || new.contains('.'))
            && number(old).is_some_and(|value| number(new) == Some(value))
}
