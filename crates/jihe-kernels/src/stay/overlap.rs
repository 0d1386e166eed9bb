//! Stays that run at the same time.

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
/// Source: rule map C2. Cost: quadratic in the stays of one person at worst.
pub fn overlapping(stays: &[Span]) -> Vec<Overlapping> {
    let mut found = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    for (later, stay) in stays.iter().enumerate() {
        // Admissions ascend, so a stay that has ended can meet no later one.
        open.retain(|&earlier| stay.admission < stays[earlier].discharge);
        let elsewhere =
            open.iter().copied().find(|&earlier| stays[earlier].institution != stay.institution);
        if let Some(earlier) = elsewhere.or_else(|| open.first().copied()) {
            found.push(Overlapping { later, earlier, elsewhere: elsewhere.is_some() });
        }
        if stay.discharge != NO_DAY {
            open.push(later);
        }
    }
    found
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

    #[test]
    fn any_earlier_stay_counts_and_one_elsewhere_first() {
        check(&[(1, 20, 1), (2, 4, 1), (10, 12, 2)], &[(1, 0, false), (2, 0, true)]);
        check(&[(1, 20, 1), (2, 15, 2), (10, 12, 1)], &[(1, 0, true), (2, 1, true)]);
        check(&[(1, NO_DAY, 1), (4, 9, 2)], &[]);
    }
}
