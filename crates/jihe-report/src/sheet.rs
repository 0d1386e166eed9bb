//! Some rows of a result table, filled column by column in the order of its layout.
//!
//! Columns keep what is known of them: a text of a short list is its place in the list, so that no
//! writer has to look for equal texts again. Not here: files (`write`).

use std::ops::Range;
use std::sync::Arc;

use arrow_array::{ArrayRef, Decimal128Array, Int64Array, RecordBatch, StringArray};
use arrow_schema::DataType;
use jihe_frame::Codes;
use jihe_terms::{NO_CODE, Texts};

use crate::frames::idx;
use crate::layout::{ResultKind, ResultTable};

/// Rows in the making.
pub(crate) struct Sheet<'a> {
    table: ResultTable,
    wide: bool,
    columns: Vec<Column<'a>>,
}

/// Adds the text of a place in a list to a buffer.
type WriteText<'a> = Box<dyn Fn(u32, &mut Vec<u8>) + Send + Sync + 'a>;

/// The texts of a list by their places.
pub(crate) enum List<'a> {
    /// Ids as they are stored; bytes that are no UTF-8 read as the empty text.
    Ids(&'a Texts),
    /// The same of codes, and the empty text behind them.
    Codes(&'a Codes),
    /// As this adds them to a buffer.
    Made(WriteText<'a>),
}

impl List<'_> {
    /// The texts of some places, each behind its length in four bytes.
    pub(crate) fn with_lengths(&self, places: &[u32]) -> Vec<u8> {
        match self {
            Self::Ids(texts) => stored(places, |place| texts.bytes(idx(place))),
            Self::Codes(codes) => {
                let is_there = |place| idx(place) < codes.len();
                stored(places, |place| if is_there(place) { codes.bytes(place) } else { &[] })
            }
            Self::Made(write) => {
                let mut texts = PlainTexts::with_capacity(places.len(), 24);
                for &place in places {
                    texts.push(|text| {
                        write(place, text);
                        true
                    });
                }
                texts.bytes
            }
        }
    }

    fn text(&self, place: u32) -> String {
        let text = self.with_lengths(&[place]);
        String::from_utf8_lossy(text.get(4..).unwrap_or(&[])).into_owned()
    }
}

/// Texts that are looked at together.
const AHEAD: usize = 64;

/// Stored texts, each behind its length. Some are looked at before any is copied: so they come from
/// memory together.
fn stored<'t>(places: &[u32], text: impl Fn(u32) -> &'t [u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(places.len().saturating_mul(28));
    for places in places.chunks(AHEAD) {
        let is_ascii = places.iter().fold(true, |all, &place| all & text(place).is_ascii());
        for &place in places {
            let text = text(place);
            let is_good = is_ascii || std::str::from_utf8(text).is_ok();
            let text = if is_good { text } else { &[] };
            bytes.extend_from_slice(&u32::try_from(text.len()).unwrap_or(u32::MAX).to_le_bytes());
            bytes.extend_from_slice(text);
        }
    }
    bytes
}

/// The values of a column.
pub(crate) enum Column<'a> {
    /// Texts that hardly repeat.
    Texts(PlainTexts),
    /// Ids and times that hardly repeat, but often begin as the one before does.
    Keys(PlainTexts),
    /// Texts of a list: by row the place in it, or `NO_CODE`.
    Listed {
        /// By row.
        places: Vec<u32>,
        /// Places are below this.
        n_list: usize,
        /// The list.
        list: List<'a>,
    },
    /// Whole numbers, or decimals in smallest units; none is missing.
    Numbers(Vec<i64>),
    /// Numbers of which some are missing.
    Sparse(Vec<Option<i64>>),
    /// Numbers of more than 64 bits; none is missing.
    Wide(Vec<i128>),
}

/// Texts end to end, each behind its length in four bytes; missing ones have not even that.
pub(crate) struct PlainTexts {
    bytes: Vec<u8>,
    /// Where each row begins, and at last where the next one would.
    starts: Vec<usize>,
    n_missing: usize,
}

impl PlainTexts {
    /// No texts yet; room for `n_rows` of about `n_bytes` bytes each.
    pub(crate) fn with_capacity(n_rows: usize, n_bytes: usize) -> Self {
        let mut starts = Vec::with_capacity(n_rows.saturating_add(1));
        starts.push(0);
        let n_bytes = n_bytes.saturating_add(4).saturating_mul(n_rows);
        Self { bytes: Vec::with_capacity(n_bytes), starts, n_missing: 0 }
    }

    /// The number of rows.
    pub(crate) fn len(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// Whether every row has a text.
    pub(crate) fn is_whole(&self) -> bool {
        self.n_missing == 0
    }

    /// Adds the text that `write` adds to the buffer; none if it says that the value is missing.
    #[inline]
    pub(crate) fn push(&mut self, write: impl FnOnce(&mut Vec<u8>) -> bool) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(&[0; 4]);
        let begin = self.bytes.len();
        if write(&mut self.bytes) {
            let length = u32::try_from(self.bytes.len().saturating_sub(begin)).unwrap_or(u32::MAX);
            if let Some(slot) = self.bytes.get_mut(start..).and_then(<[u8]>::first_chunk_mut) {
                *slot = length.to_le_bytes();
            }
        } else {
            self.bytes.truncate(start);
            return self.push_missing();
        }
        self.starts.push(self.bytes.len());
    }

    /// Adds a missing text.
    #[inline]
    fn push_missing(&mut self) {
        self.n_missing = self.n_missing.saturating_add(1);
        self.starts.push(self.bytes.len());
    }

    /// The text of a row, if it has one.
    fn get(&self, row: usize) -> Option<&[u8]> {
        self.some(row..row.checked_add(1)?).next().flatten()
    }

    /// The texts of some rows, where they have one.
    pub(crate) fn some(&self, rows: Range<usize>) -> impl Iterator<Item = Option<&[u8]>> {
        let ends = self.starts.get(rows.start.saturating_add(1)..).unwrap_or(&[]).iter();
        let starts = self.starts.get(rows).unwrap_or(&[]).iter();
        starts.zip(ends).map(|(&start, &end)| self.bytes.get(start..end)?.get(4..))
    }

    /// The texts of some rows as they are stored.
    pub(crate) fn with_lengths(&self, rows: Range<usize>) -> &[u8] {
        let start = |row: usize| self.starts.get(row).copied().unwrap_or(self.bytes.len());
        self.bytes.get(start(rows.start)..start(rows.end)).unwrap_or(&[])
    }

    /// The number of bytes as they are stored.
    pub(crate) fn n_bytes(&self) -> usize {
        self.bytes.len()
    }
}

impl Column<'_> {
    /// The number of rows.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Texts(texts) | Self::Keys(texts) => texts.len(),
            Self::Listed { places, .. } => places.len(),
            Self::Numbers(values) => values.len(),
            Self::Sparse(values) => values.len(),
            Self::Wide(values) => values.len(),
        }
    }

    fn array(&self, kind: ResultKind, data_type: &DataType) -> ArrayRef {
        let decimals = |values: Decimal128Array| values.with_data_type(data_type.clone());
        match self {
            Self::Texts(texts) | Self::Keys(texts) => {
                let text = |row| texts.get(row).map(String::from_utf8_lossy);
                Arc::new((0..texts.len()).map(text).collect::<StringArray>())
            }
            Self::Listed { places, list, .. } => {
                let text = |&place: &u32| (place != NO_CODE).then(|| list.text(place));
                Arc::new(places.iter().map(text).collect::<StringArray>())
            }
            Self::Numbers(values) if kind == ResultKind::Count => {
                Arc::new(Int64Array::from_iter_values(values.iter().copied()))
            }
            Self::Numbers(values) => {
                let values = values.iter().map(|&value| i128::from(value));
                Arc::new(decimals(Decimal128Array::from_iter_values(values)))
            }
            Self::Sparse(values) => {
                let values = values.iter().map(|value| value.map(i128::from));
                Arc::new(decimals(values.collect()))
            }
            Self::Wide(values) => {
                let values = values.iter().copied();
                Arc::new(decimals(Decimal128Array::from_iter_values(values)))
            }
        }
    }
}

/// Adds a text that is there.
fn add(text: &[u8], bytes: &mut Vec<u8>) -> bool {
    bytes.extend_from_slice(text);
    true
}

impl<'a> Sheet<'a> {
    /// Starts some rows of `table`; `wide` as in [`ResultTable::schema`].
    pub(crate) fn new(table: ResultTable, wide: bool) -> Self {
        Self { table, wide, columns: Vec::with_capacity(table.columns().len()) }
    }

    /// Adds a text column.
    pub(crate) fn text<T: AsRef<str>>(&mut self, values: impl Iterator<Item = T>) {
        self.maybe_text(values.map(Some));
    }

    /// Adds a text column that may have missing values.
    pub(crate) fn maybe_text<T: AsRef<str>>(&mut self, values: impl Iterator<Item = Option<T>>) {
        let mut texts = PlainTexts::with_capacity(values.size_hint().0, 0);
        for value in values {
            match value {
                Some(text) => texts.push(|bytes| add(text.as_ref().as_bytes(), bytes)),
                None => texts.push_missing(),
            }
        }
        self.column(Column::Texts(texts));
    }

    /// Adds a column of ids.
    pub(crate) fn keys<T: AsRef<[u8]>>(&mut self, values: impl ExactSizeIterator<Item = T>) {
        let mut keys = PlainTexts::with_capacity(values.len(), 32);
        values.for_each(|value| keys.push(|bytes| add(value.as_ref(), bytes)));
        self.column(Column::Keys(keys));
    }

    /// Adds a column of texts from a list of `n_list`, each by its place; `NO_CODE` is missing.
    pub(crate) fn listed(
        &mut self,
        places: impl Iterator<Item = u32>,
        n_list: usize,
        write: impl Fn(u32, &mut Vec<u8>) + Send + Sync + 'a,
    ) {
        let places = places.collect();
        self.column(Column::Listed { places, n_list, list: List::Made(Box::new(write)) });
    }

    /// Adds a column of ids from a list, each by its place; `NO_CODE` is missing.
    pub(crate) fn ids(&mut self, places: impl Iterator<Item = u32>, ids: &'a Texts) {
        let places = places.collect();
        self.column(Column::Listed { places, n_list: ids.len(), list: List::Ids(ids) });
    }

    /// Adds a column of codes; `NO_CODE` is missing.
    pub(crate) fn maybe_codes(&mut self, places: impl Iterator<Item = u32>, codes: &'a Codes) {
        let places = places.collect();
        self.column(Column::Listed { places, n_list: codes.len(), list: List::Codes(codes) });
    }

    /// Adds a column of codes; a missing code is the empty text.
    pub(crate) fn codes(&mut self, places: impl Iterator<Item = u32>, codes: &'a Codes) {
        let empty = u32::try_from(codes.len()).unwrap_or(NO_CODE);
        let places = places.map(|code| code.min(empty)).collect();
        let n_list = codes.len().saturating_add(1);
        self.column(Column::Listed { places, n_list, list: List::Codes(codes) });
    }

    /// Adds a column of whole numbers.
    pub(crate) fn count(&mut self, values: impl Iterator<Item = u64>) {
        let values = values.map(|value| i64::try_from(value).unwrap_or(i64::MAX));
        self.column(Column::Numbers(values.collect()));
    }

    /// Adds a decimal column: money, price, quantity or multiple in smallest units.
    pub(crate) fn number(&mut self, values: impl Iterator<Item = i64>) {
        self.column(Column::Numbers(values.collect()));
    }

    /// Adds a decimal column of sums.
    pub(crate) fn decimal(&mut self, values: impl Iterator<Item = i128>) {
        if self.wide {
            return self.column(Column::Wide(values.collect()));
        }
        let narrow = |value| i64::try_from(value).expect("sums of a narrow table have 16 digits");
        self.column(Column::Numbers(values.map(narrow).collect()));
    }

    /// Adds a decimal column that may have missing values.
    pub(crate) fn maybe_number(&mut self, values: impl Iterator<Item = Option<i64>>) {
        self.column(Column::Sparse(values.collect()));
    }

    /// Adds a column.
    pub(crate) fn column(&mut self, column: Column<'a>) {
        self.columns.push(column);
    }

    /// The columns in the order of the layout.
    ///
    /// # Panics
    ///
    /// If the columns do not follow the layout, which is a fault of this crate.
    pub(crate) fn columns(&self) -> &[Column<'a>] {
        let n_rows = self.columns.first().map_or(0, Column::len);
        let is_even = self.columns.iter().all(|column| column.len() == n_rows);
        assert!(
            is_even && self.columns.len() == self.table.columns().len(),
            "every table fills the columns of its layout in order"
        );
        &self.columns
    }

    /// The rows as an Arrow batch.
    ///
    /// # Panics
    ///
    /// As [`Sheet::columns`].
    pub(crate) fn batch(&self) -> RecordBatch {
        let schema = self.table.schema(self.wide);
        let columns = self.columns().iter().zip(self.table.columns()).zip(schema.fields());
        let arrays =
            columns.map(|((column, layout), field)| column.array(layout.kind, field.data_type()));
        RecordBatch::try_new(Arc::clone(&schema), arrays.collect())
            .expect("every table fills the columns of its layout in order")
    }
}
