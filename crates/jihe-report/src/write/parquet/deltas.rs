//! Whole numbers by their differences: Parquet's `DELTA_BINARY_PACKED`.

use super::hybrid::{write_bits, write_varint};

/// Numbers of a block, and of each of its four miniblocks.
const BLOCK: usize = 128;
const MINIBLOCK: usize = 32;

/// Adds numbers at the end of `bytes`.
pub(super) fn write(numbers: &[i64], bytes: &mut Vec<u8>) {
    write_varint(128, bytes);
    write_varint(4, bytes);
    write_varint(u64::try_from(numbers.len()).unwrap_or(0), bytes);
    let first = numbers.first().copied().unwrap_or(0);
    write_varint(zigzag(first), bytes);
    let mut former = first;
    for block in numbers.get(1..).unwrap_or(&[]).chunks(BLOCK) {
        let mut steps = [0_i64; BLOCK];
        for (step, &number) in steps.iter_mut().zip(block) {
            *step = number.wrapping_sub(former);
            former = number;
        }
        let steps = steps.get(..block.len()).unwrap_or(&[]);
        write_block(steps, bytes);
    }
}

/// The least step, the widths of four miniblocks, and those that have steps.
fn write_block(steps: &[i64], bytes: &mut Vec<u8>) {
    let least = steps.iter().copied().min().unwrap_or(0);
    write_varint(zigzag(least), bytes);
    let above = |step: &i64| step.wrapping_sub(least).cast_unsigned();
    let width = |steps: &[i64]| {
        let all = steps.iter().fold(0_u64, |all, step| all | above(step));
        u64::BITS.saturating_sub(all.leading_zeros())
    };
    let from = bytes.len();
    bytes.extend_from_slice(&[0; 4]);
    for (nth, steps) in steps.chunks(MINIBLOCK).enumerate() {
        let width = width(steps);
        if let Some(slot) = bytes.get_mut(from.saturating_add(nth)) {
            *slot = u8::try_from(width).unwrap_or(64);
        }
        // A miniblock is whole: what is missing of the last one is zero.
        let steps = steps.iter().map(above).chain(std::iter::repeat(0)).take(MINIBLOCK);
        write_bits(steps, width, bytes);
    }
}

fn zigzag(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)).cast_unsigned()
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
}
