//! Too many in a window that rolls.

/// Finds each day with more than the allowed number of days in the window that ends with it.
///
/// - `day`: ascending, one for each thing that is counted.
/// - `within`, `max`: length of the window and the number allowed that hold on each day.
/// - Returns for each place that is one too many the first place of its window, and the place.
///
/// Source: rule library classes 50 to 52. Cost: one pass.
///
/// # Panics
///
/// If the lengths differ.
pub fn crowded(day: &[i32], within: &[i64], max: &[i64]) -> Vec<(usize, usize)> {
    assert_eq!(day.len(), within.len(), "days and windows differ in length");
    assert_eq!(day.len(), max.len(), "days and limits differ in length");
    let mut found = Vec::new();
    for at in 0..day.len() {
        let is_before = |&then: &i32| within[at] <= i64::from(day[at]) - i64::from(then);
        let from = day[..at].partition_point(is_before);
        if max[at] < i64::try_from(at + 1 - from).unwrap_or(i64::MAX) {
            found.push((from, at));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_third_in_seven_days_is_one_too_many_and_on_the_eighth_it_is_not() {
        let found = |days: &[i32]| crowded(days, &vec![7; days.len()], &vec![2; days.len()]);
        assert_eq!(found(&[1, 3, 7]), [(0, 2)]);
        assert_eq!(found(&[1, 3, 8]), []);
        assert_eq!(found(&[1, 1, 1, 1]), [(0, 2), (0, 3)]);
    }
}
