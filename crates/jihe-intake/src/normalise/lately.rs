//! Names that came lately in a column: most are short and come again soon.

use jihe_terms::NO_CODE;

/// Places for names at first, and at most: powers of two.
const FEWEST_SLOTS: usize = 1 << 8;
const MOST_SLOTS: usize = 1 << 13;

/// A name of at most 16 bytes as two words and its length: different names differ in them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Short {
    words: [u64; 2],
    length: u32,
}

impl Short {
    /// The words of a name; none if it is longer.
    #[inline]
    pub(super) fn of(name: &[u8]) -> Option<Self> {
        let length = u32::try_from(name.len()).ok().filter(|&length| length <= 16)?;
        let words = match (name.first_chunk::<8>(), name.last_chunk::<8>()) {
            // Both ends, which overlap in the middle.
            (Some(&first), Some(&last)) => [u64::from_le_bytes(first), u64::from_le_bytes(last)],
            _ => match (name.first_chunk::<4>(), name.last_chunk::<4>()) {
                (Some(&first), Some(&last)) => {
                    [u32::from_le_bytes(first).into(), u32::from_le_bytes(last).into()]
                }
                _ => [name.iter().fold(0, |word, &byte| (word << 8) | u64::from(byte)), 0],
            },
        };
        Some(Self { words, length })
    }

    #[inline]
    fn slot(self, n_slots: usize) -> usize {
        let [first, last] = self.words;
        let mixed = first ^ last.rotate_left(29) ^ u64::from(self.length);
        let mixed = mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        usize::try_from(mixed).unwrap_or(0) & n_slots.wrapping_sub(1)
    }
}

/// A name and its id; its parts side by side take a quarter less room.
#[derive(Clone, Copy, Debug)]
struct Slot {
    words: [u64; 2],
    length: u32,
    id: u32,
}

/// The ids of names that came lately. Where many others come there are more places for them, as many
/// as stay in the cache.
#[derive(Debug, Default)]
pub(super) struct Lately {
    slots: Vec<Slot>,
    /// Names that came since there are so many places.
    n_put: usize,
    /// Batches of rows to pass over, as too many names of those before had not come lately.
    n_to_pass: usize,
}

/// Batches that are passed over before it is tried anew.
const PASSED: usize = 64;

impl Lately {
    /// Whether the names of a batch had better be looked for here.
    pub(super) fn is_worth_it(&mut self) -> bool {
        let is_worth_it = self.n_to_pass == 0;
        self.n_to_pass = self.n_to_pass.saturating_sub(1);
        is_worth_it
    }

    /// Notes how many names of a batch had not come lately. Each of them costs as much as ten that had.
    pub(super) fn note(&mut self, n_others: usize, n_rows: usize) {
        if n_rows < n_others.saturating_mul(8) {
            self.n_to_pass = PASSED;
        }
    }

    #[inline]
    pub(super) fn get(&self, name: Short) -> Option<u32> {
        let &Slot { words, length, id } = self.slots.get(name.slot(self.slots.len()))?;
        (Short { words, length } == name && id != NO_CODE).then_some(id)
    }

    pub(super) fn put(&mut self, name: Short, id: u32) {
        let n_slots = self.slots.len();
        if n_slots == 0 {
            self.grow(FEWEST_SLOTS);
        } else if n_slots.saturating_mul(4) < self.n_put && n_slots < MOST_SLOTS {
            self.grow(n_slots.saturating_mul(4).min(MOST_SLOTS));
        }
        self.n_put = self.n_put.saturating_add(1);
        self.set(name, id);
    }

    fn set(&mut self, name: Short, id: u32) {
        let Short { words, length } = name;
        let place = name.slot(self.slots.len());
        if let Some(slot) = self.slots.get_mut(place) {
            *slot = Slot { words, length, id };
        }
    }

    /// Makes so many places; names that are there stay.
    fn grow(&mut self, n_slots: usize) {
        let none = Slot { words: [0; 2], length: 0, id: NO_CODE };
        let before = std::mem::replace(&mut self.slots, vec![none; n_slots]);
        self.n_put = 0;
        for Slot { words, length, id } in before {
            if id != NO_CODE {
                self.set(Short { words, length }, id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn different_short_names_are_told_apart() {
        let mut names: Vec<Vec<u8>> = Vec::new();
        for n in 0..=16 {
            let name = vec![b'a'; n];
            for place in 0..n {
                let mut other = name.clone();
                other[place] = b'b';
                names.push(other);
            }
            names.push(name);
        }
        for (a, first) in names.iter().enumerate() {
            for (b, second) in names.iter().enumerate() {
                assert_eq!(Short::of(first) == Short::of(second), a == b, "{first:?} {second:?}");
            }
        }
        assert_eq!(Short::of(&[b'a'; 17]), None);
    }

    #[test]
    fn a_name_gives_the_id_that_it_had_last() {
        let mut lately = Lately::default();
        let name = |n: u32| Short::of(n.to_string().as_bytes()).unwrap();
        assert_eq!(lately.get(name(1)), None);
        for n in 0..60_000 {
            lately.put(name(n), n);
            assert_eq!(lately.get(name(n)), Some(n));
        }
        for n in 0..60_000 {
            assert!(lately.get(name(n)).is_none_or(|id| id == n));
        }
    }
}
