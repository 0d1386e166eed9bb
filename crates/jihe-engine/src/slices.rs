//! Where the findings of a month are cut into slices: by the findings alone, never by threads or memory.

use std::ops::Range;

use jihe_frame::{Hit, Hits};
use jihe_terms::NO_CODE;

use crate::merge::PartFindings;

/// Lines of findings at which a slice ends.
pub(crate) const SLICE_LINES: usize = 1 << 14;

/// Some neighbouring blocks of persons.
#[derive(Clone, Debug)]
pub(crate) struct Slice {
    pub(crate) parts: Range<usize>,
    pub(crate) persons: Range<u32>,
    pub(crate) lines: Range<u32>,
    /// How many lines its findings have, but those that needed all parts.
    pub(crate) n_lines: usize,
}

/// The slices of a month.
pub(crate) struct Plan {
    pub(crate) slices: Vec<Slice>,
    /// Places of the findings of no person, which are written after all others.
    pub(crate) pieces: Vec<Range<usize>>,
}

impl Plan {
    /// Cuts after so many lines of findings.
    pub(crate) fn new(parts: &[PartFindings], unplaced: &Hits, most: usize) -> Self {
        let start = |place: usize| parts.get(place).map(|part| (part.person, part.first));
        let slice = |places: Range<usize>| {
            let (person, line) =
                start(places.start).filter(|_| places.start != 0).unwrap_or((0, 0));
            let (person_end, line_end) = start(places.end).unwrap_or((NO_CODE, u32::MAX));
            let n_lines = parts[places.clone()].iter().map(|part| part.n_lines).sum();
            Slice { persons: person..person_end, lines: line..line_end, parts: places, n_lines }
        };
        // A block of persons may have findings in two neighbouring parts.
        let hangs = |place: usize| match (parts.get(place), parts.get(place + 1)) {
            (Some(one), Some(next)) => next.blocks.0 <= one.blocks.1,
            _ => false,
        };
        let ends = ends(parts.iter().map(|part| part.n_lines), most, hangs);
        let mut slices: Vec<Slice> = ends.into_iter().map(slice).collect();
        if slices.is_empty() {
            slices.push(slice(0..0));
        }
        let of_hit = |hit: &Hit| hit.n_lines().max(1);
        let pieces = self::ends(unplaced.hits.iter().map(of_hit), most, |_| false);
        Self { slices, pieces }
    }

    /// Whether there is no more than one piece of anything.
    pub(crate) fn is_small(&self) -> bool {
        self.slices.len() == 1 && self.pieces.len() <= 1
    }

    /// All slices as one.
    pub(crate) fn all(&self) -> Slice {
        let n_parts = self.slices.last().map_or(0, |slice| slice.parts.end);
        let n_lines = self.slices.iter().map(|slice| slice.n_lines).sum();
        Slice { parts: 0..n_parts, persons: 0..NO_CODE, lines: 0..u32::MAX, n_lines }
    }

    /// Where slices begin but the first, among all findings: the place of the first finding, and the
    /// number of the first line.
    pub(crate) fn cuts(&self, hits: &[Hit]) -> Vec<(usize, u32)> {
        if self.is_small() {
            return Vec::new();
        }
        let before = |person: u32| hits.partition_point(|hit| hit.person < person);
        let slices = self.slices.iter().skip(1);
        let slices = slices.map(|slice| (before(slice.persons.start), slice.lines.start));
        let n_placed = before(NO_CODE);
        slices.chain(self.pieces.iter().map(|piece| (n_placed + piece.start, u32::MAX))).collect()
    }
}

/// Cuts things with so many lines each into runs that have enough of them, but where one hangs together
/// with the next.
fn ends(
    n_lines: impl ExactSizeIterator<Item = usize>,
    most: usize,
    hangs: impl Fn(usize) -> bool,
) -> Vec<Range<usize>> {
    let n_things = n_lines.len();
    let mut runs = Vec::new();
    let (mut from, mut sum) = (0, 0);
    for (place, n_lines) in n_lines.enumerate() {
        sum += n_lines;
        if most <= sum && !hangs(place) {
            runs.push(from..place + 1);
            (from, sum) = (place + 1, 0);
        }
    }
    if from < n_things {
        runs.push(from..n_things);
    }
    runs
}

/// Some findings with their lines.
pub(crate) fn some_of(all: &Hits, is_wanted: impl Fn(&Hit) -> bool) -> Hits {
    copied(all, all.hits.iter().filter(|hit| is_wanted(hit)))
}

/// The findings at some places, with their lines.
pub(crate) fn hits_of(all: &Hits, places: &Range<usize>) -> Hits {
    copied(all, all.hits[places.clone()].iter())
}

/// Findings out of all, with their lines.
pub(crate) fn copied<'h>(all: &Hits, wanted: impl Iterator<Item = &'h Hit>) -> Hits {
    let mut some = Hits::default();
    for hit in wanted {
        some.push_of(all, hit, all.lines_of(hit));
    }
    some
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_ends_where_it_has_enough_lines_and_no_thing_is_left_out() {
        let loose = |_| false;
        assert_eq!(ends([].into_iter(), 4, loose), []);
        assert_eq!(ends([0, 0].into_iter(), 4, loose), std::slice::from_ref(&(0..2)));
        assert_eq!(ends([2, 2, 1].into_iter(), 4, loose), [0..2, 2..3]);
        assert_eq!(ends([9, 2, 2].into_iter(), 4, loose), [0..1, 1..3]);
        assert_eq!(ends([9, 2, 2].into_iter(), 4, |place| place == 0), [0..2, 2..3]);
    }
}
