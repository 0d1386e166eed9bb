//! Sets of diagnoses, and which encounter has one of a set.

use std::collections::HashMap;
use std::ops::Range;

use ahash::RandomState;
use jihe_frame::{Diagnoses, NetMonth};
use jihe_rules::plan::Plan;
use jihe_terms::{DayRange, NO_CODE};

use crate::compile::Engine;
use crate::run::{Run, bounds};
use crate::tables::CodedTable;
use crate::vector::{FALSE, NULL, TRUE};

/// The table of sets: which codes each set lists, and when.
#[derive(Clone, Debug, Default)]
pub(crate) struct DiagnosisIndex {
    /// By set, then code.
    listed: Vec<Listed>,
    /// By the name of a set: where its codes stand.
    sets: HashMap<u32, Range<usize>, RandomState>,
    /// The lengths of the codes, ascending.
    lengths: Vec<usize>,
}

/// A code of a set, and the days on which it is one.
#[derive(Clone, Copy, Debug)]
struct Listed {
    set: u32,
    code: u32,
    days: (i32, i32),
}

impl DiagnosisIndex {
    pub(crate) fn new(plan: &Plan, coded: Option<&CodedTable>) -> Self {
        let mut index = Self::default();
        let Some((table, coded)) = plan.tables.get("diagnosis_set").zip(coded) else {
            return index;
        };
        let codes = coded.codes_of(table, "diag_code");
        let rows = coded.codes_of(table, "set").iter().zip(codes).zip(&table.range);
        let listed = |((&set, &code), &range): ((&u32, &u32), &DayRange)| {
            (code != NO_CODE).then(|| Listed { set, code, days: bounds(range) })
        };
        index.listed = rows.filter_map(listed).collect();
        index.listed.sort_unstable_by_key(|row| (row.set, row.code, row.days));
        let mut from = 0;
        for of_set in index.listed.chunk_by(|a, b| a.set == b.set) {
            let own = from..from + of_set.len();
            from = own.end;
            index.sets.insert(of_set[0].set, own);
        }
        if let Some(texts) = table.texts("diag_code") {
            index.lengths = (0..texts.len()).map(|row| texts.bytes(row).len()).collect();
        }
        index.lengths.sort_unstable();
        index.lengths.dedup();
        index
    }

    /// Whether a set lists a code on a day.
    fn lists(&self, set: u32, code: u32, day: i32) -> bool {
        let own = self.sets.get(&set).map_or(&[][..], |own| &self.listed[own.clone()]);
        let first = own.partition_point(|row| row.code < code);
        own[first..]
            .iter()
            .take_while(|row| row.code == code)
            .any(|row| row.days.0 <= day && day < row.days.1)
    }
}

/// Which diagnoses begin like which codes of sets, and which encounter has which.
pub(crate) struct DiagnosisSets<'a> {
    index: &'a DiagnosisIndex,
    /// By diagnosis: where the codes stand with which it begins.
    begun: HashMap<u32, Range<usize>, RandomState>,
    begins: Vec<u32>,
    /// Main diagnosis of each encounter, or `NO_CODE`.
    main: Vec<u32>,
    /// By encounter: where its diagnoses begin; empty without a table of diagnoses.
    starts: Vec<u32>,
}

/// What the diagnoses of an encounter come to.
#[derive(Default)]
pub(crate) struct Told {
    is_any: bool,
    /// The day of admission.
    day: i32,
    /// The codes with which they begin.
    begins: Vec<u32>,
}

impl<'a> DiagnosisSets<'a> {
    pub(crate) fn new(engine: &'a Engine, month: &NetMonth) -> Self {
        let main = main_diagnoses(month);
        let diagnoses = month.diagnoses.as_ref();
        let starts = diagnoses.map(|all| starts(&all.encounter, main.len())).unwrap_or_default();
        let (begun, begins) = (HashMap::default(), Vec::new());
        let mut sets = Self { index: &engine.diagnoses, begun, begins, main, starts };
        if !sets.index.listed.is_empty() {
            let others = diagnoses.and_then(|all| all.rows.codes("diag_code")).unwrap_or(&[]);
            sets.learn(month, others);
        }
        sets
    }

    /// Learns with which codes of sets the diagnoses of a month begin.
    fn learn(&mut self, month: &NetMonth, others: &[u32]) {
        let mut last = NO_CODE;
        for &code in self.main.iter().chain(others) {
            if code == NO_CODE || code == last {
                continue;
            }
            last = code;
            let from = self.begins.len();
            self.begun.entry(code).or_insert_with(|| {
                let text = month.codes.bytes(code);
                let starts = self.index.lengths.iter().filter_map(|&length| text.get(..length));
                self.begins.extend(starts.filter_map(|start| month.codes.get(start)));
                from..self.begins.len()
            });
        }
    }

    /// The main diagnosis of an encounter, or `NO_CODE`.
    pub(crate) fn main(&self, encounter: u32) -> u32 {
        self.main.get(encounter as usize).copied().unwrap_or(NO_CODE)
    }

    /// Tells of the diagnoses of an encounter, or of its main one, in the room of another.
    pub(crate) fn tell(&self, run: &Run<'_>, encounter: u32, main_only: bool, told: &mut Told) {
        let main = self.main(encounter);
        let others = match (&run.month.diagnoses, main_only) {
            (Some(diagnoses), false) => self.diagnoses_of(diagnoses, encounter),
            (Some(_) | None, _) => &[],
        };
        told.is_any = main != NO_CODE || !others.is_empty();
        told.day = run.stays.admission_day(encounter);
        told.begins.clear();
        for code in others.iter().chain([&main]) {
            if let Some(begins) = self.begun.get(code) {
                told.begins.extend_from_slice(&self.begins[begins.clone()]);
            }
        }
    }

    /// Whether one of the diagnoses is in a set on the day of admission; unknown without any diagnosis.
    pub(crate) fn has_one_of(&self, set: u32, told: &Told) -> u8 {
        if !told.is_any {
            return NULL;
        }
        let is_in = |&code: &u32| self.index.lists(set, code, told.day);
        if told.begins.iter().any(is_in) { TRUE } else { FALSE }
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
