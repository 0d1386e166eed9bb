//! The price of an operation that is not the first through its incision.

use jihe_terms::half_up;

/// `half_up(price × discount)` to 10⁻⁶ yuan.
///
/// - `price`: the full price, 10⁻⁶ yuan; `discount`: what of it is paid, 10⁻⁶.
///
/// Source: Order 735, art. 38(3); rule library class 15.
pub fn discounted_price(price: i64, discount: i64) -> i64 {
    let scaled = i128::from(price) * i128::from(discount);
    half_up(scaled, 1_000_000).and_then(|price| i64::try_from(price).ok()).unwrap_or(price)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_quarters_of_a_price() {
        assert_eq!(discounted_price(1_000_000_000, 750_000), 750_000_000);
        assert_eq!(discounted_price(1, 500_000), 1);
        assert_eq!(discounted_price(10, 0), 0);
    }
}
