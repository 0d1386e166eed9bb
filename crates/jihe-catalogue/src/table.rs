//! A table of typed columns whose every row has a range of days.

use std::cmp::Ordering;

use jihe_terms::schema::Kind;
use jihe_terms::{DayRange, Malformed, NO_DAY, NO_NUMBER, Texts, parse_decimal};

/// Where a row came from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Origin {
    /// Index into [`Table::files`].
    pub file: u32,
    /// Line of the text file, or row of the binary file, from 1.
    pub row: u32,
}

/// A column that a table may have.
#[derive(Clone, Debug)]
pub struct ColumnSpec {
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: Kind,
    /// Whether each row must have a value.
    pub required: bool,
}

/// What a table must look like.
#[derive(Clone, Debug)]
pub struct TableSpec {
    /// Name of the table.
    pub name: String,
    /// Its columns, without `begndate`, `enddate` and `basis`.
    pub columns: Vec<ColumnSpec>,
    /// The columns that tell rows apart; two rows with one key may not be in force on one day.
    /// Empty: any number of rows may hold at once.
    pub key: Vec<String>,
}

/// The values of one column.
#[derive(Clone, Debug)]
pub enum Cells {
    /// Codes, keys and text; missing is empty.
    Text(Texts),
    /// Numbers, levels and moments.
    Number(Vec<i64>),
    /// Days.
    Day(Vec<i32>),
}

/// A fault in one cell.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RowFault {
    /// Column by name.
    pub column: String,
    /// What is wrong.
    pub why: Malformed,
    /// The value.
    pub value: String,
}

/// A dated table.
#[derive(Clone, Debug)]
pub struct Table {
    /// Its shape.
    pub spec: TableSpec,
    /// One for each column of the shape.
    pub cells: Vec<Cells>,
    /// Whether the files had the column at all.
    pub has: Vec<bool>,
    /// Days on which each row holds.
    pub range: Vec<DayRange>,
    /// Document and row that each row rests on; may be empty.
    pub basis: Texts,
    /// Where each row came from.
    pub origin: Vec<Origin>,
    /// Files by index.
    pub files: Vec<String>,
}

impl Table {
    /// Makes a table without rows.
    pub fn new(spec: TableSpec) -> Self {
        let cells = spec.columns.iter().map(|column| Cells::empty(column.kind)).collect();
        let has = vec![false; spec.columns.len()];
        Self {
            spec,
            cells,
            has,
            range: Vec::new(),
            basis: Texts::default(),
            origin: Vec::new(),
            files: Vec::new(),
        }
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.range.len()
    }

    /// Tells whether there is none.
    pub fn is_empty(&self) -> bool {
        self.range.is_empty()
    }

    /// The order of two rows by what they say: their last day, then their cells.
    ///
    /// # Panics
    ///
    /// If one of them is not there.
    #[expect(clippy::indexing_slicing, reason = "there is a cell for each row of the table")]
    pub fn compare(&self, a: u32, b: u32) -> Ordering {
        let place = |row: u32| usize::try_from(row).unwrap_or(usize::MAX);
        let (a, b) = (place(a), place(b));
        let until = |row: usize| self.range[row].until().map_or(i32::MAX, jihe_terms::Day::epoch);
        let by_cells = self.cells.iter().map(|cells| match cells {
            Cells::Text(texts) => texts.bytes(a).cmp(texts.bytes(b)),
            Cells::Number(values) => values[a].cmp(&values[b]),
            Cells::Day(values) => values[a].cmp(&values[b]),
        });
        until(a).cmp(&until(b)).then_with(|| {
            by_cells.into_iter().find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
        })
    }

    /// The place of a column.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.spec.columns.iter().position(|column| column.name == name)
    }

    /// The texts of a code, key or text column.
    pub fn texts(&self, name: &str) -> Option<&Texts> {
        match self.cells.get(self.column(name)?)? {
            Cells::Text(texts) => Some(texts),
            Cells::Number(_) | Cells::Day(_) => None,
        }
    }

    /// The values of a number, level or moment column.
    pub fn numbers(&self, name: &str) -> Option<&[i64]> {
        match self.cells.get(self.column(name)?)? {
            Cells::Number(values) => Some(values),
            Cells::Text(_) | Cells::Day(_) => None,
        }
    }

    /// Adds a row; `values` has one text for each column of the shape, empty if missing.
    ///
    /// # Errors
    ///
    /// All cells that do not fit their column; then nothing was added.
    pub fn push(
        &mut self,
        values: &[&str],
        range: DayRange,
        basis: &str,
        origin: Origin,
    ) -> Result<(), Vec<RowFault>> {
        let mut read = Vec::with_capacity(values.len());
        let faults = self.faults(values, &mut read);
        if !faults.is_empty() {
            return Err(faults);
        }
        self.push_read(read, range, basis, origin);
        Ok(())
    }

    /// Adds a row whose values were read and checked before: for each column of the shape its text
    /// and what [`parse_cell`] made of it, `None` if it is missing.
    pub fn push_read<'t>(
        &mut self,
        values: impl IntoIterator<Item = (&'t str, Option<i64>)>,
        range: DayRange,
        basis: &str,
        origin: Origin,
    ) {
        for (cells, (text, value)) in self.cells.iter_mut().zip(values) {
            cells.push(text.as_bytes(), value);
        }
        self.range.push(range);
        self.basis.push(basis.as_bytes());
        self.origin.push(origin);
    }

    /// Adds a row of another table of the same shape, with other days.
    ///
    /// # Panics
    ///
    /// If the other table has no such row.
    pub fn push_row(&mut self, other: &Self, row: usize, range: DayRange, origin: Origin) {
        for (place, cells) in self.cells.iter_mut().enumerate() {
            cells.push(other.bytes(place, row), other.number(place, row));
        }
        self.range.push(range);
        self.basis.push(other.basis.bytes(row));
        self.origin.push(origin);
    }

    /// The text of a cell; empty if it is missing or a number.
    ///
    /// # Panics
    ///
    /// If there is no such row.
    pub fn text(&self, place: usize, row: usize) -> &str {
        match self.cells.get(place) {
            Some(Cells::Text(texts)) => texts.text(row),
            Some(Cells::Number(_) | Cells::Day(_)) | None => "",
        }
    }

    /// The bytes of its text.
    ///
    /// # Panics
    ///
    /// If there is no such row.
    pub fn bytes(&self, place: usize, row: usize) -> &[u8] {
        match self.cells.get(place) {
            Some(Cells::Text(texts)) => texts.bytes(row),
            Some(Cells::Number(_) | Cells::Day(_)) | None => &[],
        }
    }

    /// The number or day of a cell; none if it is missing or a text.
    pub fn number(&self, place: usize, row: usize) -> Option<i64> {
        match self.cells.get(place)? {
            Cells::Text(_) => None,
            Cells::Number(values) => values.get(row).copied().filter(|&value| value != NO_NUMBER),
            Cells::Day(values) => {
                values.get(row).copied().filter(|&day| day != NO_DAY).map(i64::from)
            }
        }
    }

    /// Adds rows whose values were read and checked before: one column for each of the shape, of
    /// its type. A table without rows takes the columns as they are.
    ///
    /// # Panics
    ///
    /// If the columns are not those of the shape, or not of one length.
    pub fn append(
        &mut self,
        columns: Vec<Cells>,
        range: Vec<DayRange>,
        basis: Texts,
        origin: impl IntoIterator<Item = Origin>,
    ) {
        assert_eq!(columns.len(), self.cells.len(), "one column for each of the shape");
        let is_first = self.is_empty();
        for (cells, more) in self.cells.iter_mut().zip(columns) {
            assert_eq!(more.len(), range.len(), "columns differ in length");
            match (cells, more) {
                (Cells::Text(texts), Cells::Text(more)) if is_first => *texts = more,
                (Cells::Number(values), Cells::Number(more)) if is_first => *values = more,
                (Cells::Day(values), Cells::Day(more)) if is_first => *values = more,
                (Cells::Text(texts), Cells::Text(more)) => texts.append(&more),
                (Cells::Number(values), Cells::Number(more)) => values.extend(more),
                (Cells::Day(values), Cells::Day(more)) => values.extend(more),
                (Cells::Text(_) | Cells::Number(_) | Cells::Day(_), _) => {
                    panic!("a column of another type than its shape says")
                }
            }
        }
        assert_eq!(basis.len(), range.len(), "columns differ in length");
        if is_first {
            (self.range, self.basis) = (range, basis);
        } else {
            self.range.extend(range);
            self.basis.append(&basis);
        }
        self.origin.extend(origin);
        assert_eq!(self.origin.len(), self.range.len(), "columns differ in length");
    }

    /// Keeps some rows, by their places, ascending.
    pub fn keep(&mut self, rows: &[usize]) {
        for cells in &mut self.cells {
            cells.keep(rows);
        }
        let at = |row: usize| self.range.get(row).copied();
        self.range = rows.iter().filter_map(|&row| at(row)).collect();
        let at = |row: usize| self.origin.get(row).copied();
        self.origin = rows.iter().filter_map(|&row| at(row)).collect();
        self.basis = self.basis.gather(rows.iter().copied());
    }

    /// Reads the values of a row; none where a text or nothing is.
    fn faults<'t>(
        &self,
        values: &[&'t str],
        read: &mut Vec<(&'t str, Option<i64>)>,
    ) -> Vec<RowFault> {
        let mut faults = Vec::new();
        for (column, &text) in self.spec.columns.iter().zip(values) {
            let value = match (text.is_empty(), column.required) {
                (true, true) => Err(Malformed::Empty),
                (true, false) => Ok(None),
                (false, _) => parse_cell(column.kind, text),
            };
            read.push((text, value.as_ref().ok().copied().flatten()));
            if let Err(why) = value {
                let (column, value) = (column.name.clone(), text.to_owned());
                faults.push(RowFault { column, why, value });
            }
        }
        faults
    }
}

impl Cells {
    /// The number of values.
    pub fn len(&self) -> usize {
        match self {
            Self::Text(texts) => texts.len(),
            Self::Number(values) => values.len(),
            Self::Day(values) => values.len(),
        }
    }

    /// Tells whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A column of that many missing values.
    pub fn missing(kind: Kind, n_rows: usize) -> Self {
        match Self::empty(kind) {
            Self::Text(_) => Self::Text(Texts::blank(n_rows)),
            Self::Number(_) => Self::Number(vec![NO_NUMBER; n_rows]),
            Self::Day(_) => Self::Day(vec![NO_DAY; n_rows]),
        }
    }

    /// Keeps the values of some rows, by their places, ascending.
    pub fn keep(&mut self, rows: &[usize]) {
        match self {
            Self::Text(texts) => *texts = texts.gather(rows.iter().copied()),
            Self::Number(values) => {
                *values = rows.iter().filter_map(|&row| values.get(row).copied()).collect();
            }
            Self::Day(values) => {
                *values = rows.iter().filter_map(|&row| values.get(row).copied()).collect();
            }
        }
    }

    fn empty(kind: Kind) -> Self {
        match kind {
            Kind::Code | Kind::Key | Kind::Text => Self::Text(Texts::default()),
            Kind::Number { .. } | Kind::Level | Kind::Moment => Self::Number(Vec::new()),
            Kind::Day => Self::Day(Vec::new()),
        }
    }

    #[inline]
    fn push(&mut self, text: &[u8], value: Option<i64>) {
        match self {
            Self::Text(texts) => texts.push(text),
            Self::Number(values) => values.push(value.unwrap_or(NO_NUMBER)),
            Self::Day(values) => {
                values.push(value.and_then(|day| i32::try_from(day).ok()).unwrap_or(NO_DAY));
            }
        }
    }
}

/// Reads one value as the integer that its column holds; `None` for texts.
///
/// # Errors
///
/// If the text does not fit the type.
pub fn parse_cell(kind: Kind, text: &str) -> Result<Option<i64>, Malformed> {
    match kind {
        Kind::Code | Kind::Key | Kind::Text => Ok(None),
        Kind::Number { scale, digits } => parse_decimal(text.as_bytes(), scale, digits).map(Some),
        Kind::Level => parse_decimal(text.as_bytes(), 0, 9).map(Some),
        Kind::Day => jihe_terms::Day::parse(text).map(|day| Some(i64::from(day.epoch()))),
        Kind::Moment => jihe_terms::Moment::parse(text).map(|moment| Some(moment.seconds())),
    }
}
