//! Columns of whole numbers without gaps or faults, taken in one pass.

use arrow_array::Array;
use arrow_array::ArrayRef;
use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal32Type, Decimal64Type, Decimal128Type, Int32Type, Int64Type,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
};
use arrow_schema::{DataType, TimeUnit};
use jihe_terms::schema::Kind;

use super::{SECONDS_PER_DAY, Unit, read};
use crate::normalise::Normaliser;

/// An integer of an array, or of a page, where its lowest byte comes first.
pub(crate) trait Whole: Copy {
    fn fits(self) -> bool;
    fn small(self) -> i64;
}

impl Whole for i32 {
    fn fits(self) -> bool {
        true
    }

    fn small(self) -> i64 {
        i64::from(self)
    }
}

impl Whole for i64 {
    fn fits(self) -> bool {
        true
    }

    fn small(self) -> i64 {
        self
    }
}

impl Whole for [u8; 4] {
    fn fits(self) -> bool {
        true
    }

    fn small(self) -> i64 {
        i32::from_le_bytes(self).into()
    }
}

impl Whole for [u8; 8] {
    fn fits(self) -> bool {
        true
    }

    fn small(self) -> i64 {
        i64::from_le_bytes(self)
    }
}

impl Whole for i128 {
    fn fits(self) -> bool {
        i64::try_from(self).is_ok()
    }

    fn small(self) -> i64 {
        i64::try_from(self).unwrap_or(i64::MAX)
    }
}

/// Takes a column without gaps or faults in one pass; tells whether it was one.
pub(super) fn add_plain(
    sheet: &mut Normaliser<'_>,
    column: usize,
    kind: Kind,
    array: &ArrayRef,
) -> bool {
    if array.null_count() != 0 {
        return false;
    }
    let Some(unit) = Unit::of(array.data_type()) else { return false };
    match array.data_type() {
        DataType::Int32 => {
            add_whole(sheet, column, kind, unit, array.as_primitive::<Int32Type>().values())
        }
        DataType::Int64 => {
            add_whole(sheet, column, kind, unit, array.as_primitive::<Int64Type>().values())
        }
        DataType::Decimal32(..) => {
            add_whole(sheet, column, kind, unit, array.as_primitive::<Decimal32Type>().values())
        }
        DataType::Decimal64(..) => {
            add_whole(sheet, column, kind, unit, array.as_primitive::<Decimal64Type>().values())
        }
        DataType::Decimal128(..) => {
            add_whole(sheet, column, kind, unit, array.as_primitive::<Decimal128Type>().values())
        }
        DataType::Date32 => {
            add_whole(sheet, column, kind, unit, array.as_primitive::<Date32Type>().values())
        }
        DataType::Timestamp(TimeUnit::Millisecond, None) => {
            let values = array.as_primitive::<TimestampMillisecondType>().values();
            add_whole(sheet, column, kind, unit, values)
        }
        DataType::Timestamp(TimeUnit::Microsecond, None) => {
            let values = array.as_primitive::<TimestampMicrosecondType>().values();
            add_whole(sheet, column, kind, unit, values)
        }
        DataType::Timestamp(TimeUnit::Nanosecond, None) => {
            let values = array.as_primitive::<TimestampNanosecondType>().values();
            add_whole(sheet, column, kind, unit, values)
        }
        _ => false,
    }
}

/// Takes integers that all are inside the column's bounds; tells whether they were.
fn add_whole<T: Whole>(
    sheet: &mut Normaliser<'_>,
    column: usize,
    kind: Kind,
    unit: Unit,
    values: &[T],
) -> bool {
    let good = all_good(kind, unit, values);
    good.map(|good| sheet.good_numbers(column, good.into_iter())).is_some()
}

/// Integers in the smallest unit of their column, if all of them are good: a factor or a divisor for
/// all.
pub(crate) fn all_good<T: Whole>(kind: Kind, unit: Unit, values: &[T]) -> Option<Vec<i64>> {
    if values.is_empty() {
        return Some(Vec::new());
    }
    let (mut fits, mut least, mut most) = (true, i64::MAX, i64::MIN);
    for value in values {
        let small = value.small();
        (fits, least, most) = (fits & value.fits(), least.min(small), most.max(small));
    }
    if !fits {
        return None;
    }
    let (factor, divisor) = match (kind, unit) {
        (Kind::Number { scale, .. }, Unit::Scale(from)) => steps(scale, from),
        (Kind::Level, Unit::Scale(from)) => steps(0, from),
        (Kind::Day, Unit::PerDay(parts)) => (Some(1), i64::try_from(parts).ok()),
        (Kind::Moment, Unit::PerDay(parts)) if parts < SECONDS_PER_DAY => {
            (i64::try_from(SECONDS_PER_DAY).ok(), Some(1))
        }
        (Kind::Moment, Unit::PerDay(parts)) => {
            (Some(1), i64::try_from(parts.div_euclid(SECONDS_PER_DAY)).ok())
        }
        _ => (None, None),
    };
    let (factor, divisor) = (factor?, divisor?);
    // The ends are read the slow way: what lies between them is inside the bounds too. Ends that are
    // not whole are refused with the rest.
    let is_good = |value: i64| read(kind, unit, i128::from(value)).is_ok();
    if !is_good(least) || !is_good(most) {
        return None;
    }
    match divisor {
        1 => Some(values.iter().map(|value| value.small().wrapping_mul(factor)).collect()),
        1_000 => in_parts::<T, 1_000>(values),
        10_000 => in_parts::<T, 10_000>(values),
        1_000_000 => in_parts::<T, 1_000_000>(values),
        1_000_000_000 => in_parts::<T, 1_000_000_000>(values),
        _ => None,
    }
}

/// Integers that all are so many parts of a whole; a divisor known here costs a product.
fn in_parts<T: Whole, const PARTS: i64>(values: &[T]) -> Option<Vec<i64>> {
    let mut are_whole = true;
    let quotient = |value: &T| {
        let (parts, whole) = (value.small(), value.small().div_euclid(PARTS));
        are_whole &= whole.wrapping_mul(PARTS) == parts;
        whole
    };
    let quotients = values.iter().map(quotient).collect();
    are_whole.then_some(quotients)
}

/// The factor and the divisor between two scales; one of them is 1.
fn steps(to: u32, from: i8) -> (Option<i64>, Option<i64>) {
    let shift = i64::from(to).saturating_sub(i64::from(from));
    let power = u32::try_from(shift.unsigned_abs()).ok().and_then(|by| 10_i64.checked_pow(by));
    if 0 <= shift { (power, Some(1)) } else { (Some(1), power) }
}
