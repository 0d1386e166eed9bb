//! Ends of keys that a machine made up: hexadecimal digits, with the dashes of a UUID or without, and
//! letters and digits.
//!
//! As texts they would be a head of their own each. As numbers they take sixteen bytes, whatever the form,
//! and lie in files as all columns do. How a key is taken apart depends on the key alone, and forms keep
//! the order of the keys as bytes.

use crate::serials::Split;

/// Digits of an end at least.
const LEAST: usize = 12;
/// Hexadecimal digits at most, 124 bits: the first digit of a UUID belongs to its head.
const MOST_HEX: usize = 31;
/// Letters and digits at most, 126 bits.
const MOST_WORD: usize = 21;

/// Forms: hexadecimal digits with small or large letters, and so many; letters and digits, and so many.
const SMALL: u8 = 64;
const LARGE: u8 = 96;
const WORD: u8 = 128;
/// The last 31 digits of a UUID.
const SMALL_UUID: u8 = 160;
const LARGE_UUID: u8 = 161;

/// Where the dashes of a UUID stand among its last 35 bytes.
const DASHES: [usize; 4] = [7, 12, 17, 22];
const N_UUID: usize = 35;

/// What a byte is among hexadecimal digits; nothing of these is a decimal digit.
const SMALL_LETTER: u8 = 1;
const LARGE_LETTER: u8 = 2;
const NO_DIGIT: u8 = 4;

/// The kind of a byte, without a choice of ways: the processor takes several at a time.
#[inline]
fn kind(byte: u8) -> u8 {
    let is_decimal = byte.wrapping_sub(b'0') < 10;
    let is_small = byte.wrapping_sub(b'a') < 6;
    let is_large = byte.wrapping_sub(b'A') < 6;
    let is_none = !(is_decimal | is_small | is_large);
    let or_none = |is: bool, kind: u8| if is { kind } else { 0 };
    or_none(is_small, SMALL_LETTER) | or_none(is_large, LARGE_LETTER) | or_none(is_none, NO_DIGIT)
}

/// The value of a hexadecimal digit: a letter has bit 6, and its low bits count from 1.
#[inline]
fn value(digit: u8) -> u8 {
    (digit & 0x0f).wrapping_add((digit >> 6).wrapping_mul(9))
}

/// Whether digits of these kinds have letters of one kind at most, and are digits.
#[inline]
fn is_hex(kinds: u8) -> bool {
    const BOTH: u8 = SMALL_LETTER | LARGE_LETTER;
    kinds & NO_DIGIT == 0 && kinds & BOTH != BOTH
}

/// Takes a key apart that ends so and in few digits only.
pub(crate) fn split(key: &[u8], n_digits: usize) -> Option<Split<'_>> {
    // An end that is half digits is mostly a serial number behind some letters.
    let is_long = |n: usize| LEAST <= n && n_digits.saturating_mul(2) < n;
    if key.len() < LEAST || !is_long(MOST_HEX) {
        return None;
    }
    if let Some(split) = uuid(key) {
        return Some(split);
    }
    let (n_hex, kinds) = hex_run(key);
    if kinds & (SMALL_LETTER | LARGE_LETTER) != 0 && is_long(n_hex) {
        let form = if kinds & LARGE_LETTER != 0 { LARGE } else { SMALL };
        let (head, digits) = key.split_at(key.len().saturating_sub(n_hex));
        let form = form.saturating_add(u8::try_from(n_hex).unwrap_or(0));
        return Some(Split { head, form, number: of_hex(digits) });
    }
    let is_word = |byte: &&u8| byte.is_ascii_alphanumeric();
    let n_word = key.iter().rev().take(MOST_WORD).take_while(is_word).count();
    if !is_long(n_word) {
        return None;
    }
    let (head, word) = key.split_at(key.len().saturating_sub(n_word));
    let number = word.iter().fold(0_u128, |number, &byte| {
        number.wrapping_mul(62).wrapping_add(u128::from(word_value(byte)))
    });
    Some(Split { head, form: WORD.saturating_add(u8::try_from(n_word).unwrap_or(0)), number })
}

/// How many hexadecimal digits a key ends in, with letters of one kind, and what they are.
fn hex_run(key: &[u8]) -> (usize, u8) {
    let kinds_of = |bytes: &[u8]| bytes.iter().fold(0, |kinds, &byte| kinds | kind(byte));
    // Mostly it is as long as can be.
    if let Some(all) =
        key.last_chunk::<MOST_HEX>().map(|all| kinds_of(all)).filter(|&it| is_hex(it))
    {
        return (MOST_HEX, all);
    }
    let (mut n, mut kinds) = (0_usize, 0);
    for &byte in key.iter().rev().take(MOST_HEX) {
        let with = kinds | kind(byte);
        if !is_hex(with) {
            break;
        }
        (n, kinds) = (n.saturating_add(1), with);
    }
    (n, kinds)
}

fn uuid(key: &[u8]) -> Option<Split<'_>> {
    let (head, end) = key.split_at_checked(key.len().checked_sub(N_UUID)?)?;
    if DASHES.iter().any(|&place| end.get(place) != Some(&b'-')) {
        return None;
    }
    let mut digits = [0_u8; MOST_HEX];
    let others = end.iter().enumerate().filter(|(place, _)| !DASHES.contains(place));
    let mut kinds = 0;
    for (digit, (_, &byte)) in digits.iter_mut().zip(others) {
        kinds |= kind(byte);
        *digit = byte;
    }
    if !is_hex(kinds) {
        return None;
    }
    let form = if kinds & LARGE_LETTER != 0 { LARGE_UUID } else { SMALL_UUID };
    Some(Split { head, form, number: of_hex(&digits) })
}

/// The number that hexadecimal digits stand for, sixteen of them at a time.
fn of_hex(digits: &[u8]) -> u128 {
    let sixteen = |digits: &[u8]| {
        digits.iter().fold(0_u64, |number, &byte| number << 4 | u64::from(value(byte)))
    };
    let mut chunks = digits.rchunks(16).map(sixteen);
    let low = u128::from(chunks.next().unwrap_or(0));
    u128::from(chunks.next().unwrap_or(0)) << 64 | low
}

fn word_value(byte: u8) -> u8 {
    match byte {
        b'0'..=b'9' => byte.wrapping_sub(b'0'),
        b'A'..=b'Z' => byte.wrapping_sub(b'A').wrapping_add(10),
        _ => byte.wrapping_sub(b'a').wrapping_add(36),
    }
}

/// Adds an end of a form.
pub(crate) fn write(form: u8, number: u128, bytes: &mut Vec<u8>) {
    const SMALL_DIGITS: &[u8; 16] = b"0123456789abcdef";
    const LARGE_DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    const WORD_DIGITS: &[u8; 62] =
        b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let from = bytes.len();
    let above = |base: u8| usize::from(form.saturating_sub(base));
    match form {
        SMALL_UUID => put_hex(number, (SMALL_DIGITS, MOST_HEX), bytes),
        LARGE_UUID => put_hex(number, (LARGE_DIGITS, MOST_HEX), bytes),
        WORD.. => put_word(number, (WORD_DIGITS, above(WORD)), bytes),
        LARGE.. => put_hex(number, (LARGE_DIGITS, above(LARGE)), bytes),
        _ => put_hex(number, (SMALL_DIGITS, above(SMALL)), bytes),
    }
    if let Some(end) = bytes.get_mut(from..) {
        end.reverse();
    }
    if SMALL_UUID <= form {
        for place in DASHES {
            bytes.insert(from.saturating_add(place), b'-');
        }
    }
}

/// Adds hexadecimal digits, the lowest first.
fn put_hex(mut rest: u128, (digits, n): (&[u8; 16], usize), bytes: &mut Vec<u8>) {
    for _ in 0..n {
        let digit = usize::try_from(rest & 0xf).unwrap_or(0);
        bytes.push(digits.get(digit).copied().unwrap_or(b'0'));
        rest >>= 4;
    }
}

/// Adds letters and digits, the lowest first; seven of them at a time are a number of 64 bits.
fn put_word(mut rest: u128, (digits, n): (&[u8; 62], usize), bytes: &mut Vec<u8>) {
    const SEVEN: u128 = 62_u128.pow(7);
    let mut seven = 0_u64;
    for nth in 0..n {
        if nth.is_multiple_of(7) {
            seven = u64::try_from(rest.rem_euclid(SEVEN)).unwrap_or(0);
            rest = rest.div_euclid(SEVEN);
        }
        let digit = usize::try_from(seven.rem_euclid(62)).unwrap_or(0);
        bytes.push(digits.get(digit).copied().unwrap_or(b'0'));
        seven = seven.div_euclid(62);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::serials::{self, Serials};

    const KEYS: [&str; 12] = [
        "d41d8cd98f00b204e9800998ecf8427e",
        "D41D8CD98F00B204E9800998ECF8427E",
        "F-d41d8cd98f00b204e9800998ecf8427e",
        "550e8400-e29b-41d4-a716-446655440000",
        "x550E8400-E29B-41D4-A716-44665544000F",
        "00000000-0000-0000-0000-000000000000",
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
        "507f191e810c19729de860ea",
        "01ARZ3NDEKTSV4RRFFQ69G5FAV",
        "V1StGXR8Z5jdHi6BmyTV1",
        "zzzzzzzzzzzzzzzzzzzzzzzzzz",
        "000000000000000000000a0000",
    ];

    #[test]
    fn keys_that_a_machine_made_up_have_few_heads() {
        let keys: Serials = KEYS.into_iter().collect();
        assert_eq!(keys.iter().collect::<Vec<_>>(), KEYS);
        for key in KEYS {
            let split = serials::split(key.as_bytes());
            assert!(split.head.len() <= 5 && split.width().is_none(), "{key}");
            assert!(split.number < 1 << 126, "{key}");
        }
        for key in ["H330100001-2026100100017", "FEE2026100100017", "12345678901234567890123456"] {
            assert!(serials::split(key.as_bytes()).width().is_some(), "{key}");
        }
    }

    proptest! {
        #[test]
        fn any_key_comes_back_and_keeps_its_order(
            keys in proptest::collection::vec(
                prop_oneof![
                    "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
                    "[0-9a-fA-F-]{30,40}", "[0-9a-f]{10,40}", "[0-9A-F]{10,40}", "[0-9A-Za-z]{1,30}",
                    "[a-c]{0,3}[0-9]{0,30}", "\\PC{0,40}",
                ],
                1..40,
            ),
        ) {
            let all: Serials = keys.iter().collect();
            prop_assert_eq!(all.iter().collect::<Vec<_>>(), keys.clone());
            for (a, one) in keys.iter().enumerate() {
                for (b, other) in keys.iter().enumerate() {
                    prop_assert_eq!(all.compare(a, b), one.as_bytes().cmp(other.as_bytes()));
                    prop_assert_eq!(all.pair(a) == all.pair(b), one == other);
                }
            }
        }
    }
}
