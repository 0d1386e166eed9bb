//! One row as named texts, and how a typed row is read from it and written to it.

use std::collections::BTreeMap;

use super::civil::{Day, Seconds, day_text, parse_day, parse_time, time_text};
use super::decimal::{decimal_text, parse_decimal};

/// One row of a file: column name to text. An empty text is a missing value.
pub type Row = BTreeMap<String, String>;

/// A typed row that knows its file name and columns.
pub trait Record: Sized {
    /// The file stem.
    const NAME: &'static str;
    /// The columns, in the order in which they are written.
    const COLUMNS: &'static [&'static str];

    /// Reads one row; `None` if a required value is missing or a value does not parse exactly.
    fn read(row: &Row) -> Option<Self>;

    /// Writes the values of [`Record::COLUMNS`].
    fn write(&self) -> Vec<String>;
}

/// Gives a text that is there.
pub fn text(row: &Row, column: &str) -> Option<String> {
    row.get(column).filter(|text| !text.is_empty()).cloned()
}

/// Gives a value that must be there, read by `parse`.
pub fn required<T>(row: &Row, column: &str, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
    parse(&text(row, column)?)
}

/// Gives a value that may be missing; the outer `None` means it is there and does not parse.
pub fn optional<T>(
    row: &Row,
    column: &str,
    parse: impl Fn(&str) -> Option<T>,
) -> Option<Option<T>> {
    match text(row, column) {
        Some(text) => parse(&text).map(Some),
        None => Some(None),
    }
}

/// Reads money in fen.
pub fn money(text: &str) -> Option<i64> {
    parse_decimal(text, 2)
}

/// Reads a quantity in 10^-4 units.
pub fn quantity(text: &str) -> Option<i64> {
    parse_decimal(text, 4)
}

/// Reads a price, or a number of the catalogue, in 10^-6 units.
pub fn micro(text: &str) -> Option<i64> {
    parse_decimal(text, 6)
}

/// Writes a missing value as an empty text.
pub fn some<T>(value: Option<&T>, write: impl Fn(&T) -> String) -> String {
    value.map_or_else(String::new, write)
}

/// Writes a text that may be missing.
pub fn word(value: Option<&String>) -> String {
    value.cloned().unwrap_or_default()
}

/// Writes fen as yuan.
pub fn money_text(fen: i64) -> String {
    decimal_text(fen, 2)
}

/// Writes 10^-4 units.
pub fn quantity_text(cnt: i64) -> String {
    decimal_text(cnt, 4)
}

/// Writes 10^-6 units.
pub fn micro_text(value: i64) -> String {
    decimal_text(value, 6)
}

/// Whether a dated row of texts is in force: `begndate <= day < enddate`, empty is open.
pub fn row_in_force(row: &Row, day: Day) -> bool {
    let begins = row.get("begndate").and_then(|text| parse_day(text));
    let ends = row.get("enddate").and_then(|text| parse_day(text));
    in_force(begins, ends, day)
}

/// Whether `day` lies in the half-open range, either end of which may be open.
pub fn in_force(begins: Option<Day>, ends: Option<Day>, day: Day) -> bool {
    begins.is_none_or(|begins| begins <= day) && ends.is_none_or(|ends| day < ends)
}

/// Reads a day.
pub fn a_day(text: &str) -> Option<Day> {
    parse_day(text)
}

/// Reads a time.
pub fn a_time(text: &str) -> Option<Seconds> {
    parse_time(text)
}

/// Writes a day that may be missing.
pub fn opt_day(value: Option<Day>) -> String {
    value.map_or_else(String::new, day_text)
}

/// Writes a time that may be missing.
pub fn opt_time(value: Option<Seconds>) -> String {
    value.map_or_else(String::new, time_text)
}

/// Reads a number of a row with at most `scale` decimals.
pub fn parse_number(row: &Row, column: &str, scale: usize) -> Option<i64> {
    parse_decimal(&text(row, column)?, scale)
}
