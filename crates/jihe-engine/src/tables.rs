//! Dated tables with codes as dictionary ids, ready for look-ups by item.

use jihe_catalogue::{Cells, InForce, Table};
use jihe_frame::{Codes, Column};
use jihe_terms::schema::{ColumnDef, Kind};
use jihe_terms::{NO_CODE, NO_DAY, NO_NUMBER};

/// A table whose columns are typed vectors and whose rows are found by a code.
#[derive(Clone, Debug)]
pub(crate) struct CodedTable {
    pub(crate) name: String,
    n_rows: usize,
    pub(crate) columns: Vec<Column>,
    /// The place of the key column.
    key: Option<usize>,
    /// Rows by the code of the key column.
    pub(crate) by_key: InForce,
}

impl CodedTable {
    /// Codes a pack table; columns keep the order of its shape.
    pub(crate) fn of_pack(table: &Table, key: &str, codes: &mut Codes) -> Self {
        let columns = table
            .spec
            .columns
            .iter()
            .zip(&table.cells)
            .map(|(spec, cells)| coded(spec.kind, cells, codes))
            .collect();
        let mut coded = Self::build(table, columns, table.column(key));
        coded.by_key = InForce::new(coded.keys(), &table.range);
        coded
    }

    /// Codes a reference table; columns take the order of `schema`, absent ones stay absent.
    pub(crate) fn of_reference(
        table: &Table,
        schema: &[ColumnDef],
        key: &str,
        codes: &mut Codes,
    ) -> Self {
        let mut coded = Self::not_in_order(table, schema, key, codes);
        coded.by_key = coded.in_order(table);
        coded
    }

    /// As [`CodedTable::of_reference`], but rows are not found by their keys yet.
    pub(crate) fn not_in_order(
        table: &Table,
        schema: &[ColumnDef],
        key: &str,
        codes: &mut Codes,
    ) -> Self {
        let columns: Vec<Column> = schema
            .iter()
            .map(|def| {
                let place = table.column(def.name);
                let has = place.and_then(|place| table.has.get(place)).copied().unwrap_or(false);
                match place.and_then(|place| table.cells.get(place)) {
                    Some(cells) if has || def.required => coded(def.kind, cells, codes),
                    Some(_) | None => Column::Absent,
                }
            })
            .collect();
        let key = schema.iter().position(|def| def.name == key);
        Self::build(table, columns, key)
    }

    /// The rows of a reference table by their keys.
    pub(crate) fn in_order(&self, table: &Table) -> InForce {
        // Files of a reference come in any order: what rows that contradict each other say must not
        // hang on it.
        InForce::in_order(self.keys(), &table.range, |a, b| table.compare(a, b))
    }

    fn build(table: &Table, columns: Vec<Column>, key: Option<usize>) -> Self {
        let name = table.spec.name.clone();
        let by_key = InForce::default();
        Self { name, n_rows: table.len(), columns, key, by_key }
    }

    /// By row the code of the key column, or `NO_CODE`.
    pub(crate) fn keys(&self) -> &[u32] {
        self.key.and_then(|key| self.codes(key)).unwrap_or(&[])
    }

    /// The codes of a column by its name in the shape of the table; none if it has no codes.
    pub(crate) fn codes_of(&self, shape: &Table, column: &str) -> &[u32] {
        shape.column(column).and_then(|place| self.codes(place)).unwrap_or(&[])
    }

    pub(crate) fn n_rows(&self) -> usize {
        self.n_rows
    }

    pub(crate) fn codes(&self, idx: usize) -> Option<&[u32]> {
        match self.columns.get(idx) {
            Some(Column::Code(values)) => Some(values),
            Some(Column::Absent | Column::Number(_) | Column::Day(_) | Column::Text(_)) | None => {
                None
            }
        }
    }

    pub(crate) fn numbers(&self, idx: usize) -> Option<&[i64]> {
        match self.columns.get(idx) {
            Some(Column::Number(values)) => Some(values),
            Some(Column::Absent | Column::Code(_) | Column::Day(_) | Column::Text(_)) | None => {
                None
            }
        }
    }
}

fn coded(kind: Kind, cells: &Cells, codes: &mut Codes) -> Column {
    match cells {
        Cells::Text(_) if kind == Kind::Text => Column::Absent,
        Cells::Text(texts) => {
            // Neighbours are often equal.
            let mut former: (&[u8], u32) = (b"", NO_CODE);
            let code = |text| {
                if former.0 != text {
                    former = (text, if text.is_empty() { NO_CODE } else { codes.intern(text) });
                }
                former.1
            };
            Column::Code(texts.iter().map(code).collect())
        }
        Cells::Number(values) => {
            debug_assert!(values.iter().all(|&value| value == NO_NUMBER || value > i64::MIN));
            Column::Number(values.clone())
        }
        Cells::Day(values) => {
            debug_assert!(values.iter().all(|&value| value == NO_DAY || value > i32::MIN));
            Column::Day(values.clone())
        }
    }
}
