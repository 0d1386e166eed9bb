//! Stays that run at the same time.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use jihe_terms::NO_DAY;

use super::Span;

/// A stay that begins before an earlier one ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Overlapping {
    /// Place of the later stay.
    pub later: usize,
    /// Place of an earlier one; at another institution if there is one.
    pub earlier: usize,
    /// Whether that one is at another institution.
    pub elsewhere: bool,
}

/// Finds each stay that begins before an earlier one of the person ends.
///
/// - `stays`: all stays of one person in canonical order.
/// - The day of a transfer is in both stays and does not count. An earlier stay without discharge
///   is passed over.
///
/// Source: rule map C2. Cost: n log n in the stays of one person.
pub fn overlapping(stays: &[Span]) -> Vec<Overlapping> {
    let mut found = Vec::new();
    let mut open = Open::default();
    for (later, stay) in stays.iter().enumerate() {
        // Admissions ascend, so a stay that has ended can meet no later one.
        open.close(stays, stay.admission);
        let elsewhere = open.first_elsewhere(stay.institution);
        if let Some(earlier) = elsewhere.or_else(|| open.first()) {
            found.push(Overlapping { later, earlier, elsewhere: elsewhere.is_some() });
        }
        if stay.discharge != NO_DAY {
            open.add(later, stay);
        }
    }
    found
}

/// Stays that have not ended.
#[derive(Default)]
struct Open {
    /// Discharge day and place; those that end first come first.
    by_end: BinaryHeap<Reverse<(i32, usize)>>,
    /// Places by institution.
    places: BTreeMap<u32, BTreeSet<usize>>,
    /// The first place of each institution, and the institution.
    firsts: BTreeSet<(usize, u32)>,
}

impl Open {
    fn add(&mut self, place: usize, stay: &Span) {
        self.by_end.push(Reverse((stay.discharge, place)));
        let of_institution = self.places.entry(stay.institution).or_default();
        if of_institution.is_empty() {
            self.firsts.insert((place, stay.institution));
        }
        of_institution.insert(place);
    }

    /// Leaves out those that ended before or on a day.
    fn close(&mut self, stays: &[Span], day: i32) {
        while let Some(&Reverse((discharge, place))) = self.by_end.peek() {
            if day < discharge {
                break;
            }
            self.by_end.pop();
            let institution = stays[place].institution;
            let Some(of_institution) = self.places.get_mut(&institution) else { continue };
            of_institution.remove(&place);
            if self.firsts.remove(&(place, institution))
                && let Some(&next) = of_institution.first()
            {
                self.firsts.insert((next, institution));
            }
        }
    }

    fn first(&self) -> Option<usize> {
        self.firsts.first().map(|&(place, _)| place)
    }

    fn first_elsewhere(&self, institution: u32) -> Option<usize> {
        self.firsts.iter().find(|first| first.1 != institution).map(|&(place, _)| place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(stays: &[(i32, i32, u32)], expected: &[(usize, usize, bool)]) {
        let spans: Vec<Span> = stays
            .iter()
            .map(|&(admission, discharge, institution)| Span { admission, discharge, institution })
            .collect();
        let found: Vec<_> = overlapping(&spans)
            .iter()
            .map(|overlap| (overlap.later, overlap.earlier, overlap.elsewhere))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn the_day_of_a_transfer_is_no_overlap_and_a_day_earlier_is() {
        check(&[(1, 5, 1), (5, 9, 2)], &[]);
        check(&[(1, 5, 1), (4, 9, 2)], &[(1, 0, true)]);
        check(&[(1, 5, 1), (4, 9, 1)], &[(1, 0, false)]);
    }

    /// The same, each stay held against all before it.
    fn one_by_one(stays: &[Span]) -> Vec<Overlapping> {
        let at = |later: usize| {
            let stay = stays[later];
            let runs = |&earlier: &usize| {
                let end = stays[earlier].discharge;
                end != NO_DAY && stay.admission < end
            };
            let open: Vec<usize> = (0..later).filter(runs).collect();
            let is_elsewhere = |&&earlier: &&usize| stays[earlier].institution != stay.institution;
            let elsewhere = open.iter().find(is_elsewhere).copied();
            let earlier = elsewhere.or(open.first().copied())?;
            Some(Overlapping { later, earlier, elsewhere: elsewhere.is_some() })
        };
        (0..stays.len()).filter_map(at).collect()
    }

    proptest::proptest! {
        #[test]
        fn many_stays_are_as_each_against_all_before(
            mut stays in proptest::collection::vec((0_i32..20, 0_i32..9, 0_u32..4, 0_u32..8), 0..40),
        ) {
            stays.sort_unstable();
            let span = |&(admission, days, institution, open): &(i32, i32, u32, u32)| {
                let discharge = if open == 0 { NO_DAY } else { admission + days };
                Span { admission, discharge, institution }
            };
            let stays: Vec<Span> = stays.iter().map(span).collect();
            proptest::prop_assert_eq!(overlapping(&stays), one_by_one(&stays));
        }
    }

    #[test]
    fn any_earlier_stay_counts_and_one_elsewhere_first() {
        check(&[(1, 20, 1), (2, 4, 1), (10, 12, 2)], &[(1, 0, false), (2, 0, true)]);
        check(&[(1, 20, 1), (2, 15, 2), (10, 12, 1)], &[(1, 0, true), (2, 1, true)]);
        check(&[(1, NO_DAY, 1), (4, 9, 2)], &[]);
    }
}
