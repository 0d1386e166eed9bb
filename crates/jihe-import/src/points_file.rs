//! What no table holds of knowledge points, so that sheets may come in any order:
//! `tables/points.txt`.
//!
//! Each row is one of a table that waits, since rows of another point overlap it, or it names no
//! table and is a point without rows, of which its first day and the points it speaks of are kept.
//! It is CSV under a name that packs pass over.

use std::collections::BTreeSet;
use std::path::PathBuf;

use jihe_terms::{Day, DayRange};

use crate::basis::Marks;
use crate::chain::Chains;
use crate::error::ImportError;
use crate::merge::Merge;
use crate::shape::{self, DATED, Shape};
use crate::table_file::{self, Origin, TableFile, TableRow};

/// Stands for document and row of a point without rows.
const NO_ROW: &str = "no row";

/// The file.
#[derive(Debug)]
pub(crate) struct PointsFile {
    path: PathBuf,
    columns: Vec<String>,
    /// Its rows as they were.
    before: BTreeSet<Vec<String>>,
    /// Rows that wait and that their table has not taken over.
    waiting: Vec<TableRow>,
    /// Rows of points without rows.
    bare: BTreeSet<Vec<String>>,
}

impl PointsFile {
    /// Reads it; a missing file is an empty one.
    ///
    /// # Errors
    ///
    /// If it is no such file.
    pub(crate) fn read(path: PathBuf) -> Result<Self, ImportError> {
        let file = TableFile::read(path, &shape::POINTS)?;
        let before = file.rows.iter().map(|row| row.cells.clone()).collect();
        let (bare, mut waiting): (Vec<_>, Vec<_>) =
            file.rows.into_iter().partition(|row| is_of(row, ""));
        for row in &mut waiting {
            if !shape::OF_PACKS.iter().any(|shape| is_of(row, shape.name)) {
                let what = format!("{} is of no known table, correct its name", row.origin);
                return Err(ImportError::target(&what, &file.path));
            }
            if let Origin::Table(line) = row.origin {
                row.origin = Origin::Waiting(line);
            }
        }
        let bare = bare.into_iter().map(|row| row.cells).collect();
        Ok(Self { path: file.path, columns: file.columns, before, waiting, bare })
    }

    /// Whether rows of a table wait in it.
    pub(crate) fn has(&self, shape: &Shape) -> bool {
        self.waiting.iter().any(|row| is_of(row, shape.name))
    }

    /// The points without rows: what is said of each, and its first day.
    pub(crate) fn bare(&self) -> impl Iterator<Item = (Marks<'_>, Option<Day>)> {
        self.bare.iter().filter_map(|cells| bare(cells))
    }

    /// Hands the rows that wait over to their table.
    pub(crate) fn take(&mut self, shape: &Shape, table: &TableFile) -> Vec<TableRow> {
        let all = std::mem::take(&mut self.waiting);
        let (own, others): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|row| is_of(row, shape.name));
        self.waiting = others;
        let place = |column: &String| {
            let cell = shape.columns.iter().position(|name| name == column);
            let dated = self.columns.iter().position(|name| name == column);
            cell.map(|at| at.saturating_add(1)).or(dated)
        };
        let places: Vec<Option<usize>> = table.columns.iter().map(place).collect();
        let laid = |row: TableRow| {
            let cell = |at: &Option<usize>| at.and_then(|at| row.cells.get(at)).cloned();
            TableRow {
                cells: places.iter().map(|at| cell(at).unwrap_or_default()).collect(),
                ..row
            }
        };
        own.into_iter().map(laid).collect()
    }

    /// Keeps a point, in case that it has no rows.
    pub(crate) fn keep(&mut self, marks: &Marks<'_>, first: Day) {
        let mut cells = vec![String::new(); self.columns.len()];
        if let [.., from, _, basis] = cells.as_mut_slice() {
            *from = first.to_string();
            *basis = format!("{NO_ROW}{}", marks.text());
        }
        self.bare.insert(cells);
    }

    /// Forgets points that are replaced before they begin and speak of no others: those who name them
    /// end with what replaces them.
    pub(crate) fn forget(&mut self, chains: &Chains) {
        self.bare.retain(|cells| {
            let Some((marks, Some(first))) = bare(cells) else { return true };
            marks.is_linked() || chains.end(&marks).is_none_or(|(day, _)| first < day)
        });
    }

    /// The file with what waits in the tables, and with the points that have no rows there; none if
    /// that is what it was.
    pub(crate) fn changed(&self, merges: &[&Merge]) -> Option<TableFile> {
        let mut cells: BTreeSet<Vec<String>> = self.bare.clone();
        if !cells.is_empty() {
            let rows = merges.iter().flat_map(|merge| merge.rows());
            let has_rows: BTreeSet<String> = rows.map(|row| named(row.basis())).collect();
            cells.retain(|row| !has_rows.contains(&named(row.last().map_or("", String::as_str))));
        }
        for merge in merges {
            cells.extend(merge.waiting().map(|row| self.row_of(merge.shape(), row)));
        }
        if cells == self.before {
            return None;
        }
        let row = |cells: Vec<String>| {
            let range = table_file::range_of(&cells).unwrap_or(DayRange::ALWAYS);
            TableRow { cells, range, origin: Origin::Waiting(0) }
        };
        let rows = cells.into_iter().map(row).collect();
        Some(TableFile { path: self.path.clone(), columns: self.columns.clone(), rows })
    }

    /// A row of a table as one of this file.
    fn row_of(&self, shape: &Shape, row: &TableRow) -> Vec<String> {
        let n_cells = shape.columns.len();
        let own = row.cells.iter().take(n_cells).cloned();
        let dated = row.cells.iter().skip(row.cells.len().saturating_sub(DATED.len())).cloned();
        let n_blank = self.columns.len().saturating_sub(n_cells.saturating_add(DATED.len()));
        let blank = std::iter::repeat_n(String::new(), n_blank.saturating_sub(1));
        [shape.name.to_owned()].into_iter().chain(own).chain(blank).chain(dated).collect()
    }
}

/// What the row of a point without rows says, and its first day.
fn bare(cells: &[String]) -> Option<(Marks<'_>, Option<Day>)> {
    let [.., first, _, basis] = cells else { return None };
    Some((Marks::of_basis(basis), Day::parse(first).ok()))
}

/// By what a point is known: its name, or else what it says of others.
fn named(basis: &str) -> String {
    let marks = Marks::of_basis(basis);
    if marks.own.is_empty() { marks.text() } else { marks.own.to_owned() }
}

fn is_of(row: &TableRow, table: &str) -> bool {
    row.cells.first().is_some_and(|name| name == table)
}
