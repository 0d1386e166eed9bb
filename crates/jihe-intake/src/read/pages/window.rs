//! Formats that repeat what came a little before, decompressed as it is asked for: snappy and LZ4, each as one block.
//!
//! In: the bytes of a block, and none but them. Out: what they stand for. As much is kept as later bytes repeat:
//! 64 KiB, as far back as LZ4 can go and writers of snappy do. Should a block of snappy go farther, it is
//! begun again, and all is kept.

use std::io::{BufRead, BufReader, Error, ErrorKind, Read, Result};

use crate::place::count;

/// What is kept of what came before.
const WINDOW: usize = 1 << 16;
/// Bytes that are made at a time.
const AT_ONCE: usize = 1 << 16;
/// More than what is short makes at once.
const LONGEST: usize = 128;

/// How a block is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Format {
    Snappy,
    Lz4,
}

/// A block while it is decompressed.
pub(super) struct Window<R> {
    /// The block from its beginning.
    block: R,
    format: Format,
    input: BufReader<R>,
    /// What came before, and what nobody took yet, from `n_taken` on.
    made: Vec<u8>,
    n_taken: usize,
    /// How much was made before that.
    n_gone: u64,
    keeps_all: bool,
    /// What a block of snappy says that it has, once that is known.
    n_told: Option<u64>,
    /// Of LZ4 what a token tells of the repetition behind its bytes.
    token: Option<u8>,
    /// Bytes that follow as they are.
    n_literal: usize,
    /// Bytes that repeat what came so many before.
    n_copied: usize,
    distance: usize,
}

/// Repeats so many bytes from a place on. What is repeated may go on into what is made of it, which repeats
/// itself then.
#[inline]
fn repeat(made: &mut Vec<u8>, n_bytes: usize, from: usize) {
    let mut n_left = n_bytes;
    while 0 < n_left {
        let n_bytes = n_left.min(made.len().saturating_sub(from));
        made.extend_from_within(from..from.saturating_add(n_bytes));
        n_left = n_left.saturating_sub(n_bytes);
    }
}

/// Bytes as they are, how many are repeated and from how far back, and what comes then.
type Short<'b> = (&'b [u8], (usize, usize), &'b [u8]);

/// The next bytes of a block of snappy, if they are short and there as a whole.
#[inline]
fn short_snappy(rest: &[u8]) -> Option<Short<'_>> {
    let (&tag, rest) = rest.split_first()?;
    let long = usize::from(tag >> 2);
    match tag & 3 {
        0 if long < 60 => {
            let (literal, rest) = rest.split_at_checked(long.wrapping_add(1))?;
            Some((literal, (0, 0), rest))
        }
        1 => {
            let (&low, rest) = rest.split_first()?;
            let distance = (long >> 3) << 8 | usize::from(low);
            Some((&[], ((long & 7).wrapping_add(4), distance), rest))
        }
        2 => {
            let (distance, rest) = rest.split_first_chunk::<2>()?;
            Some((&[], (long.wrapping_add(1), u16::from_le_bytes(*distance).into()), rest))
        }
        _ => None,
    }
}

/// The same of LZ4.
#[inline]
fn short_lz4(rest: &[u8]) -> Option<Short<'_>> {
    let (&token, rest) = rest.split_first()?;
    let (n_literal, n_copied) = (usize::from(token >> 4), usize::from(token & 15));
    if n_literal == 15 || n_copied == 15 {
        return None;
    }
    let (literal, rest) = rest.split_at_checked(n_literal)?;
    let (distance, rest) = rest.split_first_chunk::<2>()?;
    Some((literal, (n_copied.wrapping_add(4), u16::from_le_bytes(*distance).into()), rest))
}

fn cut() -> Error {
    Error::new(ErrorKind::UnexpectedEof, "a compressed block is cut short")
}

fn wrong(what: &'static str) -> Error {
    Error::new(ErrorKind::InvalidData, what)
}

impl<R: Read + Clone> Window<R> {
    pub(super) fn new(block: R, format: Format) -> Self {
        Self {
            input: BufReader::with_capacity(AT_ONCE, block.clone()),
            block,
            format,
            made: Vec::new(),
            n_taken: 0,
            n_gone: 0,
            keeps_all: false,
            n_told: None,
            token: None,
            n_literal: 0,
            n_copied: 0,
            distance: 0,
        }
    }

    /// How much was made so far.
    fn n_made(&self) -> u64 {
        self.n_gone.saturating_add(count(self.made.len()))
    }

    /// The next byte; none at the end.
    fn next(&mut self) -> Result<Option<u8>> {
        let byte = self.input.fill_buf()?.first().copied();
        if byte.is_some() {
            self.input.consume(1);
        }
        Ok(byte)
    }

    fn byte(&mut self) -> Result<u8> {
        self.next()?.ok_or_else(cut)
    }

    /// A number of so many bytes, the lowest first.
    fn number(&mut self, n_bytes: u32) -> Result<usize> {
        let mut number = 0_usize;
        for nth in 0..n_bytes {
            number |= usize::from(self.byte()?) << (nth.saturating_mul(8));
        }
        Ok(number)
    }

    /// Makes some more bytes, where there are more.
    fn make(&mut self) -> Result<()> {
        if !self.keeps_all {
            let n_gone = self.made.len().min(self.n_taken).saturating_sub(WINDOW);
            self.made.drain(..n_gone);
            self.n_taken = self.n_taken.saturating_sub(n_gone);
            self.n_gone = self.n_gone.saturating_add(count(n_gone));
        }
        let enough = self.made.len().saturating_add(AT_ONCE);
        self.made.reserve(AT_ONCE.saturating_add(LONGEST));
        while self.made.len() < enough {
            self.make_short(enough);
            let room = enough.saturating_sub(self.made.len());
            if 0 < self.n_literal {
                self.literal(room)?;
            } else if 0 < self.n_copied {
                self.copy(room)?;
            } else if !self.turn()? {
                break;
            }
        }
        Ok(())
    }

    /// Makes bytes of what is short and there as a whole, as most of a block is, until there are enough; this takes half
    /// the time of asking for each byte.
    fn make_short(&mut self, enough: usize) {
        let is_between = self.n_literal == 0 && self.n_copied == 0 && self.token.is_none();
        let n_left = match (self.format, self.n_told) {
            (Format::Snappy, Some(n_told)) => n_told.saturating_sub(self.n_made()),
            (Format::Snappy, None) => 0,
            (Format::Lz4, _) => u64::MAX,
        };
        let most = self.made.len().saturating_add(usize::try_from(n_left).unwrap_or(usize::MAX));
        let enough = enough.min(most.saturating_sub(LONGEST));
        if !is_between {
            return;
        }
        let there = self.input.buffer();
        let mut rest = there;
        while self.made.len() < enough {
            let short = match self.format {
                Format::Snappy => short_snappy(rest),
                Format::Lz4 => short_lz4(rest),
            };
            let Some((literal, (n_copied, distance), after)) = short else { break };
            let n_made = self.made.len().saturating_add(literal.len());
            // What is wrong, or came long before, goes the other way.
            if 0 < n_copied && (distance == 0 || n_made < distance) {
                break;
            }
            self.made.extend_from_slice(literal);
            repeat(&mut self.made, n_copied, n_made.saturating_sub(distance));
            rest = after;
        }
        let n_used = there.len().saturating_sub(rest.len());
        self.input.consume(n_used);
    }

    fn literal(&mut self, room: usize) -> Result<()> {
        let n_bytes = self.n_literal.min(room);
        let n_before = self.made.len();
        let mut some = self.input.by_ref().take(count(n_bytes));
        if some.read_to_end(&mut self.made)? < n_bytes {
            return Err(cut());
        }
        self.n_literal = self.n_literal.saturating_sub(self.made.len().saturating_sub(n_before));
        Ok(())
    }

    fn copy(&mut self, room: usize) -> Result<()> {
        let Some(from) = self.made.len().checked_sub(self.distance) else {
            return self.begin_again();
        };
        let n_copied = self.n_copied.min(room);
        self.n_copied = self.n_copied.saturating_sub(n_copied);
        repeat(&mut self.made, n_copied, from);
        Ok(())
    }

    /// Goes back to the beginning, as more is asked for of what came before than is kept.
    fn begin_again(&mut self) -> Result<()> {
        let n_taken = self.n_gone.saturating_add(count(self.n_taken));
        let distance = count(self.distance);
        if self.keeps_all || self.n_made() < distance {
            return Err(wrong("a compressed block repeats what is not there"));
        }
        *self = Self { keeps_all: true, ..Self::new(self.block.clone(), self.format) };
        self.n_taken = usize::try_from(n_taken).map_err(|_| wrong("a block is too long"))?;
        while self.made.len() <= self.n_taken {
            let n_before = self.made.len();
            self.make()?;
            if self.made.len() == n_before {
                return Err(cut());
            }
        }
        Ok(())
    }

    /// Goes on to what comes next; tells whether there is anything.
    fn turn(&mut self) -> Result<bool> {
        match self.format {
            Format::Snappy => self.turn_snappy(),
            Format::Lz4 => self.turn_lz4(),
        }
    }

    /// A tag tells what comes: bytes as they are, or a repetition by three kinds of distances.
    fn turn_snappy(&mut self) -> Result<bool> {
        let n_told = if let Some(n_told) = self.n_told { n_told } else { self.told()? };
        let Some(tag) = self.next()? else {
            let is_whole = self.n_made() == n_told;
            return if is_whole { Ok(false) } else { Err(cut()) };
        };
        let long = usize::from(tag >> 2);
        match tag & 3 {
            0 => {
                let n_bytes = match long.checked_sub(59) {
                    None | Some(0) => long,
                    Some(n_bytes) => self.number(u32::try_from(n_bytes).unwrap_or(4))?,
                };
                self.n_literal = n_bytes.saturating_add(1);
            }
            1 => {
                self.n_copied = (long & 7).saturating_add(4);
                self.distance = (long >> 3) << 8 | self.number(1)?;
            }
            kind => {
                self.n_copied = long.saturating_add(1);
                self.distance = self.number(if kind == 2 { 2 } else { 4 })?;
            }
        }
        self.check_distance()?;
        let n_more = count(self.n_literal.saturating_add(self.n_copied));
        if n_told < self.n_made().saturating_add(n_more) {
            return Err(wrong("a compressed block is longer than it says"));
        }
        Ok(true)
    }

    /// What a block of snappy has, by its first bytes.
    fn told(&mut self) -> Result<u64> {
        let mut n_told = 0_u64;
        for shift in (0..35).step_by(7) {
            let byte = self.byte()?;
            n_told |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(*self.n_told.insert(n_told));
            }
        }
        Err(wrong("a compressed block has no length"))
    }

    /// Bytes as they are, and a repetition behind them but for the last.
    fn turn_lz4(&mut self) -> Result<bool> {
        if let Some(token) = self.token {
            // The last bytes have none behind them.
            let Some(low) = self.next()? else { return Ok(false) };
            self.token = None;
            self.distance = usize::from(low) | usize::from(self.byte()?) << 8;
            self.n_copied = self.lz4_length(token & 15)?.saturating_add(4);
            self.check_distance()?;
            return Ok(true);
        }
        let token = self.byte()?;
        self.n_literal = self.lz4_length(token >> 4)?;
        self.token = Some(token);
        Ok(true)
    }

    /// A length of which the first four bits are known.
    fn lz4_length(&mut self, four: u8) -> Result<usize> {
        let mut length = usize::from(four);
        if four == 15 {
            loop {
                let byte = self.byte()?;
                length = length.saturating_add(usize::from(byte));
                if byte < u8::MAX {
                    break;
                }
            }
        }
        Ok(length)
    }

    fn check_distance(&self) -> Result<()> {
        match self.distance {
            0 if 0 < self.n_copied => Err(wrong("a compressed block repeats what is not there")),
            _ => Ok(()),
        }
    }
}

impl<R: Read + Clone> Read for Window<R> {
    fn read(&mut self, room: &mut [u8]) -> Result<usize> {
        if self.made.len() == self.n_taken {
            self.make()?;
        }
        let left = self.made.get(self.n_taken..).unwrap_or(&[]);
        let n_read = left.len().min(room.len());
        if let (Some(room), Some(left)) = (room.get_mut(..n_read), left.get(..n_read)) {
            room.copy_from_slice(left);
        }
        self.n_taken = self.n_taken.saturating_add(n_read);
        Ok(n_read)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;

    /// What a block stands for, taken some bytes at a time; none if it is damaged.
    fn all(block: &[u8], format: Format, at_once: usize) -> Option<Vec<u8>> {
        let (mut window, mut all) = (Window::new(Cursor::new(block), format), Vec::new());
        let mut room = vec![0; at_once];
        loop {
            match window.read(&mut room).ok()? {
                0 => return Some(all),
                n_read => all.extend_from_slice(&room[..n_read]),
            }
            let is_small = window.keeps_all || window.made.len() < 400_000;
            assert!(is_small, "all of a block is there");
        }
    }

    fn noise(n_bytes: usize) -> Vec<u8> {
        let mut seed = 7_u64;
        let byte = |_| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            seed.to_le_bytes()[7]
        };
        (0..n_bytes).map(byte).collect()
    }

    /// So many bytes as they are, as snappy has them.
    fn literal(bytes: &[u8]) -> Vec<u8> {
        let length = u32::try_from(bytes.len()).unwrap().wrapping_sub(1).to_le_bytes();
        [&[63 << 2][..], &length, bytes].concat()
    }

    /// The length of a block of snappy.
    fn told(mut n_bytes: usize) -> Vec<u8> {
        let mut told = Vec::new();
        while 0x7f < n_bytes {
            told.push(u8::try_from(n_bytes & 0x7f).unwrap() | 0x80);
            n_bytes >>= 7;
        }
        told.push(u8::try_from(n_bytes).unwrap());
        told
    }

    proptest! {
        #[test]
        fn what_snappy_made_small_comes_back(
            pieces in proptest::collection::vec((0_usize..90_000, 0_usize..60_000, 1_usize..300), 0..12),
            at_once in 1_usize..200_000,
        ) {
            let noise = noise(150_000);
            let mut bytes = Vec::new();
            for (from, n_bytes, times) in pieces {
                let some = noise[from..].iter().take(n_bytes.div_euclid(times));
                for _ in 0..times {
                    bytes.extend(some.clone());
                }
            }
            let block = snap::raw::Encoder::new().compress_vec(&bytes).unwrap();
            prop_assert!(all(&block, Format::Snappy, at_once).unwrap() == bytes);
            if let Some((_, cut)) = block.split_last() {
                prop_assert!(all(cut, Format::Snappy, at_once).is_none());
            }
        }
    }

    #[test]
    fn a_block_of_snappy_that_repeats_what_came_long_before_is_begun_again() {
        const DISTANCES: [u32; 3] = [700_000, 3, 65_536];
        let noise = noise(700_000);
        let n_bytes = noise.len() + 3 * 64;
        let copy = |distance: u32| [&[63 << 2 | 3][..], &distance.to_le_bytes()].concat();
        let block = |n_bytes: usize, distances: [u32; 3]| {
            [told(n_bytes), literal(&noise), distances.map(copy).concat()].concat()
        };
        let mut expected = noise.clone();
        for distance in DISTANCES {
            let distance = usize::try_from(distance).unwrap();
            for _ in 0..64 {
                expected.push(expected[expected.len() - distance]);
            }
        }
        for at_once in [1_000, 100_000, 1 << 20] {
            let found = all(&block(n_bytes, DISTANCES), Format::Snappy, at_once).unwrap();
            assert!(found == expected, "{at_once}");
        }
        for odd in [[700_001, 3, 65_536], [0, 3, 65_536]] {
            assert!(all(&block(n_bytes, odd), Format::Snappy, 1_000).is_none());
        }
        for odd in [n_bytes - 1, n_bytes + 1] {
            assert!(all(&block(odd, DISTANCES), Format::Snappy, 1_000).is_none());
        }
    }

    #[test]
    fn a_block_of_lz4_has_bytes_and_repetitions_by_turns() {
        // Three bytes and four of them again, twenty bytes and three hundred times the last, one byte.
        let mut block = vec![3 << 4, b'a', b'b', b'c', 3, 0];
        block.extend([15 << 4 | 15, 5]);
        block.extend(b"abcdefghijklmnopqrst");
        block.extend([1, 0, 255, 26, 1 << 4, b'z']);
        let expected = ["abcabca", "abcdefghijklmnopqrst", &"t".repeat(300), "z"].concat();
        for at_once in [1, 7, 1_000] {
            assert_eq!(all(&block, Format::Lz4, at_once).unwrap(), expected.as_bytes());
        }
        // Repetitions of what is not there, and blocks that are cut.
        let odd: [&[u8]; 5] = [
            &[1 << 4, b'a', 2, 0],
            &[1 << 4, b'a', 0, 0],
            &[1 << 4, b'a', 1],
            &[2 << 4, b'a'],
            &[15 << 4],
        ];
        for odd in odd {
            assert!(all(odd, Format::Lz4, 9).is_none(), "{odd:?}");
        }
    }
}
