//! An insured person and what later visits must know of earlier ones.

use super::calendar::day_at;

/// A settlement that stands, as the benefit policy looks back at it.
#[derive(Clone, Debug)]
pub(super) struct Paid {
    /// Its year.
    pub(super) year: i32,
    /// Its kind in the policy.
    pub(super) kind: String,
    /// Deductible and the fund's part, fen.
    pub(super) share: (i64, i64),
    /// Fen.
    pub(super) in_policy: i64,
}

/// A person.
#[derive(Clone, Debug)]
pub(super) struct Person {
    /// `psn_no`, which also is the order of persons.
    pub(super) number: String,
    /// `gend`: 1 or 2.
    pub(super) sex: &'static str,
    /// Birth day.
    pub(super) birth: i64,
    /// `psn_type`.
    pub(super) psn_type: &'static str,
    /// Death day.
    pub(super) death: Option<i64>,
    /// The hospital mostly gone to.
    pub(super) hospital: u32,
    /// The pharmacy mostly gone to.
    pub(super) pharmacy: u32,
    /// 10⁻⁴ days until which there is supply, by supply group.
    pub(super) supply: Vec<(u32, i64)>,
    /// Last day of items that have a period.
    pub(super) period: Vec<(u32, i64)>,
    /// Units of items that have a long window.
    pub(super) monthly: Vec<(u32, i64)>,
    /// Days of visits so far.
    pub(super) visits: Vec<i64>,
    /// Institutions of stays so far and the days on which they ended.
    pub(super) stays: Vec<(u32, i64)>,
    /// Settlements so far that the benefit policy speaks of.
    pub(super) paid: Vec<Paid>,
    /// Months in which the person is in the table, as bits.
    pub(super) seen: u64,
}

/// The number of the person with an index: all different below 10¹².
pub(super) fn number_of(index: u64) -> String {
    let mixed = (u128::from(index) * 617_283_950_617 + 104_729_104_729) % 1_000_000_000_000;
    format!("3301{mixed:012}")
}

impl Person {
    /// Whether the person is an employee, working or retired.
    pub(super) fn is_employee(&self) -> bool {
        self.psn_type == "11" || self.psn_type == "12"
    }

    /// `insutype`.
    pub(super) fn insutype(&self) -> &'static str {
        if self.is_employee() { "310" } else { "390" }
    }

    /// Completed years on a day.
    pub(super) fn age(&self, day: i64) -> i64 {
        let day_type = |day: i64| jihe_terms::Day::from_epoch(day as i32);
        i64::from(jihe_terms::day::completed_years(day_type(self.birth), day_type(day)))
    }

    /// Whether nothing of a supply group is left on a day.
    pub(super) fn is_out_of(&self, group: u32, day: i64) -> bool {
        self.supply.iter().all(|(of, until)| *of != group || *until <= day * 10_000)
    }

    /// Adds supply, 10⁻⁴ days.
    pub(super) fn supply(&mut self, group: u32, time: i64, days: i64) {
        let today = day_at(time) * 10_000;
        match self.supply.iter_mut().find(|(of, _)| *of == group) {
            Some((_, until)) => *until = (*until).max(today) + days,
            None => self.supply.push((group, today + days)),
        }
    }
}
