//! Digits of a text, eight at a time.

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;
/// Eight digits `0`.
const ZEROS: u64 = 0x3030_3030_3030_3030;

/// A text of fewer than eight bytes as a word, with `0` behind it. Stores of single bytes that are loaded together
/// would hold the processor up.
pub fn word(bytes: &[u8]) -> u64 {
    let used = u32::try_from(bytes.len()).unwrap_or(0).wrapping_mul(8);
    lower(bytes) | ZEROS.wrapping_shl(used)
}

/// A text of fewer than eight bytes as the lower bytes of a word.
#[inline]
fn lower(text: &[u8]) -> u64 {
    if let (Some(&first), Some(&last)) = (text.first_chunk::<4>(), text.last_chunk::<4>()) {
        let behind = u32::try_from(text.len()).unwrap_or(4).wrapping_sub(4).wrapping_mul(8);
        let last = u64::from(u32::from_le_bytes(last)).wrapping_shl(behind);
        return u64::from(u32::from_le_bytes(first)) | last;
    }
    // Its ends and its middle, which may be one.
    let at = |place: usize| {
        let byte = text.get(place).copied().unwrap_or(0);
        u64::from(byte).wrapping_shl(u32::try_from(place).unwrap_or(0).wrapping_mul(8))
    };
    at(0) | at(text.len().div_euclid(2)) | at(text.len().saturating_sub(1))
}

/// Whether all bytes are digits.
#[inline]
pub fn all_digits(text: &[u8]) -> bool {
    let whole = |&bytes: &[u8; 8]| are_digits(u64::from_le_bytes(bytes));
    match text.last_chunk::<8>() {
        Some(last) => text.as_chunks::<8>().0.iter().all(whole) && whole(last),
        None => are_digits(word(text)),
    }
}

/// Whether all bytes of a word are digits.
fn are_digits(word: u64) -> bool {
    let low = word.wrapping_add(ONES.wrapping_mul(0x80 - 0x3a))
        | word.wrapping_sub(ONES.wrapping_mul(0x30));
    (low | word) & HIGHS == 0
}

/// The number that at most 18 digits stand for.
#[inline]
pub fn number(digits: &[u8]) -> u64 {
    let (first, words) = digits.as_rchunks::<8>();
    let high = first.iter().fold(0_u64, |number, &byte| {
        number.wrapping_mul(10).wrapping_add(u64::from(byte.wrapping_sub(b'0')))
    });
    words
        .iter()
        .fold(high, |number, &bytes| number.wrapping_mul(100_000_000).wrapping_add(eight(bytes)))
}

/// Eight digits at once: pairs, then fours, then all.
fn eight(bytes: [u8; 8]) -> u64 {
    let word = u64::from_le_bytes(bytes).wrapping_sub(ONES.wrapping_mul(0x30));
    let pairs = word.wrapping_mul(10).wrapping_add(word >> 8) & 0x00ff_00ff_00ff_00ff;
    let fours = pairs.wrapping_mul(100).wrapping_add(pairs >> 16) & 0x0000_ffff_0000_ffff;
    fours.wrapping_mul(10_000).wrapping_add(fours >> 32) & 0xffff_ffff
}

/// A text of one to eight bytes: the number of its digits, and how many of them there are before and behind its
/// point, if it has one.
struct Part {
    number: u64,
    before: u32,
    behind: Option<u32>,
}

impl Part {
    /// Reads the lower bytes of a word; none if they are more than digits and a point.
    #[inline]
    fn of(word: u64, n_bytes: u32) -> Option<Self> {
        let odd = word ^ ONES.wrapping_mul(b'.'.into());
        let points = odd.wrapping_sub(ONES) & !odd & HIGHS;
        let (digits, before, behind) = if points == 0 {
            (word, n_bytes, None)
        } else {
            let bits = points.trailing_zeros() & !7;
            let upper = u64::MAX.wrapping_shl(bits);
            let before = bits.wrapping_shr(3);
            (
                word & !upper | word.wrapping_shr(8) & upper,
                before,
                Some(n_bytes.checked_sub(before)?.checked_sub(1)?),
            )
        };
        // Digits to the end of the word, and `0` before them.
        let n_digits = before.wrapping_add(behind.unwrap_or(0));
        let free = 64_u32.checked_sub(n_digits.wrapping_mul(8)).filter(|&free| free < 64)?;
        let word = digits.wrapping_shl(free) | ZEROS & !u64::MAX.wrapping_shl(free);
        are_digits(word).then(|| Self { number: eight(word.to_le_bytes()), before, behind })
    }
}

/// The number that the digits of a text stand for without its point, and how many of them are behind it; none of a
/// text of no or more than 16 bytes, or that is more than digits with a point between them.
///
/// Eight bytes are looked at together, so that texts of different lengths cost no wrong guess.
#[inline]
pub fn digits_and_decimals(text: &[u8]) -> Option<(u64, u32)> {
    let length = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    let Some((front, last)) = text.split_last_chunk::<8>() else {
        let all = Part::of(lower(text), length(text))?;
        return match all.behind {
            None => Some((all.number, 0)),
            Some(behind) => (0 < all.before && 0 < behind).then_some((all.number, behind)),
        };
    };
    let last = Part::of(u64::from_le_bytes(*last), 8)?;
    let front = match front.len() {
        0 => Part { number: 0, before: 0, behind: None },
        8 => Part::of(u64::from_le_bytes(*front.first_chunk()?), 8)?,
        1..8 => Part::of(lower(front), length(front))?,
        _ => return None,
    };
    let joined = |unit: u64| front.number.wrapping_mul(unit).wrapping_add(last.number);
    match (front.behind, last.behind) {
        (None, None) => Some((joined(100_000_000), 0)),
        (Some(behind), None) => {
            (0 < front.before).then(|| (joined(100_000_000), behind.wrapping_add(8)))
        }
        (None, Some(behind)) => {
            let is_between = 0 < behind && 0 < front.before.wrapping_add(last.before);
            is_between.then(|| (joined(10_000_000), behind))
        }
        (Some(_), Some(_)) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_text_is_a_word_that_ends_with_zeros() {
        for n in 0..8 {
            let wanted = [&b"9876543"[..n], &b"00000000"[n..]].concat();
            assert_eq!(word(&wanted[..n]).to_le_bytes()[..], wanted[..]);
        }
    }

    #[test]
    fn a_point_stands_anywhere_between_digits() {
        let digits = "9876543210123456";
        for n in 0..=digits.len() {
            let whole = &digits[..n];
            let number: u64 = whole.parse().unwrap_or(0);
            assert_eq!(digits_and_decimals(whole.as_bytes()), (0 < n).then_some((number, 0)));
            for point in 0..=n {
                let text = format!("{}.{}", &whole[..point], &whole[point..]);
                let behind = u32::try_from(n - point).unwrap();
                let is_good = 0 < point && point < n && text.len() <= 16;
                let wanted = is_good.then_some((number, behind));
                assert_eq!(digits_and_decimals(text.as_bytes()), wanted, "{text}");
            }
            // Anything else makes it no such text, wherever it stands; a second point, too.
            for place in 0..n {
                for odd in ["/", ":", "-", "+", " ", "e", "\0", "\u{ae}"] {
                    let text = format!("{}{odd}{}", &whole[..place], &whole[place + 1..]);
                    assert_eq!(digits_and_decimals(text.as_bytes()), None, "{text}");
                }
                for other in 0..place {
                    let mut text = whole.as_bytes().to_vec();
                    (text[place], text[other]) = (b'.', b'.');
                    assert_eq!(digits_and_decimals(&text), None, "{text:?}");
                }
            }
        }
    }

    #[test]
    fn numbers_are_read_eight_digits_at_a_time() {
        for text in ["", "7", "12345678", "123456789", "999999999999999999", "000000000000000012"] {
            assert_eq!(number(text.as_bytes()), text.parse().unwrap_or(0), "{text}");
            assert!(all_digits(text.as_bytes()));
        }
        for text in ["1234567x", "12/", "1:", "123456789 ", "医"] {
            assert!(!all_digits(text.as_bytes()), "{text}");
        }
    }
}
