//! Which rules look an item up.

/// For each item code the rules that have a row for it, by their slots.
///
/// There are few different sets of rules: a place in their list is found in the cache where the sets
/// themselves would not be.
#[derive(Debug, Default)]
pub(crate) struct Candidates {
    /// By item code: the place of its set.
    places: Places,
    /// By set: where its slots begin in `slots`; at last their number. The first set is empty.
    starts: Vec<u32>,
    slots: Vec<u32>,
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

    /// The slots of the rules that have a row for an item, ascending; none for a code that came with the
    /// month.
    #[inline]
    pub(crate) fn of_item(&self, item: u32) -> &[u32] {
        let place = self.place(item) as usize;
        match self.starts.get(place..place + 2) {
            Some(&[from, until]) => &self.slots[from as usize..until as usize],
            _ => &[],
        }
    }
}

/// Sets of rules that grow rule by rule.
pub(crate) struct Marking {
    /// By item code: the place of its set.
    places: Vec<u32>,
    sets: Vec<Vec<u32>>,
}

impl Marking {
    pub(crate) fn new(n_codes: usize) -> Self {
        Self { places: vec![0; n_codes], sets: vec![Vec::new()] }
    }

    /// Notes the items of the next slot, each once or more often.
    pub(crate) fn mark(&mut self, slot: u32, items: &[u32]) {
        const NONE: u32 = u32::MAX;
        let n_before = self.sets.len();
        // By set that was there before: the one with the slot.
        let mut with_slot = vec![NONE; n_before];
        for &item in items {
            let Some(place) = self.places.get_mut(item as usize) else { continue };
            // A set that was not there before has the slot.
            let Some(to) = with_slot.get_mut(*place as usize) else { continue };
            if *to == NONE {
                *to = self.sets.len() as u32;
                let mut set = self.sets[*place as usize].clone();
                set.push(slot);
                self.sets.push(set);
            }
            *place = *to;
        }
    }

    /// The sets that some item has.
    pub(crate) fn done(self) -> Candidates {
        let Self { mut places, sets } = self;
        let mut is_used = vec![false; sets.len()];
        is_used[0] = true;
        for &place in &places {
            is_used[place as usize] = true;
        }
        let (mut renamed, mut starts, mut slots) =
            (Vec::with_capacity(sets.len()), vec![0], vec![]);
        for (set, is_used) in sets.into_iter().zip(is_used) {
            renamed.push(starts.len() as u32 - 1);
            if is_used {
                slots.extend(set);
                starts.push(slots.len() as u32);
            }
        }
        for place in &mut places {
            *place = renamed[*place as usize];
        }
        let near: Result<_, _> = places.iter().map(|&place| u8::try_from(place)).collect();
        let places = near.map_or_else(|_| Places::Far(places), Places::Near);
        Candidates { places, starts, slots }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_has_the_slots_it_was_marked_for_and_no_others() {
        const N_CODES: u32 = 900;
        for n_slots in [0, 1, 9, 130, 400] {
            // Some items come twice, some are past the codes that are known.
            let items_of = |slot: u32| -> Vec<u32> {
                let step = 1 + slot * 7 % 13;
                (0..80).map(|nth| (slot / 3 * 31 + nth * step) % (N_CODES + 50)).collect()
            };
            let mut marking = Marking::new(N_CODES as usize);
            (0..n_slots).for_each(|slot| marking.mark(slot, &items_of(slot)));
            let candidates = marking.done();
            for item in 0..N_CODES + 60 {
                let has = |slot: &u32| item < N_CODES && items_of(*slot).contains(&item);
                let slots: Vec<u32> = (0..n_slots).filter(has).collect();
                assert_eq!(candidates.of_item(item), slots, "{item} of {n_slots} slots");
                assert_eq!(candidates.has(item), !slots.is_empty());
            }
        }
    }
}
