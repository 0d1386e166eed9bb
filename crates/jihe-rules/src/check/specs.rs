//! The knowledge tables that a pack may have: columns, types, keys.

use jihe_catalogue::{ColumnSpec, TableSpec};
use jihe_terms::schema::{DOSE, Kind, MONEY, PRICE, QUANTITY, RATIO};

/// A column: name, type, whether each row has a value.
type Column = (&'static str, Kind, bool);

const ITEM: Column = ("hilist_code", Kind::Code, true);

const fn code(name: &'static str) -> Column {
    (name, Kind::Code, true)
}

const fn level(name: &'static str) -> Column {
    (name, Kind::Level, true)
}

/// The table of classes of lines for indicators.
pub(crate) const CLASSES: &str = "share_class";

/// Every table: name, columns, key.
const TABLES: &[(&str, &[Column], &[&str])] = &[
    ("item_sex", &[ITEM, code("gend")], &["hilist_code"]),
    (
        "item_age",
        &[ITEM, ("age_min", Kind::Level, false), ("age_max", Kind::Level, false), code("unit")],
        &["hilist_code"],
    ),
    ("item_level", &[ITEM, level("level_min")], &["hilist_code"]),
    ("item_visit", &[ITEM, code("med_type")], &["hilist_code", "med_type"]),
    ("item_department", &[ITEM, code("dept_codg")], &["hilist_code", "dept_codg"]),
    ("item_scheme", &[ITEM, code("insutype")], &["hilist_code", "insutype"]),
    (
        "item_quantity",
        &[ITEM, code("per"), code("window"), ("max", QUANTITY, true)],
        &["hilist_code", "per", "window"],
    ),
    (
        "item_dose",
        &[ITEM, ("daily_max", DOSE, true), ("unit", Kind::Code, false)],
        &["hilist_code"],
    ),
    ("item_hours", &[ITEM], &["hilist_code"]),
    ("item_stay_days", &[ITEM, ("per_day", QUANTITY, true)], &["hilist_code"]),
    ("item_period", &[ITEM, level("period_days"), level("max_count")], &["hilist_code"]),
    ("item_course", &[ITEM, level("course_days")], &["hilist_code"]),
    ("item_cap", &[ITEM, ("amount_max", MONEY, true), code("window")], &["hilist_code", "window"]),
    (
        "contained",
        &[code("item_a"), code("item_b"), code("window")],
        &["item_a", "item_b", "window"],
    ),
    (
        "contained_consumable",
        &[code("item_a"), code("item_b"), code("window")],
        &["item_a", "item_b", "window"],
    ),
    ("split_set", &[code("set_id"), code("whole"), code("part")], &["set_id", "whole", "part"]),
    (
        "operation_group",
        &[ITEM, code("group"), ("discount", RATIO, true)],
        &["hilist_code", "group"],
    ),
    ("incompatible", &[code("item_a"), code("item_b")], &["item_a", "item_b"]),
    ("item_minutes", &[ITEM, ("minutes", QUANTITY, true)], &["hilist_code"]),
    ("companion", &[ITEM, code("needs")], &["hilist_code", "needs"]),
    ("drug_class", &[ITEM, code("class")], &["hilist_code", "class"]),
    (
        "supply_kind",
        &[("med_type", Kind::Code, false), ("dise_codg", Kind::Code, false), code("kind")],
        &["med_type", "dise_codg"],
    ),
    ("supply_limit", &[code("kind"), level("days")], &["kind"]),
    ("diagnosis_set", &[code("set"), code("diag_code")], &["set", "diag_code"]),
    ("item_indication", &[ITEM, code("set")], &["hilist_code", "set"]),
    ("item_forbidden", &[ITEM, code("set")], &["hilist_code", "set"]),
    (
        "item_age_forbidden",
        &[ITEM, ("age_min", Kind::Level, false), ("age_max", Kind::Level, false), code("unit")],
        &["hilist_code", "age_min", "unit"],
    ),
    ("disease_items", &[code("dise_codg"), ITEM], &["dise_codg", "hilist_code"]),
    ("special_disease", &[code("dise_codg")], &["dise_codg"]),
    ("trace_exempt", &[ITEM], &["hilist_code"]),
    ("herb_alone", &[ITEM], &["hilist_code"]),
    ("herb_not_payable", &[ITEM], &["hilist_code"]),
    ("internet_forbidden", &[ITEM], &["hilist_code"]),
    ("item_second_line", &[ITEM], &["hilist_code"]),
    ("inpatient", &[code("med_type")], &["med_type"]),
    (
        "benefit_kind",
        &[
            ("insutype", Kind::Code, false),
            ("med_type", Kind::Code, false),
            code("kind"),
            code("segments"),
        ],
        &["insutype", "med_type"],
    ),
    (
        "benefit_deductible",
        &[
            code("kind"),
            ("lmtpric_hosp_lv", Kind::Level, false),
            ("psn_type", Kind::Code, false),
            code("per"),
            ("amount", MONEY, true),
        ],
        &["kind", "lmtpric_hosp_lv", "psn_type"],
    ),
    (
        "benefit_segment",
        &[
            code("kind"),
            ("lmtpric_hosp_lv", Kind::Level, false),
            ("psn_type", Kind::Code, false),
            ("seg_from", MONEY, true),
            ("seg_to", MONEY, false),
            ("ratio", RATIO, true),
        ],
        &["kind", "lmtpric_hosp_lv", "psn_type", "seg_from"],
    ),
    (
        "benefit_cap",
        &[code("kind"), ("psn_type", Kind::Code, false), ("fund_max", MONEY, true)],
        &["kind", "psn_type"],
    ),
    (
        "exemption",
        &[
            code("rule_id"),
            code("subject_type"),
            ("subject", Kind::Key, true),
            ("reason", Kind::Text, true),
        ],
        &["rule_id", "subject_type", "subject"],
    ),
    ("placeholder", &[ITEM], &["hilist_code"]),
    (
        CLASSES,
        &[
            code("class"),
            ("list_type", Kind::Code, false),
            ("med_chrgitm_type", Kind::Code, false),
            ("item_begins", Kind::Code, false),
        ],
        &["class", "list_type", "med_chrgitm_type", "item_begins"],
    ),
    (
        "indicator_target",
        &[
            code("indicator"),
            ("class", Kind::Code, false),
            ("fixmedins_code", Kind::Code, false),
            ("lmtpric_hosp_lv", Kind::Level, false),
            ("target", PRICE, true),
        ],
        &["indicator", "class", "fixmedins_code", "lmtpric_hosp_lv"],
    ),
];

/// Columns of which each value is one of a few words.
const WORDS: &[(&str, &str, &[&str])] = &[
    ("item_age", "unit", &["year", "day"]),
    ("item_age_forbidden", "unit", &["year", "day"]),
    ("item_dose", "unit", &["g", "mg", "ug", "ml", "iu", "unit"]),
    ("item_quantity", "per", &["encounter", "person"]),
    ("item_quantity", "window", &["day", "stay", "stay_day", "month", "quarter", "year"]),
    ("item_cap", "window", &["day", "stay", "month", "quarter", "year"]),
    ("item_sex", "gend", &["1", "2"]),
    ("contained", "window", &["day", "stay"]),
    ("benefit_kind", "segments", &["settlement", "year"]),
    ("benefit_deductible", "per", &["settlement", "year"]),
    ("exemption", "subject_type", &["institution", "person"]),
    ("contained_consumable", "window", &["day", "stay"]),
];

/// The names of all tables.
pub(crate) fn names() -> Vec<&'static str> {
    TABLES.iter().map(|&(name, ..)| name).collect()
}

/// The shape of a table.
pub(crate) fn spec(name: &str) -> Option<TableSpec> {
    let &(name, columns, key) = TABLES.iter().find(|&&(it, ..)| it == name)?;
    let columns = columns.iter().map(|&(name, kind, required)| ColumnSpec {
        name: name.to_owned(),
        kind,
        required,
    });
    Some(TableSpec {
        name: name.to_owned(),
        columns: columns.collect(),
        key: key.iter().map(|&column| column.to_owned()).collect(),
    })
}

/// The words that a column may hold, if they are few.
pub(crate) fn words(table: &str, column: &str) -> Option<&'static [&'static str]> {
    let found = WORDS.iter().find(|&&(it, name, _)| it == table && name == column);
    found.map(|&(_, _, words)| words)
}
