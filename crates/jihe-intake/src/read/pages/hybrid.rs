//! Small integers as runs and packed bits, as Parquet writes levels and dictionary indexes.

use bytes::Bytes;

use super::{Damaged, damaged};

/// A stream of integers of some bits each.
pub(super) struct Hybrid {
    bytes: Bytes,
    /// Where the next run begins.
    place: usize,
    width: u32,
    run: Run,
}

enum Run {
    /// The same value so many times.
    Same { value: u32, n_left: usize },
    /// Packed values: where their bits begin, how many were taken, how many are left.
    Packed { from: usize, n_taken: usize, n_left: usize },
}

impl Hybrid {
    pub(super) fn new(bytes: Bytes, width: u32) -> Self {
        Self { bytes, place: 0, width, run: Run::Same { value: 0, n_left: 0 } }
    }

    fn next_run(&mut self) -> Result<(), Damaged> {
        let header = self.varint()?;
        let n_bytes = usize::try_from(self.width.div_ceil(8)).unwrap_or(4);
        let n = usize::try_from(header >> 1).unwrap_or(usize::MAX);
        if header & 1 == 0 {
            let end = self.place.saturating_add(n_bytes);
            let bytes = self.bytes.get(self.place..end).ok_or_else(|| damaged("a run is cut"))?;
            let value =
                bytes.iter().rev().fold(0_u32, |value, &byte| (value << 8) | u32::from(byte));
            self.place = end;
            self.run = Run::Same { value, n_left: n };
        } else {
            let n_left = n.saturating_mul(8);
            let from = self.place;
            let n_bytes = n.saturating_mul(usize::try_from(self.width).unwrap_or(32));
            // The last run of a page may be cut to the bytes that it needs.
            self.place = from.saturating_add(n_bytes).min(self.bytes.len());
            self.run = Run::Packed { from, n_taken: 0, n_left };
        }
        Ok(())
    }

    fn varint(&mut self) -> Result<u64, Damaged> {
        let mut value = 0_u64;
        for shift in (0..63).step_by(7) {
            let byte = *self.bytes.get(self.place).ok_or_else(|| damaged("runs are cut short"))?;
            self.place = self.place.saturating_add(1);
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(damaged("a run is too long"))
    }

    /// Adds the next `n` integers to `all`.
    pub(super) fn read(&mut self, n: usize, all: &mut Vec<u32>) -> Result<(), Damaged> {
        let mut n = n;
        if self.width == 0 {
            all.resize(all.len().saturating_add(n), 0);
            return Ok(());
        }
        while 0 < n {
            match &mut self.run {
                Run::Same { n_left: 0, .. } | Run::Packed { n_left: 0, .. } => self.next_run()?,
                Run::Same { value, n_left } => {
                    let take = n.min(*n_left);
                    all.resize(all.len().saturating_add(take), *value);
                    *n_left = n_left.saturating_sub(take);
                    n = n.saturating_sub(take);
                }
                Run::Packed { from, n_taken, n_left } => {
                    let take = n.min(*n_left);
                    let packed = self.bytes.get(*from..).unwrap_or(&[]);
                    unpack(packed, self.width, *n_taken, take, all);
                    *n_taken = n_taken.saturating_add(take);
                    *n_left = n_left.saturating_sub(take);
                    n = n.saturating_sub(take);
                }
            }
        }
        Ok(())
    }

    /// Adds the next `n` levels as flags; gives the number that are set.
    pub(super) fn flags(&mut self, n: usize, all: &mut Vec<bool>) -> Result<usize, Damaged> {
        let (mut left, mut n_set) = (n, 0_usize);
        let mut packed = Vec::new();
        while 0 < left {
            match &mut self.run {
                Run::Same { n_left: 0, .. } | Run::Packed { n_left: 0, .. } => self.next_run()?,
                Run::Same { value, n_left } => {
                    let take = left.min(*n_left);
                    all.resize(all.len().saturating_add(take), *value != 0);
                    n_set = n_set.saturating_add(if *value == 0 { 0 } else { take });
                    *n_left = n_left.saturating_sub(take);
                    left = left.saturating_sub(take);
                }
                Run::Packed { n_left, .. } => {
                    let take = left.min(*n_left);
                    packed.clear();
                    self.read(take, &mut packed)?;
                    all.extend(packed.iter().map(|&level| level != 0));
                    n_set =
                        n_set.saturating_add(packed.iter().filter(|&&level| level != 0).count());
                    left = left.saturating_sub(take);
                }
            }
        }
        Ok(n_set)
    }
}

/// Unpacks values `first..first + n` of `width` bits; bytes past the end are 0.
fn unpack(packed: &[u8], width: u32, first: usize, n: usize, all: &mut Vec<u32>) {
    let mask = u64::MAX >> 64_u32.saturating_sub(width).min(63);
    let width = usize::try_from(width).unwrap_or(32);
    all.reserve(n);
    let mut bit = first.wrapping_mul(width);
    // All words but the last few can be read whole.
    let n_safe = packed.len().saturating_sub(8).saturating_mul(8).saturating_sub(bit);
    let n_safe = n_safe.checked_div(width).unwrap_or(0).min(n);
    all.extend((0..n_safe).map(|_| {
        let word =
            packed.get(bit >> 3..(bit >> 3).wrapping_add(8)).and_then(|word| word.try_into().ok());
        let word = u64::from_le_bytes(word.unwrap_or([0; 8]));
        let value = (word >> (bit & 7)) & mask;
        bit = bit.wrapping_add(width);
        u32::try_from(value).unwrap_or(u32::MAX)
    }));
    all.extend((n_safe..n).map(|_| {
        let mut word = [0_u8; 8];
        let rest = packed.get(bit >> 3..).unwrap_or(&[]);
        word.iter_mut().zip(rest).for_each(|(byte, &next)| *byte = next);
        let value = (u64::from_le_bytes(word) >> (bit & 7)) & mask;
        bit = bit.wrapping_add(width);
        u32::try_from(value).unwrap_or(u32::MAX)
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_and_packed_values_come_one_after_the_other() {
        // Four times 5, then one group of eight 3-bit values 0..7.
        let bytes = vec![4 << 1, 5, (1 << 1) | 1, 0b1000_1000, 0b1100_0110, 0b1111_1010];
        let mut stream = Hybrid::new(Bytes::from(bytes), 3);
        let mut all = Vec::new();
        stream.read(2, &mut all).unwrap();
        stream.read(5, &mut all).unwrap();
        stream.read(5, &mut all).unwrap();
        assert_eq!(all, [5, 5, 5, 5, 0, 1, 2, 3, 4, 5, 6, 7]);
        assert!(stream.read(1, &mut all).is_err());
    }

    #[test]
    #[expect(clippy::as_conversions, reason = "small numbers of a test")]
    fn every_width_unpacks() {
        for width in 1..=32_u32 {
            let values: Vec<u32> =
                (0..64_u32).map(|n| n.wrapping_mul(0x9e37_79b9) >> (32 - width)).collect();
            let mut bits = vec![0_u8; 8 * width as usize];
            for (n, value) in values.iter().enumerate() {
                for bit in 0..width as usize {
                    if value >> bit & 1 == 1 {
                        let place = n * width as usize + bit;
                        bits[place / 8] |= 1 << (place % 8);
                    }
                }
            }
            let mut all = Vec::new();
            unpack(&bits, width, 0, 10, &mut all);
            unpack(&bits, width, 10, 54, &mut all);
            assert_eq!(all, values, "width {width}");
        }
    }
}
