//! The tables of a month as plain rows.

use super::civil::{Day, Seconds, day_of, time_text};
use super::table::{
    Record, Row, a_day, a_time, micro, micro_text, money, money_text, opt_day, opt_time, optional,
    quantity, quantity_text, required, some, text, word,
};

/// One charged item of a fee list.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Line {
    /// The key.
    pub bkkp_sn: String,
    /// The settlement, where there is one yet.
    pub setl_id: Option<String>,
    /// The encounter.
    pub mdtrt_id: String,
    /// The person.
    pub psn_no: String,
    /// The institution.
    pub fixmedins_code: String,
    /// Time of service.
    pub fee_ocur_time: Seconds,
    /// The item.
    pub hilist_code: String,
    /// Quantity, 10^-4 units.
    pub cnt: i64,
    /// Unit price, 10^-6 yuan.
    pub pric: i64,
    /// Amount, fen.
    pub det_item_fee_sumamt: i64,
    /// In-policy amount, fen; missing means the line amount.
    pub inscp_scp_amt: Option<i64>,
    /// National code of the product.
    pub med_list_codg: Option<String>,
    /// Kind of item.
    pub list_type: Option<String>,
    /// Kind of charge.
    pub med_chrgitm_type: Option<String>,
    /// Class of payment, 01 to 03.
    pub chrgitm_lv: Option<String>,
    /// Number of the prescription or order.
    pub rx_drord_no: Option<String>,
    /// For a reversal, the key of its original.
    pub init_feedetl_sn: Option<String>,
    /// Days of supply, 10^-4 days.
    pub prd_days: Option<i64>,
    /// The department that ordered it.
    pub bilg_dept_codg: Option<String>,
    /// The doctor who billed it.
    pub bilg_dr_codg: Option<String>,
    /// 1: drug to take home at discharge.
    pub dscg_tkdrug_flag: Option<String>,
    /// The hospital's approval: 0 not needed, 1 given, 2 not given.
    pub hosp_appr_flag: Option<String>,
    /// 1: limited in use.
    pub lmt_used_flag: Option<String>,
    /// 1: valid.
    pub vali_flag: Option<String>,
    /// The institution's own code of the item.
    pub medins_list_codg: Option<String>,
    /// The dose as it is written.
    pub sin_dos_dscr: Option<String>,
    /// How often, as it is written.
    pub used_frqu_dscr: Option<String>,
    /// When the row reached the platform.
    pub crte_time: Option<Seconds>,
    /// When the prescription was written.
    pub prsc_time: Option<Seconds>,
    /// Quantity of the prescription, 10^-4 units.
    pub drug_cnt: Option<i64>,
    /// Trace code of the pack.
    pub drug_trac_codg: Option<String>,
}

impl Line {
    /// The calendar day of service.
    pub fn day(&self) -> Day {
        day_of(self.fee_ocur_time)
    }

    /// The in-policy amount, by default the line amount.
    pub fn in_policy(&self) -> i64 {
        self.inscp_scp_amt.unwrap_or(self.det_item_fee_sumamt)
    }

    /// The encounter of the person: two persons may name one that no row of `encounters` tells of.
    pub fn visit(&self) -> (String, String) {
        (self.psn_no.clone(), self.mdtrt_id.clone())
    }

    /// The canonical order of lines.
    pub fn order(&self) -> (String, Seconds, String, String) {
        let Self { psn_no, fee_ocur_time, bkkp_sn, mdtrt_id, .. } = self;
        (psn_no.clone(), *fee_ocur_time, bkkp_sn.clone(), mdtrt_id.clone())
    }
}

impl Record for Line {
    const NAME: &'static str = "lines";
    const COLUMNS: &'static [&'static str] = &[
        "bkkp_sn",
        "setl_id",
        "mdtrt_id",
        "psn_no",
        "fixmedins_code",
        "fee_ocur_time",
        "hilist_code",
        "cnt",
        "pric",
        "det_item_fee_sumamt",
        "inscp_scp_amt",
        "med_list_codg",
        "list_type",
        "med_chrgitm_type",
        "chrgitm_lv",
        "rx_drord_no",
        "init_feedetl_sn",
        "prd_days",
        "bilg_dept_codg",
        "bilg_dr_codg",
        "dscg_tkdrug_flag",
        "hosp_appr_flag",
        "lmt_used_flag",
        "vali_flag",
        "medins_list_codg",
        "sin_dos_dscr",
        "used_frqu_dscr",
        "crte_time",
        "prsc_time",
        "drug_cnt",
        "drug_trac_codg",
    ];

    fn read(row: &Row) -> Option<Self> {
        Some(Self {
            bkkp_sn: text(row, "bkkp_sn").or_else(|| text(row, "feedetl_sn"))?,
            setl_id: text(row, "setl_id"),
            mdtrt_id: text(row, "mdtrt_id")?,
            psn_no: text(row, "psn_no")?,
            fixmedins_code: text(row, "fixmedins_code")?,
            fee_ocur_time: required(row, "fee_ocur_time", a_time)?,
            hilist_code: text(row, "hilist_code")?,
            cnt: required(row, "cnt", quantity)?,
            pric: required(row, "pric", micro)?,
            det_item_fee_sumamt: required(row, "det_item_fee_sumamt", money)?,
            inscp_scp_amt: optional(row, "inscp_scp_amt", money)?,
            med_list_codg: text(row, "med_list_codg"),
            list_type: text(row, "list_type"),
            med_chrgitm_type: text(row, "med_chrgitm_type"),
            chrgitm_lv: text(row, "chrgitm_lv"),
            rx_drord_no: text(row, "rx_drord_no"),
            init_feedetl_sn: text(row, "init_feedetl_sn"),
            prd_days: optional(row, "prd_days", quantity)?,
            bilg_dept_codg: text(row, "bilg_dept_codg"),
            bilg_dr_codg: text(row, "bilg_dr_codg"),
            dscg_tkdrug_flag: text(row, "dscg_tkdrug_flag"),
            hosp_appr_flag: text(row, "hosp_appr_flag"),
            lmt_used_flag: text(row, "lmt_used_flag"),
            vali_flag: text(row, "vali_flag"),
            medins_list_codg: text(row, "medins_list_codg"),
            sin_dos_dscr: text(row, "sin_dos_dscr"),
            used_frqu_dscr: text(row, "used_frqu_dscr"),
            crte_time: optional(row, "crte_time", a_time)?,
            prsc_time: optional(row, "prsc_time", a_time)?,
            drug_cnt: optional(row, "drug_cnt", quantity)?,
            drug_trac_codg: text(row, "drug_trac_codg"),
        })
    }

    fn write(&self) -> Vec<String> {
        vec![
            self.bkkp_sn.clone(),
            word(self.setl_id.as_ref()),
            self.mdtrt_id.clone(),
            self.psn_no.clone(),
            self.fixmedins_code.clone(),
            time_text(self.fee_ocur_time),
            self.hilist_code.clone(),
            quantity_text(self.cnt),
            micro_text(self.pric),
            money_text(self.det_item_fee_sumamt),
            some(self.inscp_scp_amt.as_ref(), |fen| money_text(*fen)),
            word(self.med_list_codg.as_ref()),
            word(self.list_type.as_ref()),
            word(self.med_chrgitm_type.as_ref()),
            word(self.chrgitm_lv.as_ref()),
            word(self.rx_drord_no.as_ref()),
            word(self.init_feedetl_sn.as_ref()),
            some(self.prd_days.as_ref(), |days| whole_days(*days)),
            word(self.bilg_dept_codg.as_ref()),
            word(self.bilg_dr_codg.as_ref()),
            word(self.dscg_tkdrug_flag.as_ref()),
            word(self.hosp_appr_flag.as_ref()),
            word(self.lmt_used_flag.as_ref()),
            word(self.vali_flag.as_ref()),
            word(self.medins_list_codg.as_ref()),
            word(self.sin_dos_dscr.as_ref()),
            word(self.used_frqu_dscr.as_ref()),
            opt_time(self.crte_time),
            opt_time(self.prsc_time),
            some(self.drug_cnt.as_ref(), |cnt| quantity_text(*cnt)),
            word(self.drug_trac_codg.as_ref()),
        ]
    }
}

/// Writes whole days without a point: the platform's column is an integer there.
fn whole_days(days: i64) -> String {
    if days % 10_000 == 0 { (days / 10_000).to_string() } else { quantity_text(days) }
}

/// One payment of one encounter.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Settlement {
    /// The key.
    pub setl_id: String,
    /// The encounter.
    pub mdtrt_id: String,
    /// The person.
    pub psn_no: String,
    /// The institution.
    pub fixmedins_code: String,
    /// Time of payment.
    pub setl_time: Seconds,
    /// Total, fen.
    pub medfee_sumamt: i64,
    /// In-policy total, fen.
    pub inscp_scp_amt: i64,
    /// Paid by the funds, fen.
    pub fund_pay_sumamt: i64,
    /// The scheme.
    pub insutype: Option<String>,
    /// Kind of visit.
    pub med_type: Option<String>,
    /// Type of the person.
    pub psn_type: Option<String>,
    /// The institution's level, 1 to 3, perhaps with a leading zero.
    pub lmtpric_hosp_lv: Option<String>,
    /// Deductible that it used, fen.
    pub act_pay_dedc: Option<i64>,
    /// Place of payment: 5 internet hospital.
    pub pay_loc: Option<String>,
    /// 1: this settlement refunds another.
    pub refd_setl_flag: Option<String>,
    /// The settlement that a refund cancels.
    pub init_setl_id: Option<String>,
    /// 1: valid.
    pub vali_flag: Option<String>,
}

impl Record for Settlement {
    const NAME: &'static str = "settlements";
    const COLUMNS: &'static [&'static str] = &[
        "setl_id",
        "mdtrt_id",
        "psn_no",
        "fixmedins_code",
        "setl_time",
        "medfee_sumamt",
        "inscp_scp_amt",
        "fund_pay_sumamt",
        "insutype",
        "med_type",
        "psn_type",
        "lmtpric_hosp_lv",
        "act_pay_dedc",
        "pay_loc",
        "refd_setl_flag",
        "init_setl_id",
        "vali_flag",
    ];

    fn read(row: &Row) -> Option<Self> {
        Some(Self {
            setl_id: text(row, "setl_id")?,
            mdtrt_id: text(row, "mdtrt_id")?,
            psn_no: text(row, "psn_no")?,
            fixmedins_code: text(row, "fixmedins_code")?,
            setl_time: required(row, "setl_time", a_time)?,
            medfee_sumamt: required(row, "medfee_sumamt", money)?,
            inscp_scp_amt: required(row, "inscp_scp_amt", money)?,
            fund_pay_sumamt: required(row, "fund_pay_sumamt", money)?,
            insutype: text(row, "insutype"),
            med_type: text(row, "med_type"),
            psn_type: text(row, "psn_type"),
            lmtpric_hosp_lv: text(row, "lmtpric_hosp_lv"),
            act_pay_dedc: optional(row, "act_pay_dedc", money)?,
            pay_loc: text(row, "pay_loc"),
            refd_setl_flag: text(row, "refd_setl_flag"),
            init_setl_id: text(row, "init_setl_id"),
            vali_flag: text(row, "vali_flag"),
        })
    }

    fn write(&self) -> Vec<String> {
        vec![
            self.setl_id.clone(),
            self.mdtrt_id.clone(),
            self.psn_no.clone(),
            self.fixmedins_code.clone(),
            time_text(self.setl_time),
            money_text(self.medfee_sumamt),
            money_text(self.inscp_scp_amt),
            money_text(self.fund_pay_sumamt),
            word(self.insutype.as_ref()),
            word(self.med_type.as_ref()),
            word(self.psn_type.as_ref()),
            word(self.lmtpric_hosp_lv.as_ref()),
            some(self.act_pay_dedc.as_ref(), |fen| money_text(*fen)),
            word(self.pay_loc.as_ref()),
            word(self.refd_setl_flag.as_ref()),
            word(self.init_setl_id.as_ref()),
            word(self.vali_flag.as_ref()),
        ]
    }
}

/// One visit.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Encounter {
    /// The key.
    pub mdtrt_id: String,
    /// The person.
    pub psn_no: String,
    /// The institution.
    pub fixmedins_code: String,
    /// Kind of visit.
    pub med_type: String,
    /// Begin, for a stay the admission.
    pub begntime: Seconds,
    /// End, for a stay the discharge.
    pub endtime: Option<Seconds>,
    /// Main diagnosis at discharge.
    pub dscg_maindiag_code: Option<String>,
    /// Code of the special disease.
    pub dise_codg: Option<String>,
    /// Way of discharge: 2 transfer, 5 death.
    pub dscg_way: Option<String>,
    /// 2: emergency admission.
    pub ipt_type: Option<String>,
    /// 1: admitted from the emergency department.
    pub otp_er_refl_flag: Option<String>,
    /// The scheme.
    pub insutype: Option<String>,
    /// Code of the main operation.
    pub oprn_oprt_code: Option<String>,
}

impl Encounter {
    /// The day of admission.
    pub fn admission(&self) -> Day {
        day_of(self.begntime)
    }

    /// The day of discharge.
    pub fn discharge(&self) -> Option<Day> {
        self.endtime.map(day_of)
    }

    /// The canonical order of stays; no end is last.
    pub fn order(&self) -> (String, Seconds, bool, Option<Seconds>, String) {
        let Self { psn_no, begntime, endtime, mdtrt_id, .. } = self;
        (psn_no.clone(), *begntime, endtime.is_none(), *endtime, mdtrt_id.clone())
    }
}

impl Record for Encounter {
    const NAME: &'static str = "encounters";
    const COLUMNS: &'static [&'static str] = &[
        "mdtrt_id",
        "psn_no",
        "fixmedins_code",
        "med_type",
        "begntime",
        "endtime",
        "dscg_maindiag_code",
        "dise_codg",
        "dscg_way",
        "ipt_type",
        "otp_er_refl_flag",
        "insutype",
        "oprn_oprt_code",
    ];

    fn read(row: &Row) -> Option<Self> {
        Some(Self {
            mdtrt_id: text(row, "mdtrt_id")?,
            psn_no: text(row, "psn_no")?,
            fixmedins_code: text(row, "fixmedins_code")?,
            med_type: text(row, "med_type")?,
            begntime: required(row, "begntime", a_time)?,
            endtime: optional(row, "endtime", a_time)?,
            dscg_maindiag_code: text(row, "dscg_maindiag_code"),
            dise_codg: text(row, "dise_codg"),
            dscg_way: text(row, "dscg_way"),
            ipt_type: text(row, "ipt_type"),
            otp_er_refl_flag: text(row, "otp_er_refl_flag"),
            insutype: text(row, "insutype"),
            oprn_oprt_code: text(row, "oprn_oprt_code"),
        })
    }

    fn write(&self) -> Vec<String> {
        vec![
            self.mdtrt_id.clone(),
            self.psn_no.clone(),
            self.fixmedins_code.clone(),
            self.med_type.clone(),
            time_text(self.begntime),
            opt_time(self.endtime),
            word(self.dscg_maindiag_code.as_ref()),
            word(self.dise_codg.as_ref()),
            word(self.dscg_way.as_ref()),
            word(self.ipt_type.as_ref()),
            word(self.otp_er_refl_flag.as_ref()),
            word(self.insutype.as_ref()),
            word(self.oprn_oprt_code.as_ref()),
        ]
    }
}

/// One insured person.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Person {
    /// The key.
    pub psn_no: String,
    /// 1 male, 2 female.
    pub gend: Option<String>,
    /// Day of birth.
    pub brdy: Option<Day>,
    /// 2: dead.
    pub surv_stas: Option<String>,
    /// Day of death.
    pub die_date: Option<Day>,
}

impl Record for Person {
    const NAME: &'static str = "persons";
    const COLUMNS: &'static [&'static str] = &["psn_no", "gend", "brdy", "surv_stas", "die_date"];

    fn read(row: &Row) -> Option<Self> {
        Some(Self {
            psn_no: text(row, "psn_no")?,
            gend: text(row, "gend"),
            brdy: optional(row, "brdy", a_day)?,
            surv_stas: text(row, "surv_stas"),
            die_date: optional(row, "die_date", a_day)?,
        })
    }

    fn write(&self) -> Vec<String> {
        vec![
            self.psn_no.clone(),
            word(self.gend.as_ref()),
            opt_day(self.brdy),
            word(self.surv_stas.as_ref()),
            opt_day(self.die_date),
        ]
    }
}
