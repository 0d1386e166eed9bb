//! What of a group of lines lies above a limit: the latest units.

/// The excess units of each line over its limit.
///
/// - `cnt`: quantities above 0 of one group in canonical order, 10⁻⁴ unit.
/// - `max`: the limit in force on each line's day, same unit, same length.
/// - Returns for each line `min(cnt, running sum − limit)`, at least 0.
///
/// Source: Order 735, art. 38(3); rule library class 27. Cost: one pass.
///
/// # Panics
///
/// If the lengths differ.
pub fn excess_units(cnt: &[i64], max: &[i64]) -> Vec<i64> {
    assert_eq!(cnt.len(), max.len(), "quantities and limits differ in length");
    let mut sum = 0_i128;
    let over = |(&cnt, &max): (&i64, &i64)| {
        sum += i128::from(cnt);
        let over = (sum - i128::from(max)).clamp(0, i128::from(cnt));
        i64::try_from(over).expect("clamped to a 64-bit quantity")
    };
    cnt.iter().zip(max).map(over).collect()
}

/// Takes `units` from the latest lines back.
///
/// - `cnt`: quantities above 0 of one group in canonical order.
/// - Returns the units taken from each line; they add up to `units`, or to all there is.
///
/// Cost: one pass.
pub fn latest_units(cnt: &[i64], units: i64) -> Vec<i64> {
    let mut left = units.max(0);
    let mut taken = vec![0; cnt.len()];
    for (taken, &cnt) in taken.iter_mut().zip(cnt).rev() {
        *taken = cnt.min(left);
        left -= *taken;
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_units_above_the_limit_are_the_excess() {
        assert_eq!(excess_units(&[10, 10, 10], &[30, 30, 30]), [0, 0, 0]);
        assert_eq!(excess_units(&[10, 10, 10], &[29, 29, 29]), [0, 0, 1]);
        assert_eq!(excess_units(&[10, 10, 10], &[5, 5, 5]), [5, 10, 10]);
        assert_eq!(excess_units(&[10, 10], &[0, 0]), [10, 10]);
    }

    #[test]
    fn a_limit_that_falls_cuts_from_its_day_on() {
        assert_eq!(excess_units(&[10, 10, 10], &[30, 30, 20]), [0, 0, 10]);
    }

    #[test]
    fn units_are_taken_from_the_last_line_back() {
        assert_eq!(latest_units(&[3, 4, 5], 6), [0, 1, 5]);
        assert_eq!(latest_units(&[3, 4], 99), [3, 4]);
        assert_eq!(latest_units(&[3, 4], 0), [0, 0]);
    }
}
