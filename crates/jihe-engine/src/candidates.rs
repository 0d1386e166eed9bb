//! Which rules look an item up.

use std::collections::BTreeMap;

/// For each item code the rules that have a row for it, a bit each.
///
/// There are few different sets of rules: a place in their list is found in the cache where the sets
/// themselves would not be.
#[derive(Debug, Default)]
pub(crate) struct Candidates {
    /// By item code: the place of its set.
    place: Vec<u32>,
    /// Different sets; the first is empty.
    sets: Vec<u128>,
}

impl Candidates {
    pub(crate) fn of(bits: &[u128]) -> Self {
        let mut places = BTreeMap::from([(0, 0)]);
        let mut sets = vec![0];
        let place = |&set: &u128| {
            *places.entry(set).or_insert_with(|| {
                sets.push(set);
                u32::try_from(sets.len() - 1).unwrap_or(u32::MAX)
            })
        };
        Self { place: bits.iter().map(place).collect(), sets }
    }

    /// Whether some rule has a row for an item.
    #[inline]
    pub(crate) fn has(&self, item: u32) -> bool {
        self.place.get(item as usize).is_some_and(|&place| place != 0)
    }

    /// The rules that have a row for an item; none for a code that came with the month.
    pub(crate) fn of_item(&self, item: u32) -> u128 {
        let place = self.place.get(item as usize).copied().unwrap_or(0);
        self.sets.get(place as usize).copied().unwrap_or(0)
    }
}
