//! New rows into a table that has rows: what is there stays, what says the same is not repeated,
//! what contradicts is refused.

use std::collections::BTreeMap;

use jihe_terms::{Day, DayRange};

use crate::basis::{KNOWLEDGE_POINT, marks};
use crate::chain::Known;
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
    n_ended: u64,
    is_asked: bool,
}

fn keyed(shape: &Shape, rows: &[TableRow]) -> BTreeMap<Vec<String>, Vec<usize>> {
    let mut by_key = BTreeMap::<Vec<String>, Vec<usize>>::new();
    for (idx, row) in rows.iter().enumerate() {
        let key = row.cells.iter().take(shape.n_keys).cloned().collect();
        by_key.entry(key).or_default().push(idx);
    }
    by_key
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
        let by_key = keyed(shape, &file.rows);
        Self { shape, file, by_key, n_added: 0, n_ended: 0, is_asked: false }
    }

    /// The table as it is now.
    pub(crate) fn file(&self) -> &TableFile {
        &self.file
    }

    /// How many rows are new.
    pub(crate) fn n_added(&self) -> u64 {
        self.n_added
    }

    /// Whether it was asked for by a row of the sheet, and not only looked through.
    pub(crate) fn is_touched(&self) -> bool {
        self.is_asked || self.is_changed()
    }

    /// Whether the table has rows of a knowledge point.
    pub(crate) fn has_point(&self, point: &str) -> bool {
        let mark = format!("{KNOWLEDGE_POINT}{point}");
        let its = |row: &TableRow| row.cells.last().is_some_and(|basis| basis.ends_with(&mark));
        self.file.rows.iter().any(its)
    }

    /// Whether there are rows of a first key.
    pub(crate) fn has_key(&self, key: &str) -> bool {
        self.file.rows.iter().any(|row| row.cells.first().is_some_and(|own| own == key))
    }

    /// Adds what its rows say of knowledge points.
    pub(crate) fn tell(&self, known: &mut Known) {
        for row in &self.file.rows {
            let marks = marks(row.cells.last().map_or("", String::as_str));
            let first = row.range.from();
            if !marks.own.is_empty() {
                let day = known.first.entry(marks.own.to_owned()).or_insert(first);
                *day = first.min(*day);
            }
            for older in marks.replaces {
                let by = (first, marks.own.to_owned());
                let day = known.replaced.entry(older.to_owned()).or_insert_with(|| by.clone());
                *day = by.min(day.clone());
            }
            for newer in marks.replaced_by {
                let waiting = known.waiting.entry(newer.to_owned()).or_default();
                waiting.insert(marks.own.to_owned());
            }
        }
    }

    /// Whether the file is to be written.
    pub(crate) fn is_changed(&self) -> bool {
        0 < self.n_added || 0 < self.n_ended
    }

    /// Takes an entry.
    pub(crate) fn take(&mut self, entry: &Entry) -> Merged {
        self.is_asked = true;
        let Some(range) = DayRange::new(entry.from, entry.until) else {
            return Merged::Unchanged;
        };
        if self.has_taken(entry) {
            return Merged::Unchanged;
        }
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

    /// Whether the rows of this entry came here before, perhaps ended since by a point that replaced
    /// theirs: same document, row, first day and values.
    fn has_taken(&self, entry: &Entry) -> bool {
        let holders = self.by_key.get(&entry.key).map_or(&[][..], Vec::as_slice);
        let rows = holders.iter().filter_map(|&idx| self.file.rows.get(idx));
        let own: Vec<&TableRow> = rows
            .filter(|row| row.range.from() == entry.from && row.cells.last() == Some(&entry.basis))
            .collect();
        let value_columns = self.shape.n_keys..self.shape.columns.len();
        entry.values.iter().all(|values| {
            own.iter().any(|row| {
                let old = row.cells.get(value_columns.clone()).unwrap_or(&[]);
                old.iter().zip(values).all(|(old, new)| new.is_empty() || same(old, new))
            })
        })
    }

    /// Ends the rows of a knowledge point on the day another one replaces it; those that would have
    /// begun later are taken out. Returns how many rows that changed.
    pub(crate) fn end(&mut self, point: &str, on: Day) -> u64 {
        let mark = format!("{KNOWLEDGE_POINT}{point}");
        let is_its = |row: &TableRow| row.cells.last().is_some_and(|basis| basis.ends_with(&mark));
        let mut n_ended = 0_u64;
        self.file.rows.retain(|row| {
            let never = is_its(row) && on <= row.range.from();
            n_ended = n_ended.saturating_add(u64::from(never));
            !never
        });
        for row in self.file.rows.iter_mut().filter(|row| is_its(row)) {
            if row.range.until().is_none_or(|until| on < until)
                && let Some(range) = DayRange::new(row.range.from(), Some(on))
            {
                row.range = range;
                let place = row.cells.len().saturating_sub(2);
                if let Some(cell) = row.cells.get_mut(place) {
                    *cell = on.to_string();
                }
                n_ended = n_ended.saturating_add(1);
            }
        }
        self.n_ended = self.n_ended.saturating_add(n_ended);
        self.by_key = keyed(self.shape, &self.file.rows);
        n_ended
    }

    fn add(&mut self, entry: &Entry) {
        for values in &entry.values {
            let cells = self
                .file
                .columns
                .iter()
                .map(|column| cell(self.shape, entry, values, column))
                .collect();
            let range = DayRange::new(entry.from, entry.until).unwrap_or(DayRange::ALWAYS);
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
        "enddate" => entry.until.map(|day| day.to_string()).unwrap_or_default(),
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
    let covered = there.iter().all(|row| covers(row.range, entry));
    (!covered).then_some("says the same for other days than")
}

fn covers(range: DayRange, entry: &Entry) -> bool {
    let ends_later = match (range.until(), entry.until) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(until), Some(own)) => own <= until,
    };
    range.from() <= entry.from && ends_later
}

/// Equal as text, or as plain numbers (`1` and `1.0`).
fn same(old: &str, new: &str) -> bool {
    let number = |text: &str| jihe_terms::parse_decimal(text.as_bytes(), 6, 16).ok();
    old == new
        || (old.contains('.') || new.contains('.'))
            && number(old).is_some_and(|value| number(new) == Some(value))
}
