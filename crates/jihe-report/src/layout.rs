//! The result files: their names and their columns in order.

use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema};

/// Digits of money on the platform.
pub const MONEY_DIGITS: u8 = 16;
/// Digits of sums that leave [`MONEY_DIGITS`].
pub const WIDE_DIGITS: u8 = 38;

/// The type of a result column.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ResultKind {
    /// Text of any kind, ids too.
    Text,
    /// An id of a person, encounter, settlement or line: text, without statistics in the file.
    Id,
    /// Money, two decimals.
    Money,
    /// A unit price, six decimals.
    Price,
    /// A quantity, four decimals.
    Quantity,
    /// A multiple, two decimals.
    Multiple,
    /// A whole number.
    Count,
}

impl ResultKind {
    /// Digits after the point; 0 for texts.
    pub const fn scale(self) -> u32 {
        match self {
            Self::Text | Self::Id | Self::Count => 0,
            Self::Money | Self::Multiple => 2,
            Self::Price => 6,
            Self::Quantity => 4,
        }
    }

    fn data_type(self, wide: bool) -> DataType {
        match self {
            Self::Text | Self::Id => DataType::Utf8,
            Self::Money => DataType::Decimal128(if wide { WIDE_DIGITS } else { MONEY_DIGITS }, 2),
            Self::Price => DataType::Decimal128(16, 6),
            Self::Quantity => DataType::Decimal128(16, 4),
            Self::Multiple => DataType::Decimal128(4, 2),
            Self::Count => DataType::Int64,
        }
    }
}

/// A column of a result file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ResultColumn {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub kind: ResultKind,
}

const fn text(name: &'static str) -> ResultColumn {
    ResultColumn { name, kind: ResultKind::Text }
}

const fn id(name: &'static str) -> ResultColumn {
    ResultColumn { name, kind: ResultKind::Id }
}

const fn money(name: &'static str) -> ResultColumn {
    ResultColumn { name, kind: ResultKind::Money }
}

const fn price(name: &'static str) -> ResultColumn {
    ResultColumn { name, kind: ResultKind::Price }
}

const fn quantity(name: &'static str) -> ResultColumn {
    ResultColumn { name, kind: ResultKind::Quantity }
}

const fn multiple(name: &'static str) -> ResultColumn {
    ResultColumn { name, kind: ResultKind::Multiple }
}

const fn count(name: &'static str) -> ResultColumn {
    ResultColumn { name, kind: ResultKind::Count }
}

const FINDINGS: &[ResultColumn] = &[
    text("jr_id"),
    text("rule_id"),
    text("rule_ver"),
    text("rule_name"),
    text("article"),
    text("sev_deg"),
    text("vola_bhvr_type"),
    id("psn_no"),
    id("mdtrt_id"),
    text("fixmedins_code"),
    id("vola_cont"),
    text("vola_evid"),
    money("vola_amt"),
    money("credited_amt"),
    money("loss_amt"),
    money("held_amt"),
    id("vola_cont_en"),
    text("status"),
    text("grade"),
    text("effect"),
    text("confirmed"),
    text("rule_row"),
    id("values"),
    text("unknown_exceptions"),
    text("review"),
    money("review_amt"),
    id("review_reason"),
];

const FINDING_LINES: &[ResultColumn] = &[
    text("jr_id"),
    id("bkkp_sn"),
    text("vola_item_type"),
    text("cut"),
    text("cut_value"),
    money("vola_amt"),
    money("credited_amt"),
    money("loss_amt"),
    money("held_amt"),
    id("setl_id"),
    text("hilist_code"),
    text("item_name"),
    text("fee_ocur_time"),
    quantity("cnt"),
    price("pric"),
    money("det_item_fee_sumamt"),
    money("inscp_scp_amt"),
    text("fixmedins_code"),
    money("reviewed_amt"),
    id("mdtrt_id"),
];

const REFUSALS: &[ResultColumn] = &[
    id("bkkp_sn"),
    id("setl_id"),
    id("mdtrt_id"),
    id("psn_no"),
    text("fixmedins_code"),
    text("hilist_code"),
    money("det_item_fee_sumamt"),
    quantity("refused_cnt"),
    money("refused_amt"),
    money("refused_scp_amt"),
    money("refused_fund_amt"),
    money("loss_amt"),
    text("rule_id"),
    text("jr_id"),
    money("held_amt"),
];

const SETTLEMENTS: &[ResultColumn] = &[
    id("setl_id"),
    text("fixmedins_code"),
    money("fund_pay_sumamt"),
    money("refused_amt"),
    money("refused_fund_amt"),
    money("loss_amt"),
    money("inscp_scp_amt"),
];

const INSTITUTIONS: &[ResultColumn] = &[
    text("fixmedins_code"),
    count("n_lines"),
    money("medfee_sumamt"),
    money("fund_pay_sumamt"),
    money("refused_amt"),
    money("refused_fund_amt"),
    money("loss_amt"),
    money("held_amt"),
    count("n_findings"),
];

const PENALTIES: &[ResultColumn] = &[
    text("subject_type"),
    text("subject"),
    text("article"),
    money("base_amt"),
    money("fine_low"),
    money("fine_high"),
    multiple("mult_low"),
    multiple("mult_high"),
    text("measures"),
];

const QUARANTINE: &[ResultColumn] =
    &[text("table"), text("file"), count("row"), text("column"), text("reason"), id("value")];

const COVERAGE: &[ResultColumn] = &[
    text("rule_id"),
    count("n_judged"),
    count("n_hit"),
    count("n_exempt"),
    count("n_not_evaluable"),
    text("reason"),
    money("amt_not_evaluable"),
];

const REVERSALS: &[ResultColumn] = &[
    text("table"),
    id("key"),
    text("fixmedins_code"),
    money("amount"),
    money("fund"),
    text("reason"),
];

const EXEMPT: &[ResultColumn] = &[
    text("rule_id"),
    text("exception"),
    id("bkkp_sn"),
    id("mdtrt_id"),
    text("reason"),
    text("enddate"),
    text("rule_row"),
];

const BENEFITS: &[ResultColumn] = &[
    id("setl_id"),
    text("fixmedins_code"),
    text("kind"),
    money("medfee_sumamt"),
    money("inscp_scp_amt"),
    money("act_pay_dedc"),
    money("over_cap_amt"),
    money("fund_pay_sumamt"),
    money("psn_part_amt"),
    money("settled_inscp_scp_amt"),
    money("settled_fund_pay_sumamt"),
    money("diff_amt"),
    money("used_dedc"),
    money("used_fund_pay"),
    text("rule_row"),
];

const BENEFIT_LINES: &[ResultColumn] = &[
    id("setl_id"),
    id("bkkp_sn"),
    text("hilist_code"),
    money("det_item_fee_sumamt"),
    money("fulamt_ownpay_amt"),
    money("overlmt_selfpay"),
    money("preselfpay_amt"),
    money("inscp_scp_amt"),
    money("fund_pay_amt"),
    money("psn_part_amt"),
];

/// A table of results.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum ResultTable {
    /// What was found.
    Findings,
    /// The lines of each finding.
    FindingLines,
    /// Lines with a refused part.
    Refusals,
    /// Every net settlement.
    Settlements,
    /// Every institution.
    Institutions,
    /// Lawful ranges of fines.
    Penalties,
    /// Rows put aside.
    Quarantine,
    /// What each rule looked at.
    Coverage,
    /// Reversals without an original.
    Reversals,
    /// Subjects that an exception took out.
    Exempt,
    /// Settlements by the benefit policy.
    Benefits,
    /// Lines of settlements that were paid otherwise, by the benefit policy.
    BenefitLines,
}

impl ResultTable {
    /// Every table, the largest first.
    pub const ALL: [Self; 12] = [
        Self::FindingLines,
        Self::Findings,
        Self::Settlements,
        Self::Refusals,
        Self::Exempt,
        Self::Benefits,
        Self::BenefitLines,
        Self::Quarantine,
        Self::Institutions,
        Self::Penalties,
        Self::Coverage,
        Self::Reversals,
    ];

    /// The stem of its file.
    pub const fn file(self) -> &'static str {
        match self {
            Self::Findings => "findings",
            Self::FindingLines => "finding_lines",
            Self::Refusals => "refusals",
            Self::Settlements => "settlements",
            Self::Institutions => "institutions",
            Self::Penalties => "penalties",
            Self::Quarantine => "quarantine",
            Self::Coverage => "coverage",
            Self::Reversals => "reversals",
            Self::Exempt => "exempt",
            Self::Benefits => "benefits",
            Self::BenefitLines => "benefit_lines",
        }
    }

    /// Its columns in the order of the file.
    pub const fn columns(self) -> &'static [ResultColumn] {
        match self {
            Self::Findings => FINDINGS,
            Self::FindingLines => FINDING_LINES,
            Self::Refusals => REFUSALS,
            Self::Settlements => SETTLEMENTS,
            Self::Institutions => INSTITUTIONS,
            Self::Penalties => PENALTIES,
            Self::Quarantine => QUARANTINE,
            Self::Coverage => COVERAGE,
            Self::Reversals => REVERSALS,
            Self::Exempt => EXEMPT,
            Self::Benefits => BENEFITS,
            Self::BenefitLines => BENEFIT_LINES,
        }
    }

    /// Its Arrow schema; `wide` where a sum needs more digits than money has on the platform.
    pub fn schema(self, wide: bool) -> Arc<Schema> {
        let fields = self.columns().iter();
        let fields =
            fields.map(|column| Field::new(column.name, column.kind.data_type(wide), true));
        Arc::new(Schema::new(fields.collect::<Vec<_>>()))
    }
}

/// How result tables are written.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Format {
    /// Parquet.
    #[default]
    Parquet,
    /// Comma-separated text.
    Csv,
}

impl Format {
    /// The word of the command line, and the ending of the files.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Parquet => "parquet",
            Self::Csv => "csv",
        }
    }

    /// Reads the word.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "parquet" => Some(Self::Parquet),
            "csv" => Some(Self::Csv),
            _ => None,
        }
    }

    /// The name of a table's file.
    pub fn name_of(self, table: ResultTable) -> String {
        format!("{}.{}", table.file(), self.word())
    }
}
