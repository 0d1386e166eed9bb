//! Cells of a file to typed columns: each value is checked, hashed and stored if it is wanted.
//!
//! In: the columns of one batch or block, in the order of the schema. Out: typed columns, a hash of
//! the whole content of each row, and the first fault of each bad row.
//! Not here: where cells come from (`read`), which good rows leave (`chunk`).
//! Cost: one pass for each column; equal neighbours are looked up once.

mod lately;
mod names;

use jihe_frame::Codes;
use jihe_frame::serials::Numbers;
use jihe_terms::day::{parse_clock, parse_moment};
use jihe_terms::schema::{ColumnDef, Kind};
use jihe_terms::texts::same;
use jihe_terms::{Malformed, Moment, NO_NUMBER, Texts, parse_decimal};

use crate::cells::{Cells, Dictionary, Entity, Names, check_name, check_utf8};
use crate::layout::{Keep, Layout};
use crate::place::id;
use crate::read::is_keyed;

use lately::Lately;
use names::{Known, LastKey};

/// The first fault of a row.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub(crate) row: u32,
    pub(crate) column: usize,
    pub(crate) reason: &'static str,
    pub(crate) value: String,
}

/// Typed columns that grow batch by batch.
pub(crate) struct Normaliser<'a> {
    pub(crate) layout: &'a Layout,
    keeps: &'a [Keep],
    /// Rows before the batch at hand.
    first: usize,
    pub(crate) n_rows: usize,
    pub(crate) columns: Vec<Cells>,
    /// Whether the contents of rows are hashed.
    hashing: bool,
    pub(crate) content: Vec<u64>,
    pub(crate) codes: Dictionary,
    pub(crate) persons: Dictionary,
    pub(crate) encounters: Dictionary,
    pub(crate) settlements: Dictionary,
    /// Heads of serial keys.
    pub(crate) heads: Codes,
    last_key: LastKey,
    /// By code: whether it is an institution that is known, once it was asked for.
    pub(crate) institutions: Vec<Option<bool>>,
    /// Codes that are only checked.
    checked: Dictionary,
    /// For each column the dictionary of the file that was met last, and what its texts became.
    known: Vec<Option<Known>>,
    /// For each column the names that came lately.
    lately: Vec<Lately>,
    pub(crate) bad: Vec<bool>,
    pub(crate) faults: Vec<Fault>,
}

/// Which dictionary a column of names goes by.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Book {
    Codes,
    Checked,
    Entity(Entity),
}

impl<'a> Normaliser<'a> {
    pub(crate) fn new(layout: &'a Layout, keeps: &'a [Keep], hashing: bool) -> Self {
        let mut sheet = Self {
            layout,
            keeps,
            first: 0,
            n_rows: 0,
            columns: Vec::new(),
            hashing,
            content: Vec::new(),
            codes: Dictionary::default(),
            persons: Dictionary::default(),
            encounters: Dictionary::default(),
            settlements: Dictionary::default(),
            heads: Codes::default(),
            last_key: LastKey::none(),
            institutions: Vec::new(),
            checked: Dictionary::default(),
            known: layout.columns.iter().map(|_| None).collect(),
            lately: layout.columns.iter().map(|_| Lately::default()).collect(),
            bad: Vec::new(),
            faults: Vec::new(),
        };
        sheet.clear();
        sheet
    }

    /// Begins again without rows, in columns that were used before.
    pub(crate) fn reuse(&mut self, columns: Vec<Cells>) {
        let is_same = |(old, new): (&Cells, &Cells)| {
            std::mem::discriminant(old) == std::mem::discriminant(new)
        };
        self.clear();
        // A column that was filled from another has another type now.
        if columns.len() == self.columns.len() && columns.iter().zip(&self.columns).all(is_same) {
            self.columns = columns;
            self.columns.iter_mut().for_each(Cells::clear);
        }
    }

    /// Begins again without rows; dictionaries stay.
    pub(crate) fn clear(&mut self) {
        let columns = self.layout.columns.iter().zip(self.keeps);
        let columns = columns.map(|(found, &keep)| match (found, keep) {
            (None, _) | (_, Keep::Check) => Cells::Absent,
            (_, Keep::Code) => Cells::Code(Vec::new()),
            (_, Keep::Number) => Cells::Number(Vec::new()),
            (_, Keep::Day) => Cells::Day(Vec::new()),
            (_, Keep::Text) => Cells::Text(Texts::default()),
            (_, Keep::Serial) => Cells::Serial(Vec::new(), Numbers::default()),
            (_, Keep::Hash) => Cells::Hash(Vec::new()),
            (_, Keep::Person) => Cells::Entity(Entity::Person, Vec::new()),
            (_, Keep::Encounter) => Cells::Entity(Entity::Encounter, Vec::new()),
            (_, Keep::Settlement) => Cells::Entity(Entity::Settlement, Vec::new()),
        });
        self.columns = columns.collect();
        (self.first, self.n_rows) = (0, 0);
        self.content.clear();
        self.bad.clear();
        self.faults.clear();
    }

    /// The names that the sheet has met, which it gives away: it begins without any.
    pub(crate) fn take_names(&mut self) -> Names {
        self.lately.iter_mut().for_each(|lately| *lately = Lately::default());
        self.institutions.clear();
        self.last_key = LastKey::none();
        Names {
            codes: std::mem::take(&mut self.codes).texts,
            persons: std::mem::take(&mut self.persons).texts,
            encounters: std::mem::take(&mut self.encounters).texts,
            settlements: std::mem::take(&mut self.settlements).texts,
            heads: std::mem::take(&mut self.heads),
        }
    }

    /// Begins a batch of `n_rows` rows.
    pub(crate) fn begin(&mut self, n_rows: usize) {
        self.first = self.n_rows;
        self.n_rows = self.n_rows.saturating_add(n_rows);
        if self.hashing {
            self.content.resize(self.n_rows, 0);
        }
        self.bad.resize(self.n_rows, false);
        self.columns.iter_mut().for_each(|column| column.reserve(n_rows));
        // Where rows have a key, nearly every row brings a new name.
        if let (true, Some(&Cells::Entity(entity, _))) =
            (is_keyed(self.layout.table), self.columns.first())
        {
            self.book(Book::Entity(entity)).texts.reserve(n_rows);
        }
    }

    /// The definition of a column of the schema.
    pub(crate) fn column(&self, column: usize) -> Option<&'static ColumnDef> {
        self.layout.table.columns().get(column)
    }

    /// The name of a column of the schema.
    pub(crate) fn name_of(&self, column: usize) -> &'static str {
        self.column(column).map_or("", |column| column.name)
    }

    /// Whether a column of names or texts is only checked, and may be empty.
    pub(crate) fn is_only_checked(&self, column: usize) -> bool {
        let is_text = |it: &ColumnDef| matches!(it.kind, Kind::Code | Kind::Key | Kind::Text);
        let is_absent = matches!(self.columns.get(column), Some(Cells::Absent));
        let may_be_empty = self.column(column).is_some_and(|it| is_text(it) && !it.required);
        !self.hashing && is_absent && may_be_empty
    }

    /// Takes a column of texts: `get` gives the bytes of a row of the batch, none if null.
    pub(crate) fn texts<'t>(
        &mut self,
        column: usize,
        n_rows: usize,
        get: impl Fn(usize) -> Option<&'t [u8]>,
    ) {
        let Some(definition) = self.column(column) else { return };
        let get = |row| get(row).filter(|text| !is_missing(text));
        let show = |row: usize| get(row).map(shown).unwrap_or_default();
        let required = definition.required;
        match (definition.kind, self.columns.get(column)) {
            (kind @ (Kind::Number { .. } | Kind::Level | Kind::Day | Kind::Moment), _) => {
                // Neighbours are often equal, and days cost more than to see that; numbers do not.
                let is_number = matches!(kind, Kind::Number { .. });
                let mut former: Option<(&[u8], i64)> = None;
                let mut moments = Moments::default();
                let mut read = |text: &'t [u8]| match former {
                    _ if is_number => read_text(kind, text),
                    Some((known, value)) if same(known, text) => Ok(value),
                    _ => {
                        let value = if kind == Kind::Moment {
                            moments.read(text)?
                        } else {
                            read_text(kind, text)?
                        };
                        former = Some((text, value));
                        Ok(value)
                    }
                };
                let get = |row| get(row).map(&mut read).transpose();
                self.numbers(column, n_rows, get, show);
            }
            (_, Some(Cells::Code(_))) => self.names(column, n_rows, Book::Codes, get),
            (_, Some(&Cells::Entity(entity, _))) => {
                self.names(column, n_rows, Book::Entity(entity), get);
            }
            (kind @ (Kind::Code | Kind::Key | Kind::Text), _) => {
                // A code that is only checked need not be looked up.
                let check = if kind == Kind::Text {
                    check_text
                } else if definition.is_description() {
                    check_description
                } else {
                    check_name
                };
                self.free_texts(column, n_rows, required, check, get);
            }
        }
    }

    pub(crate) fn book(&mut self, book: Book) -> &mut Dictionary {
        match book {
            Book::Codes => &mut self.codes,
            Book::Checked => &mut self.checked,
            Book::Entity(Entity::Person) => &mut self.persons,
            Book::Entity(Entity::Encounter) => &mut self.encounters,
            Book::Entity(Entity::Settlement) => &mut self.settlements,
        }
    }

    /// Takes a column of good integers without gaps, in the smallest unit of the column.
    pub(crate) fn good_numbers(&mut self, column: usize, values: impl Iterator<Item = i64>) {
        let seed = seed(column);
        let mut cells = self.take(column);
        if self.hashing {
            for (row, value) in values.enumerate() {
                self.add_content(row, value.cast_unsigned(), seed);
                push_number(&mut cells, value);
            }
        } else {
            match &mut cells {
                Cells::Number(all) => all.extend(values),
                Cells::Day(all) => all
                    .extend(values.map(|value| i32::try_from(value).unwrap_or(jihe_terms::NO_DAY))),
                Cells::Absent
                | Cells::Code(_)
                | Cells::Entity(..)
                | Cells::Text(_)
                | Cells::Serial(..)
                | Cells::Hash(_) => {}
            }
        }
        self.put(column, cells);
    }

    /// Takes a column of integers in the smallest unit of the column.
    pub(crate) fn numbers(
        &mut self,
        column: usize,
        n_rows: usize,
        mut get: impl FnMut(usize) -> Result<Option<i64>, Malformed>,
        show: impl Fn(usize) -> String,
    ) {
        let Some(definition) = self.column(column) else { return };
        let seed = seed(column);
        let mut cells = self.take(column);
        for row in 0..n_rows {
            match get(row) {
                Ok(Some(value)) => {
                    if self.hashing {
                        self.add_content(row, value.cast_unsigned(), seed);
                    }
                    push_number(&mut cells, value);
                }
                Ok(None) if definition.required => {
                    self.fault(row, column, Malformed::Empty.reason(), String::new());
                    cells.push_missing();
                }
                Ok(None) => cells.push_missing(),
                Err(why) => {
                    self.fault(row, column, why.reason(), show(row));
                    cells.push_missing();
                }
            }
        }
        self.put(column, cells);
    }

    fn take(&mut self, column: usize) -> Cells {
        self.columns.get_mut(column).map(std::mem::take).unwrap_or_default()
    }

    fn put(&mut self, column: usize, cells: Cells) {
        if let Some(place) = self.columns.get_mut(column) {
            *place = cells;
        }
    }

    #[inline]
    fn add_content(&mut self, row: usize, hash: u64, seed: u64) {
        if let Some(content) = self.content.get_mut(self.first.saturating_add(row)) {
            *content = content.wrapping_add(mix(hash, seed));
        }
    }

    /// Marks a row of the batch as bad; only its first fault in the order of the schema counts.
    pub(crate) fn fault(&mut self, row: usize, column: usize, reason: &'static str, value: String) {
        let row = self.first.saturating_add(row);
        if let Some(bad) = self.bad.get_mut(row)
            && !*bad
        {
            *bad = true;
            self.faults.push(Fault { row: id(row), column, reason, value });
        }
    }
}

/// The integer that a text stands for in a column of numbers, days or moments.
pub(crate) fn read_text(kind: Kind, text: &[u8]) -> Result<i64, Malformed> {
    match kind {
        Kind::Number { scale, digits } => parse_decimal(text, scale, digits),
        Kind::Day => jihe_terms::day::parse_day(text).map(|day| day.epoch().into()),
        Kind::Moment => parse_moment(text).map(Moment::seconds),
        Kind::Level | Kind::Code | Kind::Key | Kind::Text => parse_decimal(text, 0, 9),
    }
}

/// Reads moments whose neighbours are mostly of one day.
#[derive(Default)]
struct Moments<'t> {
    /// The date that was read last, and the moment at which its day begins.
    day: Option<(&'t [u8], i64)>,
}

impl<'t> Moments<'t> {
    fn read(&mut self, text: &'t [u8]) -> Result<i64, Malformed> {
        let (Some((date, clock)), Some((known, midnight))) = (text.split_at_checked(10), self.day)
        else {
            return self.read_anew(text);
        };
        if !same(date, known) {
            return self.read_anew(text);
        }
        Ok(midnight.saturating_add(parse_clock(clock)?))
    }

    fn read_anew(&mut self, text: &'t [u8]) -> Result<i64, Malformed> {
        let moment = parse_moment(text)?.seconds();
        self.day = match text.split_at_checked(10) {
            Some((date, clock)) => Some((date, moment.saturating_sub(parse_clock(clock)?))),
            None => None,
        };
        Ok(moment)
    }
}

/// The literal `null` of exporters means missing, as the empty text does.
#[inline]
pub(crate) fn is_missing(text: &[u8]) -> bool {
    matches!(text, b"" | b"null" | b"NULL")
}

/// A value for the quarantine, cut to 200 characters.
pub(crate) fn shown(text: &[u8]) -> String {
    let start = text.get(..text.len().min(1000)).unwrap_or(text);
    String::from_utf8_lossy(start).chars().take(200).collect()
}

pub(crate) fn check_text(text: &[u8]) -> Result<(), &'static str> {
    let control = |byte: u8| (byte < 0x20 && byte != b'\n' && byte != b'\r') || byte == 0x7f;
    if text.iter().any(|&byte| control(byte)) {
        return Err("control character");
    }
    check_utf8(text)
}

/// A description may be longer than a name, and is refused as one.
fn check_description(text: &[u8]) -> Result<(), &'static str> {
    check_name(text).or_else(|reason| check_text(text).map_err(|_| reason))
}

#[inline]
fn push_id(cells: &mut Cells, id: u32) {
    if let Some(ids) = cells.ids_mut() {
        ids.push(id);
    }
}

#[inline]
fn push_number(cells: &mut Cells, value: i64) {
    match cells {
        Cells::Number(values) => values.push(value),
        Cells::Day(values) => values.push(i32::try_from(value).unwrap_or(jihe_terms::NO_DAY)),
        Cells::Absent
        | Cells::Code(_)
        | Cells::Entity(..)
        | Cells::Text(_)
        | Cells::Serial(..)
        | Cells::Hash(_) => {
            debug_assert!(value != NO_NUMBER, "no parser gives the missing number");
        }
    }
}

/// Tells columns apart in the hash of a row.
fn seed(column: usize) -> u64 {
    u64::from(id(column)).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// A folded product: as good as a hash for sums of hashes, at the price of a multiplication.
#[inline]
fn mix(hash: u64, seed: u64) -> u64 {
    let product = u128::from(hash ^ seed).wrapping_mul(0xe703_7ed1_a0b4_28db);
    let low = u64::try_from(product & u128::from(u64::MAX)).unwrap_or(0);
    low ^ u64::try_from(product >> 64).unwrap_or(0)
}

/// The column of a fault in the file, by its place in the schema.
pub(crate) fn fault_column(layout: &Layout, column: usize) -> String {
    if column == usize::MAX { String::new() } else { layout.name(column).to_owned() }
}
