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

/// The lowest bits of eight bytes side by side, when a word of them is multiplied: no two products meet in one bit.
const GATHER: u64 = 0x0102_0408_1020_4080;

/// A bit for every byte that is a comma, a quote or a control character. So many bytes make a loop of
/// which the processor does sixteen at once.
#[inline]
pub(crate) fn mark_bits(bytes: &[u8; 64]) -> u64 {
    let mut marks = [0_u8; 64];
    for (mark, &byte) in marks.iter_mut().zip(bytes) {
        let is = |other| u8::from(byte == other);
        *mark = is(b',') | is(b'"') | is(0x7f) | u8::from(byte < 0x20);
    }
    let bits_of = |&eight: &[u8; 8]| u64::from_le_bytes(eight).wrapping_mul(GATHER) >> 56;
    marks.as_chunks::<8>().0.iter().rfold(0, |bits, eight| bits << 8 | bits_of(eight))
}

/// What tells where the lines of a text end.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Marks {
    pub(crate) has_quotes: bool,
    pub(crate) has_returns: bool,
    pub(crate) n_newlines: u64,
}

impl Marks {
    /// Looks at a text once, thirty-two bytes at a time.
    pub(crate) fn of(text: &[u8]) -> Self {
        const LANES: usize = 32;
        let mut all = Self::default();
        // No lane counts further than a byte can.
        for part in text.chunks(LANES * 255) {
            let (mut quotes, mut returns) = ([0_u8; LANES], [0_u8; LANES]);
            let mut newlines = [0_u8; LANES];
            let (chunks, rest) = part.as_chunks::<LANES>();
            let mut last = [0; LANES];
            if let Some(last) = last.get_mut(..rest.len()) {
                last.copy_from_slice(rest);
            }
            for chunk in chunks.iter().chain([&last]) {
                let lanes = quotes.iter_mut().zip(&mut returns).zip(&mut newlines);
                for (((quote, end), newline), &byte) in lanes.zip(chunk) {
                    *quote |= u8::from(byte == b'"');
                    *end |= u8::from(byte == b'\r');
                    *newline = newline.wrapping_add(u8::from(byte == b'\n'));
                }
            }
            all = all.and(Self {
                has_quotes: quotes != [0; LANES],
                has_returns: returns != [0; LANES],
                n_newlines: newlines.iter().map(|&lane| u64::from(lane)).sum(),
            });
        }
        all
    }

    /// Those of two texts together.
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            has_quotes: self.has_quotes || other.has_quotes,
            has_returns: self.has_returns || other.has_returns,
            n_newlines: self.n_newlines.saturating_add(other.n_newlines),
        }
    }
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
                        assert_eq!(bits >> nth & 1, u64::from(is_mark));
                    }
                }
            }
        }
    }

    #[test]
    fn quotes_and_line_ends_are_found_in_texts_of_any_length() {
        for n in [0, 1, 31, 32, 33, 255, 8159, 8160, 8161, 30_000] {
            let mut text = vec![b'a'; n];
            for place in (0..n).step_by(n / 7 + 1).chain(n.checked_sub(1)) {
                for (byte, marks) in [(b'"', (true, false, 0)), (b'\r', (false, true, 0))] {
                    text[place] = byte;
                    let found = Marks::of(&text);
                    assert_eq!((found.has_quotes, found.has_returns, found.n_newlines), marks);
                }
                text[place] = b'a';
            }
            text.fill(b'\n');
            let found = Marks::of(&text);
            assert_eq!((found.has_quotes, found.has_returns), (false, false));
            assert_eq!(found.n_newlines, u64::try_from(n).unwrap());
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
