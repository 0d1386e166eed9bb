//! The in-policy part of one line.

use jihe_terms::half_up;
use jihe_terms::money::UNIT_PRICE_PER_FEN;

/// What a line bills.
#[derive(Clone, Copy, Debug)]
pub struct Charge {
    /// Quantity, 10⁻⁴ unit.
    pub cnt: i64,
    /// Unit price, 10⁻⁶ yuan.
    pub pric: i64,
    /// Amount, fen.
    pub amount: i64,
}

/// Whether the catalogue pays for an item.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Payable {
    /// Not at all (class 丙).
    Never,
    /// Beyond the person's first share, in millionths: 0 for class 甲.
    Beyond(i64),
}

/// The parts of a line's amount, fen; they add up to it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct LineParts {
    /// Outside the catalogue.
    pub outside: i64,
    /// Above the price ceiling.
    pub over_price: i64,
    /// The person's first share.
    pub first_share: i64,
    /// In policy: what deductible, segments and cap are about.
    pub in_policy: i64,
}

/// Splits a line's amount.
///
/// - `ceiling`: the highest payable price, 10⁻⁶ yuan; none without one.
/// - An amount of 0 or below has no parts but `in_policy`, which is the amount itself.
/// - Roundings: `half_up(cnt × ceiling)` to the fen, `half_up(payable × ratio)` to the fen.
///
/// Source: price policy for ceilings; basic insurance catalogue, general notes, for classes and first
/// shares. Cost: constant.
///
/// # Panics
///
/// If a product leaves 128 bits, which no column of the platform can reach.
pub fn line_parts(charge: Charge, ceiling: Option<i64>, payable: Payable) -> LineParts {
    let Charge { cnt, pric, amount } = charge;
    if amount <= 0 {
        return LineParts { in_policy: amount, ..LineParts::default() };
    }
    let Payable::Beyond(ratio) = payable else {
        return LineParts { outside: amount, ..LineParts::default() };
    };
    let within = match ceiling {
        Some(ceiling) if ceiling < pric => {
            amount.min(rounded(i128::from(cnt), i128::from(ceiling), UNIT_PRICE_PER_FEN)).max(0)
        }
        Some(_) | None => amount,
    };
    let first_share = rounded(i128::from(within), i128::from(ratio), 1_000_000).clamp(0, within);
    LineParts {
        outside: 0,
        over_price: amount.saturating_sub(within),
        first_share,
        in_policy: within.saturating_sub(first_share),
    }
}

/// `half_up(a × b ÷ by)`, at most what 64 bits hold: what is beyond is above every amount that it is
/// held against.
pub(super) fn rounded(a: i128, b: i128, by: i128) -> i64 {
    let product = a.saturating_mul(b);
    let ends = [i128::from(i64::MIN), i128::from(i64::MAX)];
    let value = half_up(product, by).unwrap_or(product).clamp(ends[0], ends[1]);
    i64::try_from(value).expect("clamped to 64 bits")
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: Charge = Charge { cnt: 30_000, pric: 10_010_000, amount: 3_003 };

    fn check(ceiling: Option<i64>, payable: Payable, expected: [i64; 4]) {
        let LineParts { outside, over_price, first_share, in_policy } =
            line_parts(LINE, ceiling, payable);
        assert_eq!([outside, over_price, first_share, in_policy], expected);
        assert_eq!(outside + over_price + first_share + in_policy, LINE.amount);
    }

    #[test]
    fn a_line_is_split_by_ceiling_and_first_share() {
        check(None, Payable::Beyond(0), [0, 0, 0, 3_003]);
        check(None, Payable::Never, [3_003, 0, 0, 0]);
        check(None, Payable::Beyond(100_000), [0, 0, 300, 2_703]);
        check(Some(10_010_000), Payable::Beyond(0), [0, 0, 0, 3_003]);
        check(Some(10_005_000), Payable::Beyond(0), [0, 1, 0, 3_002]);
        check(Some(5_000_000), Payable::Beyond(500_000), [0, 1_503, 750, 750]);
        check(None, Payable::Beyond(1_000_000), [0, 0, 3_003, 0]);
    }

    #[test]
    fn a_ceiling_or_share_beyond_every_amount_is_no_fault() {
        let line = Charge { cnt: i64::MAX, pric: i64::MAX, amount: i64::MAX };
        let parts = line_parts(line, Some(i64::MAX - 1), Payable::Beyond(i64::MAX));
        assert_eq!(parts.first_share, i64::MAX);
        let parts = line_parts(line, Some(1), Payable::Beyond(i64::MIN));
        assert_eq!(parts.over_price + parts.in_policy, i64::MAX);
    }

    #[test]
    fn half_a_fen_of_the_first_share_is_the_persons() {
        let line = Charge { cnt: 10_000, pric: 50_000, amount: 5 };
        assert_eq!(line_parts(line, None, Payable::Beyond(100_000)).first_share, 1);
        assert_eq!(line_parts(line, None, Payable::Beyond(99_999)).first_share, 0);
    }
}
