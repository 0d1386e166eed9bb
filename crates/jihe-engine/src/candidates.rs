//! Which rules look an item up.

use std::collections::BTreeMap;

/// For each item code the rules that have a row for it, a bit each.
///
/// There are few different sets of rules: a place in their list is found in the cache where the sets
/// themselves would not be.
#[derive(Debug, Default)]
pub(crate) struct Candidates {
    /// By item code: the place of its set.
    places: Places,
    /// Different sets; the first is empty.
    sets: Vec<u128>,
}

/// Places of sets: the fewer bytes the more of them stay in the cache.
#[derive(Debug)]
enum Places {
    Near(Vec<u8>),
    Far(Vec<u32>),
}

impl Default for Places {
    fn default() -> Self {
        Self::Near(Vec::new())
    }
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
        let far: Vec<u32> = bits.iter().map(place).collect();
        let near: Result<_, _> = far.iter().map(|&place| u8::try_from(place)).collect();
        Self { places: near.map_or_else(|_| Places::Far(far), Places::Near), sets }
    }

    #[inline]
    fn place(&self, item: u32) -> u32 {
        let item = item as usize;
        match &self.places {
            Places::Near(places) => places.get(item).copied().map_or(0, u32::from),
            Places::Far(places) => places.get(item).copied().unwrap_or(0),
        }
    }

    /// Whether some rule has a row for an item.
    #[inline]
    pub(crate) fn has(&self, item: u32) -> bool {
        self.place(item) != 0
    }

    /// The rules that have a row for an item; none for a code that came with the month.
    pub(crate) fn of_item(&self, item: u32) -> u128 {
        self.sets.get(self.place(item) as usize).copied().unwrap_or(0)
    }
}
