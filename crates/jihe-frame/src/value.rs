//! Values that the sentences of findings name, and how they wait in few bytes: a month may have
//! millions of findings.

use crate::varint::{put, put_signed, take, take_signed};

/// Values that a finding may carry.
pub const N_VALUES: usize = 6;

/// A value that a finding's sentence may name.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Value {
    /// A number of 10⁻ˢᶜᵃˡᵉ.
    Number(i64, u32),
    /// A whole number.
    Int(i64),
    /// A day.
    Day(i32),
    /// A moment.
    Moment(i64),
    /// A code of the run.
    Code(u32),
    /// Index of an encounter.
    Encounter(u32),
    /// Index of a settlement.
    Settlement(u32),
    /// Canonical number of a line.
    Line(u32),
    /// Not known.
    Missing,
}

impl Value {
    /// A sum of 10⁻ˢᶜᵃˡᵉ, of a coarser scale where 64 bits hold it only there; not known where it would
    /// lose a digit.
    pub fn of_sum(mut sum: i128, mut scale: u32) -> Self {
        loop {
            match (i64::try_from(sum), scale.checked_sub(1)) {
                (Ok(sum), _) => return Self::Number(sum, scale),
                (Err(_), Some(coarser)) if sum.checked_rem(10) == Some(0) => {
                    sum = sum.checked_div(10).unwrap_or(sum);
                    scale = coarser;
                }
                (Err(_), _) => return Self::Missing,
            }
        }
    }
}

/// What kind of value follows.
const INT: u8 = 1;
const DAY: u8 = 2;
const MOMENT: u8 = 3;
const CODE: u8 = 4;
const ENCOUNTER: u8 = 5;
const SETTLEMENT: u8 = 6;
const LINE: u8 = 7;
const NUMBER: u8 = 8;
const MISSING: u8 = 0;

impl Value {
    /// Adds it to others, packed: a byte for its kind, then seven bits of its number in each byte, and the scale
    /// of one that has a scale.
    pub(crate) fn pack(self, bytes: &mut Vec<u8>) {
        let mut signed = |kind: u8, number: i64| {
            bytes.push(kind);
            put_signed(bytes, number);
        };
        match self {
            Self::Missing => bytes.push(MISSING),
            Self::Int(number) => signed(INT, number),
            Self::Day(day) => signed(DAY, day.into()),
            Self::Moment(second) => signed(MOMENT, second),
            Self::Code(code) => place(bytes, CODE, code),
            Self::Encounter(at) => place(bytes, ENCOUNTER, at),
            Self::Settlement(at) => place(bytes, SETTLEMENT, at),
            Self::Line(line) => place(bytes, LINE, line),
            Self::Number(number, scale) => {
                signed(NUMBER, number);
                put(bytes, scale.into());
            }
        }
    }
}

fn place(bytes: &mut Vec<u8>, kind: u8, place: u32) {
    bytes.push(kind);
    put(bytes, place.into());
}

/// The values of a finding.
#[derive(Clone, Debug)]
pub struct Values<'a> {
    packed: &'a [u8],
}

impl<'a> Values<'a> {
    /// Values out of their packed form.
    pub(crate) fn of(packed: &'a [u8]) -> Self {
        Self { packed }
    }

    /// Whether packed values are as they were put: none is cut short.
    pub fn are_whole(packed: &[u8]) -> bool {
        let mut values = Values::of(packed);
        while values.next().is_some() {}
        values.packed.is_empty()
    }
}

impl Iterator for Values<'_> {
    type Item = Value;

    fn next(&mut self) -> Option<Value> {
        // One that is cut short stays.
        let mut rest = self.packed;
        let value = take_value(&mut rest)?;
        self.packed = rest;
        Some(value)
    }
}

fn take_value(packed: &mut &[u8]) -> Option<Value> {
    let (&kind, rest) = packed.split_first()?;
    *packed = rest;
    Some(match kind {
        INT => Value::Int(take_signed(packed)?),
        DAY => Value::Day(i32::try_from(take_signed(packed)?).ok()?),
        MOMENT => Value::Moment(take_signed(packed)?),
        CODE => Value::Code(take_place(packed)?),
        ENCOUNTER => Value::Encounter(take_place(packed)?),
        SETTLEMENT => Value::Settlement(take_place(packed)?),
        LINE => Value::Line(take_place(packed)?),
        NUMBER => {
            let number = take_signed(packed)?;
            Value::Number(number, take_place(packed)?)
        }
        _ => Value::Missing,
    })
}

fn take_place(packed: &mut &[u8]) -> Option<u32> {
    u32::try_from(take(packed)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_beyond_64_bits_is_never_another_number() {
        let sum = i128::from(i64::MAX) - 7;
        assert_eq!(Value::of_sum(sum, 4), Value::Number(i64::MAX - 7, 4));
        assert_eq!(Value::of_sum(sum * 100, 4), Value::Number(i64::MAX - 7, 2));
        assert_eq!(Value::of_sum(-sum * 10_000, 4), Value::Number(7 - i64::MAX, 0));
        assert_eq!(Value::of_sum(sum * 100_000, 4), Value::Missing);
        assert_eq!(Value::of_sum(sum * 10 + 1, 4), Value::Missing);
    }

    #[test]
    fn values_come_back_as_they_were_packed() {
        let numbers = [0, 1, -1, 63, -64, 64, 12_345, i64::MAX, i64::MIN];
        let places = [0, 1, 127, 128, u32::MAX - 1, u32::MAX];
        let mut values = vec![Value::Missing];
        for number in numbers {
            values.extend([Value::Int(number), Value::Moment(number)]);
            values.extend([0, 6, u32::MAX].map(|scale| Value::Number(number, scale)));
        }
        for place in places {
            values.extend([Value::Code(place), Value::Encounter(place)]);
            values.extend([Value::Settlement(place), Value::Line(place)]);
        }
        values.extend([0, -1, 20_454, i32::MIN, i32::MAX].map(Value::Day));
        let mut packed = Vec::new();
        for value in &values {
            value.pack(&mut packed);
        }
        assert_eq!(Values::of(&packed).collect::<Vec<_>>(), values);
        assert!(Values::are_whole(&packed) && Values::are_whole(&[]));
        let (_, cut_short) = packed.split_last().unwrap();
        assert!(!Values::are_whole(cut_short));
        // The six largest of a finding are counted in a byte.
        let mut largest = Vec::new();
        Value::Number(i64::MIN, u32::MAX).pack(&mut largest);
        assert!(u8::try_from(largest.len() * N_VALUES).is_ok());
    }
}
