//! What waits in few bytes, in memory or on disk.

use std::borrow::Cow;
use std::io::{Error, ErrorKind, Result};

pub(crate) use jihe_frame::varint::{put, put_signed};
use jihe_frame::{Lines, Values, varint};

/// Bytes that wait to be asked for: in memory, or on disk where a run has no memory left for them.
#[derive(Debug)]
pub(crate) enum Waiting {
    Here(Box<[u8]>),
    Away { place: u64, n_bytes: usize },
}

impl Waiting {
    pub(crate) fn new(lines: &Lines, bytes: &[u8]) -> Result<Self> {
        Ok(match lines.put_away(bytes, 0)? {
            Some(place) => Self::Away { place, n_bytes: bytes.len() },
            None => Self::Here(bytes.into()),
        })
    }

    /// Puts them on disk if the run has no memory left for so much more.
    pub(crate) fn make_room(&mut self, lines: &Lines, n_more: u64) -> Result<()> {
        if let Self::Here(bytes) = self
            && let Some(place) = lines.put_away(bytes, n_more)?
        {
            *self = Self::Away { place, n_bytes: bytes.len() };
        }
        Ok(())
    }

    /// The bytes.
    pub(crate) fn bytes(&self, lines: &Lines) -> Result<Cow<'_, [u8]>> {
        Ok(match self {
            Self::Here(bytes) => Cow::Borrowed(bytes),
            &Self::Away { place, n_bytes } => Cow::Owned(lines.bring_back(place, n_bytes)?),
        })
    }
}

/// What was put away is not what comes back.
pub(crate) fn damaged() -> Error {
    Error::new(ErrorKind::InvalidData, "findings on disk are damaged")
}

/// Adds how far a number is from the one before.
#[inline]
pub(crate) fn put_step(bytes: &mut Vec<u8>, last: &mut u32, number: u32) {
    put_signed(bytes, i64::from(number.wrapping_sub(*last).cast_signed()));
    *last = number;
}

/// Numbers in the order in which they were put.
pub(crate) struct Unpacked<'a> {
    rest: &'a [u8],
    is_cut_short: bool,
}

impl<'a> Unpacked<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, is_cut_short: false }
    }

    /// The next number; 0 where there is none.
    #[inline]
    pub(crate) fn number(&mut self) -> u64 {
        let number = varint::take(&mut self.rest);
        self.is_cut_short |= number.is_none();
        number.unwrap_or(0)
    }

    /// So many bytes; fewer where there are not as many.
    fn bytes(&mut self, n_bytes: usize) -> &'a [u8] {
        self.is_cut_short |= self.rest.len() < n_bytes;
        let (bytes, rest) = self.rest.split_at(n_bytes.min(self.rest.len()));
        self.rest = rest;
        bytes
    }

    /// The next values of a finding.
    pub(crate) fn values(&mut self, n_bytes: usize) -> &'a [u8] {
        let values = self.bytes(n_bytes);
        self.is_cut_short |= !Values::are_whole(values);
        values
    }

    /// The next number of either sign.
    #[inline]
    pub(crate) fn signed(&mut self) -> i64 {
        varint::signed(self.number())
    }

    /// The next number that was put as a step.
    #[inline]
    pub(crate) fn step(&mut self, last: &mut u32) -> u32 {
        *last = last.wrapping_add((self.signed() as i32).cast_unsigned());
        *last
    }

    /// The next number of 32 bits.
    #[inline]
    pub(crate) fn small(&mut self) -> u32 {
        self.number() as u32
    }

    /// Tells whether all was taken, and there was as much as was asked for.
    pub(crate) fn end(&self) -> Result<()> {
        if self.is_cut_short || !self.rest.is_empty() {
            return Err(damaged());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back_as_they_went_in() {
        let numbers = [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX >> 1, u64::MAX];
        let signed = [0, -1, 1, -64, 64, i64::MIN, i64::MAX];
        let steps = [5, 5, 4, u32::MAX, 0, 1 << 31];
        let mut bytes = Vec::new();
        let mut last = 0;
        for number in numbers {
            put(&mut bytes, number);
        }
        for number in signed {
            put_signed(&mut bytes, number);
        }
        for number in steps {
            put_step(&mut bytes, &mut last, number);
        }
        bytes.push(9);
        let mut unpacked = Unpacked::new(&bytes);
        last = 0;
        assert!(numbers.iter().all(|&number| unpacked.number() == number));
        assert!(signed.iter().all(|&number| unpacked.signed() == number));
        assert!(steps.iter().all(|&number| unpacked.step(&mut last) == number));
        assert!(unpacked.end().is_err());
        assert_eq!(unpacked.number(), 9);
        assert!(unpacked.end().is_ok());
        assert!(unpacked.number() == 0 && unpacked.end().is_err());
    }
}
