//! Money, unit price, quantity and rate: integers in the platform's smallest units.
//!
//! The only rounding of money in the project is [`half_up`] (the platform's rule: half up to two
//! places; a published decision of 2025 is reproduced by it to the fen).

use std::fmt;

use crate::decimal::{Malformed, decimal_text, parse_decimal};

/// Divides and rounds half away from zero: the one rounding place for money.
///
/// Returns `None` if `divisor` is 0 or a value leaves `i128`.
pub fn half_up(dividend: i128, divisor: i128) -> Option<i128> {
    // Most amounts have 64 bits, which divide several times as fast.
    if let (Ok(dividend), Ok(divisor @ 1..)) = (u64::try_from(dividend), u64::try_from(divisor)) {
        let (quotient, rest) = (dividend.checked_div(divisor)?, dividend.checked_rem(divisor)?);
        let is_up = divisor.saturating_sub(rest) <= rest;
        return i128::from(quotient).checked_add(i128::from(is_up));
    }
    let (dividend, divisor) = if divisor < 0 {
        (dividend.checked_neg()?, divisor.checked_neg()?)
    } else {
        (dividend, divisor)
    };
    let quotient = dividend.checked_div(divisor)?;
    let rest = dividend.checked_rem(divisor)?.unsigned_abs();
    let doubled = rest.checked_mul(2)?;
    if doubled < divisor.unsigned_abs() {
        Some(quotient)
    } else if dividend < 0 {
        quotient.checked_sub(1)
    } else {
        quotient.checked_add(1)
    }
}

macro_rules! scaled {
    ($name:ident, $scale:literal, $digits:literal, $from:ident, $get:ident, $doc:literal) => {
        #[doc = $doc]
        #[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub struct $name(i64);

        impl $name {
            /// Digits after the point in files.
            pub const SCALE: u32 = $scale;
            /// Digits in all that the platform allows.
            pub const DIGITS: u32 = $digits;
            /// None at all.
            pub const ZERO: Self = Self(0);

            /// Wraps a number of smallest units.
            pub const fn $from(units: i64) -> Self {
                Self(units)
            }

            /// Returns the number of smallest units.
            pub const fn $get(self) -> i64 {
                self.0
            }

            /// Reads the exact decimal text of a file.
            ///
            /// # Errors
            ///
            /// If the text is no plain decimal, has too many decimals, or too many digits.
            pub fn parse(text: &str) -> Result<Self, Malformed> {
                parse_decimal(text.as_bytes(), $scale, $digits).map(Self)
            }

            /// Adds, or returns `None` on overflow.
            pub fn checked_add(self, other: Self) -> Option<Self> {
                self.0.checked_add(other.0).map(Self)
            }

            /// Subtracts, or returns `None` on overflow.
            pub fn checked_sub(self, other: Self) -> Option<Self> {
                self.0.checked_sub(other.0).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&decimal_text(i128::from(self.0), $scale))
            }
        }
    };
}

scaled!(Money, 2, 16, from_fen, fen, "An amount of money in fen; negative for a reversal.");
scaled!(Price, 6, 16, from_micro, micro, "A unit price in millionths of a yuan.");
scaled!(Quantity, 4, 16, from_units, units, "A quantity in ten-thousandths of a unit.");
scaled!(Rate, 6, 9, from_ppm, ppm, "A ratio in millionths.");

/// Ten-thousandths of a unit times millionths of a yuan in one fen: 10⁴ × 10⁶ ÷ 10².
pub const UNIT_PRICE_PER_FEN: i128 = 100_000_000;

impl Money {
    /// Takes `rate` of this amount; half a fen rounds away from zero.
    ///
    /// Returns `None` if the result leaves the range of [`Money`].
    pub fn share(self, rate: Rate) -> Option<Self> {
        self.part(i128::from(rate.0), 1_000_000)
    }

    /// Takes `numerator / denominator` of this amount; half a fen rounds away from zero.
    ///
    /// Returns `None` if the denominator is 0 or the result leaves the range of [`Money`].
    pub fn part(self, numerator: i128, denominator: i128) -> Option<Self> {
        let product = i128::from(self.0).checked_mul(numerator)?;
        i64::try_from(half_up(product, denominator)?).ok().map(Self)
    }
}

impl Price {
    /// The amount of `quantity` units at this price, half up to the fen.
    ///
    /// Returns `None` if the result leaves the range of [`Money`].
    pub fn times(self, quantity: Quantity) -> Option<Money> {
        let product = i128::from(self.0).checked_mul(i128::from(quantity.0))?;
        i64::try_from(half_up(product, UNIT_PRICE_PER_FEN)?).ok().map(Money)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(text: &str) -> Money {
        Money::parse(text).unwrap()
    }

    #[test]
    fn the_published_decision_of_2025_is_reproduced_to_the_fen() {
        let share = Rate::parse("0.605").unwrap();
        for (gross, loss) in [
            ("1217.00", "736.29"),
            ("6871.70", "4157.38"),
            ("5101.50", "3086.41"),
            ("815.00", "493.08"),
            ("56288.25", "34054.39"),
        ] {
            assert_eq!(money(gross).share(share).unwrap().to_string(), loss);
        }
    }

    #[test]
    fn the_shares_of_other_decisions_hold() {
        let share = Rate::parse("0.85").unwrap();
        assert_eq!(money("3825").share(share), Some(money("3251.25")));
        assert_eq!(money("24").share(share), Some(money("20.40")));
    }

    #[test]
    fn thirty_hours_of_monitoring_lose_six_thirtieths_of_the_fund_part() {
        assert_eq!(money("105.00").part(6, 30), Some(money("21.00")));
    }

    #[test]
    fn a_price_above_the_standard_loses_the_difference_times_the_share() {
        let over = Price::parse("20").unwrap().times(Quantity::parse("3").unwrap()).unwrap();
        assert_eq!(over, money("60.00"));
        assert_eq!(over.share(Rate::parse("0.80").unwrap()), Some(money("48.00")));
    }

    #[test]
    fn a_contained_item_loses_its_own_price() {
        assert_eq!(money("40").share(Rate::parse("0.605").unwrap()), Some(money("24.20")));
    }

    #[test]
    fn half_a_fen_rounds_away_from_zero_on_both_sides() {
        for (dividend, expected) in [(5, 1), (4, 0), (-4, 0), (-5, -1), (15, 2), (-15, -2)] {
            assert_eq!(half_up(dividend, 10), Some(expected));
            assert_eq!(half_up(-dividend, -10), Some(expected));
        }
        assert_eq!(half_up(1, 0), None);
        assert_eq!(half_up(i128::MAX, 1), Some(i128::MAX));
    }

    #[test]
    fn text_and_value_are_the_same_number() {
        for text in ["0.00", "1217.00", "-0.05", "99999999999999.99"] {
            assert_eq!(money(text).to_string(), text);
        }
    }
}
