//! Parts billed instead of the whole that they make up.

use jihe_terms::half_up;

/// A line of a part.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SetLine {
    /// Which part, below the number of parts.
    pub part: usize,
    /// Quantity above 0, 10⁻⁴ unit.
    pub cnt: i64,
    /// Amount, fen.
    pub amount: i64,
}

/// What the parts of whole sets cost beside the whole.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Split {
    /// What is not payable of each line, fen.
    pub taken: Vec<i64>,
    /// What the parts of the whole sets were billed at, fen.
    pub parts_amount: i64,
    /// What as many wholes cost, fen.
    pub whole_amount: i64,
}

/// 10⁻⁴ unit times 10⁻⁶ yuan in one fen.
const PER_FEN: i128 = 100_000_000;

/// Takes what whole sets of parts cost above the whole, from the last line back.
///
/// - `lines`: the lines of all parts in one group, in canonical order.
/// - `price`: the whole's, 10⁻⁶ yuan.
/// - As many sets are whole as there are units of the rarest part; of each part its latest units
///   belong to them. Units of a line are a share of its amount, half up.
///
/// Source: Order 735, art. 38(3); rule library class 26. Cost: one pass for each part.
///
/// # Panics
///
/// If a line names a part that is not there.
pub fn split_excess(lines: &[SetLine], n_parts: usize, price: i64) -> Split {
    let mut sums = vec![0_i128; n_parts];
    for line in lines {
        sums[line.part] += i128::from(line.cnt);
    }
    let n_sets = sums.iter().copied().min().unwrap_or(0);
    let mut left = vec![n_sets; n_parts];
    let mut of_sets = vec![0_i128; lines.len()];
    for (of_sets, line) in of_sets.iter_mut().zip(lines).rev() {
        let units = left[line.part].min(i128::from(line.cnt));
        left[line.part] -= units;
        *of_sets = half_up(i128::from(line.amount) * units, i128::from(line.cnt)).unwrap_or(0);
    }
    let parts_amount: i128 = of_sets.iter().sum();
    let whole_amount = half_up(n_sets * i128::from(price), PER_FEN).unwrap_or(parts_amount);
    let mut excess = (parts_amount - whole_amount).max(0);
    let mut taken = vec![0; lines.len()];
    for (taken, &of_sets) in taken.iter_mut().zip(&of_sets).rev() {
        let part = excess.min(of_sets.max(0));
        excess -= part;
        *taken = small(part);
    }
    Split { taken, parts_amount: small(parts_amount), whole_amount: small(whole_amount) }
}

fn small(value: i128) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(lines: &[(usize, i64, i64)], price: i64) -> Vec<i64> {
        let line = |&(part, cnt, amount): &(usize, i64, i64)| SetLine { part, cnt, amount };
        let lines: Vec<SetLine> = lines.iter().map(line).collect();
        split_excess(&lines, 2, price).taken
    }

    #[test]
    fn parts_at_the_price_of_the_whole_are_paid_and_a_fen_above_is_taken_from_the_last() {
        let unit = 10_000;
        assert_eq!(taken(&[(0, unit, 6000), (1, unit, 3000)], 90_000_000), [0, 0]);
        assert_eq!(taken(&[(0, unit, 6001), (1, unit, 3000)], 90_000_000), [0, 1]);
        assert_eq!(taken(&[(0, unit, 6000), (1, unit, 1000)], 50_000_000), [1000, 1000]);
    }

    #[test]
    fn only_whole_sets_count() {
        let unit = 10_000;
        assert_eq!(taken(&[(0, 3 * unit, 18_000), (1, unit, 5000)], 90_000_000), [0, 2000]);
        assert_eq!(taken(&[(0, 2 * unit, 12_000), (1, 2 * unit, 10_000)], 90_000_000), [0, 4000]);
        assert_eq!(taken(&[(0, unit, 12_000)], 90_000_000), [0]);
    }
}
