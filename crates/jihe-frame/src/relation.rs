//! A table of typed columns in the order of its schema.

use jihe_terms::schema::TableName;
use jihe_terms::{NO_CODE, NO_DAY, NO_NUMBER, Texts};

/// A column of values, with the missing value of its type inside.
#[derive(Clone, Debug, Default)]
pub enum Column {
    /// Not in the files, or not wanted.
    #[default]
    Absent,
    /// Ids of the run's dictionary.
    Code(Vec<u32>),
    /// Money, price, quantity, level or moment.
    Number(Vec<i64>),
    /// Days.
    Day(Vec<i32>),
    /// Text or keys; missing is empty.
    Text(Texts),
}

impl Column {
    /// The rows at `idxs`, in that order; an absent column stays absent.
    ///
    /// # Panics
    ///
    /// If one of them is not there.
    #[expect(clippy::indexing_slicing, reason = "documented panic; rows come from this relation")]
    #[must_use]
    pub fn gather(&self, idxs: &[u32]) -> Self {
        let places = idxs.iter().map(|&idx| usize::try_from(idx).unwrap_or(usize::MAX));
        match self {
            Self::Absent => Self::Absent,
            Self::Code(values) => Self::Code(places.map(|idx| values[idx]).collect()),
            Self::Number(values) => Self::Number(places.map(|idx| values[idx]).collect()),
            Self::Day(values) => Self::Day(places.map(|idx| values[idx]).collect()),
            Self::Text(values) => Self::Text(values.gather(places)),
        }
    }

    /// Adds the rows of a column of the same type.
    pub fn append(&mut self, other: &Self) {
        match (self, other) {
            (Self::Code(values), Self::Code(more)) => values.extend_from_slice(more),
            (Self::Number(values), Self::Number(more)) => values.extend_from_slice(more),
            (Self::Day(values), Self::Day(more)) => values.extend_from_slice(more),
            (Self::Text(values), Self::Text(more)) => values.append(more),
            (column, more) => {
                debug_assert!(
                    matches!((&*column, more), (Self::Absent, Self::Absent)),
                    "columns of two types"
                );
            }
        }
    }

    /// Adds a row of the missing value.
    pub fn push_missing(&mut self) {
        match self {
            Self::Absent => {}
            Self::Code(values) => values.push(NO_CODE),
            Self::Number(values) => values.push(NO_NUMBER),
            Self::Day(values) => values.push(NO_DAY),
            Self::Text(values) => values.push(b""),
        }
    }
}

/// A table with one [`Column`] for each column of its schema, in that order.
#[derive(Clone, Debug)]
pub struct Relation {
    /// Which table.
    pub table: TableName,
    /// Rows.
    pub n_rows: usize,
    /// By place in `table.columns()`.
    pub columns: Vec<Column>,
}

impl Relation {
    /// Makes a table without columns, not even absent ones: nothing can be put into it.
    pub fn none(table: TableName) -> Self {
        Self { table, n_rows: 0, columns: Vec::new() }
    }

    /// Makes a table of absent columns without rows.
    pub fn empty(table: TableName) -> Self {
        let columns = table.columns().iter().map(|_| Column::Absent).collect();
        Self { table, n_rows: 0, columns }
    }

    /// The column of that warehouse name; absent for a name the table does not have.
    pub fn column(&self, name: &str) -> &Column {
        self.table.column(name).and_then(|idx| self.columns.get(idx)).unwrap_or(&Column::Absent)
    }

    /// Ids of a code column, if it is there.
    pub fn codes(&self, name: &str) -> Option<&[u32]> {
        match self.column(name) {
            Column::Code(values) => Some(values),
            Column::Absent | Column::Number(_) | Column::Day(_) | Column::Text(_) => None,
        }
    }

    /// Values of a number, level or moment column, if it is there.
    pub fn numbers(&self, name: &str) -> Option<&[i64]> {
        match self.column(name) {
            Column::Number(values) => Some(values),
            Column::Absent | Column::Code(_) | Column::Day(_) | Column::Text(_) => None,
        }
    }

    /// Values of a day column, if it is there.
    pub fn days(&self, name: &str) -> Option<&[i32]> {
        match self.column(name) {
            Column::Day(values) => Some(values),
            Column::Absent | Column::Code(_) | Column::Number(_) | Column::Text(_) => None,
        }
    }

    /// The rows at `idxs`, in that order.
    ///
    /// # Panics
    ///
    /// If one of them is not there.
    #[must_use]
    pub fn gather(&self, idxs: &[u32]) -> Self {
        Self {
            table: self.table,
            n_rows: idxs.len(),
            columns: self.columns.iter().map(|column| column.gather(idxs)).collect(),
        }
    }

    /// Adds the rows of a table with the same columns.
    pub fn append(&mut self, other: &Self) {
        self.n_rows = self.n_rows.saturating_add(other.n_rows);
        for (column, more) in self.columns.iter_mut().zip(&other.columns) {
            column.append(more);
        }
    }
}
