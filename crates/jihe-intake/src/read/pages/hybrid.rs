//! Small integers as runs and packed bits, as Parquet writes levels and dictionary indexes.

use super::flow::Remains;
use super::{Damaged, damaged};

/// A stream of integers of some bits each.
pub(super) struct Hybrid {
    page: Remains,
    width: u32,
    run: Run,
}

enum Run {
    /// The same value so many times.
    Same { value: u32, n_left: usize },
    /// Packed values: how many of the next eight were taken, how many are left.
    Packed { n_taken: usize, n_left: usize },
}

/// Packed values that are taken at a time: of a large page not all has to be there.
const AT_ONCE: usize = 1 << 16;
/// Bytes of the longest header of a run and its value.
const MOST_OF_RUN: usize = 13;

impl Hybrid {
    pub(super) fn new(page: Remains, width: u32) -> Self {
        Self { page, width, run: Run::Same { value: 0, n_left: 0 } }
    }

    /// Ends a page of which all values were taken.
    pub(super) fn end(self) -> Result<(), Damaged> {
        self.page.end()
    }

    fn next_run(&mut self) -> Result<(), Damaged> {
        let bytes = self.page.peek(MOST_OF_RUN)?;
        let (header, n_header) = varint(bytes)?;
        let n = usize::try_from(header >> 1).unwrap_or(usize::MAX);
        if header & 1 == 1 {
            self.run = Run::Packed { n_taken: 0, n_left: n.saturating_mul(8) };
            return self.page.pass(n_header);
        }
        let n_bytes = usize::try_from(self.width.div_ceil(8)).unwrap_or(4);
        let end = n_header.saturating_add(n_bytes);
        let value = bytes.get(n_header..end).ok_or_else(|| damaged("a run is cut"))?;
        let value = value.iter().rev().fold(0_u32, |value, &byte| (value << 8) | u32::from(byte));
        self.run = Run::Same { value, n_left: n };
        self.page.pass(end)
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
                Run::Packed { n_taken, n_left } => {
                    let take = n.min(*n_left).min(AT_ONCE);
                    let width = usize::try_from(self.width).unwrap_or(32);
                    let until = n_taken.saturating_add(take);
                    let packed = self.page.peek(until.div_ceil(8).saturating_mul(width))?;
                    if packed.len() < until.saturating_mul(width).div_ceil(8) {
                        return Err(damaged("a run is cut"));
                    }
                    unpack(packed, self.width, *n_taken, take, all);
                    *n_left = n_left.saturating_sub(take);
                    // Eight values end with a byte. The last run of a page may be cut to the bytes that it needs.
                    let n_done = if *n_left == 0 { until.div_ceil(8) } else { until >> 3 };
                    let n_bytes = n_done.saturating_mul(width).min(packed.len());
                    *n_taken = until & 7;
                    n = n.saturating_sub(take);
                    self.page.pass(n_bytes)?;
                }
            }
        }
        Ok(())
    }

    /// Adds the next `n` levels as flags, if not all of them are set; gives the number that are.
    pub(super) fn flags(&mut self, n: usize, all: &mut Vec<bool>) -> Result<usize, Damaged> {
        if let Run::Same { n_left: 0, .. } | Run::Packed { n_left: 0, .. } = self.run
            && 0 < n
        {
            self.next_run()?;
        }
        // Most pages have all their values: one run.
        if let Run::Same { value, n_left } = &mut self.run
            && *value != 0
            && let Some(after) = n_left.checked_sub(n)
        {
            *n_left = after;
            return Ok(n);
        }
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

/// A number in groups of seven bits, and how many bytes it has.
fn varint(bytes: &[u8]) -> Result<(u64, usize), Damaged> {
    let mut value = 0_u64;
    for (shift, (nth, &byte)) in (0..63).step_by(7).zip(bytes.iter().enumerate()) {
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok((value, nth.saturating_add(1)));
        }
    }
    Err(damaged(if bytes.len() < 9 { "runs are cut short" } else { "a run is too long" }))
}

/// Unpacks values `first..first + n` of `width` bits; bytes past the end are 0.
fn unpack(packed: &[u8], width: u32, first: usize, n: usize, all: &mut Vec<u32>) {
    let width = usize::try_from(width).unwrap_or(32);
    all.reserve(n);
    // Eight values end with a byte: those between such places are unpacked together.
    let n_before = first.wrapping_neg() & 7;
    let n_groups = n.saturating_sub(n_before) >> 3;
    let from = (first.wrapping_add(n_before) >> 3).wrapping_mul(width);
    let groups = packed.get(from..from.wrapping_add(n_groups.wrapping_mul(width)));
    let Some(groups) = groups.filter(|groups| !groups.is_empty() && width <= 16) else {
        return one_by_one(packed, width, first, n, all);
    };
    one_by_one(packed, width, first, n_before, all);
    match width {
        1 => eights::<1>(groups, all),
        2 => eights::<2>(groups, all),
        3 => eights::<3>(groups, all),
        4 => eights::<4>(groups, all),
        5 => eights::<5>(groups, all),
        6 => eights::<6>(groups, all),
        7 => eights::<7>(groups, all),
        8 => eights::<8>(groups, all),
        9 => eights::<9>(groups, all),
        10 => eights::<10>(groups, all),
        11 => eights::<11>(groups, all),
        12 => eights::<12>(groups, all),
        13 => eights::<13>(groups, all),
        14 => eights::<14>(groups, all),
        15 => eights::<15>(groups, all),
        _ => eights::<16>(groups, all),
    }
    let n_done = n_before.wrapping_add(n_groups << 3);
    one_by_one(packed, width, first.wrapping_add(n_done), n.wrapping_sub(n_done), all);
}

/// Unpacks groups of eight values of `WIDTH` bits, that is `WIDTH` bytes, each.
fn eights<const WIDTH: usize>(groups: &[u8], all: &mut Vec<u32>) {
    let (groups, _) = groups.as_chunks::<WIDTH>();
    let from = all.len();
    all.resize(from.saturating_add(groups.len().saturating_mul(8)), 0);
    let (rooms, _) = all.get_mut(from..).unwrap_or(&mut []).as_chunks_mut::<8>();
    let mask = u64::MAX >> 64_usize.wrapping_sub(WIDTH);
    for (group, room) in groups.iter().zip(rooms) {
        // The first and the last four values lie in a word each; where the width is odd and above
        // eight, half a byte of the fourth one is in the back.
        let (front, back) = group.split_at(WIDTH.wrapping_div(2));
        let (low, high) = match (WIDTH, WIDTH & 1) {
            (..=8, _) => (word(group), word(group) >> (WIDTH.wrapping_mul(4) & 63)),
            (_, 0) => (word(front), word(back)),
            _ => {
                let n_bits = WIDTH.wrapping_sub(1).wrapping_mul(4) & 63;
                (word(front) | (word(back) << n_bits), word(back) >> 4)
            }
        };
        for (nth, value) in room.iter_mut().enumerate() {
            let four = if nth < 4 { low } else { high };
            let shift = (nth & 3).wrapping_mul(WIDTH) & 63;
            *value = u32::try_from((four >> shift) & mask).unwrap_or(u32::MAX);
        }
    }
}

/// The first bytes of a group as a word.
#[inline]
fn word(bytes: &[u8]) -> u64 {
    let mut word = [0_u8; 8];
    word.iter_mut().zip(bytes).for_each(|(byte, &next)| *byte = next);
    u64::from_le_bytes(word)
}

fn one_by_one(packed: &[u8], width: usize, first: usize, n: usize, all: &mut Vec<u32>) {
    let mask = u64::MAX >> 64_usize.saturating_sub(width).min(63);
    let mut bit = first.wrapping_mul(width);
    all.extend((0..n).map(|_| {
        let rest = packed.get(bit >> 3..).unwrap_or(&[]);
        let bits =
            rest.first_chunk::<8>().map_or_else(|| word(rest), |&all| u64::from_le_bytes(all));
        let value = (bits >> (bit & 7)) & mask;
        bit = bit.wrapping_add(width);
        u32::try_from(value).unwrap_or(u32::MAX)
    }));
}

#[cfg(test)]
mod tests {
    use super::super::source::{Codec, Raw};
    use super::*;

    #[test]
    fn runs_and_packed_values_come_one_after_the_other() {
        // Four times 5, then one group of eight 3-bit values 0..7.
        let bytes = vec![4 << 1, 5, (1 << 1) | 1, 0b1000_1000, 0b1100_0110, 0b1111_1010];
        let mut stream = Hybrid::new(Remains::Whole(bytes.into()), 3);
        let mut all = Vec::new();
        stream.read(2, &mut all).unwrap();
        stream.read(5, &mut all).unwrap();
        stream.read(5, &mut all).unwrap();
        assert_eq!(all, [5, 5, 5, 5, 0, 1, 2, 3, 4, 5, 6, 7]);
        assert!(stream.read(1, &mut all).is_err());
    }

    #[test]
    fn values_that_are_not_there_are_damage() {
        for bytes in [&[3, 0x88][..], &[3, 0x88, 0xc6], &[0x83, 0x80, 0x80, 0x80, 0x80, 1], &[]] {
            let mut stream = Hybrid::new(Remains::Whole(bytes.to_vec().into()), 3);
            assert!(stream.read(8, &mut Vec::new()).is_err(), "{bytes:?}");
        }
        // The last run may be cut to the bytes that it needs.
        let mut stream = Hybrid::new(Remains::Whole(vec![3, 0x88, 0xc6].into()), 3);
        let mut all = Vec::new();
        stream.read(5, &mut all).unwrap();
        assert_eq!(all, [0, 1, 2, 3, 4]);
    }

    #[test]
    fn flags_are_written_out_unless_all_are_set() {
        // Nine set, then eight packed ones of which the first and the last are.
        let bytes = vec![9 << 1, 1, (1 << 1) | 1, 0b1000_0001];
        let mut stream = Hybrid::new(Remains::Whole(bytes.into()), 1);
        let mut all = Vec::new();
        assert_eq!(stream.flags(5, &mut all).unwrap(), 5);
        assert!(all.is_empty());
        assert_eq!(stream.flags(6, &mut all).unwrap(), 5);
        assert_eq!(all, [true, true, true, true, true, false]);
        all.clear();
        assert_eq!(stream.flags(6, &mut all).unwrap(), 1);
        assert_eq!(all, [false, false, false, false, false, true]);
        assert_eq!(stream.flags(0, &mut all).unwrap(), 0);
        assert!(stream.flags(1, &mut all).is_err());
    }

    #[test]
    fn a_page_piece_by_piece_has_the_values_of_the_whole() {
        const GROUPS: [usize; 5] = [1, 3, 300_000, 1, 2];
        for width in [1_u32, 3, 8, 12, 17] {
            // Runs and packed values by turns, of which one has very many; the last is cut to the bytes that it needs.
            let n_bytes = usize::try_from(width).unwrap();
            let mut bytes = Vec::new();
            for n_groups in GROUPS {
                bytes.extend([0x90, 0x03]);
                bytes.extend(std::iter::repeat_n(1, n_bytes.div_ceil(8)));
                let mut header = n_groups << 1 | 1;
                while 0x7f < header {
                    bytes.push(u8::try_from(header & 0x7f).unwrap() | 0x80);
                    header >>= 7;
                }
                bytes.push(u8::try_from(header).unwrap());
                bytes.extend((0..n_groups * n_bytes).map(|n| u8::try_from(n * 31 % 251).unwrap()));
            }
            bytes.truncate(bytes.len() - 1);
            let n_values = 5 * 200 + GROUPS.iter().sum::<usize>() * 8 - 8;
            let all = |page: Remains, at_once: usize| {
                let (mut stream, mut all) = (Hybrid::new(page, width), Vec::new());
                while all.len() < n_values {
                    stream.read(at_once.min(n_values - all.len()), &mut all).unwrap();
                }
                stream.end().unwrap();
                all
            };
            let whole = || Remains::Whole(bytes.clone().into());
            let pieces = || {
                let raw = Raw::Whole(bytes.clone().into());
                Remains::of_flow(Codec::Plain, raw, bytes.len()).unwrap()
            };
            let expected = all(whole(), n_values);
            assert!(expected[..200].iter().all(|&value| value == expected[0]), "{width}");
            for found in [all(whole(), 777), all(pieces(), 4_099), all(pieces(), n_values)] {
                assert!(found == expected, "{width}");
            }
        }
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
