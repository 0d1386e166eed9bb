//! The places of a column in a list, numbered as they come.

use jihe_terms::NO_CODE;

use crate::frames::idx;

/// Which places of a list a column has, and where.
pub(super) struct Ranked {
    /// By row the rank of its place among those that are there; `NO_CODE` for one beyond the list.
    pub(super) ranks: Vec<u32>,
    /// Places that are there, by their ranks: in the order in which they come.
    pub(super) listed: Vec<u32>,
    /// Whether every row has one.
    pub(super) is_whole: bool,
}

/// Slots of a table by place for each row, at most; where places are further apart it would not stay
/// in the cache.
const MOST_SLOTS: usize = 8;

impl Ranked {
    /// Numbers the places that are below `n_list`.
    pub(super) fn new(places: &[u32], n_list: usize) -> Self {
        let end = u32::try_from(n_list).unwrap_or(NO_CODE);
        // The places of a row group are often near each other. Without a branch several are looked at
        // at a time.
        let (mut n_there, mut least, mut most) = (0_u32, NO_CODE, 0);
        for &place in places {
            let is_there = place < end;
            n_there = n_there.wrapping_add(u32::from(is_there));
            least = least.min(place);
            most = most.max(if is_there { place } else { 0 });
        }
        let mut ranked =
            Self { ranks: Vec::new(), listed: Vec::new(), is_whole: idx(n_there) == places.len() };
        let n_slots = idx(most.saturating_sub(least)).saturating_add(1);
        if n_there == 0 {
            ranked.ranks.resize(places.len(), NO_CODE);
        } else if n_slots <= places.len().saturating_mul(MOST_SLOTS) {
            ranked.near(places, (least, n_slots));
        } else {
            ranked.far(places, end);
        }
        ranked
    }

    /// By a table of all places from the least one on.
    fn near(&mut self, places: &[u32], (least, n_slots): (u32, usize)) {
        let mut known = vec![NO_CODE; n_slots];
        let Self { ranks, listed, .. } = self;
        ranks.extend(places.iter().map(|&place| {
            let Some(rank) = known.get_mut(idx(place.wrapping_sub(least))) else { return NO_CODE };
            if *rank == NO_CODE {
                *rank = add(place, listed);
            }
            *rank
        }));
    }

    /// By a table of hashes: twice as many as neighbours differ, which are often equal.
    fn far(&mut self, places: &[u32], end: u32) {
        let neighbours = places.iter().zip(places.iter().skip(1));
        let n_changes = neighbours.filter(|(one, other)| one != other).count();
        let n_slots = n_changes.saturating_add(1).saturating_mul(2).next_power_of_two();
        let mut known = vec![(NO_CODE, NO_CODE); n_slots];
        let last = u32::try_from(n_slots.saturating_sub(1)).unwrap_or(u32::MAX);
        let (mut former, mut rank) = (NO_CODE, NO_CODE);
        let Self { ranks, listed, .. } = self;
        ranks.extend(places.iter().map(|&place| {
            if place != former {
                former = place;
                rank =
                    if place < end { rank_of(place, (&mut known, last), listed) } else { NO_CODE };
            }
            rank
        }));
    }
}

/// The rank of a place by a table of hashes with room for more; `last` is its last slot.
fn rank_of(place: u32, (known, last): (&mut [(u32, u32)], u32), listed: &mut Vec<u32>) -> u32 {
    // The golden ratio spreads places that follow one another.
    let mut slot = place.wrapping_mul(0x9e37_79b9).rotate_left(16);
    loop {
        match known.get_mut(idx(slot & last)) {
            Some((known, rank)) if *known == place => return *rank,
            Some(free) if free.0 == NO_CODE => {
                let rank = add(place, listed);
                *free = (place, rank);
                return rank;
            }
            Some(_) => slot = slot.wrapping_add(1),
            None => return NO_CODE,
        }
    }
}

/// Lists a place that was not there yet; tells its rank.
fn add(place: u32, listed: &mut Vec<u32>) -> u32 {
    let rank = u32::try_from(listed.len()).unwrap_or(NO_CODE);
    listed.push(place);
    rank
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(places: &[u32], n_list: usize) {
        let Ranked { ranks, listed, is_whole } = Ranked::new(places, n_list);
        let is_there = |place: &u32| idx(*place) < n_list;
        let mut expected: Vec<u32> = Vec::new();
        for place in places.iter().copied().filter(is_there) {
            if !expected.contains(&place) {
                expected.push(place);
            }
        }
        assert_eq!(listed, expected);
        assert_eq!(is_whole, places.iter().all(is_there));
        for (place, rank) in places.iter().zip(ranks) {
            assert_eq!(listed.get(idx(rank)), Some(place).filter(|place| is_there(place)));
        }
    }

    #[test]
    fn places_are_numbered_as_they_come_whether_near_or_far() {
        check(&[], 5);
        check(&[7, 8, NO_CODE], 5);
        check(&[4, 4, 0, NO_CODE, 4, 2], 5);
        check(&[4, 3, 3, 5], 5);
        check(&[900_000, 900_000, 3, NO_CODE, 900_000, 77_777, 3, 1_000_000], 1_000_000);
        let far: Vec<u32> = (0..3_000_u32).map(|n| n.wrapping_mul(7_919) % 500 * 65_536).collect();
        check(&far, 40_000_000);
    }
}
