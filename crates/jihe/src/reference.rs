//! The reference folder: institutions, catalogue, prices, stock.

use std::path::Path;
use std::sync::Arc;

use jihe_intake::Encoding;

use crate::error::Error;

/// Reference tables, read and typed.
#[derive(Clone, Debug)]
pub struct Reference {
    pub(crate) tables: Arc<jihe_intake::Reference>,
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
        Ok(Self { tables: Arc::new(tables) })
    }
}
