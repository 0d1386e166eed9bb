//! What the lines of each encounter come to.

use jihe_frame::Entities;
use jihe_terms::Sums;

use crate::run::Part;

/// The amounts of the lines of each encounter.
#[derive(Default)]
pub(crate) struct Costs {
    sums: Sums,
    has_lines: Vec<bool>,
}

impl Costs {
    /// What the lines of an encounter come to; none without any.
    pub(crate) fn get(&self, encounter: u32) -> Option<i128> {
        let encounter = encounter as usize;
        (self.has_lines.get(encounter) == Some(&true)).then(|| self.sums.get(encounter))
    }

    /// Whether 64 bits do not hold what they come to.
    pub(crate) fn is_too_large(&self, encounter: u32) -> bool {
        self.get(encounter).is_some_and(|cost| i64::try_from(cost).is_err())
    }

    /// Adds the lines of a part; of an encounter that the month tells of its carried lines too.
    pub(crate) fn add(&mut self, encounters: &Entities, part: &Part<'_>) {
        if self.has_lines.is_empty() {
            self.has_lines.resize(encounters.len(), false);
            self.sums = Sums::new(encounters.len());
        }
        let is_told = |encounter: u32| {
            let encounter = encounter as usize;
            encounters.listed.get(encounter) == Some(&true)
                && encounters.carried.get(encounter) == Some(&false)
        };
        let has_carried = part.carried.contains(&true);
        // Neighbours are mostly of one encounter.
        let mut from = 0;
        for of_one in part.encounter.chunk_by(|a, b| a == b) {
            let rows = from..from + of_one.len();
            from = rows.end;
            let is_told = has_carried && is_told(of_one[0]);
            let counts = |&row: &usize| 0 < part.cnt[row] && (is_told || !part.carried[row]);
            let amounts = rows.filter(counts).map(|row| i128::from(part.amount[row]));
            let sum = amounts.fold(None, |sum, amount| Some(sum.unwrap_or(0) + amount));
            let encounter = of_one[0] as usize;
            if let (Some(sum), Some(has_lines)) = (sum, self.has_lines.get_mut(encounter)) {
                *has_lines = true;
                self.sums.add(encounter, sum);
            }
        }
    }
}
