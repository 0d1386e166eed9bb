//! Sets of diagnoses, and which encounter has one of a set.

use std::collections::BTreeMap;

use jihe_frame::{Diagnoses, NetMonth};
use jihe_terms::NO_CODE;

use crate::compile::Engine;
use crate::run::{Run, bounds};
use crate::vector::{FALSE, NULL, TRUE};

/// Which diagnoses belong to which set, and which encounter has which.
pub(crate) struct DiagnosisSets<'a> {
    /// By set, then code: the days on which it belongs.
    sets: BTreeMap<&'a str, Members>,
    /// Main diagnosis of each encounter, or `NO_CODE`.
    main: Vec<u32>,
    /// By encounter: where its diagnoses begin; empty without a table of diagnoses.
    starts: Vec<u32>,
}

/// Codes of a set, each with the days on which it belongs.
pub(crate) type Members = BTreeMap<u32, Vec<(i32, i32)>>;

impl<'a> DiagnosisSets<'a> {
    pub(crate) fn new(engine: &'a Engine, month: &NetMonth) -> Self {
        let main = main_diagnoses(month);
        let mut codes: Vec<u32> = main.clone();
        if let Some(diagnoses) = &month.diagnoses {
            codes.extend_from_slice(diagnoses.rows.codes("diag_code").unwrap_or(&[]));
        }
        codes.sort_unstable();
        codes.dedup();
        codes.retain(|&code| code != NO_CODE);
        let mut sets: BTreeMap<&str, Members> = BTreeMap::new();
        if !codes.is_empty()
            && let Some(table) = engine.plan.tables.get("diagnosis_set")
            && let (Some(names), Some(listed)) = (table.texts("set"), table.texts("diag_code"))
        {
            for (row, range) in table.range.iter().enumerate() {
                for &code in &codes {
                    if month.codes.bytes(code).starts_with(listed.bytes(row)) {
                        let members = sets.entry(names.text(row)).or_default();
                        members.entry(code).or_default().push(bounds(*range));
                    }
                }
            }
        }
        let diagnoses = month.diagnoses.as_ref();
        let starts = diagnoses.map(|all| starts(&all.encounter, main.len())).unwrap_or_default();
        Self { sets, main, starts }
    }

    /// The members of a set that some encounter has; none if there are none.
    pub(crate) fn set(&self, name: &str) -> Option<&Members> {
        self.sets.get(name)
    }

    /// The main diagnosis of an encounter, or `NO_CODE`.
    pub(crate) fn main(&self, encounter: u32) -> u32 {
        self.main.get(encounter as usize).copied().unwrap_or(NO_CODE)
    }

    /// Whether a diagnosis of the encounter is in the set on its admission day.
    pub(crate) fn any_in(
        &self,
        run: &Run<'_>,
        encounter: u32,
        members: Option<&Members>,
        main_only: bool,
    ) -> u8 {
        let main = self.main(encounter);
        let others = match (&run.month.diagnoses, main_only) {
            (Some(diagnoses), false) => self.diagnoses_of(diagnoses, encounter),
            (Some(_) | None, _) => &[],
        };
        let is_any = members.is_some_and(|members| {
            let day = run.stays.admission_day(encounter);
            let belongs = |code: &u32| {
                members.get(code).is_some_and(|ranges| {
                    ranges.iter().any(|&(from, until)| from <= day && day < until)
                })
            };
            (main != NO_CODE && belongs(&main)) || others.iter().any(belongs)
        });
        if is_any {
            TRUE
        } else if main == NO_CODE && others.is_empty() {
            NULL
        } else {
            FALSE
        }
    }

    fn diagnoses_of<'m>(&self, diagnoses: &'m Diagnoses, encounter: u32) -> &'m [u32] {
        let start = |encounter: usize| self.starts.get(encounter).map(|&start| start as usize);
        let (Some(from), Some(until)) = (start(encounter as usize), start(encounter as usize + 1))
        else {
            return &[];
        };
        let codes = diagnoses.rows.codes("diag_code").unwrap_or(&[]);
        codes.get(from..until).unwrap_or(&[])
    }
}

/// Where the rows of each of `n` encounters begin in an ascending column, and one past the last.
fn starts(ascending: &[u32], n: usize) -> Vec<u32> {
    let mut starts = Vec::with_capacity(n + 1);
    let mut row = 0;
    for encounter in 0..=n {
        while ascending.get(row).is_some_and(|&other| (other as usize) < encounter) {
            row += 1;
        }
        starts.push(row as u32);
    }
    starts
}

fn main_diagnoses(month: &NetMonth) -> Vec<u32> {
    let n = month.encounters.len();
    let mut main = match month.encounters.rows.codes("dscg_maindiag_code") {
        Some(codes) => codes.to_vec(),
        None => vec![NO_CODE; n],
    };
    let Some(diagnoses) = &month.diagnoses else { return main };
    let (Some(flags), Some(codes)) =
        (diagnoses.rows.codes("maindiag_flag"), diagnoses.rows.codes("diag_code"))
    else {
        return main;
    };
    let yes = month.codes.get(b"1");
    for (row, &encounter) in diagnoses.encounter.iter().enumerate() {
        if let Some(code) = main.get_mut(encounter as usize)
            && *code == NO_CODE
            && Some(flags[row]) == yes
        {
            *code = codes[row];
        }
    }
    main
}
