//! Where a value stands in a sheet, and what is said of one that was not taken.

/// A row of a sheet.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Place {
    /// Sheet by name; the file name for CSV.
    pub(crate) sheet: String,
    /// Row of the sheet, or line of the CSV file, from 1.
    pub(crate) row: u32,
}

impl Place {
    /// Says that the value of a column was not taken.
    pub(crate) fn refuse(&self, column: &str, reason: &str, value: &str) -> Refused {
        Refused {
            sheet: self.sheet.clone(),
            row: self.row,
            column: column.to_owned(),
            reason: reason.to_owned(),
            value: value.to_owned(),
        }
    }
}

/// A value, or a whole row, that was not taken.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Refused {
    /// Sheet by name; the file name for CSV.
    pub sheet: String,
    /// Row of the sheet, or line of the CSV file, from 1.
    pub row: u32,
    /// Column by its header.
    pub column: String,
    /// What is wrong with it.
    pub reason: String,
    /// The value.
    pub value: String,
}
