//! Whole columns of small tables, where every value is as it should be.
//!
//! In: an array. Out: its values; nothing at all if one of them is missing, malformed or odd: then
//! the rows are looked at one by one.

use arrow_array::cast::AsArray;
use arrow_array::types::Decimal128Type;
use arrow_array::{Array, ArrayRef, StringArray};
use arrow_schema::DataType;
use jihe_catalogue::Cells;
use jihe_catalogue::table::parse_cell;
use jihe_terms::schema::Kind;
use jihe_terms::{NO_DAY, NO_NUMBER, Texts};

use super::{numbers_of, read};
use crate::cells::check_name;

/// Reads a column; none if a value is no good, or missing where there must be one.
pub(crate) fn cells(kind: Kind, required: bool, array: &ArrayRef) -> Option<Cells> {
    let is_text = matches!(kind, Kind::Code | Kind::Key | Kind::Text);
    if let Some(texts) = array.as_string_opt::<i32>() {
        if is_text {
            return names(kind, required, texts).map(Cells::Text);
        }
        let parse = |text: Option<&str>| match text {
            Some(text) => parse_cell(kind, text).ok(),
            None => (!required).then_some(None),
        };
        let values = (0..texts.len()).map(|row| parse(text(texts, row)));
        return typed(kind, values);
    }
    if is_text {
        return None;
    }
    if let Some(values) = plain(kind, array) {
        return Some(Cells::Number(values));
    }
    let (get, unit) = numbers_of(array)?;
    let value = |row| match get(row) {
        Some(value) => read(kind, unit, value).ok().map(Some),
        None => (!required).then_some(None),
    };
    typed(kind, (0..array.len()).map(value))
}

fn typed(kind: Kind, values: impl Iterator<Item = Option<Option<i64>>>) -> Option<Cells> {
    if kind == Kind::Day {
        let day = |value: Option<i64>| match value {
            Some(day) => i32::try_from(day).ok(),
            None => Some(NO_DAY),
        };
        return values.map(|value| value.and_then(day)).collect::<Option<_>>().map(Cells::Day);
    }
    let number = |value: Option<i64>| value.unwrap_or(NO_NUMBER);
    values.map(|value| value.map(number)).collect::<Option<_>>().map(Cells::Number)
}

/// Decimals that have the scale of their column already.
fn plain(kind: Kind, array: &ArrayRef) -> Option<Vec<i64>> {
    let (Kind::Number { scale, digits }, DataType::Decimal128(_, found)) =
        (kind, array.data_type())
    else {
        return None;
    };
    if u32::try_from(*found) != Ok(scale) || array.null_count() != 0 {
        return None;
    }
    let values = array.as_primitive::<Decimal128Type>().values();
    let limit = 10_i128.checked_pow(digits)?;
    let fits = |&value: &i128| limit.saturating_neg() < value && value < limit;
    values.iter().map(|value| if fits(value) { i64::try_from(*value).ok() } else { None }).collect()
}

/// A text, if there is one: `null` is none.
fn text(texts: &StringArray, row: usize) -> Option<&str> {
    let text = texts.is_valid(row).then(|| texts.value(row))?;
    (!matches!(text, "" | "null" | "NULL")).then_some(text)
}

fn names(kind: Kind, required: bool, texts: &StringArray) -> Option<Texts> {
    let is_name = matches!(kind, Kind::Code | Kind::Key);
    let mut all = Texts::with_capacity(texts.len(), texts.value_data().len());
    for row in 0..texts.len() {
        match text(texts, row) {
            Some(name) if is_name && check_name(name.as_bytes()).is_err() => return None,
            Some(text) => all.push(text.as_bytes()),
            None if required => return None,
            None => all.push(b""),
        }
    }
    Some(all)
}
