//! A drug dispensed before the former supply is used up.

use crate::quotient::quotient;

/// One dispensing of a generic.
#[derive(Clone, Copy, Debug)]
pub struct Refill {
    /// Day of dispensing.
    pub day: i32,
    /// Quantity, 10⁻⁴ unit.
    pub cnt: i64,
    /// Days it lasts, 10⁻⁴.
    pub days: i64,
    /// Days on hand that are allowed, 10⁻⁴.
    pub allowance: i64,
}

/// What a dispensing overlaps.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Overlap {
    /// Days on hand before it, 10⁻⁴, at least 0.
    pub on_hand: i64,
    /// Days above the allowance, 10⁻⁴, at least 0.
    pub over: i64,
    /// Units of the overlapping days, 10⁻⁴, rounded down.
    pub units: i64,
}

/// The overlap of each dispensing with those before it.
///
/// - `refills`: dispensings of one person and generic in canonical order.
/// - On hand until: each adds its days to the later of what was on hand and today.
///
/// Source: rule sets T05, A63. Cost: one pass.
pub fn overlaps(refills: &[Refill]) -> Vec<Overlap> {
    let mut until = i128::MIN;
    let mut found = Vec::with_capacity(refills.len());
    for refill in refills {
        let today = i128::from(refill.day) * 10_000;
        let on_hand = until.max(today) - today;
        let over = (on_hand - i128::from(refill.allowance)).max(0);
        let units = if 0 < refill.days && over != 0 {
            let days = i128::from(refill.days);
            quotient(i128::from(refill.cnt) * over.min(days), days)
        } else {
            0
        };
        until = until.max(today) + i128::from(refill.days);
        let small = |value: i128| i64::try_from(value).unwrap_or(i64::MAX);
        found.push(Overlap { on_hand: small(on_hand), over: small(over), units: small(units) });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn over(refills: &[(i32, i64)], allowance: i64) -> Vec<i64> {
        let refills: Vec<Refill> = refills
            .iter()
            .map(|&(day, days)| Refill {
                day,
                cnt: days * 10_000,
                days: days * 10_000,
                allowance: allowance * 10_000,
            })
            .collect();
        overlaps(&refills).into_iter().map(|overlap| overlap.units / 10_000).collect()
    }

    #[test]
    fn a_refill_on_the_day_the_supply_ends_is_paid_and_a_day_before_loses_a_day() {
        assert_eq!(over(&[(0, 7), (7, 7)], 0), [0, 0]);
        assert_eq!(over(&[(0, 7), (6, 7)], 0), [0, 1]);
        assert_eq!(over(&[(0, 30), (1, 7)], 0), [0, 7], "not more than the line itself");
        assert_eq!(over(&[(0, 30), (23, 30)], 7), [0, 0]);
        assert_eq!(over(&[(0, 30), (22, 30)], 7), [0, 1]);
        assert_eq!(over(&[(0, 7), (3, 7), (14, 7)], 0), [0, 4, 0]);
    }
}
