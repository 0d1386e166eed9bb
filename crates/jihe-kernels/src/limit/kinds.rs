//! More different things than allowed: which of them are too many.

use std::collections::BTreeMap;

/// Marks the lines of the things beyond a count, and tells how many things there are.
///
/// - `things`: what each line of one group is of, in canonical order.
/// - `weights`: the larger the sum of a thing, the earlier it counts; equals, and all without
///   weights, count in the order of their first lines.
/// - `max`: how many things the limit on each line's day allows, same length.
/// - A line is marked when its thing's place, from 0, is not below its own limit.
///
/// Source: prescription rules, art. 6; rule library classes 10, 46, 69. Cost: sorts the things.
///
/// # Panics
///
/// If the lengths differ.
pub fn beyond_count(things: &[i64], weights: Option<&[i64]>, max: &[i64]) -> (Vec<bool>, i64) {
    assert_eq!(things.len(), max.len(), "things and limits differ in length");
    assert!(weights.is_none_or(|all| all.len() == things.len()), "weights differ in length");
    // By thing: its weight, and its first line.
    let mut known: BTreeMap<i64, (i128, usize)> = BTreeMap::new();
    for (line, &thing) in things.iter().enumerate() {
        let weight = weights.map_or(0, |weights| i128::from(weights[line]));
        known.entry(thing).or_insert((0, line)).0 += weight;
    }
    let mut order: Vec<(i128, usize, i64)> =
        known.into_iter().map(|(thing, (weight, first))| (-weight, first, thing)).collect();
    order.sort_unstable();
    let place: BTreeMap<i64, i64> = order.iter().map(|&(.., thing)| thing).zip(0..).collect();
    let beyond = things.iter().zip(max).map(|(thing, &max)| max <= place[thing]).collect();
    (beyond, i64::try_from(place.len()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_things_after_the_limit_are_too_many() {
        let marks = |things: &[i64], max: i64| beyond_count(things, None, &vec![max; things.len()]);
        assert_eq!(marks(&[7, 8, 7], 2), (vec![false; 3], 2));
        assert_eq!(marks(&[7, 8, 7, 9, 8, 9], 2).0, [false, false, false, true, false, true]);
        assert_eq!(marks(&[7], 0), (vec![true], 1));
    }

    #[test]
    fn the_largest_stay_and_of_equals_the_first() {
        let limit = [2; 4];
        let marks = |weights: &[i64]| beyond_count(&[7, 8, 9, 7], Some(weights), &limit).0;
        assert_eq!(marks(&[1, 9, 5, 1]), [true, false, false, true]);
        assert_eq!(marks(&[2, 9, 5, 4]), [false, false, true, false]);
        assert_eq!(marks(&[2, 9, 5, 3]), [false, false, true, false]);
    }
}
