//! Every rule has its golden folder: the smallest tables, each line tagged, and what must come out.
//!
//! `fixtures/rules/<pack>/<family>/<rule-id>/` holds `month/`, `reference/` and perhaps `tables/` (rows
//! added to the pack's). `month/lines.csv` (or `encounters.csv` for stays) has two columns of its own:
//! `tag` (`hit`, `near-miss`, `exempt`, `not-in-force`, `not-evaluable`) and `why`, one clause.
//! `findings.csv` and `refusals.csv` are what must come out. `JIHE_BLESS=1` writes them anew; read the
//! difference before you keep it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use jihe::{Engine, Format, Month, Options, Pack, Reference};

const TAGS: [&str; 5] = ["hit", "near-miss", "exempt", "not-in-force", "not-evaluable"];
const FINDING_COLUMNS: [&str; 13] = [
    "rule_id",
    "article",
    "sev_deg",
    "vola_bhvr_type",
    "psn_no",
    "mdtrt_id",
    "fixmedins_code",
    "vola_cont",
    "vola_cont_en",
    "vola_amt",
    "credited_amt",
    "loss_amt",
    "held_amt",
];
const REFUSAL_COLUMNS: [&str; 7] = [
    "bkkp_sn",
    "setl_id",
    "refused_cnt",
    "refused_amt",
    "refused_scp_amt",
    "refused_fund_amt",
    "rule_id",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// `family/rule-id` of every rule file of the national pack.
fn rules() -> BTreeSet<String> {
    let mut rules = BTreeSet::new();
    for family in jihe_rules::plan::Family::ALL.map(jihe_rules::plan::Family::word) {
        for entry in fs::read_dir(root().join("rules/national").join(family)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "toml") {
                rules.insert(format!("{family}/{}", path.file_stem().unwrap().to_string_lossy()));
            }
        }
    }
    rules
}

fn folders() -> BTreeSet<String> {
    let mut folders = BTreeSet::new();
    for family in fs::read_dir(root().join("fixtures/rules/national")).unwrap() {
        let family = family.unwrap();
        for rule in fs::read_dir(family.path()).unwrap() {
            let rule = rule.unwrap();
            folders.insert(format!(
                "{}/{}",
                family.file_name().to_string_lossy(),
                rule.file_name().to_string_lossy()
            ));
        }
    }
    folders
}

#[test]
fn every_rule_has_a_golden_folder_and_every_folder_a_rule() {
    assert_eq!(rules(), folders());
}

fn read(path: &Path) -> (Vec<String>, Vec<Vec<String>>) {
    let mut reader =
        csv::Reader::from_path(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let header = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let rows =
        reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
    (header, rows)
}

fn columns(path: &Path, wanted: &[&str]) -> Vec<Vec<String>> {
    let (header, rows) = read(path);
    let places: Vec<usize> = wanted
        .iter()
        .map(|name| {
            header
                .iter()
                .position(|column| column == name)
                .unwrap_or_else(|| panic!("{}: no {name}", path.display()))
        })
        .collect();
    rows.iter().map(|row| places.iter().map(|&place| row[place].clone()).collect()).collect()
}

/// The golden findings of a result folder: fixed columns, and the lines of each with their cuts.
fn findings(out: &Path) -> Vec<Vec<String>> {
    let mut lines: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in columns(
        &out.join("finding_lines.csv"),
        &["jr_id", "bkkp_sn", "vola_item_type", "cut", "cut_value"],
    ) {
        let [jr_id, key, kind, cut, value] = <[String; 5]>::try_from(line).unwrap();
        let text = if kind == "1" { format!("{key} {cut} {value}") } else { format!("({key})") };
        lines.entry(jr_id).or_default().push(text.trim().to_owned());
    }
    let ids = columns(&out.join("findings.csv"), &["jr_id"]);
    let rows = columns(&out.join("findings.csv"), &FINDING_COLUMNS);
    rows.into_iter()
        .zip(ids)
        .map(|(mut row, id)| {
            row.push(lines.remove(&id[0]).unwrap_or_default().join("; "));
            row
        })
        .collect()
}

fn text_of(header: &[&str], rows: &[Vec<String>]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(header).unwrap();
    for row in rows {
        writer.write_record(row).unwrap();
    }
    String::from_utf8(writer.into_inner().unwrap()).unwrap()
}

/// A pack in which only this rule acts, with the folder's own rows.
fn pack_of(folder: &Path, rule_id: &str, dir: &Path) -> Pack {
    // A pack names the packs below it by a relative path: up to the root, then down again.
    let national = fs::canonicalize(root().join("rules/national")).unwrap();
    let up = "../".repeat(fs::canonicalize(dir).unwrap().components().count() - 1);
    let national = format!("{up}{}", national.strip_prefix("/").unwrap().to_string_lossy());
    let mut text = format!(
        "id = \"golden\"\ntitle.zh = \"金标准\"\ntitle.en = \"Golden\"\nfrom = 2021-05-01\nbuilds_on = [{national:?}]\n\n[status]\n"
    );
    for rule in rules() {
        let (_, id) = rule.split_once('/').unwrap();
        if id != rule_id {
            writeln!(text, "{id:?} = \"draft\"").unwrap();
        }
    }
    fs::write(dir.join("pack.toml"), text).unwrap();
    let tables = folder.join("tables");
    if tables.is_dir() {
        fs::create_dir(dir.join("tables")).unwrap();
        for table in fs::read_dir(tables).unwrap() {
            let table = table.unwrap();
            fs::copy(table.path(), dir.join("tables").join(table.file_name())).unwrap();
        }
    }
    Pack::load(dir).unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
}

fn check_tags(folder: &Path) {
    let mut hits = 0;
    let mut n_rows = 0;
    let mut others = BTreeSet::new();
    for name in ["lines.csv", "encounters.csv"] {
        let path = folder.join("month").join(name);
        if !path.is_file() {
            continue;
        }
        let (header, rows) = read(&path);
        n_rows += rows.len();
        if !header.iter().any(|column| column == "tag") {
            continue;
        }
        for row in columns(&path, &["tag", "why"]) {
            assert!(TAGS.contains(&row[0].as_str()), "{}: tag {:?}", path.display(), row[0]);
            assert!(!row[1].is_empty(), "{}: a row without why", path.display());
            hits += usize::from(row[0] == "hit");
            others.insert(row[0].clone());
        }
    }
    assert!(0 < hits, "{}: no row is tagged hit", folder.display());
    assert!(others.contains("near-miss"), "{}: no row is tagged near-miss", folder.display());
    assert!(n_rows <= 60, "{}: more rows than a reader can follow", folder.display());
}

#[test]
fn each_rule_finds_in_its_golden_folder_what_is_written_there() {
    let bless = std::env::var_os("JIHE_BLESS").is_some();
    let mut differing = Vec::new();
    for rule in folders() {
        let folder = root().join("fixtures/rules/national").join(&rule);
        check_tags(&folder);
        let (_, rule_id) = rule.split_once('/').unwrap();
        let dir = tempfile::tempdir().unwrap();
        let pack = pack_of(&folder, rule_id, dir.path());
        let reference = Reference::open(folder.join("reference")).unwrap();
        let engine = Engine::compile(&pack, &reference).unwrap();
        let month = Month::open(folder.join("month")).unwrap();
        let result = engine.score(&month, &Options::default()).unwrap();
        assert_eq!(result.n_quarantined(), 0, "{rule}: a golden row was put aside");
        let out = dir.path().join("out");
        result.write_as(&out, Format::Csv).unwrap();
        let mut header = FINDING_COLUMNS.to_vec();
        header.push("lines");
        let texts = [
            ("findings.csv", text_of(&header, &findings(&out))),
            (
                "refusals.csv",
                text_of(&REFUSAL_COLUMNS, &columns(&out.join("refusals.csv"), &REFUSAL_COLUMNS)),
            ),
        ];
        for (name, text) in texts {
            let path = folder.join(name);
            if bless {
                fs::write(&path, text).unwrap();
            } else if fs::read_to_string(&path).unwrap_or_default() != text {
                differing.push(format!("{rule}/{name}: now\n{text}"));
            }
        }
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}
