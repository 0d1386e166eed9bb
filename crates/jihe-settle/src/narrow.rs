//! Rows of money in few bytes: what a line comes to mostly takes 32 bits, and one person may have a
//! million lines.

use std::collections::BTreeMap;

/// A row that mostly fits into few bytes.
pub trait Narrow: Copy {
    /// It in few bytes.
    type Small: Copy + Default;

    /// The row in few bytes; none if it does not fit.
    fn narrow(&self) -> Option<Self::Small>;

    /// The row that [`Narrow::narrow`] made small.
    fn widen(small: Self::Small) -> Self;
}

/// Rows by place, exact: those that do not fit into few bytes lie beside the others.
#[derive(Clone, Debug)]
pub struct Narrowed<T: Narrow> {
    small: Vec<T::Small>,
    /// Whole rows, in whose place nothing is small.
    large: BTreeMap<usize, T>,
}

impl<T: Narrow> Default for Narrowed<T> {
    fn default() -> Self {
        Self { small: Vec::new(), large: BTreeMap::new() }
    }
}

impl<T: Narrow> Narrowed<T> {
    /// The number of rows.
    pub fn len(&self) -> usize {
        self.small.len()
    }

    /// Tells whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.small.is_empty()
    }

    /// The row at a place.
    #[inline]
    pub fn get(&self, place: usize) -> Option<T> {
        let small = self.small.get(place)?;
        let large = if self.large.is_empty() { None } else { self.large.get(&place) };
        Some(large.copied().unwrap_or_else(|| T::widen(*small)))
    }

    /// All rows, in their order.
    pub fn iter(&self) -> impl Iterator<Item = T> + '_ {
        (0..self.len()).map_while(|place| self.get(place))
    }

    /// Makes room for exactly so many rows more.
    pub(crate) fn reserve_exact(&mut self, n_rows: usize) {
        self.small.reserve_exact(n_rows);
    }

    /// Adds a row.
    #[inline]
    pub(crate) fn push(&mut self, row: T) {
        let small = self.made_small(self.len(), row);
        self.small.push(small);
    }

    /// Puts a row in the place of another. No such place: nothing.
    #[inline]
    pub(crate) fn put(&mut self, place: usize, row: T) {
        if self.len() <= place {
            return;
        }
        if !self.large.is_empty() {
            self.large.remove(&place);
        }
        let small = self.made_small(place, row);
        if let Some(slot) = self.small.get_mut(place) {
            *slot = small;
        }
    }

    /// A row in few bytes; one that does not fit is laid beside.
    #[inline]
    fn made_small(&mut self, place: usize, row: T) -> T::Small {
        row.narrow().unwrap_or_else(|| {
            self.large.insert(place, row);
            T::Small::default()
        })
    }

    /// Puts those of others behind these.
    pub(crate) fn append(&mut self, other: &Self) {
        let n_own = self.len();
        self.small.extend_from_slice(&other.small);
        let large = other.large.iter().map(|(&place, &row)| (n_own.saturating_add(place), row));
        self.large.extend(large);
    }
}

impl<T: Narrow> FromIterator<T> for Narrowed<T> {
    fn from_iter<I: IntoIterator<Item = T>>(rows: I) -> Self {
        let mut all = Self::default();
        rows.into_iter().for_each(|row| all.push(row));
        all
    }
}

/// An amount in 32 bits, if it fits.
pub(crate) fn small(amount: i64) -> Option<u32> {
    u32::try_from(amount).ok()
}

/// One of two amounts in 32 bits, the other being 0: the second below 0.
pub(crate) fn either(first: i64, second: i64) -> Option<i32> {
    match (first, second) {
        (first, 0) => i32::try_from(first).ok().filter(|&first| 0 <= first),
        (0, second) => i32::try_from(second).ok().filter(|&second| 0 < second)?.checked_neg(),
        (_, _) => None,
    }
}

/// The two amounts that [`either`] made one.
pub(crate) fn both(either: i32) -> (i64, i64) {
    let amount = i64::from(either.unsigned_abs());
    if either < 0 { (0, amount) } else { (amount, 0) }
}

#[cfg(test)]
mod tests {
    use jihe_terms::{NO_CODE, NO_NUMBER};
    use proptest::prelude::*;

    use super::*;
    use crate::ledger::{Credit, LineMoney};

    /// The ends of 31, 32 and 64 bits.
    const EDGES: [i64; 12] = [
        0,
        1,
        -1,
        i64::MAX,
        i64::MIN,
        i64::MIN + 1,
        0x7FFF_FFFF,
        0x8000_0000,
        -0x7FFF_FFFF,
        -0x8000_0000,
        0xFFFF_FFFF,
        0x1_0000_0000,
    ];

    fn amount() -> impl Strategy<Value = i64> {
        prop_oneof![Just(0), 0..100_000_i64, prop::sample::select(&EDGES[..])]
    }

    fn credit() -> impl Strategy<Value = Credit> {
        let most = prop_oneof![Just(NO_NUMBER), Just(0), amount()];
        (any::<u32>(), any::<u32>(), amount(), amount(), amount(), amount(), most).prop_map(
            |(hit, line, standalone, credited, loss, held, most)| Credit {
                hit,
                line,
                standalone,
                credited,
                loss,
                held,
                most,
            },
        )
    }

    fn line_money() -> impl Strategy<Value = LineMoney> {
        let fund = prop_oneof![(amount(), amount()), amount().prop_map(|fund| (fund, fund))];
        let main = prop_oneof![Just(NO_CODE), any::<u32>()];
        (any::<u32>(), amount(), amount(), amount(), fund, amount(), main).prop_map(
            |(line, refused_cnt, refused, refused_scp, (refused_fund, loss), held, main_hit)| {
                LineMoney {
                    line,
                    refused_cnt,
                    refused,
                    refused_scp,
                    refused_fund,
                    loss,
                    held,
                    main_hit,
                }
            },
        )
    }

    /// What was put in comes out, whether it is small or not, added one by one, together, or in place of
    /// another.
    fn comes_out<T: Narrow + PartialEq + std::fmt::Debug>(rows: &[T], others: &[T]) {
        let mut all: Narrowed<T> = others.iter().copied().collect();
        all.append(&rows.iter().copied().collect());
        let whole = [others, rows].concat();
        assert_eq!(all.iter().collect::<Vec<_>>(), whole);
        assert_eq!((all.len(), all.is_empty()), (whole.len(), whole.is_empty()));
        for (place, &row) in rows.iter().enumerate() {
            all.put(place, row);
        }
        let kept = whole.iter().skip(rows.len());
        let expected: Vec<T> = rows.iter().chain(kept).copied().take(whole.len()).collect();
        assert_eq!(all.iter().collect::<Vec<_>>(), expected);
        all.put(
            whole.len(),
            whole.first().copied().unwrap_or_else(|| T::widen(Default::default())),
        );
        assert_eq!((all.len(), all.get(whole.len())), (whole.len(), None));
    }

    proptest! {
        #[test]
        fn credits_are_exact_in_few_bytes(
            rows in prop::collection::vec(credit(), 0..8),
            others in prop::collection::vec(credit(), 0..8),
        ) {
            comes_out(&rows, &others);
        }

        #[test]
        fn money_of_lines_is_exact_in_few_bytes(
            rows in prop::collection::vec(line_money(), 0..8),
            others in prop::collection::vec(line_money(), 0..8),
        ) {
            comes_out(&rows, &others);
        }
    }

    #[test]
    fn what_a_usual_line_comes_to_is_small() {
        let credit = Credit {
            hit: 7,
            line: 9,
            standalone: 90_000,
            credited: 0,
            loss: 0,
            held: 80_000,
            most: NO_NUMBER,
        };
        let line = LineMoney {
            line: 9,
            refused_cnt: 30_000,
            refused: 90_000,
            refused_scp: 80_000,
            refused_fund: 70_000,
            loss: 70_000,
            held: 0,
            main_hit: 7,
        };
        assert!(credit.narrow().is_some() && line.narrow().is_some());
        let unpaid = LineMoney { loss: 0, ..line };
        assert!(unpaid.narrow().is_some(), "before payment nothing is lost");
        let dismissed = Credit { held: 0, most: 0, ..credit };
        assert!(dismissed.narrow().is_some(), "reviews dismiss many findings");
        assert!(Credit { most: 5, ..credit }.narrow().is_none(), "other bounds are few");
    }
}
