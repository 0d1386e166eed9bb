//! Movements of pairs by day, added up.

use std::collections::BTreeMap;

use jihe_terms::{NO_DAY, dealt};

use crate::place::{at, id};
use crate::stock::moves::Rows;

/// Movements by pair and day, with the sum of the pair up to each.
#[derive(Debug, Default)]
pub(super) struct Moved {
    sums: Sums,
    /// Of pairs without any day: whether something came in, a bit for each.
    came_in: Vec<u64>,
    /// If any day is known.
    by_day: Option<ByDay>,
}

/// Where the days of each pair end, and the days.
#[derive(Debug, Default)]
struct ByDay {
    /// Days with movements, each once for a pair.
    ends: Vec<u32>,
    days: Vec<i32>,
    /// Days on which something came in.
    came_ends: Vec<u32>,
    came: Vec<i32>,
}

impl ByDay {
    /// The days of a pair among those of all.
    fn of(ends: &[u32], pair: u32) -> std::ops::Range<usize> {
        let bound = |pair: usize| ends.get(pair).map_or(0, |&end| at(end));
        at(pair).checked_sub(1).map_or(0, bound)..bound(at(pair))
    }
}

impl Moved {
    /// Makes an empty list with room for so many pairs.
    pub(super) fn new(has_days: bool, n_pairs: usize) -> Self {
        let by_day = has_days.then(ByDay::default);
        Self { sums: Sums::with_capacity(n_pairs), came_in: Vec::new(), by_day }
    }

    /// Adds the movements of other pairs behind those of so many.
    pub(super) fn append(&mut self, n_pairs: usize, more: Self) {
        self.sums.append(more.sums);
        add_bits(&mut self.came_in, n_pairs, &more.came_in);
        if let (Some(own), Some(mut more)) = (&mut self.by_day, more.by_day) {
            add_ends(&mut own.ends, own.days.len(), more.ends);
            add_ends(&mut own.came_ends, own.came.len(), more.came_ends);
            own.days.append(&mut more.days);
            own.came.append(&mut more.came);
        }
    }

    /// What the movements of a pair before a day sum up to; none if it has none before it.
    #[inline]
    pub(super) fn before(&self, pair: u32, day: i32) -> Option<i128> {
        let Some(by_day) = &self.by_day else {
            return self.sums.get(at(pair)).filter(|_| NO_DAY < day);
        };
        let places = ByDay::of(&by_day.ends, pair);
        let from = places.start;
        let n_before = by_day.days.get(places)?.partition_point(|&on| on < day);
        self.sums.get(from.saturating_add(n_before.checked_sub(1)?))
    }

    /// The days on which something of a pair came in.
    pub(super) fn came(&self, pair: u32) -> &[i32] {
        let Some(by_day) = &self.by_day else {
            let word = self.came_in.get(at(pair >> 6)).copied().unwrap_or(0);
            return if word >> (pair & 63) & 1 == 1 { &[NO_DAY] } else { &[] };
        };
        by_day.came.get(ByDay::of(&by_day.came_ends, pair)).unwrap_or(&[])
    }

    /// Adds the movements of the next `n_pairs` pairs, the first of which is `from`; `pairs` tells the
    /// pair of each item.
    #[expect(clippy::indexing_slicing, reason = "moves are of the pairs that are added")]
    pub(super) fn add(&mut self, from: u32, n_pairs: usize, rows: Vec<Rows<'_>>, pairs: &[u32]) {
        let Some(by_day) = &mut self.by_day else {
            let until = at(from).saturating_add(n_pairs);
            self.sums.resize(until);
            self.came_in.resize(until.div_ceil(64), 0);
            for rows in rows {
                for (&item, &cnt) in rows.items.iter().zip(rows.cnts) {
                    let pair = pairs[at(item)];
                    self.sums.add(at(pair), cnt);
                    self.came_in[at(pair >> 6)] |= u64::from(0 < cnt) << (pair & 63);
                }
            }
            return;
        };
        let moves = rows.iter().flat_map(|rows| {
            let days = rows.days.iter().copied().chain(std::iter::repeat(NO_DAY));
            let moves = rows.items.iter().zip(rows.cnts).zip(days);
            moves.map(|((&item, &cnt), day)| (at(pairs[at(item)].saturating_sub(from)), (day, cnt)))
        });
        let (starts, mut moves) = dealt(n_pairs, moves);
        for bounds in starts.windows(2).take(n_pairs) {
            let of_pair = &mut moves[at(bounds[0])..at(bounds[1])];
            of_pair.sort_unstable();
            let mut sum = 0_i128;
            for on_day in of_pair.chunk_by(|a, b| a.0 == b.0) {
                let cnts = || on_day.iter().map(|&(_, cnt)| cnt);
                sum = cnts().fold(sum, |sum, cnt| sum.saturating_add(cnt.into()));
                by_day.days.push(on_day[0].0);
                self.sums.push(sum);
                if cnts().any(|cnt| 0 < cnt) {
                    by_day.came.push(on_day[0].0);
                }
            }
            by_day.ends.push(id(by_day.days.len()));
            by_day.came_ends.push(id(by_day.came.len()));
        }
    }
}

/// Adds bits behind so many.
fn add_bits(bits: &mut Vec<u64>, n_bits: usize, more: &[u64]) {
    let shift = u32::try_from(n_bits % 64).unwrap_or(0);
    bits.resize(n_bits.div_ceil(64), 0);
    if shift == 0 {
        bits.extend_from_slice(more);
        return;
    }
    for &word in more {
        if let Some(last) = bits.last_mut() {
            *last |= word << shift;
        }
        bits.push(word >> 64_u32.wrapping_sub(shift));
    }
}

/// Ends of lists behind a list of so many.
fn add_ends(ends: &mut Vec<u32>, n_before: usize, more: Vec<u32>) {
    ends.extend(more.into_iter().map(|end| end.saturating_add(id(n_before))));
}

/// In place of a sum: it is beyond 64 bits.
const WIDE: i64 = i64::MIN;

/// Sums, nearly all of which have room in 64 bits.
#[derive(Debug, Default)]
struct Sums {
    small: Vec<i64>,
    /// The others by their places.
    wide: BTreeMap<usize, i128>,
}

impl Sums {
    fn with_capacity(n: usize) -> Self {
        Self { small: Vec::with_capacity(n), wide: BTreeMap::new() }
    }

    #[inline]
    fn get(&self, place: usize) -> Option<i128> {
        match self.small.get(place) {
            Some(&WIDE) => self.wide.get(&place).copied(),
            small => small.map(|&sum| sum.into()),
        }
    }

    fn append(&mut self, mut more: Self) {
        let n_own = self.small.len();
        let wide = more.wide.into_iter().map(|(place, sum)| (place.saturating_add(n_own), sum));
        self.wide.extend(wide);
        self.small.append(&mut more.small);
    }

    fn resize(&mut self, n: usize) {
        self.small.resize(n, 0);
    }

    #[inline]
    fn add(&mut self, place: usize, cnt: i64) {
        if let Some(slot) = self.small.get_mut(place)
            && *slot != WIDE
            && let Some(sum) = slot.checked_add(cnt)
            && sum != WIDE
        {
            *slot = sum;
        } else {
            self.add_wide(place, cnt);
        }
    }

    fn add_wide(&mut self, place: usize, cnt: i64) {
        let sum = self.get(place).map(|sum| sum.saturating_add(cnt.into()));
        if let (Some(slot), Some(sum)) = (self.small.get_mut(place), sum) {
            *slot = small(sum);
            if *slot == WIDE {
                self.wide.insert(place, sum);
            }
        }
    }

    fn push(&mut self, sum: i128) {
        if small(sum) == WIDE {
            self.wide.insert(self.small.len(), sum);
        }
        self.small.push(small(sum));
    }
}

/// A sum as it is kept: the least number of 64 bits counts as beyond them.
fn small(sum: i128) -> i64 {
    i64::try_from(sum).unwrap_or(WIDE)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Movements of the pairs by their numbers, quantities and days.
    fn added(n_pairs: usize, rows: &[(u32, i64, i32)]) -> Moved {
        let items: Vec<u32> = rows.iter().map(|one| one.0).collect();
        let cnts: Vec<i64> = rows.iter().map(|one| one.1).collect();
        let days: Vec<i32> = rows.iter().map(|one| one.2).collect();
        let mut all = Moved::new(days.iter().any(|&day| day != NO_DAY), n_pairs);
        let rows = vec![Rows { items: &items, cnts: &cnts, days: &days }];
        let pairs: Vec<u32> = (0..4).collect();
        all.add(0, n_pairs, rows, &pairs);
        all
    }

    #[test]
    fn movements_of_the_day_and_after_it_do_not_count() {
        let rows = [(0, 5, 9), (0, 2, 3), (1, 1, 9), (2, 4, NO_DAY), (2, -1, 5)];
        let all = added(3, &rows);
        let sums =
            |day| -> Vec<Option<i128>> { (0..4).map(|pair| all.before(pair, day)).collect() };
        assert_eq!(sums(3), [None, None, Some(4), None]);
        assert_eq!(sums(9), [Some(2), None, Some(3), None]);
        assert_eq!(sums(10), [Some(7), Some(1), Some(3), None]);
    }

    #[test]
    fn what_came_in_is_found_by_its_pair_in_the_order_of_days() {
        let rows =
            [(2, 1, 9), (0, 7, 5), (2, 1, NO_DAY), (0, -7, 4), (0, 2, 3), (0, 1, 5), (3, 1, 1)];
        let all = added(4, &rows);
        let came: Vec<&[i32]> = (0..5).map(|pair| all.came(pair)).collect();
        assert_eq!(came, [&[3, 5][..], &[], &[NO_DAY, 9], &[1], &[]]);
    }

    #[test]
    fn movements_without_days_are_before_every_day() {
        let all = added(3, &[(0, 5, NO_DAY), (1, -2, NO_DAY), (0, -1, NO_DAY)]);
        assert_eq!((all.before(0, 0), all.before(1, 0)), (Some(4), Some(-2)));
        assert_eq!((all.came(0), all.came(1)), (&[NO_DAY][..], &[][..]));
    }

    #[test]
    fn sums_beyond_64_bits_are_kept() {
        for day in [NO_DAY, 3] {
            let most = i64::MAX;
            let all = added(1, &[(0, most, day), (0, most, day), (0, 1, day), (0, -most, day)]);
            assert_eq!(all.before(0, 9), Some(i128::from(most) + 1));
        }
    }
}
