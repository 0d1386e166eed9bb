//! The reference tables that the rules need, as plain dated rows.

use super::civil::{Day, Seconds, time_text};
use super::decimal::decimal_text;
use super::registry::{MappedItem, Practitioner};
use super::side::TraceCode;
use super::table::{
    Record, Row, a_day, a_time, in_force, micro, micro_text, opt_day, optional, quantity,
    quantity_text, required, some, text, word,
};

/// What the month is judged against. `None` is a table that is not there.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Reference {
    /// The institutions with an agreement.
    pub institutions: Option<Vec<Institution>>,
    /// The payable items.
    pub catalogue: Option<Vec<CatalogueRow>>,
    /// Ceilings of unit prices.
    pub price_limits: Option<Vec<PriceLimit>>,
    /// First shares of items.
    pub selfpay: Option<Vec<SelfPay>>,
    /// Movements of stock.
    pub inventory: Option<Vec<StockMove>>,
    /// The registered practitioners.
    pub practitioners: Option<Vec<Practitioner>>,
    /// The institutions' own codes of items.
    pub item_map: Option<Vec<MappedItem>>,
    /// Trace codes, where they come with the reference and not with the month.
    pub trace_codes: Option<Vec<TraceCode>>,
}

/// One institution.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Institution {
    /// The key.
    pub fixmedins_code: String,
    /// 1: hospital, 2: pharmacy.
    pub fixmedins_type: Option<String>,
    /// Level for price limits, 1 to 3, perhaps with a leading zero.
    pub lmtpric_hosp_lv: Option<String>,
    /// Approved beds.
    pub aprv_bed_cnt: Option<i64>,
    /// First day of the agreement.
    pub begntime: Option<Day>,
    /// Last day of the agreement.
    pub endtime: Option<Day>,
    /// The day on which it opened.
    pub opng_date: Option<Day>,
    /// 1: it was ever penalised.
    pub pnlt_flag: Option<String>,
    /// The day of the last penalty.
    pub pnlt_date: Option<Day>,
    /// Insurance managers.
    pub hi_mgt_psncnt: Option<i64>,
    /// 1: it has an insurance department.
    pub hi_mgt_dept_flag: Option<String>,
    /// Share of the insured drugs that it stocks, 10^-6.
    pub drug_stoc_rate: Option<i64>,
    /// First day.
    pub begndate: Option<Day>,
    /// Day after the last.
    pub enddate: Option<Day>,
}

impl Record for Institution {
    const NAME: &'static str = "institutions";
    const COLUMNS: &'static [&'static str] = &[
        "fixmedins_code",
        "fixmedins_type",
        "lmtpric_hosp_lv",
        "aprv_bed_cnt",
        "begntime",
        "endtime",
        "opng_date",
        "pnlt_flag",
        "pnlt_date",
        "hi_mgt_psncnt",
        "hi_mgt_dept_flag",
        "drug_stoc_rate",
        "begndate",
        "enddate",
    ];

    fn read(row: &Row) -> Option<Self> {
        Some(Self {
            fixmedins_code: text(row, "fixmedins_code")?,
            fixmedins_type: text(row, "fixmedins_type"),
            lmtpric_hosp_lv: text(row, "lmtpric_hosp_lv"),
            aprv_bed_cnt: optional(row, "aprv_bed_cnt", |text| text.parse().ok())?,
            begntime: optional(row, "begntime", a_day)?,
            endtime: optional(row, "endtime", a_day)?,
            opng_date: optional(row, "opng_date", a_day)?,
            pnlt_flag: text(row, "pnlt_flag"),
            pnlt_date: optional(row, "pnlt_date", a_day)?,
            hi_mgt_psncnt: optional(row, "hi_mgt_psncnt", |text| text.parse().ok())?,
            hi_mgt_dept_flag: text(row, "hi_mgt_dept_flag"),
            drug_stoc_rate: optional(row, "drug_stoc_rate", micro)?,
            begndate: optional(row, "begndate", a_day)?,
            enddate: optional(row, "enddate", a_day)?,
        })
    }

    fn write(&self) -> Vec<String> {
        vec![
            self.fixmedins_code.clone(),
            word(self.fixmedins_type.as_ref()),
            word(self.lmtpric_hosp_lv.as_ref()),
            some(self.aprv_bed_cnt.as_ref(), i64::to_string),
            opt_day(self.begntime),
            opt_day(self.endtime),
            opt_day(self.opng_date),
            word(self.pnlt_flag.as_ref()),
            opt_day(self.pnlt_date),
            some(self.hi_mgt_psncnt.as_ref(), i64::to_string),
            word(self.hi_mgt_dept_flag.as_ref()),
            some(self.drug_stoc_rate.as_ref(), |rate| decimal_text(*rate, 6)),
            opt_day(self.begndate),
            opt_day(self.enddate),
        ]
    }
}

/// One item of the catalogue.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct CatalogueRow {
    /// The key.
    pub hilist_code: String,
    /// Its name.
    pub hilist_name: Option<String>,
    /// Kind of item.
    pub list_type: Option<String>,
    /// Kind of charge.
    pub med_chrgitm_type: Option<String>,
    /// Class of payment, 01 to 03.
    pub chrgitm_lv: Option<String>,
    /// 0: not payable.
    pub med_use_flag: Option<String>,
    /// Code of the generic name.
    pub genname_codg: Option<String>,
    /// Smallest units in a pack, 10^-4.
    pub min_pac_cnt: Option<i64>,
    /// Dose a day, 10^-6.
    pub daily_dose: Option<i64>,
    /// Dose in a smallest unit, 10^-6.
    pub dose_per_unit: Option<i64>,
    /// The unit of both doses.
    pub dose_unit: Option<String>,
    /// First day.
    pub begndate: Option<Day>,
    /// Day after the last.
    pub enddate: Option<Day>,
}

impl Record for CatalogueRow {
    const NAME: &'static str = "catalogue";
    const COLUMNS: &'static [&'static str] = &[
        "hilist_code",
        "hilist_name",
        "list_type",
        "med_chrgitm_type",
        "chrgitm_lv",
        "med_use_flag",
        "genname_codg",
        "min_pac_cnt",
        "daily_dose",
        "dose_per_unit",
        "dose_unit",
        "begndate",
        "enddate",
    ];

    fn read(row: &Row) -> Option<Self> {
        Some(Self {
            hilist_code: text(row, "hilist_code")?,
            hilist_name: text(row, "hilist_name"),
            list_type: text(row, "list_type"),
            med_chrgitm_type: text(row, "med_chrgitm_type"),
            chrgitm_lv: text(row, "chrgitm_lv"),
            med_use_flag: text(row, "med_use_flag"),
            genname_codg: text(row, "genname_codg"),
            min_pac_cnt: optional(row, "min_pac_cnt", quantity)?,
            daily_dose: optional(row, "daily_dose", micro)?,
            dose_per_unit: optional(row, "dose_per_unit", micro)?,
            dose_unit: text(row, "dose_unit"),
            begndate: optional(row, "begndate", a_day)?,
            enddate: optional(row, "enddate", a_day)?,
        })
    }

    fn write(&self) -> Vec<String> {
        vec![
            self.hilist_code.clone(),
            word(self.hilist_name.as_ref()),
            word(self.list_type.as_ref()),
            word(self.med_chrgitm_type.as_ref()),
            word(self.chrgitm_lv.as_ref()),
            word(self.med_use_flag.as_ref()),
            word(self.genname_codg.as_ref()),
            some(self.min_pac_cnt.as_ref(), |value| quantity_text(*value)),
            // Both doses are whole in 10^-4 where this crate writes them.
            some(self.daily_dose.as_ref(), |value| decimal_text(*value / 100, 4)),
            some(self.dose_per_unit.as_ref(), |value| decimal_text(*value / 100, 4)),
            word(self.dose_unit.as_ref()),
            opt_day(self.begndate),
            opt_day(self.enddate),
        ]
    }
}

/// One ceiling of a unit price.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct PriceLimit {
    /// The item.
    pub hilist_code: String,
    /// Kind of limit.
    pub hilist_lmtpric_type: Option<String>,
    /// Level of institution that it holds for; missing: all.
    pub lmtpric_hosp_lv: Option<String>,
    /// The ceiling, 10^-6 yuan.
    pub hilist_pric_uplmt_amt: i64,
    /// First day.
    pub begndate: Option<Day>,
    /// Day after the last.
    pub enddate: Option<Day>,
}

impl Record for PriceLimit {
    const NAME: &'static str = "price_limits";
    const COLUMNS: &'static [&'static str] = &[
        "hilist_code",
        "hilist_lmtpric_type",
        "lmtpric_hosp_lv",
        "hilist_pric_uplmt_amt",
        "begndate",
        "enddate",
    ];

    fn read(row: &Row) -> Option<Self> {
        Some(Self {
            hilist_code: text(row, "hilist_code")?,
            hilist_lmtpric_type: text(row, "hilist_lmtpric_type"),
            lmtpric_hosp_lv: text(row, "lmtpric_hosp_lv"),
            hilist_pric_uplmt_amt: required(row, "hilist_pric_uplmt_amt", micro)?,
            begndate: optional(row, "begndate", a_day)?,
            enddate: optional(row, "enddate", a_day)?,
        })
    }

    fn write(&self) -> Vec<String> {
        vec![
            self.hilist_code.clone(),
            word(self.hilist_lmtpric_type.as_ref()),
            word(self.lmtpric_hosp_lv.as_ref()),
            micro_text(self.hilist_pric_uplmt_amt),
            opt_day(self.begndate),
            opt_day(self.enddate),
        ]
    }
}

/// A person's first share of an item.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct SelfPay {
    /// The item.
    pub hilist_code: String,
    /// Type of person or scheme that it holds for; missing: all.
    pub selfpay_prop_psn_type: Option<String>,
    /// 10, or missing: a first share.
    pub selfpay_prop_type: Option<String>,
    /// The share, 10^-6.
    pub selfpay_prop: i64,
    /// First day.
    pub begndate: Option<Day>,
    /// Day after the last.
    pub enddate: Option<Day>,
}

impl Record for SelfPay {
    const NAME: &'static str = "selfpay";
    const COLUMNS: &'static [&'static str] = &[
        "hilist_code",
        "selfpay_prop_psn_type",
        "selfpay_prop_type",
        "selfpay_prop",
        "begndate",
        "enddate",
    ];

    fn read(row: &Row) -> Option<Self> {
        Some(Self {
            hilist_code: text(row, "hilist_code")?,
            selfpay_prop_psn_type: text(row, "selfpay_prop_psn_type"),
            selfpay_prop_type: text(row, "selfpay_prop_type"),
            selfpay_prop: required(row, "selfpay_prop", micro)?,
            begndate: optional(row, "begndate", a_day)?,
            enddate: optional(row, "enddate", a_day)?,
        })
    }

    fn write(&self) -> Vec<String> {
        vec![
            self.hilist_code.clone(),
            word(self.selfpay_prop_psn_type.as_ref()),
            word(self.selfpay_prop_type.as_ref()),
            micro_text(self.selfpay_prop),
            opt_day(self.begndate),
            opt_day(self.enddate),
        ]
    }
}

/// One movement of stock, or an opening or closing count.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct StockMove {
    /// The institution.
    pub fixmedins_code: String,
    /// The product.
    pub med_list_codg: String,
    /// Kind of movement.
    pub inv_chg_type: Option<String>,
    /// When.
    pub event_time: Seconds,
    /// Signed quantity, 10^-4 units: in is positive.
    pub cnt: i64,
}

impl Record for StockMove {
    const NAME: &'static str = "inventory";
    const COLUMNS: &'static [&'static str] =
        &["fixmedins_code", "med_list_codg", "inv_chg_type", "event_time", "cnt"];

    fn read(row: &Row) -> Option<Self> {
        Some(Self {
            fixmedins_code: text(row, "fixmedins_code")?,
            med_list_codg: text(row, "med_list_codg")?,
            inv_chg_type: text(row, "inv_chg_type"),
            event_time: required(row, "event_time", a_time)?,
            cnt: required(row, "cnt", quantity)?,
        })
    }

    fn write(&self) -> Vec<String> {
        vec![
            self.fixmedins_code.clone(),
            self.med_list_codg.clone(),
            word(self.inv_chg_type.as_ref()),
            time_text(self.event_time),
            quantity_text(self.cnt),
        ]
    }
}

impl Reference {
    /// The catalogue row of an item that is in force on a day.
    pub fn catalogue_on(&self, hilist_code: &str, day: Day) -> Option<&CatalogueRow> {
        self.catalogue
            .iter()
            .flatten()
            .find(|row| row.hilist_code == hilist_code && in_force(row.begndate, row.enddate, day))
    }

    /// The row of an institution that is in force on a day.
    pub fn institution_on(&self, fixmedins_code: &str, day: Day) -> Option<&Institution> {
        self.institutions.iter().flatten().find(|row| {
            row.fixmedins_code == fixmedins_code && in_force(row.begndate, row.enddate, day)
        })
    }

    /// The level of an institution on a day, its leading zero dropped.
    pub fn level_on(&self, fixmedins_code: &str, day: Day) -> Option<String> {
        let row = self.institution_on(fixmedins_code, day)?;
        row.lmtpric_hosp_lv.as_deref().map(without_zero)
    }
}

/// Drops the leading zero of a level.
pub fn without_zero(level: &str) -> String {
    level.strip_prefix('0').unwrap_or(level).to_owned()
}
