//! When each encounter began and ended, and which types of visit are stays.

use std::collections::BTreeMap;

use jihe_frame::NetMonth;
use jihe_terms::{NO_CODE, NO_DAY, NO_NUMBER, day_of};

use crate::compile::Engine;
use crate::run::bounds;

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

/// A missing table means the platform's usual types.
const USUAL_INPATIENT: [&str; 7] = ["21", "22", "23", "24", "26", "28", "52"];

/// The inpatient types of visit of a month, each with the days on which it is one.
pub(crate) fn inpatient_types(engine: &Engine, month: &NetMonth) -> BTreeMap<u32, Vec<(i32, i32)>> {
    let mut listed: Vec<(&str, (i32, i32))> = Vec::new();
    if let Some(table) = engine.plan.tables.get("inpatient")
        && let Some(types) = table.texts("med_type")
    {
        for (row, range) in table.range.iter().enumerate() {
            listed.push((types.text(row), bounds(*range)));
        }
    }
    if listed.is_empty() {
        listed = USUAL_INPATIENT.iter().map(|&ty| (ty, (i32::MIN, i32::MAX))).collect();
    }
    let mut by_code: BTreeMap<u32, Vec<(i32, i32)>> = BTreeMap::new();
    let columns =
        [month.encounters.rows.codes("med_type"), month.settlements.rows.codes("med_type")];
    // The last kinds that were met: most months have no more.
    let mut met = [NO_CODE; 8];
    let mut oldest = (0..met.len()).cycle();
    for &code in columns.into_iter().flatten().flatten() {
        if code != NO_CODE && !met.contains(&code) {
            met[oldest.next().unwrap_or(0)] = code;
            by_code.entry(code).or_insert_with(|| {
                let text = month.codes.text(code);
                listed
                    .iter()
                    .filter(|(prefix, _)| text.starts_with(prefix))
                    .map(|&(_, range)| range)
                    .collect()
            });
        }
    }
    by_code
}
