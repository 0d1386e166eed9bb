//! Whole columns of small tables, where every value is as it should be.
//!
//! In: an array. Out: its values; nothing at all if one of them is missing, malformed or odd: then
//! the rows are looked at one by one.

use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Int32Type};
use arrow_array::{Array, ArrayRef, Int32Array, StringArray};
use arrow_schema::DataType;
use jihe_catalogue::Cells;
use jihe_catalogue::table::parse_cell;
use jihe_terms::schema::Kind;
use jihe_terms::{NO_DAY, NO_NUMBER, Texts};

use super::{numbers_of, read};
use crate::words::check_key;

/// Reads a column; none if a value is no good, or missing where there must be one.
pub(crate) fn cells(kind: Kind, required: bool, array: &ArrayRef) -> Option<Cells> {
    let is_text = matches!(kind, Kind::Code | Kind::Key | Kind::Text);
    if let Some(texts) = array.as_string_opt::<i32>() {
        if is_text {
            return names(kind, required, texts).map(Cells::Text);
        }
        // Neighbours are often equal.
        let mut former = (None, (!required).then_some(None));
        let values = (0..texts.len()).map(|row| {
            let text = text(texts, row);
            if text != former.0 {
                former = (
                    text,
                    match text {
                        Some(text) => parse_cell(kind, text).ok(),
                        None => (!required).then_some(None),
                    },
                );
            }
            former.1
        });
        return typed(kind, values);
    }
    if is_text {
        let coded = array.as_dictionary_opt::<Int32Type>()?;
        let texts = coded.values().as_string_opt::<i32>()?;
        return coded_names(kind, required, coded.keys(), texts).map(Cells::Text);
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
    let mut all = Texts::with_capacity(texts.len(), texts.value_data().len());
    for row in 0..texts.len() {
        all.push(name(kind, required, text(texts, row))?);
    }
    Some(all)
}

/// The bytes of a text that is good, or empty where it may be missing.
fn name(kind: Kind, required: bool, text: Option<&str>) -> Option<&[u8]> {
    let is_name = matches!(kind, Kind::Code | Kind::Key);
    match text {
        Some(name) if is_name && check_key(name.as_bytes(), false).is_err() => None,
        Some(text) => Some(text.as_bytes()),
        None => (!required).then_some(b""),
    }
}

/// Texts of a dictionary, each of which is looked at when it first comes.
fn coded_names(
    kind: Kind,
    required: bool,
    keys: &Int32Array,
    texts: &StringArray,
) -> Option<Texts> {
    let mut seen: Vec<Option<&[u8]>> = vec![None; texts.len()];
    let mut all = Texts::with_capacity(keys.len(), 0);
    for key in keys {
        let Some(key) = key else {
            all.push(name(kind, required, None)?);
            continue;
        };
        let place = usize::try_from(key).ok()?;
        let known = seen.get_mut(place)?;
        let text = match *known {
            Some(text) => text,
            None => *known.insert(name(kind, required, text(texts, place))?),
        };
        all.push(text);
    }
    Some(all)
}
