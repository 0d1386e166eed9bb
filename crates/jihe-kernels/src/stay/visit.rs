//! A visit elsewhere during a stay.

use jihe_terms::NO_DAY;

use super::Span;

/// The place of the first stay elsewhere that `day` lies strictly inside.
///
/// - `stays`: the stays of one person in canonical order.
/// - Admission and discharge day are outside; a stay without discharge holds nothing.
///
/// Source: rule set A45, rule map C2. Cost: linear in the person's stays.
pub fn strictly_inside(stays: &[Span], day: i32, institution: u32) -> Option<usize> {
    stays.iter().position(|stay| {
        stay.institution != institution
            && stay.discharge != NO_DAY
            && stay.admission < day
            && day < stay.discharge
    })
}

/// Whether a stay elsewhere without discharge began before `day`, so that it may hold the day.
pub fn perhaps_inside(stays: &[Span], day: i32, institution: u32) -> bool {
    stays.iter().any(|stay| {
        stay.institution != institution && stay.discharge == NO_DAY && stay.admission < day
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_days_of_admission_and_discharge_are_outside() {
        let stay = Span { admission: 10, discharge: 20, institution: 1 };
        let inside = |day, institution| strictly_inside(&[stay], day, institution).is_some();
        assert!(!inside(10, 2) && inside(11, 2) && inside(19, 2) && !inside(20, 2));
        assert!(!inside(11, 1));
    }
}
