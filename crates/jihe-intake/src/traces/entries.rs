//! Rows of trace code tables in the order of the keys of the lines that they name.
//!
//! In: heads and numbers of keys by row. Out: where the rows of a key begin, and which they are. A row
//! takes some 17 bytes, half as much again where numbers have higher halves.

use std::collections::BTreeMap;

use jihe_frame::serials::{Numbers, high_of, low_of, number_of};
use rayon::prelude::*;

use crate::place::{at, count, id};

/// A key as head and number.
pub(crate) type Pair = (u32, u128);

/// Rows whose head some line has, by key and row.
#[derive(Debug, Default)]
pub(super) struct Entries {
    numbers: Numbers,
    rows: Vec<u32>,
    /// Those that are the first of their key.
    begins: Bits,
    heads: BTreeMap<u32, Stretch>,
    /// The place of the first entry of each step, and behind the last of a head of the one after it.
    starts: Vec<u32>,
}

/// Where the entries of a head are looked for: its numbers are cut into steps of one width, about a quarter
/// as many as it has entries.
#[derive(Debug)]
struct Stretch {
    /// Its least number.
    least: u128,
    /// The width of a step, as a power of two.
    width: u32,
    /// The first of its starts, and the number of its steps.
    first: usize,
    n_steps: usize,
}

impl Stretch {
    /// The step of a number that is not less than the least.
    fn of(&self, number: u128) -> usize {
        usize::try_from(number.saturating_sub(self.least) >> self.width).unwrap_or(usize::MAX)
    }
}

/// Rows with their heads and numbers, in any order; without higher halves of numbers they take two thirds
/// of the room.
pub(super) enum Keyed {
    Near(Vec<(u32, u64, u32)>),
    Far(Vec<(u32, [u64; 2], u32)>),
}

impl Keyed {
    /// None yet, with room for so many.
    pub(super) fn new(n_rows: usize, is_far: bool) -> Self {
        if is_far {
            Self::Far(Vec::with_capacity(n_rows))
        } else {
            Self::Near(Vec::with_capacity(n_rows))
        }
    }

    /// Adds rows from `first` on, by their numbers and `head`, which tells nothing of rows that name no line:
    /// they are left out.
    pub(super) fn add(&mut self, first: u32, numbers: &Numbers, head: impl Fn(u32) -> Option<u32>) {
        let (low, high) = numbers.halves();
        match self {
            Self::Near(all) => {
                let rows = (first..).zip(low);
                all.extend(rows.filter_map(|(row, &low)| head(row).map(|head| (head, low, row))));
            }
            Self::Far(all) => {
                let high = high.iter().copied().chain(std::iter::repeat(0));
                let rows = (first..).zip(high.zip(low));
                let entry = |(row, (high, &low))| head(row).map(|head| (head, [high, low], row));
                all.extend(rows.filter_map(entry));
            }
        }
    }
}

impl Entries {
    /// Cost: a sort of the rows, and some passes over them.
    pub(super) fn new(rows: Keyed) -> Self {
        match rows {
            Keyed::Near(mut rows) => {
                rows.par_sort_unstable();
                Self::of(rows, |low| [0, low])
            }
            Keyed::Far(mut rows) => {
                rows.par_sort_unstable();
                Self::of(rows, |halves| halves)
            }
        }
    }

    /// Takes rows in their order.
    fn of<N: Copy + Eq>(entries: Vec<(u32, N, u32)>, halves: impl Fn(N) -> [u64; 2]) -> Self {
        let mut all = Self { begins: Bits::new(entries.len()), ..Self::default() };
        let mut former = None;
        for (place, &(head, number, _)) in entries.iter().enumerate() {
            if former != Some((head, number)) {
                all.begins.put(place);
            }
            former = Some((head, number));
        }
        let number = |entry: &(u32, N, u32)| number_of(halves(entry.1));
        let mut place = 0_u32;
        for of_head in entries.chunk_by(|a, b| a.0 == b.0) {
            let Some(first) = of_head.first() else { continue };
            let (least, most) = (number(first), of_head.last().map_or(0, number));
            let span = most.saturating_sub(least);
            let bits = |n: u128| u128::BITS.saturating_sub(n.leading_zeros());
            let width = bits(span).saturating_sub(bits(count(of_head.len() / 4).into()));
            let mut steps = Stretch { least, width, first: all.starts.len(), n_steps: 0 };
            for entry in of_head {
                while steps.n_steps <= steps.of(number(entry)) {
                    all.starts.push(place);
                    steps.n_steps = steps.n_steps.saturating_add(1);
                }
                place = place.saturating_add(1);
            }
            all.starts.push(place);
            all.heads.insert(first.0, steps);
        }
        let has_high = entries.iter().any(|entry| halves(entry.1)[0] != 0);
        let high = entries.iter().map(|entry| halves(entry.1)[0]);
        let high = if has_high { high.collect() } else { Vec::new() };
        all.rows = entries.iter().map(|entry| entry.2).collect();
        // In the room of the entries, what is left of it being given back.
        let mut low: Vec<u64> = entries.into_iter().map(|entry| halves(entry.1)[1]).collect();
        low.shrink_to_fit();
        all.numbers = Numbers::of_halves(low, high);
        all
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The place of the first entry of a key.
    pub(super) fn find(&self, (head, number): Pair) -> Option<u32> {
        let steps = self.heads.get(&head).filter(|steps| steps.least <= number)?;
        let step = steps.of(number);
        if steps.n_steps <= step {
            return None;
        }
        let start = |step: usize| self.starts.get(steps.first.saturating_add(step)).copied();
        let (from, until) = (at(start(step)?), at(start(step.saturating_add(1))?));
        let (low, high) = self.numbers.halves();
        let low = low.get(from..until)?;
        let nth = if high.is_empty() {
            low.partition_point(|&one| u128::from(one) < number)
        } else {
            let high = high.get(from..until)?;
            let before = high.partition_point(|&one| one < high_of(number));
            let behind = high.partition_point(|&one| one <= high_of(number));
            let of_high = low.get(before..behind)?;
            before.saturating_add(of_high.partition_point(|&one| one < low_of(number)))
        };
        let place = from.saturating_add(nth);
        (place < until && self.numbers.get(place) == number).then(|| id(place))
    }

    /// Gives up what only [`Entries::find`] takes.
    pub(super) fn found(&mut self) {
        (self.numbers, self.starts) = (Numbers::default(), Vec::new());
        self.heads.clear();
    }

    /// The rows of a key, from the place of its first on, ascending.
    pub(super) fn rows_of(&self, first: u32) -> impl Iterator<Item = u32> + '_ {
        let rows = self.rows.iter().enumerate().skip(at(first));
        rows.take_while(move |&(place, _)| place == at(first) || !self.begins.has(place))
            .map(|(_, &row)| row)
    }
}

/// A bit for each of some places.
#[derive(Debug, Default)]
pub(super) struct Bits(Vec<u64>);

impl Bits {
    pub(super) fn new(n_places: usize) -> Self {
        Self(vec![0; n_places.div_ceil(64)])
    }

    /// Sets the bit of a place; tells whether it was set before.
    pub(super) fn put(&mut self, place: usize) -> bool {
        let Some(word) = self.0.get_mut(place / 64) else { return false };
        let bit = 1 << (place % 64);
        let was_set = *word & bit != 0;
        *word |= bit;
        was_set
    }

    pub(super) fn has(&self, place: usize) -> bool {
        self.0.get(place / 64).is_some_and(|word| word >> (place % 64) & 1 == 1)
    }

    pub(super) fn has_any(&self) -> bool {
        self.0.iter().any(|&word| word != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Entries of keys, which are rows in their order.
    fn entries(pairs: &[Pair]) -> Entries {
        let is_far = pairs.iter().any(|&(_, number)| high_of(number) != 0);
        let mut keyed = Keyed::new(pairs.len(), is_far);
        // In two pieces, of which the first may have no higher halves.
        let (front, back) = pairs.split_at(pairs.len() / 2);
        for (first, pairs) in [(0, front), (front.len(), back)] {
            let numbers: Numbers = pairs.iter().map(|&(_, number)| number).collect();
            keyed.add(id(first), &numbers, |row| {
                pairs.get(at(row).wrapping_sub(first)).map(|pair| pair.0)
            });
        }
        Entries::new(keyed)
    }

    #[test]
    fn the_rows_of_a_key_are_found_wherever_its_numbers_lie() {
        let near = [[3, 3, 4, 900], [0, 1 << 40, 1 << 60, 1 << 60], [7, 7, 7, 7]];
        let far = [[3, 3, 4, 900], [0, 1 << 40, 1 << 125, 1 << 125], [7, 7, 7, 7]];
        // Many of one higher half in one step, as another is far off.
        let apart =
            [[3, 3, 4, 1 << 125], [(5 << 64) + 1, (5 << 64) + 7, 5 << 64, 1 << 125], [7; 4]];
        for numbers in [near, far, apart] {
            let many = (0..500_u128).map(|n| (9, n.wrapping_mul(n).wrapping_mul(977)));
            let pairs = (0..).zip(numbers).flat_map(|(head, of)| of.map(|number| (head, number)));
            // The last come first: rows are no order of keys.
            let mut pairs: Vec<Pair> = pairs.chain(many).collect();
            pairs.reverse();
            let entries = entries(&pairs);
            assert_eq!(entries.len(), pairs.len());
            assert!(entries.starts.len() < 3 * entries.len());
            for (head, number) in pairs.iter().copied() {
                for number in [number.wrapping_sub(1), number, number.wrapping_add(1)] {
                    let rows = (0..).zip(&pairs).filter(|(_, pair)| **pair == (head, number));
                    let expected: Vec<u32> = rows.map(|(row, _)| row).collect();
                    let found = entries.find((head, number));
                    let found: Vec<u32> =
                        found.iter().flat_map(|&at| entries.rows_of(at)).collect();
                    assert_eq!(found, expected, "{head} {number}");
                }
            }
            assert_eq!(entries.find((4, 3)), None);
        }
        assert_eq!(entries(&[]).find((0, 0)), None);
    }

    #[test]
    fn rows_that_name_no_line_are_left_out() {
        let mut keyed = Keyed::new(3, false);
        keyed.add(0, &[5, 5, 6].into_iter().collect(), |row| (row != 0).then_some(1));
        let entries = Entries::new(keyed);
        let first = entries.find((1, 5)).expect("row 1 has the key");
        assert_eq!(entries.rows_of(first).collect::<Vec<_>>(), [1]);
        assert_eq!((entries.len(), entries.is_empty()), (2, false));
    }
}
