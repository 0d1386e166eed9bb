//! A month to be scored: a folder of tables, or Arrow batches.

use std::collections::BTreeMap;
use std::path::Path;

use arrow_array::RecordBatch;
use jihe_intake::{Encoding, MonthSource};
use jihe_terms::schema::TableName;

use crate::error::Error;

/// Where a month is; it is read when it is scored.
#[derive(Clone, Debug)]
pub struct Month {
    pub(crate) source: MonthSource,
    pub(crate) encoding: Encoding,
}

impl Month {
    /// Names a folder of tables; text is UTF-8.
    ///
    /// # Errors
    ///
    /// If there is no such folder.
    pub fn open(dir: impl AsRef<Path>) -> Result<Self, Error> {
        Self::open_with(dir, Encoding::Utf8)
    }

    /// Names a folder of tables whose text has the given encoding.
    ///
    /// # Errors
    ///
    /// If there is no such folder.
    pub fn open_with(dir: impl AsRef<Path>, encoding: Encoding) -> Result<Self, Error> {
        let dir = dir.as_ref();
        if !dir.is_dir() {
            return Err(Error::input(format!("no such month folder: {}", dir.display())));
        }
        Ok(Self { source: MonthSource::Folder(dir.to_path_buf()), encoding })
    }

    /// Takes lines and settlements as Arrow batches; add others with [`Month::with_table`].
    ///
    /// A table without a batch is not there, as one without a file: a month is not scored without
    /// lines or settlements, or with a column missing that its table must have.
    pub fn from_batches(lines: Vec<RecordBatch>, settlements: Vec<RecordBatch>) -> Self {
        let tables =
            BTreeMap::from([(TableName::Lines, lines), (TableName::Settlements, settlements)]);
        Self { source: MonthSource::Batches(tables), encoding: Encoding::Utf8 }
    }

    /// Adds the batches of another table; a month of a folder stays as it is. A month with a table of
    /// the reference folder is not scored.
    #[must_use]
    pub fn with_table(mut self, table: TableName, batches: Vec<RecordBatch>) -> Self {
        if let MonthSource::Batches(tables) = &mut self.source {
            tables.insert(table, batches);
        }
        self
    }
}
