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
use crate::normalise::is_missing;
use crate::words::check_key;

/// Reads a column; none if a value is no good, or missing where there must be one.
pub(crate) fn cells(kind: Kind, required: bool, array: &ArrayRef) -> Option<Cells> {
    if let Some(found) = array.as_string_opt::<i32>() {
        let get = |row| found.is_valid(row).then(|| found.value(row).as_bytes());
        return texts((kind, required), found.len(), found.value_data().len(), get);
    }
    if matches!(kind, Kind::Code | Kind::Key | Kind::Text) {
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

/// Reads a column of texts as [`cells`] does; `n_bytes` is about the room that they take.
pub(crate) fn texts<'t>(
    (kind, required): (Kind, bool),
    n_rows: usize,
    n_bytes: usize,
    get: impl Fn(usize) -> Option<&'t [u8]>,
) -> Option<Cells> {
    let get = |row: usize| get(row).filter(|text| !is_missing(text));
    if matches!(kind, Kind::Code | Kind::Key | Kind::Text) {
        let mut all = Texts::with_capacity(n_rows, n_bytes);
        for row in 0..n_rows {
            all.push(name(kind, required, get(row))?);
        }
        return Some(Cells::Text(all));
    }
    // Neighbours are often equal.
    let mut former = (None, (!required).then_some(None));
    let value = |row: usize| {
        let text = get(row);
        if text != former.0 {
            former = (
                text,
                match text.map(std::str::from_utf8) {
                    Some(text) => parse_cell(kind, text.ok()?).ok(),
                    None => (!required).then_some(None),
                },
            );
        }
        former.1
    };
    typed(kind, (0..n_rows).map(value))
}

/// The bytes of a text that is good, or empty where it may be missing.
fn name(kind: Kind, required: bool, text: Option<&[u8]>) -> Option<&[u8]> {
    let Some(text) = text else { return (!required).then_some(b"") };
    let is_good = match kind {
        Kind::Text => std::str::from_utf8(text).is_ok(),
        Kind::Code | Kind::Key | Kind::Number { .. } | Kind::Level | Kind::Day | Kind::Moment => {
            check_key(text, true).is_ok()
        }
    };
    is_good.then_some(text)
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
    let text = |place: usize| {
        let text = texts.is_valid(place).then(|| texts.value(place).as_bytes());
        text.filter(|text| !is_missing(text))
    };
    for key in keys {
        let Some(key) = key else {
            all.push(name(kind, required, None)?);
            continue;
        };
        let place = usize::try_from(key).ok()?;
        let known = seen.get_mut(place)?;
        let text = match *known {
            Some(text) => text,
            None => *known.insert(name(kind, required, text(place))?),
        };
        all.push(text);
    }
    Some(all)
}
