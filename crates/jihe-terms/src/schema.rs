//! The tables and columns that jihe reads, under the national platform's names.
//!
//! The warehouse name comes first, the interface names are aliases. A column's type is fixed here,
//! once, for files, rules and tables alike.

/// The type of a column.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Kind {
    /// A code: equal or not; becomes a dictionary id.
    Code,
    /// A key of many values (line, settlement, encounter, person, order): never a dictionary code.
    Key,
    /// Free text.
    Text,
    /// A decimal number with that many decimals and digits.
    Number {
        /// Digits after the point.
        scale: u32,
        /// Digits in all.
        digits: u32,
    },
    /// A small whole number; a leading zero is dropped (`03` is 3).
    Level,
    /// A day, `yyyy-MM-dd`.
    Day,
    /// A moment, `yyyy-MM-dd HH:mm:ss`.
    Moment,
}

/// Money: (16,2).
pub const MONEY: Kind = Kind::Number { scale: 2, digits: 16 };
/// Unit price: (16,6).
pub const PRICE: Kind = Kind::Number { scale: 6, digits: 16 };
/// Quantity: (16,4).
pub const QUANTITY: Kind = Kind::Number { scale: 4, digits: 16 };
/// A dose in one unit of its own; only the quotient of two doses is used.
pub const DOSE: Kind = Kind::Number { scale: 6, digits: 16 };
/// Ratio: (5,4) on the platform; six decimals are read.
pub const RATIO: Kind = Kind::Number { scale: 6, digits: 9 };

/// A column of a table.
#[derive(Clone, Copy, Debug)]
pub struct ColumnDef {
    /// The warehouse name.
    pub name: &'static str,
    /// Other names it goes by.
    pub aliases: &'static [&'static str],
    /// Its type.
    pub kind: Kind,
    /// Whether a row without it cannot be judged.
    pub required: bool,
}

impl ColumnDef {
    /// Whether the platform has free text here that is of few different values: it is kept as a code,
    /// may run over lines and be of any length.
    pub fn is_description(&self) -> bool {
        self.kind == Kind::Code && self.name.ends_with("_dscr")
    }
}

/// A table of a month or of the reference folder.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum TableName {
    /// Fee lines.
    Lines,
    /// Settlements.
    Settlements,
    /// Visits and stays.
    Encounters,
    /// Diagnoses of encounters.
    Diagnoses,
    /// Insured persons.
    Persons,
    /// Drug trace codes of lines.
    TraceCodes,
    /// Designated institutions.
    Institutions,
    /// Registered practitioners.
    Practitioners,
    /// The item catalogue.
    Catalogue,
    /// Price ceilings.
    PriceLimits,
    /// Self-pay ratios.
    SelfPay,
    /// An institution's own codes to national codes.
    ItemMap,
    /// Stock movements.
    Inventory,
    /// Reviews of findings.
    Reviews,
}

const fn must(name: &'static str, kind: Kind) -> ColumnDef {
    ColumnDef { name, aliases: &[], kind, required: true }
}

const fn may(name: &'static str, kind: Kind) -> ColumnDef {
    ColumnDef { name, aliases: &[], kind, required: false }
}

const fn must_as(name: &'static str, aliases: &'static [&'static str], kind: Kind) -> ColumnDef {
    ColumnDef { name, aliases, kind, required: true }
}

const fn may_as(name: &'static str, aliases: &'static [&'static str], kind: Kind) -> ColumnDef {
    ColumnDef { name, aliases, kind, required: false }
}

/// Columns of `lines`.
pub const LINES: &[ColumnDef] = &[
    must_as("bkkp_sn", &["feedetl_sn"], Kind::Key),
    must("mdtrt_id", Kind::Key),
    must("psn_no", Kind::Key),
    must("fixmedins_code", Kind::Code),
    must("fee_ocur_time", Kind::Moment),
    must("hilist_code", Kind::Code),
    must("cnt", QUANTITY),
    must("pric", PRICE),
    must("det_item_fee_sumamt", MONEY),
    may("setl_id", Kind::Key),
    may_as("inscp_scp_amt", &["inscp_amt"], MONEY),
    may("med_list_codg", Kind::Code),
    may("medins_list_codg", Kind::Code),
    may("list_type", Kind::Code),
    may("med_chrgitm_type", Kind::Code),
    may("chrgitm_lv", Kind::Code),
    may_as("rx_drord_no", &["rxno", "drord_no"], Kind::Key),
    may("init_feedetl_sn", Kind::Key),
    may("prd_days", Kind::Number { scale: 2, digits: 6 }),
    // Free text by the platform, but of few different values: kept as a code, read by `supply`.
    may("sin_dos_dscr", Kind::Code),
    may("used_frqu_dscr", Kind::Code),
    may("bilg_dept_codg", Kind::Code),
    may_as("bilg_dr_codg", &["bilg_dr_code"], Kind::Code),
    may_as("orders_dr_code", &["acord_dr_code"], Kind::Code),
    may("dscg_tkdrug_flag", Kind::Code),
    may("hosp_appr_flag", Kind::Code),
    may("lmt_used_flag", Kind::Code),
    may("pric_uplmt_amt", PRICE),
    may("comb_no", Kind::Code),
    may("vali_flag", Kind::Code),
    may("drug_trac_codg", Kind::Key),
    may("crte_time", Kind::Moment),
    may("prsc_time", Kind::Moment),
    may("drug_cnt", QUANTITY),
    // Only beside `bkkp_sn`; without it this is the key.
    may("feedetl_sn", Kind::Key),
];

/// Columns of `settlements`.
pub const SETTLEMENTS: &[ColumnDef] = &[
    must("setl_id", Kind::Key),
    must("mdtrt_id", Kind::Key),
    must("psn_no", Kind::Key),
    must("fixmedins_code", Kind::Code),
    must("setl_time", Kind::Moment),
    must("medfee_sumamt", MONEY),
    must_as("inscp_scp_amt", &["inscp_amt"], MONEY),
    must("fund_pay_sumamt", MONEY),
    may("insutype", Kind::Code),
    may("psn_type", Kind::Code),
    may("med_type", Kind::Code),
    may("begndate", Kind::Day),
    may("enddate", Kind::Day),
    may("act_pay_dedc", MONEY),
    may("hifp_pay", MONEY),
    may("cvlserv_pay", MONEY),
    may("hifes_pay", MONEY),
    may("hifmi_pay", MONEY),
    may("hifob_pay", MONEY),
    may("hifdm_pay", MONEY),
    may("maf_pay", MONEY),
    may_as("oth_pay", &["othfund_pay"], MONEY),
    may("acct_pay", MONEY),
    may_as("psn_cash_pay", &["cash_payamt"], MONEY),
    may("clr_way", Kind::Code),
    may("lmtpric_hosp_lv", Kind::Level),
    may("mid_setl_flag", Kind::Code),
    may("refd_setl_flag", Kind::Code),
    may("init_setl_id", Kind::Key),
    may("vali_flag", Kind::Code),
    may("pay_loc", Kind::Code),
];

/// Columns of `encounters`.
pub const ENCOUNTERS: &[ColumnDef] = &[
    must("mdtrt_id", Kind::Key),
    must("psn_no", Kind::Key),
    must("fixmedins_code", Kind::Code),
    must("med_type", Kind::Code),
    must("begntime", Kind::Moment),
    may("endtime", Kind::Moment),
    may("dscg_maindiag_code", Kind::Code),
    may_as("dise_codg", &["dise_no"], Kind::Code),
    may("dscg_way", Kind::Code),
    may("adm_dept_codg", Kind::Code),
    may("ipt_type", Kind::Code),
    may("otp_er_refl_flag", Kind::Code),
    may("ipt_psn_sp_flag", Kind::Code),
    may("oprn_oprt_code", Kind::Code),
    may("atddr_no", Kind::Code),
    may("insutype", Kind::Code),
    may("psn_type", Kind::Code),
    may("vali_flag", Kind::Code),
];

/// Columns of `diagnoses`.
pub const DIAGNOSES: &[ColumnDef] = &[
    must("mdtrt_id", Kind::Key),
    must("diag_code", Kind::Code),
    may("inout_diag_type", Kind::Code),
    may("maindiag_flag", Kind::Code),
    may("diag_srt_no", Kind::Level),
    may("vali_flag", Kind::Code),
];

/// Columns of `persons`.
pub const PERSONS: &[ColumnDef] = &[
    must("psn_no", Kind::Key),
    may("gend", Kind::Code),
    may("brdy", Kind::Day),
    may("psn_type", Kind::Code),
    may("insutype", Kind::Code),
    may("surv_stas", Kind::Code),
    may("die_date", Kind::Day),
    may("vali_flag", Kind::Code),
];

/// Columns of `trace_codes`.
pub const TRACE_CODES: &[ColumnDef] = &[
    must("drug_trac_codg", Kind::Key),
    must("bkkp_sn", Kind::Key),
    may("setl_id", Kind::Key),
    may("trdn_flag", Kind::Code),
    may("sel_retn_time", Kind::Moment),
    may("vali_flag", Kind::Code),
];

/// Columns of `institutions`.
pub const INSTITUTIONS: &[ColumnDef] = &[
    must("fixmedins_code", Kind::Code),
    may("fixmedins_name", Kind::Text),
    may("fixmedins_type", Kind::Code),
    may("hosp_lv", Kind::Code),
    may("lmtpric_hosp_lv", Kind::Level),
    may("aprv_bed_cnt", Kind::Level),
    may("begntime", Kind::Day),
    may("endtime", Kind::Day),
    // What the admission standard asks for.
    may("opng_date", Kind::Day),
    may("pnlt_flag", Kind::Code),
    may("pnlt_date", Kind::Day),
    may("hi_mgt_psncnt", Kind::Level),
    may("hi_mgt_dept_flag", Kind::Code),
    may("drug_stoc_rate", RATIO),
    may("vali_flag", Kind::Code),
];

/// Columns of `practitioners`.
pub const PRACTITIONERS: &[ColumnDef] = &[
    must("prac_psn_code", Kind::Code),
    may("prac_psn_type", Kind::Code),
    must("fixmedins_code", Kind::Code),
    may("begntime", Kind::Day),
    may("endtime", Kind::Day),
    may("cntr_begndate", Kind::Day),
    may("cntr_enddate", Kind::Day),
    may("vali_flag", Kind::Code),
];

/// Columns of `catalogue`.
pub const CATALOGUE: &[ColumnDef] = &[
    must("hilist_code", Kind::Code),
    may("hilist_name", Kind::Text),
    may("list_type", Kind::Code),
    may("med_chrgitm_type", Kind::Code),
    may("chrgitm_lv", Kind::Code),
    may("med_use_flag", Kind::Code),
    may("genname_codg", Kind::Code),
    may("min_pac_cnt", QUANTITY),
    may("daily_dose", DOSE),
    may("dose_per_unit", DOSE),
    may("dose_unit", Kind::Code),
    may("vali_flag", Kind::Code),
];

/// Columns of `price_limits`.
pub const PRICE_LIMITS: &[ColumnDef] = &[
    must("hilist_code", Kind::Code),
    may("hilist_lmtpric_type", Kind::Code),
    may("lmtpric_hosp_lv", Kind::Level),
    must("hilist_pric_uplmt_amt", PRICE),
    may("vali_flag", Kind::Code),
];

/// Columns of `selfpay`.
pub const SELFPAY: &[ColumnDef] = &[
    must("hilist_code", Kind::Code),
    may("selfpay_prop_psn_type", Kind::Code),
    may("selfpay_prop_type", Kind::Code),
    must("selfpay_prop", RATIO),
    may("vali_flag", Kind::Code),
];

/// Columns of `item_map`.
pub const ITEM_MAP: &[ColumnDef] = &[
    must("fixmedins_code", Kind::Code),
    must("medins_list_codg", Kind::Code),
    must("med_list_codg", Kind::Code),
    may("vali_flag", Kind::Code),
];

/// Columns of `inventory`.
pub const INVENTORY: &[ColumnDef] = &[
    must("fixmedins_code", Kind::Code),
    must("med_list_codg", Kind::Code),
    may("inv_chg_type", Kind::Code),
    may("event_time", Kind::Moment),
    must("cnt", QUANTITY),
    may("pric", PRICE),
    may("vali_flag", Kind::Code),
];

/// Columns of a file of reviews.
pub const REVIEWS: &[ColumnDef] = &[
    must("jr_id", Kind::Key),
    must("decision", Kind::Text),
    may("amount", MONEY),
    may("reason", Kind::Text),
];

impl TableName {
    /// Every table.
    pub const ALL: [Self; 14] = [
        Self::Lines,
        Self::Settlements,
        Self::Encounters,
        Self::Diagnoses,
        Self::Persons,
        Self::TraceCodes,
        Self::Institutions,
        Self::Practitioners,
        Self::Catalogue,
        Self::PriceLimits,
        Self::SelfPay,
        Self::ItemMap,
        Self::Inventory,
        Self::Reviews,
    ];

    /// The name of its file or folder.
    pub const fn file(self) -> &'static str {
        match self {
            Self::Lines => "lines",
            Self::Settlements => "settlements",
            Self::Encounters => "encounters",
            Self::Diagnoses => "diagnoses",
            Self::Persons => "persons",
            Self::TraceCodes => "trace_codes",
            Self::Institutions => "institutions",
            Self::Practitioners => "practitioners",
            Self::Catalogue => "catalogue",
            Self::PriceLimits => "price_limits",
            Self::SelfPay => "selfpay",
            Self::ItemMap => "item_map",
            Self::Inventory => "inventory",
            Self::Reviews => "reviews",
        }
    }

    /// Its columns, without the dates that every reference row has.
    pub const fn columns(self) -> &'static [ColumnDef] {
        match self {
            Self::Lines => LINES,
            Self::Settlements => SETTLEMENTS,
            Self::Encounters => ENCOUNTERS,
            Self::Diagnoses => DIAGNOSES,
            Self::Persons => PERSONS,
            Self::TraceCodes => TRACE_CODES,
            Self::Institutions => INSTITUTIONS,
            Self::Practitioners => PRACTITIONERS,
            Self::Catalogue => CATALOGUE,
            Self::PriceLimits => PRICE_LIMITS,
            Self::SelfPay => SELFPAY,
            Self::ItemMap => ITEM_MAP,
            Self::Inventory => INVENTORY,
            Self::Reviews => REVIEWS,
        }
    }

    /// The place of a column by its warehouse name.
    pub fn column(self, name: &str) -> Option<usize> {
        self.columns().iter().position(|column| column.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_stands_for_two_columns_but_the_number_that_may_be_the_key() {
        for table in TableName::ALL {
            let mut names: Vec<_> = table
                .columns()
                .iter()
                .flat_map(|column| {
                    std::iter::once(column.name).chain(column.aliases.iter().copied())
                })
                .collect();
            names.sort_unstable();
            let twice: Vec<&str> =
                names.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect();
            let allowed: &[&str] = if table == TableName::Lines { &["feedetl_sn"] } else { &[] };
            assert_eq!(twice, allowed, "{}", table.file());
        }
    }
}
