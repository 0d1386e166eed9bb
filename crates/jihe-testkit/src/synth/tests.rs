mod drawn;
mod paid;
mod place;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use super::{CityOptions, CitySummary, Format, INSTITUTION_RULES, RULES, write_city};
use crate::oracle;
use crate::oracle::decimal::parse_decimal;
use crate::oracle::outcome::Stage;
use crate::oracle::pack::{Pack, Tables};
use crate::oracle::read::ReadError;
use crate::oracle::reference::Reference;
use crate::oracle::side::Month;
use crate::oracle::table::Row;

type Pairs = BTreeSet<(String, String)>;

/// Rules whose tables are empty in the national pack: there is nothing to plant but with a local one.
const LOCAL: [&str; 7] = [
    "contained-consumable",
    "department",
    "incompatible",
    "pay-cap",
    "settlement-mismatch",
    "special-disease-scope",
    "stay-day-quantity",
];

fn options(n_lines: u64, seed: u64) -> CityOptions {
    CityOptions { format: Format::Csv, ..CityOptions::new(n_lines, seed) }
}

fn city(options: &CityOptions) -> (tempfile::TempDir, CitySummary) {
    let dir = tempfile::tempdir().unwrap();
    let summary = write_city(dir.path(), options, &mut |_| {}).unwrap();
    (dir, summary)
}

/// Every file below a folder with its bytes.
fn bytes_of(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(bytes_of(&path));
        } else {
            found.insert(path.display().to_string(), fs::read(&path).unwrap());
        }
    }
    found
}

fn contents(options: &CityOptions) -> BTreeMap<String, Vec<u8>> {
    let (dir, _) = city(options);
    let root = dir.path().display().to_string();
    let named = bytes_of(dir.path()).into_iter();
    named.map(|(name, bytes)| (name.replace(&root, ""), bytes)).collect()
}

fn rows(file: &Path) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(file).unwrap();
    let columns: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let row = |row: csv::StringRecord| {
        columns.iter().cloned().zip(row.iter().map(str::to_owned)).collect()
    };
    reader.records().map(|record| row(record.unwrap())).collect()
}

fn truth(dir: &Path) -> Pairs {
    let rows = rows(&dir.join("truth.csv"));
    rows.iter().map(|row| (row["rule_id"].clone(), row["bkkp_sn"].clone())).collect()
}

fn national() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules/national")
}

/// The rules and institutions of the other file.
fn truth_findings(dir: &Path) -> Pairs {
    let rows = rows(&dir.join("truth_findings.csv"));
    assert!(rows.iter().all(|row| row["mdtrt_id"].is_empty()));
    rows.iter().map(|row| (row["rule_id"].clone(), row["fixmedins_code"].clone())).collect()
}

/// The pairs of rule and line that the oracle finds in all months together, and those of rule and
/// institution.
fn found(dir: &Path, pack: &Pack) -> (Pairs, Pairs) {
    let months: Result<Vec<Month>, ReadError> = {
        let mut folders: Vec<_> =
            fs::read_dir(dir.join("months")).unwrap().map(|entry| entry.unwrap().path()).collect();
        folders.sort();
        folders.iter().map(|folder| Month::read_csv(folder)).collect()
    };
    let mut months = months.unwrap().into_iter();
    let mut all = months.next().unwrap();
    for month in months {
        all.lines.extend(month.lines);
        all.settlements.extend(month.settlements);
        all.encounters.as_mut().unwrap().extend(month.encounters.unwrap());
        all.diagnoses.as_mut().unwrap().extend(month.diagnoses.unwrap());
        all.persons.as_mut().unwrap().extend(month.persons.unwrap());
        all.trace_codes.as_mut().unwrap().extend(month.trace_codes.unwrap());
    }
    let reference = Reference::read_csv(&dir.join("reference")).unwrap();
    let outcome = oracle::judge(&all, &reference, pack, Stage::After);
    for (table, counts) in &outcome.counts {
        assert_eq!(counts.quarantined, 0, "{table}");
    }
    let lines = outcome.findings.iter().flat_map(|finding| {
        let lines = finding.lines.iter();
        lines.map(|line| (finding.rule_id.clone(), line.bkkp_sn.clone()))
    });
    let houses = outcome.houses.iter();
    let houses = houses.map(|hit| (hit.rule_id.clone(), hit.fixmedins_code.clone()));
    (lines.collect(), houses.collect())
}

fn assert_same(truth: &Pairs, found: &Pairs) {
    let missed: Vec<_> = truth.difference(found).collect();
    let extra: Vec<_> = found.difference(truth).collect();
    assert!(missed.is_empty() && extra.is_empty(), "missed {missed:?}\nextra {extra:?}");
}

fn check_truth(options: &CityOptions) {
    check_with(options, Tables::new());
}

/// Checks both files of a city; `tables` are the rows that its pack adds to the national ones.
fn check_with(options: &CityOptions, tables: Tables) -> CitySummary {
    let mut pack = Pack::read(&national()).unwrap();
    for (name, rows) in tables {
        pack.tables.entry(name).or_default().extend(rows);
    }
    check_by(options, &pack)
}

/// Checks both files of a city by what the oracle finds with a pack.
fn check_by(options: &CityOptions, pack: &Pack) -> CitySummary {
    let (dir, summary) = city(options);
    let (lines, houses) = found(dir.path(), pack);
    let (truth, findings) = (truth(dir.path()), truth_findings(dir.path()));
    assert_same(&truth, &lines);
    // The figures of a month are not those of several.
    if options.n_months == 1 {
        assert_same(&findings, &houses);
    }
    assert_eq!(summary.n_truth, truth.len() as u64);
    assert_eq!(summary.n_truth_findings, findings.len() as u64);
    summary
}

#[test]
fn the_same_options_give_the_same_bytes_and_another_seed_gives_others() {
    for format in [Format::Csv, Format::Parquet] {
        let options = CityOptions { format, ..options(3000, 5) };
        assert!(contents(&options) == contents(&options));
        assert!(contents(&options) != contents(&CityOptions { seed: 6, ..options.clone() }));
    }
}

#[test]
fn the_oracle_finds_what_is_labelled_and_nothing_else() {
    for (n_lines, seed) in [(40, 1), (150, 2), (300, 226), (900, 3), (4000, 4)] {
        check_truth(&options(n_lines, seed));
    }
}

#[test]
fn months_in_a_row_are_found_as_labelled() {
    check_truth(&CityOptions { n_months: 3, first_month: (2026, 11), ..options(2000, 9) });
}

#[test]
fn imported_items_and_a_named_pack_are_found_as_labelled() {
    let folder = tempfile::tempdir().unwrap();
    let mut catalogue = "hilist_code,list_type,chrgitm_lv,genname_codg,min_pac_cnt,daily_dose,\
                         dose_per_unit,begndate,enddate\n"
        .to_owned();
    let mut limits =
        "hilist_code,lmtpric_hosp_lv,hilist_pric_uplmt_amt,begndate,enddate\n".to_owned();
    for nth in 0..120 {
        let (class, generic) = (1 + nth % 3, nth / 2);
        let dose = if nth % 4 == 0 { "14,3,0.5" } else { ",," };
        let row = format!("XA{nth:03}X,101,0{class},G{generic},{dose},2024-01-01,\n");
        catalogue.push_str(&row);
        for level in 1..=3 {
            let row = format!("0011{nth:04},0{level},{}.5{level},2024-01-01,\n", 3 + nth);
            limits.push_str(&row);
        }
    }
    limits.push_str("00119999,3,0,2024-01-01,\n001102000010000,,7,2026-10-09,\n");
    fs::write(folder.path().join("catalogue.csv"), catalogue).unwrap();
    fs::write(folder.path().join("price_limits.csv"), limits).unwrap();
    check_truth(&CityOptions {
        reference: Some(folder.path().to_owned()),
        pack: Some(national()),
        ..options(3000, 21)
    });
}

#[test]
fn nothing_is_planted_for_an_indication_without_codes() {
    let mut rows = "hilist_code,set,begndate,enddate,basis\n".to_owned();
    for number in 100..400 {
        writeln!(rows, "XN02AXA423B00201018{number},限甲病,2021-05-01,,x").unwrap();
    }
    let (dir, tables) = local_pack(&[("item_indication", &rows)], "");
    let pack = Some(dir.path().join("city"));
    check_with(&CityOptions { pack, ..options(3_000, 17) }, tables);
}

#[test]
fn a_city_obeys_and_breaks_the_values_of_the_uppermost_pack() {
    let supply = "kind,days,begndate,enddate,basis\n\
                  emergency,2,2021-05-01,,x\ngeneral,14,2021-05-01,,x\nspecial,20,2021-05-01,,x\n";
    let quantity = "hilist_code,per,window,max,begndate,enddate,basis\n\
                    003110000060000,person,month,3,2021-05-01,,x\n\
                    001102000040000,encounter,day,2,2021-05-01,,x\n\
                    003115030160000,encounter,day,3,2021-05-01,,x\n";
    let target = "indicator,class,fixmedins_code,lmtpric_hosp_lv,target,begndate,enddate,basis\n\
                  class-share,drug,,3,0.2,2026-01-01,,x\nself-pay-share,,,,0.45,2026-01-01,,x\n";
    let params = [
        ("drug-kinds", "kinds = 7"),
        ("same-class", "kinds = 1"),
        ("herb-kinds", "kinds = 16"),
        ("frequent-visits", "visits = 4\ndays = 9"),
        ("frequent-purchases", "purchases = 9\ndays = 20"),
        ("frequent-stays", "stays = 1\ndays = 12"),
        ("hours-over-day", "day_hours = 20"),
        ("workload", "minutes = 480"),
        ("approval-missing", "price_max = 60\ntotal_max = 300"),
        ("late-upload", "grace_days = 5"),
        ("prescription-stale", "valid_days = 3"),
        ("amount-mismatch", "tolerance = \"0.50\""),
        ("early-refill", "allowance_days = 2"),
        ("low-standard", "days = 4\nleast = 200"),
        ("empty-bed", "days = 4"),
        ("split-stay", "window_days = 9"),
        ("two-places", "minutes = 90"),
        ("sold-over-stock", "tolerance = \"0.12\""),
        ("diagnosis-age", "youngest = 12\noldest = 55"),
        ("beds-over-capacity", "tolerance = \"0.40\""),
        ("cost-per-visit", "distance = \"0.60\"\npeers = 4"),
        ("readmission-rate", "window_days = 14"),
        ("qualification", "managers_least = 4\nstock_rate = \"0.95\"\nphysicians_least = 9"),
    ];
    let moved: String = params.iter().fold(String::new(), |mut text, (rule, values)| {
        writeln!(text, "[params.\"{rule}\"]\n{values}\n").unwrap();
        text
    });
    let files =
        [("supply_limit", supply), ("item_quantity", quantity), ("indicator_target", target)];
    let (dir, rows) = local_pack(&files, &moved);
    let of_pack: toml::Table = moved.parse().unwrap();
    let mut pack = Pack::read(&national()).unwrap();
    for (rule, values) in &of_pack["params"].as_table().unwrap().clone() {
        for (name, value) in values.as_table().unwrap() {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let micro = parse_decimal(&text, 6).unwrap();
            pack.params.insert((rule.clone(), name.clone()), micro);
        }
    }
    // Each row takes the place of that of its key.
    let is_same = |a: &Row, b: &Row| {
        ["kind", "hilist_code", "window"].iter().all(|column| a.get(*column) == b.get(*column))
    };
    for (name, rows) in rows {
        let table = pack.tables.entry(name).or_default();
        table.retain(|row| !rows.iter().any(|other| is_same(row, other)));
        table.extend(rows);
    }
    let city_pack = Some(dir.path().join("city"));
    for seed in [31, 32, 33] {
        let options = CityOptions { pack: city_pack.clone(), ..options(4_000, seed) };
        let summary = check_by(&options, &pack);
        for (rule, n_planted) in summary.planted {
            assert!(LOCAL.contains(&rule) || 0 < n_planted, "{rule}");
        }
    }
}

/// A pack over the national one with these tables and this end of its `pack.toml`, and the rows.
fn local_pack(files: &[(&str, &str)], end: &str) -> (tempfile::TempDir, Tables) {
    let dir = tempfile::tempdir().unwrap();
    copy(&national(), &dir.path().join("national"));
    let tables = dir.path().join("city/tables");
    fs::create_dir_all(&tables).unwrap();
    let head = "id = \"city\"\ntitle.zh = \"市\"\ntitle.en = \"City\"\nfrom = 2021-05-01\n";
    let pack = format!("{head}builds_on = [\"../national\"]\n\n{end}");
    fs::write(dir.path().join("city/pack.toml"), pack).unwrap();
    for (name, text) in files {
        fs::write(tables.join(format!("{name}.csv")), text).unwrap();
    }
    let rows = Pack::read(&dir.path().join("city")).unwrap().tables;
    (dir, rows)
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let name = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &name);
        } else {
            fs::copy(&path, &name).unwrap();
        }
    }
}

#[test]
fn rules_with_local_tables_are_planted_where_a_pack_fills_them() {
    let drug = |nth: u32| format!("XA01AAB{nth:03}A001010100001");
    let mut tables: BTreeMap<&str, String> = [
        ("item_age_forbidden", "hilist_code,age_min,age_max,unit,begndate,enddate,basis\n"),
        ("item_department", "hilist_code,dept_codg,begndate,enddate,basis\n"),
        ("special_disease", "dise_codg,begndate,enddate,basis\nM00500,2021-05-01,,x\n"),
        ("disease_items", "dise_codg,hilist_code,begndate,enddate,basis\n"),
        ("item_cap", "hilist_code,amount_max,window,begndate,enddate,basis\n"),
        ("item_quantity", "hilist_code,per,window,max,begndate,enddate,basis\n"),
        ("incompatible", "item_a,item_b,begndate,enddate,basis\n"),
        ("contained_consumable", "item_a,item_b,window,begndate,enddate,basis\n"),
    ]
    .map(|(name, header)| (name, header.to_owned()))
    .into();
    for nth in 0..6 {
        let held = "2021-05-01,,x";
        let other = drug(nth + 60);
        let (needle, dressing) = (format!("0039001{nth}0000000"), format!("C0101{nth}"));
        let rows = [
            ("item_age_forbidden", format!("{},0,{},year,{held}", drug(nth), 6 + nth)),
            ("item_department", format!("{},A0{},{held}", drug(nth + 10), 3 + nth % 2)),
            ("disease_items", format!("M01600,{},{held}", drug(nth + 20))),
            ("item_cap", format!("{},{}00.50,year,{held}", drug(nth + 30), 1 + nth)),
            ("item_quantity", format!("0039002{nth}0000000,encounter,stay_day,2,{held}")),
            ("incompatible", format!("{},{other},{held}", drug(nth + 50))),
            ("contained_consumable", format!("{needle},{dressing},day,{held}")),
        ];
        for (name, row) in rows {
            writeln!(tables.get_mut(name).unwrap(), "{row}").unwrap();
        }
    }
    for (name, text) in paid::BENEFIT {
        tables.insert(name, text.to_owned());
    }
    let files: Vec<(&str, &str)> =
        tables.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let (dir, rows) = local_pack(&files, "");
    let pack = Some(dir.path().join("city"));
    let summary = check_with(&CityOptions { pack, ..options(5_000, 23) }, rows);
    for (rule, n_planted) in summary.planted {
        assert!(!LOCAL.contains(&rule) || 0 < n_planted, "{rule}");
    }
}

#[test]
fn every_rule_is_planted_in_a_city_of_twenty_thousand_lines() {
    let (dir, summary) = city(&options(20_000, 7));
    let truth = truth(dir.path());
    let findings = truth_findings(dir.path());
    for (rule, n_planted) in summary.planted {
        let is_there = truth.iter().chain(&findings).any(|(of, _)| of == rule);
        let is_local = LOCAL.contains(&rule);
        assert!(is_local || (3 <= n_planted && is_there), "{rule}: {n_planted}");
        assert!(!is_local || !is_there, "{rule}");
    }
    let planted: BTreeSet<&str> = RULES.iter().chain(INSTITUTION_RULES).copied().collect();
    let pack = Pack::read(&national()).unwrap();
    for rule in pack.rules.keys() {
        assert!(planted.contains(rule.as_str()), "{rule}");
    }
    let lines = rows(&dir.path().join("months/2026-10/lines.csv"));
    assert_eq!(lines.len(), 20_000);
    let keys: BTreeSet<&String> = lines.iter().map(|row| &row["bkkp_sn"]).collect();
    for (rule, line) in &truth {
        assert!(keys.contains(line), "{rule} {line}");
        assert!(RULES.contains(&rule.as_str()), "{rule}");
    }
}

#[test]
fn settlements_are_the_sums_of_their_lines() {
    let (dir, _) = city(&options(12_000, 11));
    let month = dir.path().join("months/2026-10");
    let fen = |text: &str| jihe_terms::Money::parse(text).unwrap().fen();
    let mut sums: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for line in rows(&month.join("lines.csv")) {
        if line["vali_flag"] == "1" && seen.insert(line["bkkp_sn"].clone()) {
            let sum = sums.entry(line["setl_id"].clone()).or_default();
            sum.0 += fen(&line["det_item_fee_sumamt"]);
            sum.1 += fen(&line["inscp_scp_amt"]);
        }
    }
    let settlements = rows(&month.join("settlements.csv"));
    assert!(settlements.iter().any(|row| row["refd_setl_flag"] == "1"));
    for row in settlements {
        let sum = sums.get(&row["setl_id"]).copied().unwrap_or_default();
        assert_eq!(sum, (fen(&row["medfee_sumamt"]), fen(&row["inscp_scp_amt"])));
        let paid = ["fund_pay_sumamt", "acct_pay", "psn_cash_pay"].map(|part| fen(&row[part]));
        assert_eq!(paid.iter().sum::<i64>(), sum.0);
    }
}
