//! Ids by the hashes of their texts, made for many look-ups at a time.
//!
//! A look-up mostly waits for memory once: the id lies beside the half of the hash that it goes by, and
//! the first places of some look-ups are read in one go. A table that grows need not read texts again.

use jihe_terms::NO_CODE;

use crate::codes::AHEAD;

/// A table with open places: half of a hash above, an id below.
#[derive(Clone, Debug)]
pub(crate) struct Slots {
    /// A power of two of them; at least a third is free.
    slots: Vec<u64>,
    n_taken: usize,
}

/// A place that is free; there is no such id.
const FREE: u64 = u64::MAX;

impl Slots {
    /// A table with room for so many ids.
    pub(crate) fn with_capacity(n_ids: usize) -> Self {
        Self { slots: vec![FREE; n_slots(n_ids)], n_taken: 0 }
    }

    /// Makes room for so many more ids.
    pub(crate) fn reserve(&mut self, n_ids: usize) {
        let n_slots = n_slots(self.n_taken.saturating_add(n_ids));
        if self.slots.len() < n_slots {
            let former = std::mem::replace(&mut self.slots, vec![FREE; n_slots]);
            for slot in former.into_iter().filter(|&slot| slot != FREE) {
                self.put(slot);
            }
        }
    }

    /// Adds an id that is not there.
    pub(crate) fn insert(&mut self, half: u32, id: u32) {
        self.reserve(1);
        self.n_taken = self.n_taken.saturating_add(1);
        self.put(u64::from(half) << 32 | u64::from(id));
    }

    fn put(&mut self, slot: u64) {
        let mut place = self.first(half(slot));
        while self.slot(place) != FREE {
            place = self.next(place);
        }
        if let Some(free) = self.slots.get_mut(place) {
            *free = slot;
        }
    }

    /// The first id with half a hash that is the one that is wanted.
    pub(crate) fn find(&self, wanted: u32, is: impl Fn(u32) -> bool) -> Option<u32> {
        let mut place = self.first(wanted);
        loop {
            let slot = self.slot(place);
            if slot == FREE {
                return None;
            }
            if half(slot) == wanted && is(id(slot)) {
                return Some(id(slot));
            }
            place = self.next(place);
        }
    }

    /// An id for each half of a hash, if one has it, where there is none yet.
    pub(crate) fn guess_all(&self, halves: &[u32], guesses: &mut [u32]) {
        let mut firsts = [FREE; AHEAD];
        for (halves, guesses) in halves.chunks(AHEAD).zip(guesses.chunks_mut(AHEAD)) {
            // No branch hangs on what is read here: nothing waits for the one before.
            for (first, &half) in firsts.iter_mut().zip(halves) {
                *first = self.slot(self.first(half));
            }
            for ((guess, &first), &wanted) in guesses.iter_mut().zip(&firsts).zip(halves) {
                if *guess != NO_CODE || first == FREE {
                    continue;
                }
                *guess = if half(first) == wanted {
                    id(first)
                } else {
                    self.find(wanted, |_| true).unwrap_or(NO_CODE)
                };
            }
        }
    }

    /// Where half a hash is looked for first.
    #[expect(clippy::arithmetic_side_effects, reason = "there is more than one place")]
    fn first(&self, half: u32) -> usize {
        let mixed = u64::from(half).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        usize::try_from(mixed >> (64 - self.slots.len().trailing_zeros())).unwrap_or(0)
    }

    fn next(&self, place: usize) -> usize {
        place.wrapping_add(1) & self.slots.len().wrapping_sub(1)
    }

    #[expect(clippy::indexing_slicing, reason = "places are below the number of slots")]
    fn slot(&self, place: usize) -> u64 {
        self.slots[place]
    }
}

/// The number of slots for so many ids.
fn n_slots(n_ids: usize) -> usize {
    n_ids.saturating_add(n_ids.div_ceil(2)).max(8).next_power_of_two()
}

/// The upper half of a hash, or of a slot.
pub(crate) fn half(hash: u64) -> u32 {
    u32::try_from(hash >> 32).unwrap_or(0)
}

fn id(slot: u64) -> u32 {
    u32::try_from(slot & u64::from(u32::MAX)).unwrap_or(NO_CODE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_is_found_by_its_half_however_many_share_it() {
        for n_halves in [1, 7, 1_000, u32::MAX] {
            let half = |id: u32| u32::MAX - id.wrapping_mul(0x85eb_ca6b) % n_halves;
            let mut slots = Slots::with_capacity(0);
            for id in 0..3_000 {
                assert_eq!(slots.find(half(id), |other| other == id), None);
                slots.insert(half(id), id);
                assert_eq!(slots.find(half(id), |other| other == id), Some(id));
            }
            let halves: Vec<u32> = (0..3_000).map(half).chain(0..100).collect();
            let mut guesses = vec![NO_CODE; halves.len()];
            guesses[1] = 77;
            slots.guess_all(&halves, &mut guesses);
            for (nth, (&wanted, &guess)) in halves.iter().zip(&guesses).enumerate() {
                let is_known = nth < 3_000 || (0..3_000).any(|id| half(id) == wanted);
                let is_right = if is_known { half(guess) == wanted } else { guess == NO_CODE };
                assert!(is_right || nth == 1 && guess == 77, "{nth}");
            }
        }
    }
}
