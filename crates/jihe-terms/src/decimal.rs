//! Exact decimal text to integers and back: nothing is rounded, cut or guessed.

use std::fmt;

use crate::digits::digits_and_decimals;

/// Why a text is not the number, day or time that it should be.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Malformed {
    /// Nothing there.
    Empty,
    /// Not plain digits with one point: exponents, thousands marks, currency signs, full-width
    /// digits, spaces.
    NotPlain,
    /// More decimals than the column has, other than zeros.
    TooPrecise,
    /// More digits than the column has.
    TooLong,
    /// No such day or time of day.
    NoSuchDay,
}

impl Malformed {
    /// A stable word for quarantine files.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Empty => "value is missing",
            Self::NotPlain => "not a plain value of this type",
            Self::TooPrecise => "more decimals than the column holds",
            Self::TooLong => "more digits than the column holds",
            Self::NoSuchDay => "no such day or time",
        }
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason())
    }
}

impl std::error::Error for Malformed {}

/// Reads plain decimal text as an integer of 10⁻ˢᶜᵃˡᵉ.
///
/// Accepts an optional sign, digits, and a point with digits; further decimals only if zero.
///
/// # Errors
///
/// If the text is anything else, or the value has more than `digits` digits.
pub fn parse_decimal(text: &[u8], scale: u32, digits: u32) -> Result<i64, Malformed> {
    let limit = power(digits).unwrap_or(i64::MAX);
    if let Some(value) = parse_plain(text, scale) {
        return if value < limit { Ok(value) } else { Err(Malformed::TooLong) };
    }
    let (negative, body) = match text {
        [] => return Err(Malformed::Empty),
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] | rest => (false, rest),
    };
    let (whole, fraction) = match body.iter().position(|&byte| byte == b'.') {
        None => (body, &[][..]),
        Some(point) => {
            (body.get(..point).unwrap_or(&[]), body.get(point.saturating_add(1)..).unwrap_or(&[]))
        }
    };
    if whole.is_empty() || (fraction.is_empty() && whole.len() != body.len()) {
        return Err(Malformed::NotPlain);
    }
    let mut value = 0_i64;
    for &byte in whole {
        value = push_digit(value, byte)?;
    }
    let mut n_decimals = 0_u32;
    for &byte in fraction {
        if n_decimals < scale {
            value = push_digit(value, byte)?;
            n_decimals = n_decimals.saturating_add(1);
        } else if !byte.is_ascii_digit() {
            return Err(Malformed::NotPlain);
        } else if byte != b'0' {
            return Err(Malformed::TooPrecise);
        }
    }
    while n_decimals < scale {
        value = push_digit(value, b'0')?;
        n_decimals = n_decimals.saturating_add(1);
    }
    if value < limit {
        Ok(if negative { value.wrapping_neg() } else { value })
    } else {
        Err(Malformed::TooLong)
    }
}

/// The powers of ten that fit.
#[expect(clippy::indexing_slicing, reason = "made when compiled")]
const POWERS: [i64; 19] = {
    let mut powers = [1; 19];
    let mut n = 1;
    while n < powers.len() {
        powers[n] = powers[n - 1] * 10;
        n += 1;
    }
    powers
};

fn power(exponent: u32) -> Option<i64> {
    POWERS.get(usize::try_from(exponent).ok()?).copied()
}

/// A number that is nothing but digits and at most one point; none if it needs a closer look.
#[inline]
fn parse_plain(text: &[u8], scale: u32) -> Option<i64> {
    let (value, n_decimals) = digits_and_decimals(text)?;
    let value = i64::try_from(value).ok()?;
    if n_decimals <= scale {
        return value.checked_mul(power(scale.wrapping_sub(n_decimals))?);
    }
    let unit = power(n_decimals.wrapping_sub(scale))?;
    let whole = value.checked_div(unit)?;
    (whole.wrapping_mul(unit) == value).then_some(whole)
}

fn push_digit(value: i64, byte: u8) -> Result<i64, Malformed> {
    if !byte.is_ascii_digit() {
        return Err(Malformed::NotPlain);
    }
    let digit = i64::from(byte.wrapping_sub(b'0'));
    value.checked_mul(10).and_then(|tens| tens.checked_add(digit)).ok_or(Malformed::TooLong)
}

/// Writes an integer of 10⁻ˢᶜᵃˡᵉ as decimal text with all its decimals.
pub fn decimal_text(value: i128, scale: u32) -> String {
    let mut text = Vec::with_capacity(24);
    write_decimal(value, scale, &mut text);
    String::from_utf8(text).unwrap_or_default()
}

/// The most decimals that are written without a detour.
const MOST_PLACES: usize = 20;

/// Adds an integer of 10⁻ˢᶜᵃˡᵉ at the end of `text`, with all its decimals.
pub fn write_decimal(value: i128, scale: u32, text: &mut Vec<u8>) {
    let places = usize::try_from(scale).unwrap_or(usize::MAX);
    let mut rest = match u64::try_from(value.unsigned_abs()) {
        Ok(rest) if places <= MOST_PLACES => rest,
        Ok(_) | Err(_) => {
            text.extend_from_slice(wide_text(value, places).as_bytes());
            return;
        }
    };
    // From the last byte to the first: at most 21 digits, a point and a sign.
    let mut bytes = [0_u8; 24];
    let mut n_left = bytes.len();
    let (mut n_digits, mut slots) = (0_usize, bytes.iter_mut().rev());
    let mut put = |byte: u8| {
        if let Some(slot) = slots.next() {
            (*slot, n_left) = (byte, n_left.saturating_sub(1));
        }
    };
    while rest != 0 || n_digits <= places {
        if n_digits == places && places != 0 {
            put(b'.');
        }
        put(b'0'.wrapping_add(u8::try_from(rest % 10).unwrap_or(0)));
        rest /= 10;
        n_digits = n_digits.saturating_add(1);
    }
    if value < 0 {
        put(b'-');
    }
    text.extend_from_slice(bytes.get(n_left..).unwrap_or(&[]));
}

/// Numbers of more than 64 bits, as sums over a country may be.
fn wide_text(value: i128, places: usize) -> String {
    let sign = if value < 0 { "-" } else { "" };
    let digits = value.unsigned_abs().to_string();
    if places == 0 {
        return format!("{sign}{digits}");
    }
    let padded = format!("{digits:0>width$}", width = places.saturating_add(1));
    let (whole, fraction) = padded.split_at(padded.len().saturating_sub(places));
    format!("{sign}{whole}.{fraction}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_with_all_their_decimals() {
        for (value, scale, text) in [
            (0, 0, "0"),
            (0, 2, "0.00"),
            (5, 2, "0.05"),
            (-5, 2, "-0.05"),
            (100, 0, "100"),
            (123_456, 4, "12.3456"),
            (-1_234_567, 2, "-12345.67"),
            (i128::from(u64::MAX), 2, "184467440737095516.15"),
            (i128::from(u64::MAX) + 1, 2, "184467440737095516.16"),
        ] {
            assert_eq!(decimal_text(value, scale), text);
            assert_eq!(wide_text(value, usize::try_from(scale).unwrap()), text);
        }
    }

    #[test]
    fn only_plain_decimals_are_numbers() {
        for (text, expected) in [
            ("12.34", Ok(1234)),
            ("12", Ok(1200)),
            ("-0.5", Ok(-50)),
            ("+7.00", Ok(700)),
            ("0.5000", Ok(50)),
            ("12.345", Err(Malformed::TooPrecise)),
            ("", Err(Malformed::Empty)),
            ("-", Err(Malformed::NotPlain)),
            ("2.", Err(Malformed::NotPlain)),
            (".5", Err(Malformed::NotPlain)),
            ("1e5", Err(Malformed::NotPlain)),
            ("1,234.50", Err(Malformed::NotPlain)),
            ("￥12", Err(Malformed::NotPlain)),
            ("１２", Err(Malformed::NotPlain)),
            ("NaN", Err(Malformed::NotPlain)),
            (" 1", Err(Malformed::NotPlain)),
            ("0x10", Err(Malformed::NotPlain)),
            ("99999999999999.99", Ok(9_999_999_999_999_999)),
            ("100000000000000.00", Err(Malformed::TooLong)),
            ("99999999999999999999", Err(Malformed::TooLong)),
        ] {
            assert_eq!(parse_decimal(text.as_bytes(), 2, 16), expected, "{text}");
        }
    }
}
