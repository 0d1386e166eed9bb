//! A use too soon after the paid uses before it.

/// Marks each use with at least `max_count` paid uses less than `days` days before it.
///
/// - `day`: days of the uses of one person and item, ascending.
/// - `days`, `max_count`: what holds on each day, same length.
/// - A marked use is not paid, so it delays no later one.
///
/// Source: rule library class 31. Cost: one pass.
///
/// # Panics
///
/// If the lengths differ.
pub fn too_soon(day: &[i32], days: &[i64], max_count: &[i64]) -> Vec<bool> {
    assert_eq!(day.len(), days.len(), "days of use and periods differ in length");
    assert_eq!(day.len(), max_count.len(), "days of use and counts differ in length");
    let mut paid: Vec<i32> = Vec::new();
    let mut marks = Vec::with_capacity(day.len());
    for (idx, &today) in day.iter().enumerate() {
        let since = |then: i32| i64::from(today) - i64::from(then);
        let near = paid.iter().rev().take_while(|&&then| since(then) < days[idx]).count();
        let hit = 0 < near && max_count[idx] <= i64::try_from(near).unwrap_or(i64::MAX);
        if !hit {
            paid.push(today);
        }
        marks.push(hit);
    }
    marks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_use_on_the_last_day_of_the_period_is_too_soon_and_a_day_later_is_not() {
        assert_eq!(too_soon(&[0, 14], &[15, 15], &[1, 1]), [false, true]);
        assert_eq!(too_soon(&[0, 15], &[15, 15], &[1, 1]), [false, false]);
    }

    #[test]
    fn a_use_that_is_not_paid_delays_nothing() {
        assert_eq!(too_soon(&[0, 14, 15], &[15; 3], &[1; 3]), [false, true, false]);
        assert_eq!(too_soon(&[0, 0, 3], &[7; 3], &[2; 3]), [false, false, true]);
    }
}
