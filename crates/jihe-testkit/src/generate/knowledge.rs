//! The knowledge tables of a small dense month, with limits near the quantities that are billed.

use crate::oracle::pack::Tables;
use crate::oracle::table::{Row, opt_day};

use super::random::Random;
use super::world::{Item, inner_day, range};

/// Every knowledge table that is generated, with its key and value columns.
pub const COLUMNS: &[(&str, &[&str])] = &[
    ("benefit_cap", &["kind", "psn_type", "fund_max"]),
    ("benefit_deductible", &["kind", "lmtpric_hosp_lv", "psn_type", "per", "amount"]),
    ("benefit_kind", &["insutype", "med_type", "kind", "segments"]),
    ("benefit_segment", &["kind", "lmtpric_hosp_lv", "psn_type", "seg_from", "seg_to", "ratio"]),
    ("companion", &["hilist_code", "needs"]),
    ("contained", &["item_a", "item_b", "window"]),
    ("contained_consumable", &["item_a", "item_b", "window"]),
    ("diagnosis_set", &["set", "diag_code"]),
    ("disease_items", &["dise_codg", "hilist_code"]),
    ("herb_alone", &["hilist_code"]),
    ("drug_class", &["hilist_code", "class"]),
    ("exemption", &["rule_id", "subject_type", "subject", "reason"]),
    ("herb_not_payable", &["hilist_code"]),
    ("incompatible", &["item_a", "item_b"]),
    ("inpatient", &["med_type"]),
    ("indicator_target", &["indicator", "class", "fixmedins_code", "lmtpric_hosp_lv", "target"]),
    ("internet_forbidden", &["hilist_code"]),
    ("item_age", &["hilist_code", "age_min", "age_max", "unit"]),
    ("item_age_forbidden", &["hilist_code", "age_min", "age_max", "unit"]),
    ("item_cap", &["hilist_code", "amount_max", "window"]),
    ("item_course", &["hilist_code", "course_days"]),
    ("item_department", &["hilist_code", "dept_codg"]),
    ("item_dose", &["hilist_code", "daily_max", "unit"]),
    ("item_forbidden", &["hilist_code", "set"]),
    ("item_hours", &["hilist_code"]),
    ("item_indication", &["hilist_code", "set"]),
    ("item_level", &["hilist_code", "level_min"]),
    ("item_minutes", &["hilist_code", "minutes"]),
    ("item_period", &["hilist_code", "period_days", "max_count"]),
    ("item_quantity", &["hilist_code", "per", "window", "max"]),
    ("item_scheme", &["hilist_code", "insutype"]),
    ("item_second_line", &["hilist_code"]),
    ("item_sex", &["hilist_code", "gend"]),
    ("item_stay_days", &["hilist_code", "per_day"]),
    ("item_visit", &["hilist_code", "med_type"]),
    ("operation_group", &["hilist_code", "group", "discount"]),
    ("placeholder", &["hilist_code"]),
    ("split_set", &["set_id", "whole", "part"]),
    ("share_class", &["class", "list_type", "med_chrgitm_type", "item_begins"]),
    ("special_disease", &["dise_codg"]),
    ("supply_kind", &["med_type", "dise_codg", "kind"]),
    ("supply_limit", &["kind", "days"]),
    ("trace_exempt", &["hilist_code"]),
];

/// Makes one row of a table of [`COLUMNS`], open at both ends.
pub fn row(table: &str, values: &[&str]) -> Row {
    let columns = COLUMNS.iter().find(|(name, _)| *name == table).map_or(&[][..], |(_, all)| *all);
    let named = columns.iter().zip(values);
    let mut row: Row =
        named.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    for (column, value) in [("begndate", ""), ("enddate", ""), ("basis", "test")] {
        row.insert(column.to_owned(), value.to_owned());
    }
    row
}

/// The tables; now and then one of them is empty.
pub fn tables(random: &mut Random, items: &[Item]) -> Tables {
    let mut tables = Tables::new();
    for (name, _) in COLUMNS {
        tables.insert((*name).to_owned(), Vec::new());
    }
    fixed_rows(&mut tables);
    for item in items {
        item_rows(random, &mut tables, &item.code);
    }
    for _ in 0..random.between(0, 4) {
        pair_rows(random, &mut tables, items);
    }
    for table in ["contained", "contained_consumable"] {
        pairs(random, &mut tables, table, items);
    }
    for (name, rows) in &mut tables {
        if name != "inpatient" && random.chance(8) {
            rows.clear();
        }
    }
    if random.chance(30) {
        exemptions(random, &mut tables);
    }
    if random.chance(60) {
        policy(random, &mut tables);
    }
    tables
}

/// A benefit policy with amounts near those of small settlements.
fn policy(random: &mut Random, tables: &mut Tables) {
    let windows = ["settlement", "settlement", "year"];
    for (insutype, med_type, kind) in [("", "1", "visit"), ("310", "2", "stay"), ("", "21", "stay")]
    {
        if random.chance(80) {
            let segments = random.pick(&windows);
            add(random, tables, "benefit_kind", &[insutype, med_type, kind, segments]);
        }
    }
    for kind in ["visit", "stay"] {
        for (level, person) in [("", ""), ("2", ""), ("", "11"), ("3", "12")] {
            if random.chance(40) {
                let (per, amount) = (random.pick(&windows), random.pick(&["10", "33.33", "200"]));
                let values = [kind, level, person, per, amount];
                add(random, tables, "benefit_deductible", &values);
            }
            if random.chance(60) {
                let middle = random.pick(&["50", "123.45", "1000"]);
                let ratios = [random.pick(&["0.5", "0.85"]), random.pick(&["0.605", "0.9"])];
                let mut low =
                    row("benefit_segment", &[kind, level, person, "0", middle, ratios[0]]);
                let until = if random.chance(30) { "5000" } else { "" };
                let high = row("benefit_segment", &[kind, level, person, middle, until, ratios[1]]);
                if random.chance(20) {
                    low.insert("enddate".to_owned(), opt_day(Some(inner_day(random))));
                }
                tables.entry("benefit_segment".to_owned()).or_default().extend([low, high]);
            }
        }
        if random.chance(30) {
            let most = random.pick(&["20", "150", "9999"]);
            add(random, tables, "benefit_cap", &[kind, "", most]);
        }
    }
}

/// Exemptions of institutions and persons; each ends.
fn exemptions(random: &mut Random, tables: &mut Tables) {
    let rules = [
        "*",
        "daily-quantity",
        "split-stay",
        "amount-mismatch",
        "contained-item",
        "scheme",
        "visit-during-stay",
        "two-places",
        "frequent-visits",
    ];
    for rule in rules {
        for (kind, subject) in [("institution", "H1"), ("institution", "H2"), ("person", "N1")] {
            if !random.chance(20) {
                continue;
            }
            let mut one = row("exemption", &[rule, kind, subject, "trial"]);
            let begins = random.chance(50).then(|| inner_day(random));
            let ends = begins.unwrap_or_else(|| inner_day(random)) + random.between(1, 9);
            one.insert("begndate".to_owned(), opt_day(begins));
            one.insert("enddate".to_owned(), opt_day(Some(ends)));
            tables.entry("exemption".to_owned()).or_default().push(one);
        }
    }
}

fn pairs(random: &mut Random, tables: &mut Tables, table: &str, items: &[Item]) {
    for _ in 0..random.between(0, 5) {
        let (a, b) = (random.pick(items).code, random.pick(items).code);
        let window = random.pick(&["day", "day", "stay"]);
        let known = tables.get(table).into_iter().flatten();
        let is_known = known.into_iter().any(|row| row["item_a"] == a && row["item_b"] == b);
        if a != b && !is_known {
            add(random, tables, table, &[&a, &b, window]);
        }
    }
}

/// A set of a whole and its parts, an item with a need, a pair that does not go together.
fn pair_rows(random: &mut Random, tables: &mut Tables, items: &[Item]) {
    let [whole, one, two] = [0; 3].map(|_| random.pick(items).code);
    let is_new = |table: &str, tables: &Tables, first: &str, second: &str, values: [&str; 2]| {
        values[0] != values[1]
            && !tables[table].iter().any(|row| row[first] == values[0] && row[second] == values[1])
    };
    for part in [&one, &two] {
        if is_new("split_set", tables, "whole", "part", [&whole, part]) {
            add(random, tables, "split_set", &["Z1", &whole, part]);
        }
    }
    if is_new("companion", tables, "hilist_code", "needs", [&one, &whole]) {
        add(random, tables, "companion", &[&one, &whole]);
    }
    if is_new("incompatible", tables, "item_a", "item_b", [&one, &two]) {
        add(random, tables, "incompatible", &[&one, &two]);
    }
}

fn fixed_rows(tables: &mut Tables) {
    let rows: &[(&str, &[&str])] = &[
        ("inpatient", &["21"]),
        ("inpatient", &["24"]),
        ("inpatient", &["52"]),
        ("placeholder", &["P000"]),
        ("diagnosis_set", &["planned_cycle", "Z51"]),
        ("diagnosis_set", &["obstetric", "O8"]),
        ("diagnosis_set", &["excluded_cause", "V"]),
        ("diagnosis_set", &["female_only", "O8"]),
        ("diagnosis_set", &["childbearing", "O8"]),
        ("diagnosis_set", &["male_only", "N40"]),
        ("diagnosis_set", &["appendix", "K35"]),
        ("diagnosis_set", &["chronic", "I63"]),
        ("diagnosis_set", &["chronic", "J18"]),
        ("diagnosis_set", &["stroke", "I63"]),
        ("special_disease", &["M01"]),
        ("supply_kind", &["11", "", "general"]),
        ("supply_kind", &["14", "", "chronic"]),
        ("supply_kind", &["", "M01", "special"]),
        ("supply_kind", &["13", "", "emergency"]),
        ("supply_limit", &["general", "7"]),
        ("supply_limit", &["chronic", "15"]),
        ("supply_limit", &["special", "30"]),
        ("supply_limit", &["emergency", "3"]),
        ("trace_exempt", &["I02"]),
    ];
    for &(table, values) in rows {
        tables.entry(table.to_owned()).or_default().push(row(table, values));
    }
}

fn item_rows(random: &mut Random, tables: &mut Tables, item: &str) {
    if random.chance(15) {
        let sex = random.pick(&["1", "2"]);
        add(random, tables, "item_sex", &[item, sex]);
    }
    if random.chance(20) {
        let (low, until, unit) =
            random.pick(&[("0", "14", "year"), ("18", "", "year"), ("0", "29", "day")]);
        add(random, tables, "item_age", &[item, low, until, unit]);
    }
    if random.chance(15) {
        let level = random.pick(&["1", "2", "3"]);
        add(random, tables, "item_level", &[item, level]);
    }
    if random.chance(20) {
        for med_type in ["11", "14", "21", "24"] {
            if random.chance(50) {
                add(random, tables, "item_visit", &[item, med_type]);
            }
        }
    }
    if random.chance(25) {
        add(random, tables, "item_hours", &[item]);
    }
    if random.chance(15) {
        let per_day = random.pick(&["1", "1", "2"]);
        add(random, tables, "item_stay_days", &[item, per_day]);
    }
    if random.chance(18) {
        let (days, count) = (random.pick(&["1", "3", "7", "30"]), random.pick(&["1", "1", "2"]));
        add(random, tables, "item_period", &[item, days, count]);
    }
    quantity_rows(random, tables, item);
    payment_rows(random, tables, item);
    group_rows(random, tables, item);
}

/// Rows that make groups of lines: courses, caps, classes, minutes, operations.
fn group_rows(random: &mut Random, tables: &mut Tables, item: &str) {
    let choices: [(&str, &[&str], i64); 3] = [
        ("item_course", &["1", "2", "3"], 15),
        ("drug_class", &["K1", "K2"], 30),
        ("item_minutes", &["30", "120.5", "400"], 20),
    ];
    for (table, values, percent) in choices {
        if random.chance(percent) {
            let value = random.pick(values);
            add(random, tables, table, &[item, value]);
        }
    }
    for window in ["day", "stay", "month", "quarter", "year"] {
        if random.chance(8) {
            let cap = random.pick(&["5", "20.01", "100"]);
            add(random, tables, "item_cap", &[item, cap, window]);
        }
    }
    for group in ["G1", "G2"] {
        if random.chance(12) {
            let discount = random.pick(&["0.5", "0.75", "0.333333"]);
            add(random, tables, "operation_group", &[item, group, discount]);
        }
    }
}

/// Rows that say where, for whom and for what an item is paid.
fn payment_rows(random: &mut Random, tables: &mut Tables, item: &str) {
    let choices: [(&str, &[&str], i64); 4] = [
        ("item_department", &["A03", "A20", "A20.1"], 20),
        ("item_scheme", &["310", "510", "X"], 15),
        ("item_indication", &["appendix", "stroke", "nowhere"], 20),
        ("item_forbidden", &["appendix", "stroke", "nowhere"], 20),
    ];
    for (table, values, percent) in choices {
        if random.chance(percent) {
            for value in values {
                if random.chance(40) {
                    add(random, tables, table, &[item, value]);
                }
            }
        }
    }
    for (low, until, unit) in [("", "18", "year"), ("65", "", "year"), ("0", "29", "day")] {
        if random.chance(10) {
            add(random, tables, "item_age_forbidden", &[item, low, until, unit]);
        }
    }
    for (disease, percent) in [("M01", 25), ("M02", 60)] {
        if random.chance(percent) {
            add(random, tables, "disease_items", &[disease, item]);
        }
    }
    if random.chance(60) {
        add(random, tables, "herb_alone", &[item]);
    }
    if random.chance(35) {
        let (most, unit) =
            random.pick(&[("3", ""), ("1.5", "g"), ("800", "mg"), ("4", "unit"), ("20", "ml")]);
        add(random, tables, "item_dose", &[item, most, unit]);
    }
    for table in ["herb_not_payable", "internet_forbidden", "item_second_line"] {
        if random.chance(12) {
            add(random, tables, table, &[item]);
        }
    }
}

fn quantity_rows(random: &mut Random, tables: &mut Tables, item: &str) {
    for per in ["encounter", "person"] {
        for window in ["day", "month", "quarter", "year"] {
            if random.chance(8) {
                let max = random.pick(&["1", "2", "3", "2.5", "5"]);
                add(random, tables, "item_quantity", &[item, per, window, max]);
            }
        }
    }
    for (per, window) in [("encounter", "stay"), ("person", "stay"), ("encounter", "stay_day")] {
        if random.chance(10) {
            let max = random.pick(&["1", "2", "1.5"]);
            add(random, tables, "item_quantity", &[item, per, window, max]);
        }
    }
}

/// Adds a row with some range, or two rows of one key that follow each other.
pub fn add(random: &mut Random, tables: &mut Tables, table: &str, values: &[&str]) {
    let mut one = row(table, values);
    let (begins, ends) = range(random);
    let rows = tables.entry(table.to_owned()).or_default();
    if random.chance(8) {
        let mut other = one.clone();
        let changes = inner_day(random);
        one.insert("enddate".to_owned(), opt_day(Some(changes)));
        other.insert("begndate".to_owned(), opt_day(Some(changes)));
        if table == "item_quantity" {
            other.insert("max".to_owned(), "4".to_owned());
        }
        rows.push(other);
    } else {
        one.insert("begndate".to_owned(), opt_day(begins));
        one.insert("enddate".to_owned(), opt_day(ends));
    }
    rows.push(one);
}
