//! Eight bytes of a text at a time.

use jihe_terms::digits::word;

use crate::cells::check_name;

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// Whether a byte is a control character or none of ASCII.
fn is_odd(word: u64) -> bool {
    let control = word.wrapping_sub(ONES.wrapping_mul(0x20)) & !word;
    let delete = word ^ ONES.wrapping_mul(0x7f);
    let delete = delete.wrapping_sub(ONES) & !delete;
    (control | delete | word) & HIGHS != 0
}

/// Whether all bytes are of ASCII and none a control character; a few steps of the processor.
#[inline]
fn are_plain(bytes: &[u8; 16]) -> bool {
    bytes.iter().fold(0, |odd, byte| odd | u8::from(!(0x20..0x7f).contains(byte))) == 0
}

/// Checks a code or key; a text of plain ASCII is done in a few steps.
pub(crate) fn check_key(text: &[u8], utf8: bool) -> Result<(), Odd> {
    if text.len() <= 200 && is_plain(text) {
        return Ok(());
    }
    if utf8 && std::str::from_utf8(text).is_err() {
        return Err(Odd::NotText);
    }
    check_name(text).map_err(Odd::Fault)
}

/// Why a text is not taken as it is.
pub(crate) enum Odd {
    /// The file is damaged.
    NotText,
    /// The row is put aside.
    Fault(&'static str),
}

/// Whether a text is of ASCII without control characters.
#[inline]
pub(crate) fn is_plain(text: &[u8]) -> bool {
    // The last sixteen or eight bytes may overlap those before.
    if let Some(last) = text.last_chunk::<16>() {
        return text.as_chunks::<16>().0.iter().all(are_plain) && are_plain(last);
    }
    let good = |&bytes: &[u8; 8]| !is_odd(u64::from_le_bytes(bytes));
    match text.last_chunk::<8>() {
        Some(last) => text.as_chunks::<8>().0.iter().all(good) && good(last),
        None => !is_odd(word(text)),
    }
}

/// The number of bytes before the first comma, quote or control character.
#[inline]
pub(crate) fn plain_len(text: &[u8]) -> usize {
    let is_zero = |word: u64| word.wrapping_sub(ONES) & !word;
    let marks = |word: u64| {
        let comma = is_zero(word ^ ONES.wrapping_mul(0x2c));
        let quote = is_zero(word ^ ONES.wrapping_mul(0x22));
        let delete = is_zero(word ^ ONES.wrapping_mul(0x7f));
        let control = word.wrapping_sub(ONES.wrapping_mul(0x20)) & !word;
        (comma | quote | delete | control) & HIGHS
    };
    let (words, rest) = text.as_chunks::<8>();
    let mut length = 0_usize;
    for &word in words {
        let marks = marks(u64::from_le_bytes(word));
        if marks != 0 {
            // The first mark is exact; only those behind it may be borrowed.
            let nth = usize::try_from(marks.trailing_zeros() / 8).unwrap_or(0);
            return length.saturating_add(nth);
        }
        length = length.saturating_add(8);
    }
    let is_mark = |&byte: &u8| matches!(byte, b',' | b'"' | 0x7f | 0..0x20);
    let n_rest = rest.iter().position(is_mark).unwrap_or(rest.len());
    length.saturating_add(n_rest)
}

/// The high bit of every byte that is a comma, a quote or a control character. So many bytes make a
/// loop of which the processor does sixteen at once.
#[inline]
pub(crate) fn mark_bits(bytes: &[u8; 64]) -> [u64; 8] {
    let mut marks = [0_u8; 64];
    for (mark, &byte) in marks.iter_mut().zip(bytes) {
        let is = |other| u8::from(byte == other);
        *mark = (is(b',') | is(b'"') | is(0x7f) | u8::from(byte < 0x20)) << 7;
    }
    let mut words = [0; 8];
    for (word, &mark) in words.iter_mut().zip(marks.as_chunks::<8>().0) {
        *word = u64::from_le_bytes(mark);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_run_ends_before_the_first_mark() {
        for place in 0..20 {
            for mark in [b',', b'"', b'\n', 0, 0x1f, 0x7f] {
                let mut text = [0xe5; 20];
                text[place] = mark;
                text[19] = b',';
                assert_eq!(plain_len(&text), place.min(19), "{place} {mark}");
            }
        }
        assert_eq!(plain_len(b"!#-+ ~"), 6);
        assert_eq!(plain_len(&[b' '; 17]), 17);
    }

    #[test]
    fn every_mark_is_found_and_nothing_else() {
        for byte in 0..=255_u8 {
            for other in [b'a', b',', 0x80, 0xff, 0, b'!', b'-', b'#', b'+'] {
                for place in 0..64 {
                    let mut text = [other; 64];
                    text[place] = byte;
                    let bits = mark_bits(&text);
                    for (nth, byte) in text.into_iter().enumerate() {
                        let is_mark = matches!(byte, b',' | b'"' | 0x7f | 0..0x20);
                        let of_byte = bits[nth / 8] >> (nth % 8 * 8) & 0xff;
                        assert_eq!(of_byte, if is_mark { 0x80 } else { 0 });
                    }
                }
            }
        }
    }

    #[test]
    fn control_characters_are_found_wherever_they_stand() {
        for place in 0..20 {
            for byte in [0, 9, 0x1f, 0x7f] {
                let mut text = [b'a'; 20];
                text[place] = byte;
                assert!(check_key(&text, true).is_err());
            }
            let mut text = [b'~'; 20];
            text[place] = b' ';
            assert!(check_key(&text, true).is_ok());
            text[place] = 0xff;
            assert!(matches!(check_key(&text, true), Err(Odd::NotText)));
        }
        assert!(check_key("医保".as_bytes(), true).is_ok());
    }
}
