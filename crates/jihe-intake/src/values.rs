//! Arrow arrays to cells: which types a column may have, and how their values read exactly.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "Arrow has forty types, and all that are not named here are refused"
)]

mod columns;
mod whole;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type, Int8Type,
    Int16Type, Int32Type, Int64Type, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, ArrowPrimitiveType};
use arrow_schema::{DataType, TimeUnit};
use jihe_terms::schema::{ColumnDef, Kind};
use jihe_terms::{Day, Malformed, Moment, Texts, decimal_text};

use crate::error::IntakeError;
use crate::normalise::Normaliser;
use crate::read::arrow::dictionary_values;
use whole::add_plain;

pub(crate) use columns::{cells, texts};
pub(crate) use whole::all_good;

const SECONDS_PER_DAY: i128 = 86_400;

/// Refuses a column whose type cannot hold its values exactly.
pub(crate) fn check_type(
    column: &ColumnDef,
    data_type: &DataType,
    name: &str,
    file: &str,
) -> Result<(), IntakeError> {
    let refuse = |what: &str, advice: &str| {
        Err(IntakeError::unreadable(&format!("{what}: {name}"), file, advice))
    };
    let inner = match data_type {
        DataType::Dictionary(_, values) => values.as_ref(),
        other => other,
    };
    if is_text(inner) || *data_type == DataType::Null {
        return Ok(());
    }
    if matches!(data_type, DataType::Dictionary(..)) {
        let advice = "write its values themselves; only texts may be a dictionary";
        return refuse("column is a dictionary of other values than texts", advice);
    }
    let is_number = data_type.is_integer() || data_type.is_decimal();
    match column.kind {
        Kind::Code if data_type.is_integer() && column.name.ends_with("_flag") => Ok(()),
        Kind::Code | Kind::Key | Kind::Text => {
            refuse("column of codes is not text", "leading zeros are lost; write it as strings")
        }
        Kind::Number { .. } | Kind::Level if is_number => Ok(()),
        Kind::Number { .. } | Kind::Level => {
            refuse("column of numbers is not exact", "write it as Decimal, Int64 or strings")
        }
        Kind::Day | Kind::Moment => match data_type {
            DataType::Date32 | DataType::Date64 | DataType::Timestamp(_, None) => Ok(()),
            DataType::Timestamp(_, Some(_)) => refuse(
                "column of times has a time zone",
                "write the wall clock of Asia/Shanghai without a zone",
            ),
            _ => refuse("column of days or times is neither", "write Date, Timestamp or strings"),
        },
    }
}

fn is_text(data_type: &DataType) -> bool {
    matches!(
        data_type,
        DataType::Utf8
            | DataType::LargeUtf8
            | DataType::Utf8View
            | DataType::Binary
            | DataType::LargeBinary
    )
}

/// Takes one column of a batch.
pub(crate) fn add(sheet: &mut Normaliser<'_>, column: usize, array: &ArrayRef) {
    let Some(definition) = sheet.column(column) else { return };
    if let Some(values) = dictionary_values(array) {
        add_dictionary(sheet, column, array, values);
    } else if let Some(texts) = texts_of(array) {
        sheet.texts(column, array.len(), texts);
    } else if definition.kind == Kind::Code {
        let texts = whole_texts(array);
        let get = |row: usize| array.is_valid(row).then(|| texts.bytes(row));
        sheet.texts(column, array.len(), get);
    } else {
        add_numbers(sheet, column, definition.kind, array);
    }
}

type Get<'a, T> = Box<dyn Fn(usize) -> Option<T> + 'a>;

/// Gives the texts of an array of strings; bytes that are no UTF-8 stay as they are.
fn texts_of(array: &ArrayRef) -> Option<Get<'_, &[u8]>> {
    match array.data_type() {
        DataType::Utf8 => {
            let texts = array.as_string::<i32>();
            Some(Box::new(|row| texts.is_valid(row).then(|| texts.value(row).as_bytes())))
        }
        DataType::LargeUtf8 => {
            let texts = array.as_string::<i64>();
            Some(Box::new(|row| texts.is_valid(row).then(|| texts.value(row).as_bytes())))
        }
        DataType::Utf8View => {
            let texts = array.as_string_view();
            Some(Box::new(|row| texts.is_valid(row).then(|| texts.value(row).as_bytes())))
        }
        DataType::Binary => {
            let texts = array.as_binary::<i32>();
            Some(Box::new(|row| texts.is_valid(row).then(|| texts.value(row))))
        }
        DataType::LargeBinary => {
            let texts = array.as_binary::<i64>();
            Some(Box::new(|row| texts.is_valid(row).then(|| texts.value(row))))
        }
        _ => None,
    }
}

fn add_dictionary(sheet: &mut Normaliser<'_>, column: usize, array: &ArrayRef, values: &ArrayRef) {
    let (Some(texts), Some(dictionary)) = (texts_of(values), array.as_any_dictionary_opt()) else {
        sheet.texts(column, array.len(), |_| None);
        return;
    };
    if values.is_empty() {
        sheet.texts(column, array.len(), |_| None);
        return;
    }
    if let Some(keys) = array.as_dictionary_opt::<Int32Type>() {
        let keys = keys.keys();
        let key = |row: usize| {
            keys.is_valid(row).then(|| usize::try_from(keys.value(row)).unwrap_or(usize::MAX))
        };
        sheet.dictionary(column, array.len(), values, key, texts);
        return;
    }
    let keys = dictionary.normalized_keys();
    let key = |row: usize| array.is_valid(row).then(|| keys.get(row).copied()).flatten();
    sheet.dictionary(column, array.len(), values, key, texts);
}

/// Integers of a flag column as texts.
fn whole_texts(array: &ArrayRef) -> Texts {
    let Some((get, _)) = numbers_of(array) else {
        return (0..array.len()).map(|_| "").collect();
    };
    (0..array.len()).map(|row| get(row).map_or(String::new(), |value| value.to_string())).collect()
}

fn add_numbers(sheet: &mut Normaliser<'_>, column: usize, kind: Kind, array: &ArrayRef) {
    if add_plain(sheet, column, kind, array) {
        return;
    }
    let Some((get, unit)) = numbers_of(array) else {
        sheet.numbers(column, array.len(), |_| Ok(None), |_| String::new());
        return;
    };
    let read = |row: usize| get(row).map(|value| read(kind, unit, value)).transpose();
    let show = |row: usize| get(row).map_or(String::new(), |value| show_number(unit, value));
    sheet.numbers(column, array.len(), read, show);
}

/// A number for the quarantine; of fewer decimals than none it is followed by zeros.
pub(crate) fn show_number(unit: Unit, value: i128) -> String {
    let Unit::Scale(scale) = unit else { return value.to_string() };
    match u32::try_from(scale) {
        Ok(n_decimals) => decimal_text(value, n_decimals),
        Err(_) if value == 0 => "0".to_owned(),
        Err(_) => format!("{value}{}", "0".repeat(usize::from(scale.unsigned_abs()))),
    }
}

/// What an integer of an array counts.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Unit {
    /// 10⁻ˢᶜᵃˡᵉ.
    Scale(i8),
    /// So many make a day.
    PerDay(i128),
}

impl Unit {
    /// What the integers of an Arrow type count; none if it holds no integers.
    pub(crate) fn of(data_type: &DataType) -> Option<Self> {
        let parts = |per_second: i128| Self::PerDay(SECONDS_PER_DAY.saturating_mul(per_second));
        Some(match data_type {
            whole if whole.is_integer() => Self::Scale(0),
            DataType::Decimal32(_, places)
            | DataType::Decimal64(_, places)
            | DataType::Decimal128(_, places)
            | DataType::Decimal256(_, places) => Self::Scale(*places),
            DataType::Date32 => Self::PerDay(1),
            DataType::Date64 => parts(1_000),
            DataType::Timestamp(unit, None) => parts(match unit {
                TimeUnit::Second => 1,
                TimeUnit::Millisecond => 1_000,
                TimeUnit::Microsecond => 1_000_000,
                TimeUnit::Nanosecond => 1_000_000_000,
            }),
            _ => return None,
        })
    }
}

pub(crate) fn read(kind: Kind, unit: Unit, value: i128) -> Result<i64, Malformed> {
    match (kind, unit) {
        (Kind::Number { scale, digits }, Unit::Scale(from)) => rescale(value, from, scale, digits),
        (Kind::Level, Unit::Scale(from)) => rescale(value, from, 0, 9),
        (Kind::Day, Unit::PerDay(parts)) => {
            let days = exactly(value, parts)?;
            check_day(days).map(|()| days)
        }
        (Kind::Moment, Unit::PerDay(parts)) => {
            let seconds = if parts < SECONDS_PER_DAY {
                i64::try_from(value.saturating_mul(SECONDS_PER_DAY))
                    .map_err(|_| Malformed::TooLong)?
            } else {
                exactly(value, parts.div_euclid(SECONDS_PER_DAY))?
            };
            check_day(i64::from(Moment::from_seconds(seconds).day().epoch())).map(|()| seconds)
        }
        _ => Err(Malformed::NotPlain),
    }
}

fn exactly(value: i128, parts: i128) -> Result<i64, Malformed> {
    if value.checked_rem_euclid(parts) != Some(0) {
        return Err(Malformed::TooPrecise);
    }
    let whole = value.checked_div_euclid(parts).ok_or(Malformed::NotPlain)?;
    i64::try_from(whole).map_err(|_| Malformed::TooLong)
}

/// Holds days of binary files to the years that text can have.
fn check_day(days: i64) -> Result<(), Malformed> {
    let first = Day::from_civil(1800, 1, 1).map_or(i32::MIN, Day::epoch);
    let last = Day::from_civil(9999, 12, 31).map_or(i32::MAX, Day::epoch);
    if (i64::from(first)..=i64::from(last)).contains(&days) {
        Ok(())
    } else {
        Err(Malformed::NoSuchDay)
    }
}

/// Moves a decimal to the scale of its column, exactly.
fn rescale(value: i128, from: i8, scale: u32, digits: u32) -> Result<i64, Malformed> {
    let shift = i64::from(scale).saturating_sub(i64::from(from));
    let power = u32::try_from(shift.unsigned_abs()).unwrap_or(u32::MAX);
    let power = 10_i128.checked_pow(power);
    let moved = match (power, value) {
        (_, 0) => 0,
        (None, _) if 0 < shift => return Err(Malformed::TooLong),
        (Some(power), _) if 0 <= shift => value.checked_mul(power).ok_or(Malformed::TooLong)?,
        (Some(power), _) if value.checked_rem(power) == Some(0) => {
            value.checked_div(power).ok_or(Malformed::TooLong)?
        }
        (None | Some(_), _) => return Err(Malformed::TooPrecise),
    };
    let limit = 10_i128.checked_pow(digits).unwrap_or(i128::MAX);
    if moved <= limit.saturating_neg() || limit <= moved {
        return Err(Malformed::TooLong);
    }
    i64::try_from(moved).map_err(|_| Malformed::TooLong)
}

/// Gives the integers of an array of numbers, days or times, and what they count.
fn numbers_of(array: &ArrayRef) -> Option<(Get<'_, i128>, Unit)> {
    let unit = Unit::of(array.data_type())?;
    let get: Get<'_, i128> = match array.data_type() {
        DataType::Int8 => widened::<Int8Type>(array),
        DataType::Int16 => widened::<Int16Type>(array),
        DataType::Int32 => widened::<Int32Type>(array),
        DataType::Int64 => widened::<Int64Type>(array),
        DataType::UInt8 => widened::<UInt8Type>(array),
        DataType::UInt16 => widened::<UInt16Type>(array),
        DataType::UInt32 => widened::<UInt32Type>(array),
        DataType::UInt64 => widened::<UInt64Type>(array),
        DataType::Decimal32(..) => widened::<Decimal32Type>(array),
        DataType::Decimal64(..) => widened::<Decimal64Type>(array),
        DataType::Decimal128(..) => widened::<Decimal128Type>(array),
        DataType::Decimal256(..) => {
            let values = array.as_primitive::<Decimal256Type>();
            Box::new(move |row: usize| {
                // What does not fit has too many digits for any column.
                values.is_valid(row).then(|| values.value(row).to_i128().unwrap_or(i128::MAX))
            })
        }
        DataType::Date32 => widened::<Date32Type>(array),
        DataType::Date64 => widened::<Date64Type>(array),
        DataType::Timestamp(unit, None) => match unit {
            TimeUnit::Second => widened::<TimestampSecondType>(array),
            TimeUnit::Millisecond => widened::<TimestampMillisecondType>(array),
            TimeUnit::Microsecond => widened::<TimestampMicrosecondType>(array),
            TimeUnit::Nanosecond => widened::<TimestampNanosecondType>(array),
        },
        _ => return None,
    };
    Some((get, unit))
}

fn widened<'a, T>(array: &'a ArrayRef) -> Get<'a, i128>
where
    T: ArrowPrimitiveType,
    T::Native: Into<i128> + 'a,
{
    let values = array.as_primitive::<T>();
    Box::new(move |row| values.is_valid(row).then(|| values.value(row).into()))
}

/// The texts of a column, as a CSV file would hold them.
pub(crate) type Shown = Texts;

/// Writes a column of a small table as texts; null is empty.
pub(crate) fn shown(kind: Kind, array: &ArrayRef) -> Shown {
    if let Some(values) = dictionary_values(array) {
        return shown_dictionary(array, values);
    }
    if let Some(get) = texts_of(array) {
        return (0..array.len()).map(|row| get(row).unwrap_or_default()).collect();
    }
    let Some((get, unit)) = numbers_of(array) else {
        return (0..array.len()).map(|_| "").collect();
    };
    (0..array.len())
        .map(|row| get(row).map_or(String::new(), |value| text(kind, unit, value)))
        .collect()
}

fn shown_dictionary(array: &ArrayRef, values: &ArrayRef) -> Shown {
    let (Some(texts), Some(dictionary)) = (texts_of(values), array.as_any_dictionary_opt()) else {
        return (0..array.len()).map(|_| "").collect();
    };
    if values.is_empty() {
        return (0..array.len()).map(|_| "").collect();
    }
    let keys = dictionary.normalized_keys();
    let get =
        |row: usize| keys.get(row).filter(|_| array.is_valid(row)).and_then(|&key| texts(key));
    (0..array.len()).map(|row| get(row).unwrap_or_default()).collect()
}

fn text(kind: Kind, unit: Unit, value: i128) -> String {
    match (kind, unit, read(kind, unit, value)) {
        (Kind::Day, _, Ok(days)) => {
            i32::try_from(days).map_or(String::new(), |days| Day::from_epoch(days).to_string())
        }
        (Kind::Moment, _, Ok(seconds)) => Moment::from_seconds(seconds).to_string(),
        // What is not exact in this column does not parse there, and says what it was.
        (_, _, _) => show_number(unit, value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_of_hundreds_is_shown_and_read_as_hundreds() {
        let shown = |scale| [0, 1, -25].map(|value| show_number(Unit::Scale(scale), value));
        assert_eq!(shown(-2), ["0", "100", "-2500"]);
        assert_eq!(shown(0), ["0", "1", "-25"]);
        assert_eq!(shown(1), ["0.0", "0.1", "-2.5"]);
        let kind = Kind::Number { scale: 4, digits: 18 };
        assert_eq!(text(kind, Unit::Scale(-2), 1), "100");
    }
}
