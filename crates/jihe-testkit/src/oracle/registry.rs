//! What institutions registered: their practitioners, and their own codes of items.

use super::civil::Day;
use super::table::{Record, Row, a_day, in_force, opt_day, optional, text, word};

/// One practitioner at one institution.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Practitioner {
    /// The person.
    pub prac_psn_code: String,
    /// Kind of person.
    pub prac_psn_type: Option<String>,
    /// The institution.
    pub fixmedins_code: String,
    /// First day of the registration.
    pub begntime: Option<Day>,
    /// Last day of the registration.
    pub endtime: Option<Day>,
    /// First day of the labour contract.
    pub cntr_begndate: Option<Day>,
    /// Last day of the labour contract.
    pub cntr_enddate: Option<Day>,
    /// First day.
    pub begndate: Option<Day>,
    /// Day after the last.
    pub enddate: Option<Day>,
}

impl Practitioner {
    /// Whether the person is registered at the institution on a day.
    pub fn works(&self, person: &str, institution: &str, day: Day) -> bool {
        self.prac_psn_code == person
            && self.fixmedins_code == institution
            && in_force(self.begndate, self.enddate, day)
            && self.begntime.is_none_or(|first| first <= day)
            && self.endtime.is_none_or(|last| day <= last)
    }
}

impl Record for Practitioner {
    const NAME: &'static str = "practitioners";
    const COLUMNS: &'static [&'static str] = &[
        "prac_psn_code",
        "prac_psn_type",
        "fixmedins_code",
        "begntime",
        "endtime",
        "cntr_begndate",
        "cntr_enddate",
        "begndate",
        "enddate",
    ];

    fn read(row: &Row) -> Option<Self> {
        Some(Self {
            prac_psn_code: text(row, "prac_psn_code")?,
            prac_psn_type: text(row, "prac_psn_type"),
            fixmedins_code: text(row, "fixmedins_code")?,
            begntime: optional(row, "begntime", a_day)?,
            endtime: optional(row, "endtime", a_day)?,
            cntr_begndate: optional(row, "cntr_begndate", a_day)?,
            cntr_enddate: optional(row, "cntr_enddate", a_day)?,
            begndate: optional(row, "begndate", a_day)?,
            enddate: optional(row, "enddate", a_day)?,
        })
    }

    fn write(&self) -> Vec<String> {
        vec![
            self.prac_psn_code.clone(),
            word(self.prac_psn_type.as_ref()),
            self.fixmedins_code.clone(),
            opt_day(self.begntime),
            opt_day(self.endtime),
            opt_day(self.cntr_begndate),
            opt_day(self.cntr_enddate),
            opt_day(self.begndate),
            opt_day(self.enddate),
        ]
    }
}

/// One own code of an institution with its national code.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct MappedItem {
    /// The institution.
    pub fixmedins_code: String,
    /// Its own code.
    pub medins_list_codg: String,
    /// The national code.
    pub med_list_codg: String,
    /// First day.
    pub begndate: Option<Day>,
    /// Day after the last.
    pub enddate: Option<Day>,
}

impl Record for MappedItem {
    const NAME: &'static str = "item_map";
    const COLUMNS: &'static [&'static str] =
        &["fixmedins_code", "medins_list_codg", "med_list_codg", "begndate", "enddate"];

    fn read(row: &Row) -> Option<Self> {
        Some(Self {
            fixmedins_code: text(row, "fixmedins_code")?,
            medins_list_codg: text(row, "medins_list_codg")?,
            med_list_codg: text(row, "med_list_codg")?,
            begndate: optional(row, "begndate", a_day)?,
            enddate: optional(row, "enddate", a_day)?,
        })
    }

    fn write(&self) -> Vec<String> {
        vec![
            self.fixmedins_code.clone(),
            self.medins_list_codg.clone(),
            self.med_list_codg.clone(),
            opt_day(self.begndate),
            opt_day(self.enddate),
        ]
    }
}
