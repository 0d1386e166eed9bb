//! What a row of a sheet puts into a table.

use jihe_terms::Day;

use crate::place::{Place, Refused};
use crate::shape::Shape;

/// Rows of one table with one key, from one place.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// The table.
    pub(crate) shape: &'static Shape,
    /// Values of the key columns.
    pub(crate) key: Vec<String>,
    /// Values of the other columns, one list for each row; an empty value is not stated.
    pub(crate) values: Vec<Vec<String>>,
    /// First day.
    pub(crate) from: Day,
    /// First day on which it no longer holds.
    pub(crate) until: Option<Day>,
    /// Document and row.
    pub(crate) basis: String,
    /// Where it stands in the sheet.
    pub(crate) place: Place,
}

/// What became of the parts of a row.
pub(crate) type Outcome = Result<Entry, Refused>;
