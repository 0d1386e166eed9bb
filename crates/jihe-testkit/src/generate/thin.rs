//! Takes values and whole columns out of a generated month, so that rules meet what is missing.

use std::collections::{BTreeMap, BTreeSet};

use crate::oracle::reference::Reference;
use crate::oracle::side::Month;
use crate::oracle::table::{Record, Row};

use super::random::Random;

/// Columns that stay as they are: a row names its line, and days in force never overlap.
const KEPT: [&str; 4] = ["bkkp_sn", "drug_trac_codg", "begndate", "enddate"];

/// Empties cells and drops columns of the month, and empties cells of the reference.
pub fn thin(seed: u64, month: &mut Month, reference: &mut Reference) {
    let mut thinning = Thinning { random: Random::new(!seed), absent: BTreeSet::new() };
    thinning.month_rows(&mut month.lines);
    thinning.month_rows(&mut month.settlements);
    if let Some(rows) = &mut month.encounters {
        thinning.month_rows(rows);
    }
    if let Some(rows) = &mut month.diagnoses {
        thinning.month_rows(rows);
    }
    if let Some(rows) = &mut month.persons {
        thinning.month_rows(rows);
    }
    if let Some(rows) = &mut month.trace_codes {
        thinning.month_rows(rows);
    }
    month.absent = std::mem::take(&mut thinning.absent);
    if let Some(rows) = &mut reference.institutions {
        thinning.cells(rows);
    }
    if let Some(rows) = &mut reference.catalogue {
        thinning.cells(rows);
    }
    if let Some(rows) = &mut reference.inventory {
        thinning.cells(rows);
    }
    if let Some(rows) = &mut reference.practitioners {
        thinning.cells(rows);
    }
}

struct Thinning {
    random: Random,
    absent: BTreeSet<(&'static str, &'static str)>,
}

impl Thinning {
    /// Drops some columns, and empties cells of the others.
    fn month_rows<T: Record>(&mut self, rows: &mut [T]) {
        for column in T::COLUMNS {
            if self.random.chance(8) && may_be_missing::<T>(rows, column) {
                self.absent.insert((T::NAME, column));
                for row in rows.iter_mut() {
                    empty(row, column);
                }
            }
        }
        self.cells(rows);
    }

    /// Empties cells of some columns.
    fn cells<T: Record>(&mut self, rows: &mut [T]) {
        for column in T::COLUMNS {
            if self.random.chance(20) && may_be_missing::<T>(rows, column) {
                for row in rows.iter_mut() {
                    if self.random.chance(30) {
                        empty(row, column);
                    }
                }
            }
        }
    }
}

fn may_be_missing<T: Record>(rows: &[T], column: &str) -> bool {
    let is_free = !KEPT.contains(&column) && !rows.is_empty();
    is_free && rows.iter().all(|row| without(row, column).is_some())
}

fn without<T: Record>(row: &T, column: &str) -> Option<T> {
    let named = T::COLUMNS.iter().map(|name| (*name).to_owned());
    let mut cells: Row = named.zip(row.write()).collect::<BTreeMap<_, _>>();
    cells.insert(column.to_owned(), String::new());
    T::read(&cells)
}

fn empty<T: Record>(row: &mut T, column: &str) {
    if let Some(without) = without(row, column) {
        *row = without;
    }
}
