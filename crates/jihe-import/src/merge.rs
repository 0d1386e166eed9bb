//! New rows into a table that has rows: what is there stays, what says the same is not repeated,
//! what contradicts is refused.
//!
//! Rows of knowledge points are no matter of first come: of those of different points that overlap,
//! the ones that begin earlier are in the table, and the others wait, whatever came first.

use std::collections::BTreeMap;

use jihe_terms::{Day, DayRange};

use crate::basis::{Marks, is_own, own};
use crate::chain::Chains;
use crate::entry::Entry;
use crate::place::Refused;
use crate::shape::Shape;
use crate::table_file::{Origin, TableFile, TableRow};

/// A table being filled.
#[derive(Debug)]
pub(crate) struct Merge {
    shape: &'static Shape,
    file: TableFile,
    /// Rows by key.
    by_key: BTreeMap<Vec<String>, Vec<usize>>,
    /// Rows of points that are not in the table, because they overlap those of another point; by key.
    waiting: BTreeMap<Vec<String>, Vec<TableRow>>,
    /// How many rows the file has.
    n_read: usize,
    n_ended: u64,
    is_asked: bool,
}

/// What became of an entry.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Merged {
    /// Its rows are new.
    Taken,
    /// The table says so already; perhaps by the rows of another point, which is then named.
    Unchanged(String),
    /// The table says something else.
    Clash(Refused),
}

/// Rows of a point that it lost because others replace it.
#[derive(Debug)]
pub(crate) struct Ended {
    /// The basis of one of them.
    pub(crate) basis: String,
    /// Its first day.
    pub(crate) first: Day,
    /// The day on which the point is replaced.
    pub(crate) on: Day,
    /// How many.
    pub(crate) n_rows: u64,
}

impl Merge {
    /// Begins with the rows of a file, and those that wait.
    pub(crate) fn new(shape: &'static Shape, file: TableFile, waiting: Vec<TableRow>) -> Self {
        let mut merge = Self {
            shape,
            n_read: file.rows.len(),
            file,
            by_key: BTreeMap::new(),
            waiting: BTreeMap::new(),
            n_ended: 0,
            is_asked: false,
        };
        merge.index();
        merge.wait(waiting);
        merge
    }

    fn index(&mut self) {
        self.by_key.clear();
        for (idx, row) in self.file.rows.iter().enumerate() {
            self.by_key.entry(key(self.shape, row)).or_default().push(idx);
        }
    }

    /// What table it is.
    pub(crate) fn shape(&self) -> &'static Shape {
        self.shape
    }

    /// The table as it is now.
    pub(crate) fn file(&self) -> &TableFile {
        &self.file
    }

    /// The rows that wait, by columns of the table.
    pub(crate) fn waiting(&self) -> impl Iterator<Item = &TableRow> {
        self.waiting.values().flatten()
    }

    /// How many rows are new.
    pub(crate) fn n_added(&self) -> u64 {
        let is_new = |row: &&TableRow| !matches!(row.origin, Origin::Table(_));
        u64::try_from(self.file.rows.iter().filter(is_new).count()).unwrap_or(u64::MAX)
    }

    /// Whether it was asked for by a row of the sheet, and not only looked through.
    pub(crate) fn is_touched(&self) -> bool {
        self.is_asked || self.is_changed()
    }

    /// Whether the file is to be written.
    pub(crate) fn is_changed(&self) -> bool {
        let is_old = |row: &&TableRow| matches!(row.origin, Origin::Table(_));
        let n_old = self.file.rows.iter().filter(is_old).count();
        0 < self.n_ended || n_old < self.n_read || n_old < self.file.rows.len()
    }

    /// Whether there are rows of a first key.
    pub(crate) fn has_key(&self, key: &str) -> bool {
        self.file.rows.iter().any(|row| row.cells.first().is_some_and(|own| own == key))
    }

    /// The rows of the table and those that wait.
    pub(crate) fn rows(&self) -> impl Iterator<Item = &TableRow> {
        self.file.rows.iter().chain(self.waiting())
    }

    /// Ends the rows of points that others replace; those that would begin later go.
    pub(crate) fn end(&mut self, chains: &Chains) -> Vec<Ended> {
        let mut ended = end_rows(&mut self.file.rows, chains);
        let n_ended = ended.iter().map(|ended| ended.n_rows).fold(0, u64::saturating_add);
        self.n_ended = self.n_ended.saturating_add(n_ended);
        self.index();
        // No table changes by rows that wait.
        for rows in self.waiting.values_mut() {
            let waiting = end_rows(rows, chains).into_iter();
            ended.extend(waiting.map(|ended| Ended { n_rows: 0, ..ended }));
        }
        ended
    }

    /// Puts an entry where it belongs. What becomes of it is told at once where that rests on rows of
    /// no other point, else by [`Merge::verdict`] after [`Merge::settle`].
    pub(crate) fn offer(&mut self, entry: &Entry) -> Option<Merged> {
        self.is_asked = true;
        let range = DayRange::new(entry.from, entry.until)?;
        if let Some(row) = self.taken(entry) {
            let is_of_sheet = matches!(row.origin, Origin::Sheet(_));
            return is_of_sheet.then(|| Merged::Unchanged(String::new()));
        }
        let (rivals, others): (Vec<&TableRow>, Vec<&TableRow>) =
            self.there(entry, range).into_iter().partition(|row| self.are_rivals(entry, row));
        let has_rivals = !rivals.is_empty();
        if !others.is_empty() {
            return Some(self.judge(entry, &others));
        }
        let point = own(&entry.basis);
        let waiting = self.waiting.get(&entry.key).into_iter().flatten();
        let of_point: Vec<&TableRow> =
            waiting.filter(|row| is_own(row.basis(), point) && row.range.overlaps(range)).collect();
        if !of_point.is_empty() {
            let merged = self.judge(entry, &of_point);
            return matches!(merged, Merged::Clash(_)).then_some(merged);
        }
        let new = self.rows_of(entry, range);
        if has_rivals {
            self.wait(new);
        } else {
            self.push(new);
        }
        None
    }

    /// Lets the rows of points take their places: of one key, those that begin earlier first.
    pub(crate) fn settle(&mut self) {
        let waiting = std::mem::take(&mut self.waiting);
        if waiting.is_empty() {
            return;
        }
        let mut claims = BTreeMap::<Claim, Vec<TableRow>>::new();
        let (claimed, rest): (Vec<TableRow>, Vec<TableRow>) =
            std::mem::take(&mut self.file.rows).into_iter().partition(|row| {
                !own(row.basis()).is_empty() && waiting.contains_key(&key(self.shape, row))
            });
        self.file.rows = rest;
        self.index();
        for row in claimed.into_iter().chain(waiting.into_values().flatten()) {
            claims.entry(Claim::of(self.shape, &row)).or_default().push(row);
        }
        for (claim, rows) in claims {
            let holders = self.by_key.get(&claim.key).map_or(&[][..], Vec::as_slice);
            let mut there = holders.iter().filter_map(|&idx| self.file.rows.get(idx));
            if there.any(|held| rows.iter().any(|row| held.range.overlaps(row.range))) {
                self.wait(rows);
            } else {
                self.push(rows);
            }
        }
    }

    /// What became of an entry.
    pub(crate) fn verdict(&self, entry: &Entry) -> Merged {
        if let Some(row) = self.taken(entry) {
            return match row.origin {
                Origin::Table(_) => Merged::Unchanged(String::new()),
                Origin::Waiting(_) | Origin::Sheet(_) => Merged::Taken,
            };
        }
        let range = DayRange::new(entry.from, entry.until);
        let there = range.map_or_else(Vec::new, |range| self.there(entry, range));
        if there.is_empty() {
            return Merged::Unchanged(String::new());
        }
        let rival = there.iter().find(|row| self.are_rivals(entry, row));
        let other = rival.map_or("", |row| own(row.basis()));
        match self.judge(entry, &there) {
            Merged::Unchanged(_) if !other.is_empty() => {
                Merged::Unchanged(format!("{other} says the same"))
            }
            Merged::Clash(mut refused) if !other.is_empty() => {
                refused.reason = format!(
                    "{}, by {other}: it waits in tables/points.txt for a sheet that says which replaces the other",
                    refused.reason
                );
                Merged::Clash(refused)
            }
            merged @ (Merged::Taken | Merged::Unchanged(_) | Merged::Clash(_)) => merged,
        }
    }

    /// The points whose rows had waited and are in the table now, with how many.
    pub(crate) fn came(&self) -> BTreeMap<&str, u64> {
        let rows = self.file.rows.iter();
        by_point(rows.filter(|row| matches!(row.origin, Origin::Waiting(_))))
    }

    /// The points whose rows were in the table and wait now, with how many.
    pub(crate) fn left(&self) -> BTreeMap<&str, u64> {
        by_point(self.waiting().filter(|row| matches!(row.origin, Origin::Table(_))))
    }

    /// The first of the rows of the table that an entry gave, if they are there: same document, row, first
    /// day and values, whatever ended them since.
    fn taken(&self, entry: &Entry) -> Option<&TableRow> {
        let holders = self.by_key.get(&entry.key).map_or(&[][..], Vec::as_slice);
        let rows = holders.iter().filter_map(|&idx| self.file.rows.get(idx));
        let given: Vec<&TableRow> = rows
            .filter(|row| row.range.from() == entry.from && row.basis() == entry.basis)
            .collect();
        let first = given.first().copied();
        let is_there = |values: &Vec<String>| given.iter().any(|row| says(self.shape, row, values));
        first.filter(|_| entry.values.iter().all(is_there))
    }

    /// The rows of the table with the key of an entry on some of its days.
    fn there(&self, entry: &Entry, range: DayRange) -> Vec<&TableRow> {
        let holders = self.by_key.get(&entry.key).map_or(&[][..], Vec::as_slice);
        let rows = holders.iter().filter_map(|&idx| self.file.rows.get(idx));
        rows.filter(|row| row.range.overlaps(range)).collect()
    }

    /// Whether an entry and a row are of two knowledge points, one of which may replace the other.
    fn are_rivals(&self, entry: &Entry, row: &TableRow) -> bool {
        let point = own(&entry.basis);
        let is_other = || !is_own(row.basis(), point) && !own(row.basis()).is_empty();
        !self.shape.reference && !point.is_empty() && is_other()
    }

    /// Compares an entry with the rows that are there, of which there is one at least.
    fn judge(&self, entry: &Entry, there: &[&TableRow]) -> Merged {
        match (disagreement(self.shape, entry, there), there.first()) {
            (Some(reason), Some(first)) => {
                let reason = format!("{reason} {} of {}", first.origin, self.shape.name);
                let column = self.shape.columns.first().copied().unwrap_or_default();
                Merged::Clash(entry.place.refuse(column, &reason, &entry.key.join(" ")))
            }
            (Some(_) | None, _) => Merged::Unchanged(String::new()),
        }
    }

    fn push(&mut self, rows: Vec<TableRow>) {
        for row in rows {
            self.by_key.entry(key(self.shape, &row)).or_default().push(self.file.rows.len());
            self.file.rows.push(row);
        }
    }

    fn wait(&mut self, rows: Vec<TableRow>) {
        for row in rows {
            self.waiting.entry(key(self.shape, &row)).or_default().push(row);
        }
    }

    fn rows_of(&self, entry: &Entry, range: DayRange) -> Vec<TableRow> {
        let columns = &self.file.columns;
        let row = |values: &Vec<String>| TableRow {
            cells: columns.iter().map(|column| cell(self.shape, entry, values, column)).collect(),
            range,
            origin: Origin::Sheet(entry.place.row),
        };
        entry.values.iter().map(row).collect()
    }
}

/// What rows of one point say of one key, to be taken together.
#[derive(Eq, Ord, PartialEq, PartialOrd)]
struct Claim {
    key: Vec<String>,
    first: Day,
    point: String,
    basis: String,
}

impl Claim {
    fn of(shape: &Shape, row: &TableRow) -> Self {
        let basis = row.basis().to_owned();
        let point = own(&basis).to_owned();
        Self { key: key(shape, row), first: row.range.from(), point, basis }
    }
}

fn key(shape: &Shape, row: &TableRow) -> Vec<String> {
    row.cells.iter().take(shape.n_keys).cloned().collect()
}

fn by_point<'a>(rows: impl Iterator<Item = &'a TableRow>) -> BTreeMap<&'a str, u64> {
    let mut counts = BTreeMap::<&str, u64>::new();
    for row in rows {
        let count = counts.entry(own(row.basis())).or_default();
        *count = count.saturating_add(1);
    }
    counts
}

fn end_rows(rows: &mut Vec<TableRow>, chains: &Chains) -> Vec<Ended> {
    let mut ended = BTreeMap::<String, Ended>::new();
    rows.retain_mut(|row| {
        let Some((on, _)) = chains.end(&Marks::of_basis(row.basis())) else { return true };
        if row.range.until().is_some_and(|until| until <= on) {
            return true;
        }
        let (basis, first) = (row.basis().to_owned(), row.range.from());
        let of_point = ended.entry(basis.clone()).or_insert(Ended { basis, first, on, n_rows: 0 });
        of_point.n_rows = of_point.n_rows.saturating_add(1);
        row.end_on(on)
    });
    ended.into_values().collect()
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

/// Whether a row has the values; one that the sheet does not state agrees with any.
fn says(shape: &Shape, row: &TableRow, values: &[String]) -> bool {
    let old = row.cells.get(shape.n_keys..shape.columns.len()).unwrap_or(&[]);
    old.iter().zip(values).all(|(old, new)| new.is_empty() || same(old, new))
}

/// Why the rows that are there do not say what the entry says; none if they do.
fn disagreement(shape: &Shape, entry: &Entry, there: &[&TableRow]) -> Option<&'static str> {
    let says = |row: &TableRow, values: &[String]| says(shape, row, values);
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
