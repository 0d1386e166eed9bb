//! One batch of a result table, filled column by column in the order of its layout.

use std::sync::Arc;

use arrow_array::{ArrayRef, Decimal128Array, Int64Array, RecordBatch, StringArray};
use arrow_schema::DataType;

use crate::layout::ResultTable;

/// A batch in the making.
pub(crate) struct Sheet {
    table: ResultTable,
    wide: bool,
    columns: Vec<ArrayRef>,
}

impl Sheet {
    /// Starts a batch of `table`; `wide` as in [`ResultTable::schema`].
    pub(crate) fn new(table: ResultTable, wide: bool) -> Self {
        Self { table, wide, columns: Vec::with_capacity(table.columns().len()) }
    }

    /// Adds a text column.
    pub(crate) fn text<T: AsRef<str>>(&mut self, values: impl Iterator<Item = T>) {
        self.columns.push(Arc::new(StringArray::from_iter_values(values)));
    }

    /// Adds a text column that may have missing values.
    pub(crate) fn maybe_text<T: AsRef<str>>(&mut self, values: impl Iterator<Item = Option<T>>) {
        self.columns.push(Arc::new(values.collect::<StringArray>()));
    }

    /// Adds a column of whole numbers.
    pub(crate) fn count(&mut self, values: impl Iterator<Item = u64>) {
        let values = values.map(|value| i64::try_from(value).unwrap_or(i64::MAX));
        self.columns.push(Arc::new(Int64Array::from_iter_values(values)));
    }

    /// Adds a decimal column: money, price, quantity or multiple in smallest units.
    pub(crate) fn decimal<T: Into<i128>>(&mut self, values: impl Iterator<Item = T>) {
        self.maybe_decimal(values.map(|value| Some(value.into())));
    }

    /// Adds a decimal column that may have missing values.
    ///
    /// # Panics
    ///
    /// If the next column of the layout is no decimal.
    pub(crate) fn maybe_decimal(&mut self, values: impl Iterator<Item = Option<i128>>) {
        let schema = self.table.schema(self.wide);
        let field = schema.fields().get(self.columns.len());
        let data_type = field.map_or(DataType::Null, |field| field.data_type().clone());
        let array: Decimal128Array = values.collect();
        self.columns.push(Arc::new(array.with_data_type(data_type)));
    }

    /// Ends the batch.
    ///
    /// # Panics
    ///
    /// If the columns do not follow the layout, which is a fault of this crate.
    pub(crate) fn finish(self) -> RecordBatch {
        RecordBatch::try_new(self.table.schema(self.wide), self.columns)
            .expect("every table fills the columns of its layout in order")
    }
}
