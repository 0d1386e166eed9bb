use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use super::{CityOptions, CitySummary, Format, RULES, write_city};
use crate::oracle;
use crate::oracle::context::Cut;
use crate::oracle::outcome::Stage;
use crate::oracle::pack::Pack;
use crate::oracle::read::ReadError;
use crate::oracle::reference::Reference;
use crate::oracle::side::Month;

type Pairs = BTreeSet<(String, String)>;

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

/// The pairs of rule and cut line that the oracle finds in all months together.
fn found(dir: &Path) -> Pairs {
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
    let pack = Pack::read(&national()).unwrap();
    let outcome = oracle::judge(&all, &reference, &pack, Stage::After);
    for (table, counts) in &outcome.counts {
        assert_eq!(counts.quarantined, 0, "{table}");
    }
    // Of the rules that cut nothing only some are planted.
    let lines = outcome.findings.iter().flat_map(|finding| {
        let is_planted = RULES.contains(&finding.rule_id.as_str());
        let lines = finding.lines.iter();
        let lines = lines.filter(move |line| is_planted || line.cut != Cut::Nothing);
        lines.map(|line| (finding.rule_id.clone(), line.bkkp_sn.clone()))
    });
    lines.collect()
}

fn check_truth(options: &CityOptions) {
    let (dir, summary) = city(options);
    let (truth, found) = (truth(dir.path()), found(dir.path()));
    let missed: Vec<_> = truth.difference(&found).collect();
    let extra: Vec<_> = found.difference(&truth).collect();
    assert!(missed.is_empty() && extra.is_empty(), "missed {missed:?}\nextra {extra:?}");
    assert_eq!(summary.n_truth, truth.len() as u64);
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
    for (n_lines, seed) in [(40, 1), (150, 2), (900, 3), (4000, 4)] {
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
    let dir = tempfile::tempdir().unwrap();
    let tables = dir.path().join("tables");
    fs::create_dir(&tables).unwrap();
    let lower = national();
    let pack = format!(
        "id = \"city\"\ntitle = \"市\"\nfrom = 2021-05-01\nbuilds_on = [\"{}\"]\n",
        lower.display()
    );
    fs::write(dir.path().join("pack.toml"), pack).unwrap();
    let mut rows = "hilist_code,set,begndate,enddate,basis\n".to_owned();
    for number in 100..400 {
        writeln!(rows, "XN02AXA423B00201018{number},限甲病,2021-05-01,,x").unwrap();
    }
    fs::write(tables.join("item_indication.csv"), rows).unwrap();
    let pack = Some(dir.path().to_path_buf());
    check_truth(&CityOptions { pack, ..options(3_000, 17) });
}

#[test]
fn every_rule_is_planted_in_a_city_of_twenty_thousand_lines() {
    let (dir, summary) = city(&options(20_000, 7));
    let truth = truth(dir.path());
    for (rule, n_planted) in summary.planted {
        assert!(3 <= n_planted, "{rule}");
        assert!(truth.iter().any(|(of, _)| of == rule), "{rule}");
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
