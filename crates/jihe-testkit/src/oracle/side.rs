//! The tables of a month that have no key: diagnoses and trace codes. And the month itself.

use std::collections::{BTreeMap, BTreeSet};

use super::month::{Encounter, Line, Person, Settlement};
use super::table::{Record, Row, text, word};

/// One diagnosis of an encounter.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Diagnosis {
    /// The encounter.
    pub mdtrt_id: String,
    /// The code.
    pub diag_code: String,
    /// 1: the main one.
    pub maindiag_flag: Option<String>,
    /// Place in the list.
    pub diag_srt_no: Option<String>,
}

impl Record for Diagnosis {
    const NAME: &'static str = "diagnoses";
    const COLUMNS: &'static [&'static str] =
        &["mdtrt_id", "diag_code", "maindiag_flag", "diag_srt_no"];

    fn read(row: &Row) -> Option<Self> {
        Some(Self {
            mdtrt_id: text(row, "mdtrt_id")?,
            diag_code: text(row, "diag_code")?,
            maindiag_flag: text(row, "maindiag_flag"),
            diag_srt_no: text(row, "diag_srt_no"),
        })
    }

    fn write(&self) -> Vec<String> {
        vec![
            self.mdtrt_id.clone(),
            self.diag_code.clone(),
            word(self.maindiag_flag.as_ref()),
            word(self.diag_srt_no.as_ref()),
        ]
    }
}

/// One trace code of a dispensed pack.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct TraceCode {
    /// The code.
    pub drug_trac_codg: String,
    /// The line that dispensed it.
    pub bkkp_sn: Option<String>,
    /// The settlement of that line.
    pub setl_id: Option<String>,
    /// 1: an opened pack, whose code may repeat.
    pub trdn_flag: Option<String>,
}

impl Record for TraceCode {
    const NAME: &'static str = "trace_codes";
    const COLUMNS: &'static [&'static str] = &["drug_trac_codg", "bkkp_sn", "setl_id", "trdn_flag"];

    fn read(row: &Row) -> Option<Self> {
        Some(Self {
            drug_trac_codg: text(row, "drug_trac_codg")?,
            bkkp_sn: text(row, "bkkp_sn"),
            setl_id: text(row, "setl_id"),
            trdn_flag: text(row, "trdn_flag"),
        })
    }

    fn write(&self) -> Vec<String> {
        vec![
            self.drug_trac_codg.clone(),
            word(self.bkkp_sn.as_ref()),
            word(self.setl_id.as_ref()),
            word(self.trdn_flag.as_ref()),
        ]
    }
}

/// A month as it arrives. `None` is a table that is not there.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Month {
    /// The fee list.
    pub lines: Vec<Line>,
    /// The payments.
    pub settlements: Vec<Settlement>,
    /// The visits.
    pub encounters: Option<Vec<Encounter>>,
    /// Their diagnoses.
    pub diagnoses: Option<Vec<Diagnosis>>,
    /// The insured.
    pub persons: Option<Vec<Person>>,
    /// Trace codes of the packs.
    pub trace_codes: Option<Vec<TraceCode>>,
    /// Whether the lines' key is the encounter with `feedetl_sn`, for want of `bkkp_sn`.
    pub key_with_encounter: bool,
    /// Whether the lines have the column `drug_trac_codg`.
    pub lines_have_trace: bool,
    /// Rows per table that could not be read.
    pub unreadable: BTreeMap<String, usize>,
    /// Tables and columns of theirs that the files do not have.
    pub absent: BTreeSet<(&'static str, &'static str)>,
}
