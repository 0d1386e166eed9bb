//! Digits of a text, eight at a time.

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;
/// Eight digits `0`.
const ZEROS: u64 = 0x3030_3030_3030_3030;

/// A text of fewer than eight bytes as a word; bytes that it does not have are those of its others, or
/// `0`. Stores of single bytes that are loaded together would hold the processor up.
pub fn word(bytes: &[u8]) -> u64 {
    if let (Some(&first), Some(&last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        return u64::from(u32::from_le_bytes(first)) | u64::from(u32::from_le_bytes(last)) << 32;
    }
    bytes.iter().fold(ZEROS, |word, &byte| word << 8 | u64::from(byte))
}

/// Whether all bytes are digits.
#[inline]
pub fn all_digits(text: &[u8]) -> bool {
    let digits = |word: u64| {
        let low = word.wrapping_add(ONES.wrapping_mul(0x80 - 0x3a))
            | word.wrapping_sub(ONES.wrapping_mul(0x30));
        (low | word) & HIGHS == 0
    };
    let whole = |&bytes: &[u8; 8]| digits(u64::from_le_bytes(bytes));
    match text.last_chunk::<8>() {
        Some(last) => text.as_chunks::<8>().0.iter().all(whole) && whole(last),
        None => digits(word(text)),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

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
