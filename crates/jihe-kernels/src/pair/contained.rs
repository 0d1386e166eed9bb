//! An item billed beside the item that contains it.

use crate::limit::latest_units;

/// The units of b that are part of a: `min(Σ a, Σ b)`, from the latest b back.
///
/// - `cnt_a`, `cnt_b`: quantities above 0 of the lines of each item in one group, canonical order.
/// - Returns the units of each line of b.
///
/// Source: Order 735, art. 38(3); rule library class 25. Cost: one pass.
pub fn contained_units(cnt_a: &[i64], cnt_b: &[i64]) -> Vec<i64> {
    let sum = |cnt: &[i64]| cnt.iter().map(|&cnt| i128::from(cnt)).sum::<i128>();
    let units = sum(cnt_a).min(sum(cnt_b));
    latest_units(cnt_b, i64::try_from(units).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_of_b_are_contained_as_there_are_of_a() {
        assert_eq!(contained_units(&[1], &[2]), [1]);
        assert_eq!(contained_units(&[1, 1], &[1, 2]), [0, 2]);
        assert_eq!(contained_units(&[9], &[1, 2]), [1, 2]);
    }
}
