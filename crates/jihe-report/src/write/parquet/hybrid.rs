//! Small numbers as Parquet's hybrid of run lengths and bit packing.

use jihe_frame::varint;

/// Numbers of a group: bit packing goes by eights.
const GROUP: usize = 8;

/// The bits that numbers below `n` take.
pub(super) fn width_of(n: usize) -> u32 {
    usize::BITS.saturating_sub(n.saturating_sub(1).leading_zeros())
}

/// Adds numbers of at most `width` bits at the end of `bytes`: eights of one number as runs, other
/// eights packed.
pub(super) fn write(numbers: &[u32], width: u32, bytes: &mut Vec<u8>) {
    let mut groups = numbers.chunks(GROUP).peekable();
    let (mut done, mut packed_from) = (0_usize, 0_usize);
    while let Some(group) = groups.next() {
        let from = done;
        done = done.saturating_add(group.len());
        let Some(value) = same(group) else { continue };
        while let Some(next) = groups.next_if(|next| same(next) == Some(value)) {
            done = done.saturating_add(next.len());
        }
        pack(numbers.get(packed_from..from).unwrap_or(&[]), width, bytes);
        write_run(value, done.saturating_sub(from), width, bytes);
        packed_from = done;
    }
    pack(numbers.get(packed_from..).unwrap_or(&[]), width, bytes);
}

/// Adds a number of at most `width` bits that comes `n` times.
pub(super) fn write_run(value: u32, n: usize, width: u32, bytes: &mut Vec<u8>) {
    varint::put(bytes, widened(n) << 1);
    let n_bytes = usize::try_from(width.div_ceil(8)).unwrap_or(4);
    bytes.extend_from_slice(value.to_le_bytes().get(..n_bytes).unwrap_or(&[]));
}

/// The number that all of a group are.
#[inline]
fn same(group: &[u32]) -> Option<u32> {
    let (&first, &last) = (group.first()?, group.last()?);
    // Most groups differ at their ends already.
    (first == last && group.iter().all(|&next| next == first)).then_some(first)
}

/// A run of packed eights; the last one is filled up with zeros.
fn pack(numbers: &[u32], width: u32, bytes: &mut Vec<u8>) {
    if numbers.is_empty() {
        return;
    }
    let n_groups = numbers.len().div_ceil(GROUP);
    varint::put(bytes, (widened(n_groups) << 1) | 1);
    let groups = numbers.chunks(GROUP).map(|numbers| {
        let mut group = [0; GROUP];
        for (slot, &number) in group.iter_mut().zip(numbers) {
            *slot = number.into();
        }
        group
    });
    write_bits(groups, n_groups, width, bytes);
}

/// Adds `n` eights of numbers of `width` bits (at most 64), the lowest bit first.
pub(super) fn write_bits(
    groups: impl Iterator<Item = [u64; GROUP]>,
    n: usize,
    width: u32,
    bytes: &mut Vec<u8>,
) {
    let from = bytes.len();
    let until = from.saturating_add(n.saturating_mul(usize::try_from(width).unwrap_or(64)));
    // Words are written whole, and the last of them may be the first that is not full.
    bytes.resize(until.saturating_add(16), 0);
    let room = bytes.get_mut(from..).unwrap_or(&mut []);
    let mut bits = Bits { words: room.as_chunks_mut::<8>().0.iter_mut(), waiting: 0, n_waiting: 0 };
    for group in groups {
        // Neighbours that have room in one word go together.
        if 32 < width {
            bits.add(group, width);
            continue;
        }
        let (twos, width) = (paired::<GROUP, 4>(group, width), width.wrapping_mul(2));
        if 32 < width {
            bits.add(twos, width);
            continue;
        }
        bits.add(paired::<4, 2>(twos, width), width.wrapping_mul(2));
    }
    bits.end();
    bytes.truncate(until);
}

/// Numbers that become words.
struct Bits<'b> {
    words: std::slice::IterMut<'b, [u8; 8]>,
    waiting: u64,
    n_waiting: u32,
}

impl Bits<'_> {
    #[inline]
    fn add<const N: usize>(&mut self, numbers: [u64; N], width: u32) {
        for number in numbers {
            self.waiting |= number.wrapping_shl(self.n_waiting);
            self.n_waiting = self.n_waiting.wrapping_add(width);
            if 64 <= self.n_waiting {
                self.end();
                self.n_waiting = self.n_waiting.wrapping_sub(64);
                self.waiting = number.checked_shr(width.wrapping_sub(self.n_waiting)).unwrap_or(0);
            }
        }
    }

    /// Writes what waits.
    #[inline]
    fn end(&mut self) {
        if let Some(word) = self.words.next() {
            *word = self.waiting.to_le_bytes();
        }
    }
}

/// Pairs of numbers of at most 32 bits as numbers of twice as many.
#[inline]
fn paired<const N: usize, const M: usize>(numbers: [u64; N], width: u32) -> [u64; M] {
    let mut pairs = [0; M];
    for (pair, &[low, high]) in pairs.iter_mut().zip(numbers.as_chunks::<2>().0) {
        *pair = low | high.wrapping_shl(width);
    }
    pairs
}

fn widened(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(numbers: &[u32], width: u32, expected: &[u8]) {
        let mut bytes = Vec::new();
        write(numbers, width, &mut bytes);
        assert_eq!(bytes, expected, "{numbers:?}");
    }

    #[test]
    fn runs_are_counted_and_other_numbers_packed() {
        // The example of the format's own description: 0 to 7 in three bits.
        check(&[0, 1, 2, 3, 4, 5, 6, 7], 3, &[3, 0b1000_1000, 0b1100_0110, 0b1111_1010]);
        check(&[5; 100], 3, &[200, 1, 5]);
        check(&[5; 3], 3, &[6, 5]);
        check(&[], 3, &[]);
        check(&[0; 9], 0, &[18]);
        check(&[1, 0, 1], 1, &[3, 0b101]);
        check(&[[0, 1, 0, 1, 0, 1, 0, 1], [1; 8]].concat(), 1, &[3, 0b1010_1010, 16, 1]);
    }

    #[test]
    fn numbers_of_every_width_stand_bit_by_bit() {
        for (width, n_bytes) in (1..=64_u32).zip((4_usize..).step_by(4)) {
            let number = |n: u64| n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - width);
            let eight = |from: u64| [0, 1, 2, 3, 4, 5, 6, 7].map(|n| number(from + n));
            let groups = [0, 8, 16, 24].map(eight);
            let mut bytes = Vec::new();
            write_bits(groups.into_iter(), 4, width, &mut bytes);
            assert_eq!(bytes.len(), n_bytes);
            let written = bytes.iter().flat_map(|byte| (0..8).map(move |bit| byte >> bit & 1 == 1));
            let numbers = groups.into_iter().flatten();
            let bits = numbers.flat_map(|number| (0..width).map(move |bit| number >> bit & 1 == 1));
            assert!(bits.eq(written), "{width}");
        }
    }

    #[test]
    fn the_width_holds_the_greatest_number() {
        for (n, width) in [(0, 0), (1, 0), (2, 1), (3, 2), (4, 2), (5, 3), (256, 8), (257, 9)] {
            assert_eq!(width_of(n), width, "{n}");
        }
    }
}
