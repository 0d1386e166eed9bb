//! Sums by place, exact: 64 or 32 bits for each, and what the few larger ones have above beside them.

use std::collections::BTreeMap;
use std::ops::Range;

/// One sum for each place; `S` is what most of them have room in.
#[derive(Clone, Debug, Default)]
pub struct Sums<S = i64> {
    small: Vec<S>,
    /// What sums have above those.
    large: BTreeMap<usize, i128>,
}

impl<S: Copy + Default + Into<i128> + TryFrom<i128>> Sums<S> {
    /// Sums of nothing.
    pub fn new(n: usize) -> Self {
        Self { small: vec![S::default(); n], large: BTreeMap::new() }
    }

    /// The number of places.
    pub fn len(&self) -> usize {
        self.small.len()
    }

    /// Tells whether there is no place.
    pub fn is_empty(&self) -> bool {
        self.small.is_empty()
    }

    /// Adds to the sum of a place.
    ///
    /// # Panics
    ///
    /// If there is no such place.
    #[inline]
    #[expect(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        reason = "documented panic; sums of 64-bit amounts in 128 bits"
    )]
    pub fn add(&mut self, place: usize, amount: i128) {
        let small = &mut self.small[place];
        let sum: i128 = (*small).into() + amount;
        *small = S::try_from(sum).unwrap_or_else(|_| {
            *self.large.entry(place).or_default() += sum;
            S::default()
        });
    }

    /// The sums of some places, which begin at 0.
    #[must_use]
    pub fn some(&self, places: &Range<usize>) -> Self {
        let small = self.small.get(places.clone()).unwrap_or(&[]).to_vec();
        let large = self.large.range(places.clone());
        let large = large.map(|(&place, &sum)| (place.saturating_sub(places.start), sum));
        Self { small, large: large.collect() }
    }

    /// Puts other sums behind these.
    pub fn append(&mut self, other: &Self) {
        let n_own = self.small.len();
        self.small.extend_from_slice(&other.small);
        let further = other.large.iter().map(|(&place, &sum)| (n_own.saturating_add(place), sum));
        self.large.extend(further);
    }

    /// The sum of a place; 0 where there is none.
    #[inline]
    pub fn get(&self, place: usize) -> i128 {
        let small = self.small.get(place).map_or(0, |&small| small.into());
        if self.large.is_empty() {
            return small;
        }
        small.saturating_add(self.large.get(&place).copied().unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_exact_where_they_leave_32_bits_and_come_back() {
        let mut sums = Sums::<i32>::new(1);
        let mut expected = 0_i128;
        for amount in [0x7FFF_FFFF, 1, 1, -0x8000_0000, -5, 0x8000_0000, -0x1_0000_0000, -7] {
            sums.add(0, amount);
            expected += amount;
            assert_eq!(sums.get(0), expected);
        }
    }

    #[test]
    fn sums_beyond_64_bits_are_exact() {
        let mut sums = Sums::<i64>::new(2);
        for _ in 0..3 {
            sums.add(1, i64::MAX.into());
        }
        sums.add(1, -5);
        assert_eq!(sums.get(1), 3 * i128::from(i64::MAX) - 5);
        assert_eq!((sums.get(0), sums.get(2)), (0, 0));
        let mut behind = Sums::<i64>::new(1);
        behind.add(0, 7);
        behind.append(&sums);
        let some = behind.some(&(1..3));
        assert_eq!((some.get(0), some.get(1), some.len()), (0, sums.get(1), 2));
        assert_eq!((behind.get(0), behind.get(2), behind.len()), (7, sums.get(1), 3));
        assert!(sums.len() == 2 && Sums::<i64>::default().is_empty());
    }
}
