//! Whole numbers by their differences: Parquet's `DELTA_BINARY_PACKED`.

use jihe_frame::varint::{put, put_signed};

use super::hybrid::write_bits;

/// Numbers of a block, and of each of its four miniblocks.
const BLOCK: usize = 128;
const MINIBLOCK: usize = 32;

/// Adds numbers at the end of `bytes`.
pub(super) fn write(numbers: &[i64], bytes: &mut Vec<u8>) {
    put(bytes, 128);
    put(bytes, 4);
    put(bytes, u64::try_from(numbers.len()).unwrap_or(0));
    let first = numbers.first().copied().unwrap_or(0);
    put_signed(bytes, first);
    let later = numbers.get(1..).unwrap_or(&[]).chunks(BLOCK);
    for (formers, numbers) in numbers.chunks(BLOCK).zip(later) {
        let mut steps = [0_i64; BLOCK];
        for ((step, &number), &former) in steps.iter_mut().zip(numbers).zip(formers) {
            *step = number.wrapping_sub(former);
        }
        write_block(steps.get(..numbers.len()).unwrap_or(&[]), bytes);
    }
}

/// The least step, the widths of four miniblocks, and those that have steps.
fn write_block(steps: &[i64], bytes: &mut Vec<u8>) {
    let least = least(steps);
    put_signed(bytes, least);
    let mut above = [0_u64; BLOCK];
    for (above, step) in above.iter_mut().zip(steps) {
        *above = step.wrapping_sub(least).cast_unsigned();
    }
    let from = bytes.len();
    bytes.extend_from_slice(&[0; 4]);
    // A miniblock is whole: what is missing of the last one is zero.
    let n_miniblocks = steps.len().div_ceil(MINIBLOCK);
    for (nth, above) in above.as_chunks::<MINIBLOCK>().0.iter().take(n_miniblocks).enumerate() {
        let all = above.iter().fold(0_u64, |all, above| all | above);
        let width = u64::BITS.saturating_sub(all.leading_zeros());
        if width == 0 {
            continue;
        }
        if let Some(slot) = bytes.get_mut(from.saturating_add(nth)) {
            *slot = u8::try_from(width).unwrap_or(64);
        }
        let eights = above.as_chunks::<8>().0;
        write_bits(eights.iter().copied(), eights.len(), width, bytes);
    }
}

/// The least of some steps. Those of 32 bits, as nearly all are, are compared several at a time.
fn least(steps: &[i64]) -> i64 {
    const MIDDLE: i64 = 1 << 31;
    let above = |step: i64| step.wrapping_add(MIDDLE).cast_unsigned();
    let all = steps.iter().fold(0, |all, &step| all | above(step));
    if u32::try_from(all).is_err() {
        return steps.iter().copied().min().unwrap_or(0);
    }
    let low = |step: i64| u32::try_from(above(step) & 0xffff_ffff).unwrap_or(0);
    let least = steps.iter().fold(u32::MAX, |least, &step| least.min(low(step)));
    if steps.is_empty() { 0 } else { i64::from(least).wrapping_sub(MIDDLE) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_format_are_written_as_it_says() {
        let mut bytes = Vec::new();
        write(&[1, 2, 3, 4, 5], &mut bytes);
        // Block, miniblocks, count, first value; least step 1, and steps of no width.
        assert_eq!(bytes, [128, 1, 4, 5, 2, 2, 0, 0, 0, 0]);
        bytes.clear();
        write(&[7, 5, 3, 1, 2, 3, 4, 5], &mut bytes);
        assert_eq!(bytes.split_at(10).0, [128, 1, 4, 8, 14, 3, 2, 0, 0, 0]);
        // Steps above −2: 0 0 0 3 3 3 3, two bits each.
        assert_eq!(bytes.split_at(10).1, [0b1100_0000, 0b0011_1111, 0, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn the_least_step_is_found_whether_steps_are_short_or_long() {
        let edge = 1_i64 << 31;
        for steps in
            [vec![0], vec![5, -7, 3], vec![-edge, edge - 1], vec![edge, 9], vec![-edge - 1]]
        {
            assert_eq!(least(&steps), steps.iter().copied().min().unwrap(), "{steps:?}");
        }
        assert_eq!(least(&[i64::MAX, i64::MIN]), i64::MIN);
        assert_eq!(least(&[]), 0);
    }
}
