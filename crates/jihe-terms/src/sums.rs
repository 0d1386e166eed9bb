//! Sums by place, exact: 64 bits for each, and the few that take more beside them.

use std::collections::BTreeMap;

/// One sum for each place.
#[derive(Clone, Debug, Default)]
pub struct Sums {
    small: Vec<i64>,
    /// What sums have above those of 64 bits.
    large: BTreeMap<usize, i128>,
}

impl Sums {
    /// Sums of nothing.
    pub fn new(n: usize) -> Self {
        Self { small: vec![0; n], large: BTreeMap::new() }
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
        let sum = i64::try_from(amount).ok().and_then(|amount| small.checked_add(amount));
        match sum {
            Some(sum) => *small = sum,
            None => *self.large.entry(place).or_default() += amount,
        }
    }

    /// The sum of a place; 0 where there is none.
    #[inline]
    pub fn get(&self, place: usize) -> i128 {
        let small = self.small.get(place).copied().map_or(0, i128::from);
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
    fn sums_beyond_64_bits_are_exact() {
        let mut sums = Sums::new(2);
        for _ in 0..3 {
            sums.add(1, i64::MAX.into());
        }
        sums.add(1, -5);
        assert_eq!(sums.get(1), 3 * i128::from(i64::MAX) - 5);
        assert_eq!((sums.get(0), sums.get(2)), (0, 0));
        assert!(sums.len() == 2 && Sums::default().is_empty());
    }
}
