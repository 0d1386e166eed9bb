//! More sold than there was.

use crate::quotient::quotient;

/// The quantity that may be billed: what was available and the tolerance, rounded up, 10⁻⁴ unit.
///
/// - `available`: sum of the signed stock movements; below 0 counts as 0.
/// - `tolerance`: 10⁻⁶.
///
/// Source: rule map C7 (5 %). Cost: constant.
pub fn stock_limit(available: i128, tolerance: i64) -> i64 {
    let available = available.max(0);
    let scaled = available.checked_mul(1_000_000 + i128::from(tolerance.max(0)));
    let limit = scaled.map_or(i128::MAX, |scaled| quotient(scaled + 999_999, 1_000_000));
    i64::try_from(limit).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_twentieth_more_than_available_may_be_billed() {
        assert_eq!(stock_limit(1_000_000, 50_000), 1_050_000);
        assert_eq!(stock_limit(1, 50_000), 2, "rounded up");
        assert_eq!(stock_limit(-5, 50_000), 0);
    }
}
