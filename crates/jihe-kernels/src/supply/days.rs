//! How many days a line of medicine lasts, and what of it is beyond a limit of days.

use super::dose::Daily;
use crate::quotient::quotient;

/// Ten-thousandths of a day or unit in one.
const ONE: i128 = 10_000;

/// The days that a line lasts, as an exact fraction, and its quantity.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Supply {
    cnt: i64,
    numerator: i128,
    denominator: i128,
}

impl Supply {
    /// From `prd_days` (10⁻² day).
    ///
    /// Returns `None` unless days and quantity (10⁻⁴ unit) are above 0.
    pub fn from_days(cnt: i64, prd_days: i64) -> Option<Self> {
        (0 < cnt && 0 < prd_days).then(|| Self {
            cnt,
            numerator: i128::from(prd_days),
            denominator: 100,
        })
    }

    /// From the catalogue: `cnt × min_pac_cnt × dose_per_unit ÷ daily_dose`; quantity and pack in 10⁻⁴,
    /// both doses in one scale, which falls out.
    ///
    /// Returns `None` unless all are above 0 and the product fits.
    pub fn from_dose(cnt: i64, pack: i64, dose: i64, daily: i64) -> Option<Self> {
        if cnt <= 0 || pack <= 0 || dose <= 0 || daily <= 0 {
            return None;
        }
        let numerator =
            i128::from(cnt).checked_mul(i128::from(pack))?.checked_mul(i128::from(dose))?;
        let denominator = i128::from(daily).checked_mul(ONE * ONE)?;
        Some(Self { cnt, numerator, denominator })
    }

    /// From the line's own daily dose: `cnt × pack × per_unit ÷ daily`, per unit in the measure of the
    /// daily dose.
    ///
    /// Returns `None` unless all are above 0 and the product fits.
    pub fn from_daily(cnt: i64, pack: i64, per_unit: i64, daily: Daily) -> Option<Self> {
        if cnt <= 0 || pack <= 0 || per_unit <= 0 {
            return None;
        }
        let whole = i128::from(cnt).checked_mul(i128::from(pack))?;
        let numerator = whole.checked_mul(i128::from(per_unit))?.checked_mul(daily.denominator)?;
        let denominator = daily.numerator.checked_mul(ONE * ONE)?;
        Some(Self { cnt, numerator, denominator })
    }

    /// Days in 10⁻⁴, rounded down.
    pub fn days(self) -> i64 {
        let days = self.numerator.checked_mul(ONE);
        let days = days.map_or(i128::MAX, |days| quotient(days, self.denominator));
        i64::try_from(days).unwrap_or(i64::MAX)
    }

    /// Whole packs that last at most until `limit` days are covered, 10⁻⁴ unit:
    /// `ceil(limit × cnt ÷ days)`, at most the line's.
    pub fn packs_for(self, limit: i64) -> i64 {
        let need = i128::from(limit.max(0))
            .checked_mul(i128::from(self.cnt))
            .and_then(|n| n.checked_mul(self.denominator));
        let per_pack = self.numerator.checked_mul(ONE);
        let (Some(need), Some(per_pack)) = (need, per_pack) else { return self.cnt };
        let packs = need / per_pack + i128::from(need % per_pack != 0);
        packs
            .checked_mul(ONE)
            .and_then(|units| i64::try_from(units).ok())
            .map_or(self.cnt, |units| units.min(self.cnt))
    }

    fn exceeds(self, limit: i64) -> bool {
        match i128::from(limit).checked_mul(self.denominator) {
            Some(limit) => limit < self.numerator,
            None => false,
        }
    }
}

/// The units of a line beyond `limit` days, 10⁻⁴ unit; 0 where whole packs allow no cut.
///
/// Source: rule sets T03, T06, T09, T12. Cost: constant.
pub fn beyond_limit(supply: Supply, limit: i64) -> i64 {
    if supply.exceeds(limit) { supply.cnt - supply.packs_for(limit) } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn supply_up_to_the_limit_is_paid_and_whole_packs_beyond_it_are_not() {
        let by_days = |cnt: i64, prd_days: i64, limit| {
            beyond_limit(Supply::from_days(cnt * 10_000, prd_days * 100).unwrap(), limit)
        };
        assert_eq!(by_days(7, 7, 7), 0);
        assert_eq!(by_days(8, 8, 7), 10_000);
        assert_eq!(by_days(1, 30, 7), 0, "one pack cannot be split");
        assert_eq!(by_days(4, 28, 15), 10_000, "fifteen days need three packs of seven");
        let dose = Supply::from_dose(40_000, 240_000, 10_000, 30_000).unwrap();
        assert_eq!(dose.days(), 320_000);
        assert_eq!(beyond_limit(dose, 15), 20_000);
        assert_eq!(Supply::from_days(0, 100), None);
        assert_eq!(Supply::from_dose(1, 1, 1, 0), None);
    }
}
