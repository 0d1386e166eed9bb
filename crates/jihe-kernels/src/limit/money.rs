//! What of an amount is payable when part of its in-policy money is above a cap.

use jihe_terms::half_up;

/// The amount whose in-policy part is what the cap leaves: `half_up(amount × (scp − over) ÷ scp)`.
///
/// - `amount`, `scp`: the line's amount and in-policy amount, fen, `0 < scp`.
/// - `over`: what of `scp` is above the cap, `0 < over ≤ scp`.
///
/// Source: rule library classes 28, 34.
pub fn payable_amount(amount: i64, scp: i64, over: i64) -> i64 {
    let left = i128::from(amount) * (i128::from(scp) - i128::from(over));
    let payable = half_up(left, i128::from(scp)).and_then(|fen| i64::try_from(fen).ok());
    payable.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_cap_leaves_is_payable_in_proportion() {
        assert_eq!(payable_amount(10_000, 10_000, 2_500), 7_500);
        assert_eq!(payable_amount(10_000, 9_000, 4_500), 5_000);
        assert_eq!(payable_amount(101, 100, 50), 51);
        assert_eq!(payable_amount(10_000, 9_000, 9_000), 0);
    }
}
