//! Too many different things in a window that rolls.

use std::collections::BTreeMap;

/// A window with more things than allowed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Crowd {
    /// Its first place.
    pub from: usize,
    /// The place of the thing that is one too many, its last.
    pub at: usize,
    /// How many different things there are.
    pub n_things: usize,
}

/// For each place the last place before it of the same thing.
///
/// Cost: O(n log n).
pub fn former_of(things: &[i64]) -> Vec<Option<usize>> {
    let mut last = BTreeMap::new();
    things.iter().enumerate().map(|(at, &thing)| last.insert(thing, at)).collect()
}

/// Finds each thing that comes into a window as one more than allowed.
///
/// - `day`: ascending, one for each line.
/// - `former`: the last place before it of the same thing ([`former_of`]): a thing counts once in a
///   window, and comes in where its former line lies before the window.
/// - `within`, `max`: length of the window that ends with the line and the number allowed in it.
///
/// Source: rule library classes 50 to 52. Cost: O(n log n).
///
/// # Panics
///
/// If the lengths differ.
pub fn crowded(day: &[i32], former: &[Option<usize>], within: &[i64], max: &[i64]) -> Vec<Crowd> {
    assert_eq!(day.len(), former.len(), "days and former places differ in length");
    assert_eq!(day.len(), within.len(), "days and windows differ in length");
    assert_eq!(day.len(), max.len(), "days and limits differ in length");
    let mut lasts = Lasts::new(day.len());
    let mut found = Vec::new();
    for at in 0..day.len() {
        if let Some(former) = former[at] {
            lasts.put(former, -1);
        }
        lasts.put(at, 1);
        let is_before = |&then: &i32| within[at] <= i64::from(day[at]) - i64::from(then);
        let from = day[..at].partition_point(is_before);
        let is_new = former[at].is_none_or(|former| former < from);
        // As many lines as things are allowed cannot be too many.
        let is_above = |n: usize| max[at] < i64::try_from(n).unwrap_or(i64::MAX);
        if !is_new || !is_above(at + 1 - from) {
            continue;
        }
        let n_things = lasts.below(at + 1) - lasts.below(from);
        let n_things = usize::try_from(n_things).unwrap_or(0);
        if is_above(n_things) {
            found.push(Crowd { from, at, n_things });
        }
    }
    found
}

/// Marks of the last line of each thing so far, and how many lie below a place (a Fenwick tree).
struct Lasts(Vec<i64>);

impl Lasts {
    fn new(n: usize) -> Self {
        Self(vec![0; n + 1])
    }

    fn put(&mut self, place: usize, value: i64) {
        let mut node = place + 1;
        while let Some(sum) = self.0.get_mut(node) {
            *sum += value;
            node += node & node.wrapping_neg();
        }
    }

    fn below(&self, place: usize) -> i64 {
        let (mut node, mut sum) = (place, 0);
        while 0 < node {
            sum += self.0[node];
            node &= node - 1;
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(days: &[i32], things: &[i64]) -> Vec<(usize, usize, usize)> {
        let n = days.len();
        let found = crowded(days, &former_of(things), &vec![7; n], &vec![2; n]);
        found.iter().map(|one| (one.from, one.at, one.n_things)).collect()
    }

    #[test]
    fn the_third_in_seven_days_is_one_too_many_and_on_the_eighth_it_is_not() {
        assert_eq!(found(&[1, 3, 7], &[1, 2, 3]), [(0, 2, 3)]);
        assert_eq!(found(&[1, 3, 8], &[1, 2, 3]), []);
        assert_eq!(found(&[1, 1, 1, 1], &[1, 2, 3, 4]), [(0, 2, 3), (0, 3, 4)]);
    }

    #[test]
    fn a_thing_counts_once_in_a_window_and_again_in_a_later_one() {
        assert_eq!(found(&[1, 2, 3, 4], &[1, 2, 1, 2]), []);
        assert_eq!(found(&[1, 20, 20, 20], &[1, 1, 2, 3]), [(1, 3, 3)]);
        assert_eq!(found(&[1, 2, 3, 4, 9], &[1, 2, 3, 3, 1]), [(0, 2, 3)]);
        assert_eq!(found(&[1, 2, 3, 8], &[1, 2, 3, 1]), [(0, 2, 3), (1, 3, 3)]);
    }

    #[test]
    fn the_marks_tell_how_many_things_a_window_has() {
        // Slow and plain: the different things of each window.
        let things: Vec<i64> = (0..60).map(|i| i * i % 7).collect();
        let days: Vec<i32> = (0..60).map(|i| i / 3).collect();
        let slow = (0..60).filter_map(|at| {
            let from = (0..60).find(|&from| days[at] - days[from] < 7)?;
            let mut inside = things[from..=at].to_vec();
            inside.sort_unstable();
            inside.dedup();
            let is_new = !things[from..at].contains(&things[at]);
            (is_new && 2 < inside.len()).then_some((from, at, inside.len()))
        });
        let slow: Vec<_> = slow.collect();
        assert_eq!(found(&days, &things), slow);
    }
}
