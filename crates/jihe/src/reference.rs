//! The reference folder: institutions, catalogue, prices, stock.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jihe_intake::Encoding;
use jihe_terms::schema::TableName;

use crate::error::Error;

/// Reference tables, read and typed.
#[derive(Clone, Debug)]
pub struct Reference {
    pub(crate) tables: Arc<jihe_intake::Reference>,
    folder: PathBuf,
}

/// Tables of which one row of a key is asked for on a day, or of which the rows of a key must agree; of the
/// registrations of a person at an institution those that meet.
const OF_ONE_ROW: [(TableName, Option<[&str; 2]>); 6] = [
    (TableName::Institutions, None),
    (TableName::Practitioners, Some(["begntime", "endtime"])),
    (TableName::Catalogue, None),
    (TableName::PriceLimits, None),
    (TableName::SelfPay, None),
    (TableName::ItemMap, None),
];

/// A row that contradicts another of the same key on a day on which both hold.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Contradiction {
    /// The table.
    pub table: TableName,
    /// The file of the row, under the folder as it was given.
    pub file: String,
    /// The line or number of the row in its file.
    pub row: u32,
    /// The name of the file of the other row.
    pub other_file: String,
    /// The line or number of the other row.
    pub other_row: u32,
}

impl Reference {
    /// Reads a reference folder of UTF-8 or Parquet tables.
    ///
    /// # Errors
    ///
    /// If the folder or a table in it cannot be read. Bad rows are put aside, not an error.
    pub fn open(dir: impl AsRef<Path>) -> Result<Self, Error> {
        Self::open_with(dir, Encoding::Utf8)
    }

    /// Reads a reference folder whose text has the given encoding.
    ///
    /// # Errors
    ///
    /// As [`Reference::open`].
    pub fn open_with(dir: impl AsRef<Path>, encoding: Encoding) -> Result<Self, Error> {
        let tables = jihe_intake::read_reference(dir.as_ref(), encoding)?;
        Ok(Self { tables: Arc::new(tables), folder: dir.as_ref().to_path_buf() })
    }

    /// A file under the folder as it was given.
    pub(crate) fn place(&self, file: &str) -> String {
        self.folder.join(file).display().to_string()
    }

    /// Rows of one table that contradict each other: one key, a common day, and another value. A run
    /// goes by the same one of them whatever their order, the lowest price for a ceiling, but nobody
    /// told it which is meant.
    pub fn contradictions(&self) -> Vec<Contradiction> {
        let mut all = Vec::new();
        for (table, term) in OF_ONE_ROW {
            let Some(rows) = self.tables.tables.get(&table) else { continue };
            let place = |row: u32| {
                let origin = rows.origin.get(usize::try_from(row).ok()?)?;
                let file = rows.files.get(usize::try_from(origin.file).ok()?)?;
                Some((file.clone(), origin.row))
            };
            for [row, other] in rows.contradictions(term) {
                let (Some((file, row)), Some((other_file, other_row))) = (place(row), place(other))
                else {
                    continue;
                };
                let file = self.place(&file);
                all.push(Contradiction { table, file, row, other_file, other_row });
            }
        }
        all
    }
}
