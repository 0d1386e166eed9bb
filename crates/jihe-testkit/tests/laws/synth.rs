//! A city scored by the engine, month after month with the state: what is found is what is labelled.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use jihe::{Engine, Format, Month, Options, Pack, Reference};
use jihe_testkit::synth::{CityOptions, Format as CityFormat, INSTITUTION_RULES, write_city};

use crate::docs::copy_folder;
use crate::scene;

type Rows = BTreeSet<Vec<String>>;

/// Columns of a CSV file as a set of rows.
fn rows(file: &Path, names: &[&str]) -> Rows {
    let mut reader = csv::Reader::from_path(file).unwrap();
    let header = reader.headers().unwrap().clone();
    let place = |name: &&str| header.iter().position(|column| column == *name).unwrap();
    let places: Vec<usize> = names.iter().map(place).collect();
    let records = reader.records().map(Result::unwrap);
    records.map(|row| places.iter().map(|&place| row[place].to_owned()).collect()).collect()
}

/// The pairs of rule and line, and of rule and institution, that the months of a city show.
fn found(city: &Path, pack: &Path) -> (Rows, Rows) {
    let reference = Reference::open(city.join("reference")).unwrap();
    let engine = Engine::compile(&Pack::load(pack).unwrap(), &reference).unwrap();
    let mut months: Vec<_> = std::fs::read_dir(city.join("months"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    months.sort();
    let (mut lines, mut findings) = (Rows::new(), Rows::new());
    let (mut state, out) = (None, city.join("out"));
    for month in months {
        let options = Options { state: state.clone(), ..Options::default() };
        let outcome = engine.score(&Month::open(&month).unwrap(), &options).unwrap();
        assert_eq!(outcome.n_quarantined(), 0);
        outcome.write_as(&out, Format::Csv).unwrap();
        let columns = ["jr_id", "rule_id", "fixmedins_code", "mdtrt_id"];
        let shown = ["jr_id", "vola_item_type", "bkkp_sn"];
        let mut lines_of: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
        for row in rows(&out.join("finding_lines.csv"), &shown) {
            lines_of.entry(row[0].clone()).or_default().push((row[1].clone(), row[2].clone()));
        }
        for row in rows(&out.join("findings.csv"), &columns) {
            let of_finding = lines_of.get(&row[0]).map_or(&[][..], Vec::as_slice);
            if of_finding.is_empty() {
                findings.insert(row[1..].to_vec());
            }
            // What is cut; where nothing is, what is shown.
            let cuts = of_finding.iter().any(|(kind, _)| kind == "1");
            let wanted = of_finding.iter().filter(|(kind, _)| !cuts || kind == "1");
            lines.extend(wanted.map(|(_, line)| vec![row[1].clone(), line.clone()]));
        }
        let next = city.join("state").join(month.file_name().unwrap());
        std::fs::create_dir_all(next.parent().unwrap()).unwrap();
        outcome.write_state(&next).unwrap();
        state = Some(next);
    }
    (lines, findings)
}

fn assert_same(truth: &Rows, found: &Rows) {
    let missed: Vec<_> = truth.difference(found).take(20).collect();
    let extra: Vec<_> = found.difference(truth).take(20).collect();
    assert!(missed.is_empty() && extra.is_empty(), "missed {missed:?}\nextra {extra:?}");
}

fn check(city: &Path) -> Rows {
    check_by(city, &scene::national())
}

fn check_by(city: &Path, pack: &Path) -> Rows {
    let (lines, findings) = found(city, pack);
    assert_same(&rows(&city.join("truth.csv"), &["rule_id", "bkkp_sn"]), &lines);
    let columns = ["rule_id", "fixmedins_code", "mdtrt_id"];
    let truth = rows(&city.join("truth_findings.csv"), &columns);
    assert_same(&truth, &findings);
    truth
}

#[test]
fn a_city_of_several_months_is_found_as_labelled() {
    for (n_lines, n_months, seed) in [(600, 4, 3), (20_000, 2, 5)] {
        let city = tempfile::tempdir().unwrap();
        let format = CityFormat::Csv;
        let options = CityOptions { format, n_months, ..CityOptions::new(n_lines, seed) };
        write_city(city.path(), &options, &mut |_| ()).unwrap();
        let truth = check(city.path());
        if n_lines == 20_000 {
            let rules: BTreeSet<&str> = truth.iter().map(|row| row[0].as_str()).collect();
            assert_eq!(rules, INSTITUTION_RULES.iter().copied().collect());
        }
    }
}

#[test]
fn a_city_of_a_local_pack_is_found_as_labelled_by_that_pack() {
    for (nth, name) in ["ningbo", "shenzhen", "hospital-targets"].into_iter().enumerate() {
        let pack = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules").join(name);
        let city = tempfile::tempdir().unwrap();
        let seed = u64::try_from(nth).unwrap() + 50;
        let options = CityOptions {
            format: CityFormat::Csv,
            pack: Some(pack.clone()),
            n_months: 2,
            ..CityOptions::new(4_000, seed)
        };
        let summary = write_city(city.path(), &options, &mut |_| ()).unwrap();
        check_by(city.path(), &pack);
        let stale = summary.planted.iter().find(|(rule, _)| *rule == "prescription-stale");
        assert!(stale.is_some_and(|(_, n_planted)| 0 < *n_planted), "{name}");
    }
}

const DATED: &str = "begndate,enddate,basis";

/// Kinds, deductibles, segments and a cap of a benefit policy: stays by the settlement, visits of
/// employees by the year.
const BENEFIT: [(&str, &str, &[&str]); 4] = [
    (
        "benefit_kind",
        "insutype,med_type,kind,segments",
        &[",21,stay,settlement", "310,11,visit,year", "390,1,other,settlement"],
    ),
    (
        "benefit_deductible",
        "kind,lmtpric_hosp_lv,psn_type,per,amount",
        &["stay,3,,settlement,800", "stay,,,settlement,100", "visit,,,year,50"],
    ),
    (
        "benefit_segment",
        "kind,lmtpric_hosp_lv,psn_type,seg_from,seg_to,ratio",
        &[
            "stay,3,,0,2000,0.85",
            "stay,3,,2000,,0.9",
            "stay,,,0,,0.92",
            "visit,,,0,300,0.555",
            "visit,,,300,,0.7",
            "other,,,0,,0.4",
            "other,,14,0,60.01,0.333",
        ],
    ),
    ("benefit_cap", "kind,psn_type,fund_max", &["visit,,700"]),
];

/// Writes a pack over the national one whose `pack.toml` ends with these values.
fn pack_with(home: &Path, values: &str) -> PathBuf {
    let pack = home.join("pack");
    std::fs::create_dir_all(&pack).unwrap();
    copy_folder(&scene::national(), &home.join("national"));
    let head = "id = \"city\"\ntitle = \"市\"\nfrom = 2021-05-01\nbuilds_on = [\"../national\"]\n";
    std::fs::write(pack.join("pack.toml"), format!("{head}{values}")).unwrap();
    pack
}

/// Values at the ends of what their rules allow.
const EXTREMES: [&str; 3] = [
    "[params.never-bought]\ndays = 7\n[params.qualification]\nbeds = 500\n\
     [params.amount-mismatch]\ntolerance = 0\n",
    "[params.drug-kinds]\nkinds = 1\n[params.approval-missing]\ntotal_max = 100\n",
    "[params.drug-kinds]\nkinds = 2\n[params.approval-missing]\ntotal_max = 100\n",
];

#[test]
fn a_city_of_values_at_their_ends_is_found_as_labelled() {
    for values in EXTREMES {
        let home = tempfile::tempdir().unwrap();
        let (city, pack) = (home.path().join("city"), pack_with(home.path(), values));
        let options = CityOptions {
            format: CityFormat::Csv,
            pack: Some(pack.clone()),
            n_months: 2,
            ..CityOptions::new(4_000, 5)
        };
        write_city(&city, &options, &mut |_| ()).unwrap();
        check_by(&city, &pack);
    }
}

#[test]
fn a_city_that_pays_by_a_policy_is_found_as_labelled() {
    let home = tempfile::tempdir().unwrap();
    let (city, pack) = (home.path().join("city"), pack_with(home.path(), ""));
    std::fs::create_dir_all(pack.join("tables")).unwrap();
    for (name, header, rows) in BENEFIT {
        let rows = rows.iter().map(|row| format!("{row},2021-05-01,,x\n"));
        let text = format!("{header},{DATED}\n{}", rows.collect::<String>());
        std::fs::write(pack.join("tables").join(format!("{name}.csv")), text).unwrap();
    }
    let options = CityOptions {
        format: CityFormat::Csv,
        pack: Some(pack.clone()),
        n_months: 2,
        first_month: (2026, 1),
        ..CityOptions::new(4_000, 61)
    };
    let summary = write_city(&city, &options, &mut |_| ()).unwrap();
    check_by(&city, &pack);
    let wrong = summary.planted.iter().find(|(rule, _)| *rule == "settlement-mismatch");
    assert!(wrong.is_some_and(|(_, n_planted)| 0 < *n_planted));
    // Nearly every settlement is one that the policy speaks of, and not only those paid wrongly.
    let spoken = rows(&city.join("out/benefits.csv"), &["setl_id"]).len();
    let settled = rows(&city.join("months/2026-02/settlements.csv"), &["setl_id"]).len();
    assert!(settled < 2 * spoken, "{spoken} of {settled}");
}

#[test]
fn the_shipped_month_is_found_as_labelled() {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/months/sample");
    let city = tempfile::tempdir().unwrap();
    copy_folder(&sample, city.path());
    check(city.path());
}
