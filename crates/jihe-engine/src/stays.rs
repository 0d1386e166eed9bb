//! When each encounter began and ended.

use jihe_frame::NetMonth;
use jihe_terms::{NO_DAY, NO_NUMBER, day_of};

/// Admission and discharge days of every encounter.
pub(crate) struct Stays {
    admission: Vec<i32>,
    discharge: Vec<i32>,
}

impl Stays {
    pub(crate) fn new(month: &NetMonth) -> Self {
        let rows = &month.encounters.rows;
        let days = |name| match rows.numbers(name) {
            Some(seconds) => seconds.iter().map(|&second| day_of(second)).collect(),
            None => vec![NO_DAY; month.encounters.len()],
        };
        Self { admission: days("begntime"), discharge: days("endtime") }
    }

    pub(crate) fn admission_day(&self, encounter: u32) -> i32 {
        self.admission.get(encounter as usize).copied().unwrap_or(NO_DAY)
    }

    pub(crate) fn discharge_day(&self, encounter: u32) -> i32 {
        self.discharge.get(encounter as usize).copied().unwrap_or(NO_DAY)
    }

    /// Discharge day − admission day, at least 1.
    pub(crate) fn length(&self, encounter: u32) -> i64 {
        match (self.admission_day(encounter), self.discharge_day(encounter)) {
            (NO_DAY, _) | (_, NO_DAY) => NO_NUMBER,
            (admission, discharge) => (i64::from(discharge) - i64::from(admission)).max(1),
        }
    }
}
