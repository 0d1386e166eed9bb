//! Sums over all lines of a month, added up part by part.

use std::collections::BTreeMap;

use jihe_frame::LinePart;
use jihe_terms::{NO_CODE, Sums};

use crate::by_code::ByCode;
use crate::ledger::some;

/// Sums over all lines.
#[derive(Clone, Debug, Default)]
pub struct LineTotals {
    /// By institution: its judged lines and their amount, without those of the carried state.
    pub(crate) institutions: BTreeMap<u32, (u64, i128)>,
    /// By settlement: the in-policy amount of its lines.
    pub(crate) settlements: Sums<i32>,
    /// All amounts, whatever their sign.
    gross: u64,
}

/// The sums of one part.
#[derive(Clone, Debug)]
pub struct PartTotals {
    institutions: Vec<(u32, (u64, i128))>,
    /// Runs of lines of one settlement and their in-policy amount.
    settlements: Vec<(u32, i128)>,
    gross: u64,
}

impl PartTotals {
    /// Adds up the lines of a part.
    #[expect(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        reason = "columns of a part have one length; 64-bit amounts in 128 bits"
    )]
    pub fn of(part: &LinePart) -> Self {
        let mut by_code: ByCode<(u64, i128)> = ByCode::new(part.institution.iter().copied());
        let any_carried = part.carried.contains(&true);
        let mut settlements: Vec<(u32, i128)> = Vec::new();
        let mut from = 0;
        for of_institution in part.institution.chunk_by(|a, b| a == b) {
            let rows = from..from + of_institution.len();
            let (n_lines, sum) = if any_carried {
                let all = part.amount[rows.clone()].iter().zip(&part.carried[rows.clone()]);
                let own = all.filter(|(_, carried)| !**carried).map(|(&amount, _)| amount);
                (own.clone().count(), total(own))
            } else {
                (rows.len(), total(part.amount[rows.clone()].iter().copied()))
            };
            if 0 < n_lines
                && let Some(of_code) = by_code.of(part.institution[from])
            {
                of_code.0 += u64::try_from(n_lines).unwrap_or(u64::MAX);
                of_code.1 += sum;
            }
            for of_settlement in part.settlement[rows].chunk_by(|a, b| a == b) {
                let rows = from..from + of_settlement.len();
                from = rows.end;
                let settlement = part.settlement[rows.start];
                let scp = total(part.scp[rows].iter().map(|&scp| scp.max(0)));
                if settlement != NO_CODE && 0 < scp {
                    settlements.push((settlement, scp));
                }
            }
        }
        let gross = part.amount.iter().map(|amount| amount.unsigned_abs());
        let gross = gross.fold(0, u64::saturating_add);
        Self { institutions: by_code.into_iter().collect(), settlements, gross }
    }
}

impl LineTotals {
    /// Sums of no lines.
    pub fn new(n_settlements: usize) -> Self {
        Self { settlements: Sums::new(n_settlements), ..Self::default() }
    }

    /// Adds the sums of a part; in which order does not matter.
    #[expect(clippy::arithmetic_side_effects, reason = "64-bit amounts in 128 bits")]
    pub fn add(&mut self, part: PartTotals) {
        for (institution, sum) in part.institutions {
            let total = self.institutions.entry(institution).or_default();
            *total = (total.0 + sum.0, total.1 + sum.1);
        }
        for (settlement, scp) in part.settlements {
            if let Some(place) = some(settlement) {
                self.settlements.add(place, scp);
            }
        }
        self.gross = self.gross.saturating_add(part.gross);
    }

    /// Codes of the institutions that have judged lines, ascending.
    pub fn institutions(&self) -> impl Iterator<Item = u32> + '_ {
        self.institutions.keys().copied()
    }

    /// What the amounts of all lines come to, whatever their sign, fen.
    pub fn gross(&self) -> u64 {
        self.gross
    }
}

/// The sum of amounts: 64 bits hold it but for sums that no month has.
fn total(amounts: impl Iterator<Item = i64> + Clone) -> i128 {
    let small = amounts.clone().try_fold(0_i64, i64::checked_add);
    small.map_or_else(|| amounts.map(i128::from).sum(), i128::from)
}
