//! Values of pages into the columns of a sheet, each checked once.

use jihe_frame::serials::{Numbers, high_of, low_of};
use jihe_terms::schema::Kind;
use jihe_terms::{Malformed, NO_DAY, NO_NUMBER, Texts};

use super::flow::Remains;
use super::texts::{note, texts};
use super::{Damaged, Stored, damaged};
use crate::cells::{Cells, LONGEST_NAME};
use crate::normalise::{Book, Normaliser, check_text, is_missing, shown};
use crate::place::at;
use crate::values::{self, Unit};
use crate::words::{Odd, check_key, is_plain};

/// Rows of the batch that a run of values belongs to.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    /// The first of them in the batch.
    pub(super) first: usize,
    pub(super) n: usize,
    /// Whether each has a value; empty if all have.
    pub(super) valid: &'a [bool],
}

impl Rows<'_> {
    /// Calls `each` with every row that has a value, in order.
    pub(super) fn each(&self, mut each: impl FnMut(usize)) {
        for row in 0..self.n {
            if self.valid.is_empty() || self.valid.get(row) == Some(&true) {
                each(self.first.saturating_add(row));
            }
        }
    }

    /// Adds values to a column, the missing one for rows without: `of` makes them of what is there.
    pub(super) fn spread<S, T: Copy>(
        &self,
        all: &mut Vec<T>,
        there: &[S],
        of: impl Fn(&S) -> T,
        missing: T,
    ) {
        if self.valid.is_empty() {
            all.extend(there.iter().map(of));
            return;
        }
        let mut nth = 0_usize;
        all.extend(self.valid.iter().map(|&valid| {
            // A choice between two values costs less than a wrong guess which way to go.
            let value = there.get(nth).map_or(missing, &of);
            nth = nth.wrapping_add(usize::from(valid));
            if valid { value } else { missing }
        }));
    }

    /// Adds texts to a column, an empty one for rows without.
    pub(super) fn spread_texts<'t>(
        &self,
        all: &mut Texts,
        mut values: impl Iterator<Item = &'t [u8]>,
    ) {
        if self.valid.is_empty() {
            values.for_each(|text| all.push(text));
            return;
        }
        for &valid in self.valid {
            let text = if valid { values.next() } else { None };
            all.push(text.unwrap_or(b""));
        }
    }
}

/// As [`Rows::spread`], for the numbers of keys.
pub(super) fn spread_numbers<T>(
    rows: Rows<'_>,
    all: &mut Numbers,
    values: &[T],
    number: impl Fn(&T) -> u128 + Copy,
) {
    let n_before = all.len();
    let (low, high) = all.halves_mut();
    rows.spread(low, values, |value| low_of(number(value)), 0);
    if !high.is_empty() || values.iter().any(|value| high_of(number(value)) != 0) {
        high.resize(n_before, 0);
        rows.spread(high, values, |value| high_of(number(value)), 0);
    }
}

/// What a text or number of a dictionary page became, or why not.
pub(super) type Fault = Option<(&'static str, String)>;

/// A value that is missing where it must not be, or no good, by its place among those that are taken.
pub(super) type Bad = (usize, (&'static str, String));

/// What becomes of a column.
#[derive(Clone, Copy)]
pub(super) enum Goal {
    Ids(Book),
    Numbers,
    Serials,
    Hashes,
    Texts,
    Checked,
}

pub(super) fn goal(sheet: &Normaliser<'_>, place: usize) -> Goal {
    match sheet.columns.get(place) {
        Some(Cells::Code(_)) => Goal::Ids(Book::Codes),
        Some(&Cells::Entity(entity, _)) => Goal::Ids(Book::Entity(entity)),
        Some(Cells::Number(_) | Cells::Day(_)) => Goal::Numbers,
        Some(Cells::Serial(..)) => Goal::Serials,
        Some(Cells::Hash(_)) => Goal::Hashes,
        Some(Cells::Text(_)) => Goal::Texts,
        Some(Cells::Absent) | None => Goal::Checked,
    }
}

/// How the values of a column are read; a description passes as text, whatever it becomes.
pub(super) fn kind(sheet: &Normaliser<'_>, place: usize) -> Kind {
    let column = sheet.column(place).filter(|column| !column.is_description());
    column.map_or(Kind::Text, |column| column.kind)
}

/// The next text of a plain page.
pub(super) fn next_text<'b>(bytes: &mut &'b [u8]) -> Result<&'b [u8], Damaged> {
    let cut = || damaged("a text is cut short");
    let (length, rest) = bytes.split_first_chunk::<4>().ok_or_else(cut)?;
    let n_bytes = at(u32::from_le_bytes(*length));
    let (text, rest) = rest.split_at_checked(n_bytes).ok_or_else(cut)?;
    *bytes = rest;
    Ok(text)
}

/// Checks a text of a column of names, keys or texts.
pub(super) fn check(kind: Kind, text: &[u8], utf8: bool) -> Result<Fault, Damaged> {
    let odd = match kind {
        Kind::Text => {
            if utf8 && std::str::from_utf8(text).is_err() {
                Err(Odd::NotText)
            } else {
                check_text(text).map_err(Odd::Fault)
            }
        }
        Kind::Code | Kind::Key | Kind::Number { .. } | Kind::Level | Kind::Day | Kind::Moment => {
            check_key(text, utf8)
        }
    };
    match odd {
        Ok(()) => Ok(None),
        Err(Odd::NotText) => Err(damaged("a text is not UTF-8")),
        Err(Odd::Fault(reason)) => Ok(Some((reason, shown(text)))),
    }
}

/// Whether a text is a good name.
#[inline]
pub(super) fn is_good_name(kind: Kind, text: &[u8], utf8: bool) -> Result<bool, Damaged> {
    Ok(is_surely_good(text) || !is_missing(text) && check(kind, text, utf8)?.is_none())
}

/// Whether a text is longer than any word for a missing value, short enough for a name, and
/// nothing but plain ASCII.
#[inline]
pub(super) fn is_surely_good(text: &[u8]) -> bool {
    (5..=LONGEST_NAME).contains(&text.len()) && is_plain(text)
}

/// Numbers of a plain page or dictionary, as they are stored.
fn whole(stored: Stored, bytes: &[u8], n: usize) -> Result<(Vec<i128>, Unit), Damaged> {
    let cut = || damaged("numbers are cut short");
    match stored {
        Stored::Texts { .. } => Err(damaged("texts are no numbers")),
        Stored::Ints32(unit) => {
            let bytes = bytes.get(..n.saturating_mul(4)).ok_or_else(cut)?;
            let (fours, _) = bytes.as_chunks::<4>();
            Ok((fours.iter().map(|&four| i32::from_le_bytes(four).into()).collect(), unit))
        }
        Stored::Ints64(unit) => {
            let bytes = bytes.get(..n.saturating_mul(8)).ok_or_else(cut)?;
            let (eights, _) = bytes.as_chunks::<8>();
            Ok((eights.iter().map(|&eight| i64::from_le_bytes(eight).into()).collect(), unit))
        }
        Stored::Fixed(width, unit) => {
            let bytes = bytes.get(..n.saturating_mul(width)).ok_or_else(cut)?;
            let value = |bytes: &[u8]| {
                let sign = if bytes.first().is_some_and(|&byte| 0x7f < byte) { -1 } else { 0 };
                bytes.iter().fold(sign, |value: i128, &byte| (value << 8) | i128::from(byte))
            };
            Ok((bytes.chunks_exact(width).map(value).collect(), unit))
        }
    }
}

/// Numbers of a plain page or dictionary, and those of them that are no good.
pub(super) fn numbers(
    kind: Kind,
    stored: Stored,
    bytes: &[u8],
    n: usize,
) -> Result<(Vec<i64>, Vec<Bad>), Damaged> {
    if let Some(good) = good_numbers(kind, stored, bytes, n) {
        return Ok((good, Vec::new()));
    }
    let (raw, unit) = whole(stored, bytes, n)?;
    let mut odd = Vec::new();
    let read = |(nth, value): (usize, i128)| {
        values::read(kind, unit, value).unwrap_or_else(|why| {
            odd.push((nth, (why.reason(), values::show_number(unit, value))));
            NO_NUMBER
        })
    };
    let numbers = raw.into_iter().enumerate().map(read).collect();
    Ok((numbers, odd))
}

/// Numbers without faults; none if one of them needs a closer look.
fn good_numbers(kind: Kind, stored: Stored, bytes: &[u8], n: usize) -> Option<Vec<i64>> {
    let bytes = bytes.get(..n.saturating_mul(width(stored)?))?;
    match stored {
        Stored::Ints32(unit) => values::all_good(kind, unit, bytes.as_chunks::<4>().0),
        Stored::Ints64(unit) => values::all_good(kind, unit, bytes.as_chunks::<8>().0),
        Stored::Fixed(_, unit) => values::all_good(kind, unit, &whole(stored, bytes, n).ok()?.0),
        Stored::Texts { .. } => None,
    }
}

/// Puts aside rows without a value that must have one.
pub(super) fn missing_rows(
    sheet: &mut Normaliser<'_>,
    place: usize,
    required: bool,
    rows: Rows<'_>,
) {
    if !required || rows.valid.is_empty() {
        return;
    }
    for (row, _) in rows.valid.iter().enumerate().filter(|&(_, &valid)| !valid) {
        let row = rows.first.saturating_add(row);
        sheet.fault(row, place, Malformed::Empty.reason(), String::new());
    }
}

/// How many bytes each value of a plain page takes; none of texts.
pub(super) fn width(stored: Stored) -> Option<usize> {
    match stored {
        Stored::Texts { .. } => None,
        Stored::Ints32(_) => Some(4),
        Stored::Ints64(_) => Some(8),
        Stored::Fixed(width, _) => Some(width),
    }
}

/// Takes the next `n` values of a plain page.
#[expect(clippy::too_many_arguments, reason = "a column, its page and its rows")]
pub(super) fn plain(
    sheet: &mut Normaliser<'_>,
    place: usize,
    stored: Stored,
    page: &mut Remains,
    n: usize,
    rows: Rows<'_>,
) -> Result<(), Damaged> {
    let bytes = page.bring(stored, n)?;
    if let Stored::Texts { utf8 } = stored {
        let mut rest = bytes;
        texts(sheet, place, utf8, &mut rest, n, rows)?;
        let n_bytes = bytes.len().saturating_sub(rest.len());
        return page.pass(n_bytes);
    }
    let (numbers, odd) = numbers(kind(sheet, place), stored, bytes, n)?;
    note(sheet, place, odd, rows);
    push_numbers(sheet, place, &numbers, rows);
    page.pass(n.saturating_mul(width(stored).unwrap_or(0)))
}

/// Values that are passed over at a time.
const AT_ONCE: usize = 1 << 14;

/// Passes over the next `n` values of a plain page.
pub(super) fn pass_over(stored: Stored, page: &mut Remains, n: usize) -> Result<(), Damaged> {
    let mut n_left = n;
    while 0 < n_left {
        // Of a large page not all has to be there at once.
        let n = n_left.min(AT_ONCE);
        let bytes = page.bring(stored, n)?;
        let n_bytes = if let Some(width) = width(stored) {
            n.saturating_mul(width)
        } else {
            let mut rest = bytes;
            for _ in 0..n {
                next_text(&mut rest)?;
            }
            bytes.len().saturating_sub(rest.len())
        };
        page.pass(n_bytes)?;
        n_left = n_left.saturating_sub(n);
    }
    Ok(())
}

pub(super) fn push_numbers(sheet: &mut Normaliser<'_>, place: usize, good: &[i64], rows: Rows<'_>) {
    match sheet.columns.get_mut(place) {
        Some(Cells::Number(all)) => rows.spread(all, good, |&value| value, NO_NUMBER),
        Some(Cells::Day(all)) => {
            let day = |&value: &i64| i32::try_from(value).unwrap_or(NO_DAY);
            rows.spread(all, good, day, NO_DAY);
        }
        _ => {}
    }
    let required = sheet.column(place).is_some_and(|column| column.required);
    missing_rows(sheet, place, required, rows);
}
