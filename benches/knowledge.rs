//! Knowledge at national size: 250 000 rows of official sheets in a pack, and what they and four times
//! as many rules cost.
//!
//! A pack stands on the national one with the rows of as many items beside those of the city, and with sets of
//! diagnoses for items of the city that every diagnosis is in. It must find in a month what the national pack
//! alone finds. Another has every fourth of the national rules,
//! each of which must match as often as it does among all. A third has those rows and every rule four times, as
//! where a city writes the rules of others again under its own articles: each must match as often as the first.
//!
//! Run: `cargo bench -p jihe-testkit --bench knowledge`. In normal tests it runs once, small.
#![expect(clippy::arithmetic_side_effects, reason = "small numbers of a bench")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use jihe::{Engine, Month, Options, Pack, Reference};
use jihe_testkit::synth::{CityOptions, write_city};

/// Tables with their columns, and values for each row.
const TABLES: [(&str, &str, &str); 5] = [
    ("item_quantity", "hilist_code,per,window,max", "person,year,900000"),
    ("item_period", "hilist_code,period_days,max_count", "1,900000"),
    ("item_level", "hilist_code,level_min", "1"),
    ("item_age", "hilist_code,age_min,age_max,unit", "0,150,year"),
    ("item_course", "hilist_code,course_days", "900"),
];

/// Findings of each rule and their amount as if it stood alone.
type Alone = BTreeMap<String, (u64, String)>;

fn national() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules/national")
}

/// The first cells of a table.
fn firsts(file: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(file).expect("the table can be read");
    let cells = text.lines().skip(1).filter_map(|line| line.split(',').next());
    cells.map(ToOwned::to_owned).collect()
}

/// Writes so many rows of sets of diagnoses, one for each of some items of a city, which list all codes that
/// begin with a letter: no line is against them.
fn write_sets(tables: &Path, catalogue: &Path, n_rows: usize) {
    let asked = firsts(&national().join("tables/item_indication.csv"));
    let items = firsts(catalogue).into_iter().filter(|item| !asked.contains(item));
    let mut sets = "set,diag_code,begndate,enddate,basis\n".to_owned();
    let mut rows = "hilist_code,set,begndate,enddate,basis\n".to_owned();
    for (place, item) in items.enumerate().take(n_rows / 27) {
        writeln!(rows, "{item},bench-{place},2021-05-01,,bench").expect("a text can grow");
        for letter in 'A'..='Z' {
            writeln!(sets, "bench-{place},{letter},2021-05-01,,bench").expect("a text can grow");
        }
    }
    for (name, text) in [("diagnosis_set.csv", sets), ("item_indication.csv", rows)] {
        std::fs::write(tables.join(name), text).expect("it can be written");
    }
}

/// A pack on the national one with so many rows: a seventh pairs, a seventh sets of diagnoses for items of the
/// catalogue, the rest limits of items.
fn pack(dir: &Path, catalogue: &Path, n_rows: usize) -> PathBuf {
    let item = |row: usize| format!("9800{row:011}");
    std::fs::create_dir_all(dir.join("tables")).expect("a folder can be made");
    let base = std::fs::canonicalize(national()).expect("the national pack is there");
    let depth = std::fs::canonicalize(dir).expect("it was made").components().count() - 1;
    let base = base.strip_prefix("/").expect("a whole path").display().to_string();
    let text = format!(
        "id = \"size\"\ntitle.zh = \"规模\"\ntitle.en = \"Size\"\nfrom = 2021-05-01\nbuilds_on = [\"{}{base}\"]\n",
        "../".repeat(depth)
    );
    std::fs::write(dir.join("pack.toml"), text).expect("it can be written");
    let of_table = n_rows / 7;
    for (name, columns, values) in TABLES {
        let mut text = format!("{columns},begndate,enddate,basis\n");
        for row in 0..of_table {
            writeln!(text, "{},{values},2021-05-01,,bench row {row}", item(row))
                .expect("a text can grow");
        }
        std::fs::write(dir.join("tables").join(format!("{name}.csv")), text)
            .expect("it can be written");
    }
    let mut text = "item_a,item_b,window,begndate,enddate,basis\n".to_owned();
    for row in 0..of_table {
        // The containing item is billed by nobody, so that no pair is ever whole.
        writeln!(text, "9900{row:011},{},day,2021-05-01,,bench row {row}", item(row))
            .expect("a text can grow");
    }
    std::fs::write(dir.join("tables/contained.csv"), text).expect("it can be written");
    write_sets(&dir.join("tables"), catalogue, of_table);
    dir.to_path_buf()
}

/// The files of the national pack: rules, and all others.
fn files() -> (Vec<PathBuf>, Vec<PathBuf>) {
    let (mut rules, mut others) = (Vec::new(), Vec::new());
    let mut folders = vec![national()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder of the pack") {
            let path = entry.expect("a file of the pack").path();
            let is_rule = folder != national() && path.extension().is_some_and(|it| it == "toml");
            match (path.is_dir(), is_rule) {
                (true, _) => folders.push(path),
                (false, true) => rules.push(path),
                (false, false) => others.push(path),
            }
        }
    }
    rules.sort();
    (rules, others)
}

/// Writes a file of the national pack into another, under its name with an end.
fn copy(path: &Path, dir: &Path, end: &str) {
    let to = dir.join(path.strip_prefix(national()).expect("a file of the pack"));
    let name = to.file_stem().expect("a file has a name").display().to_string();
    let kind = to.extension().expect("it has a kind").display().to_string();
    std::fs::create_dir_all(to.parent().unwrap_or(dir)).expect("a folder can be made");
    // Whom a rule yields to may be left out.
    let text = std::fs::read_to_string(path).expect("it can be read");
    let lines = text.lines().filter(|line| !line.starts_with("yields_to"));
    let text: String = lines.flat_map(|line| [line, "\n"]).collect();
    std::fs::write(to.with_file_name(format!("{name}{end}.{kind}")), text)
        .expect("it can be written");
}

/// A pack of every fourth rule of the national one, with all its tables.
fn quarter(dir: &Path) -> PathBuf {
    let (rules, others) = files();
    rules.iter().step_by(4).chain(&others).for_each(|path| copy(path, dir, ""));
    dir.to_path_buf()
}

/// Names of rules that were written again end so.
const AGAIN: [&str; 3] = ["-b", "-c", "-d"];

/// A pack on the national one with so many rows, and every rule three times more.
fn fourfold(dir: &Path, catalogue: &Path, n_rows: usize) -> PathBuf {
    let (rules, _) = files();
    for end in AGAIN {
        for path in &rules {
            copy(path, dir, end);
        }
    }
    pack(dir, catalogue, n_rows)
}

fn engine(rules: &Path, reference: &Reference) -> Engine {
    let pack = Pack::load(rules).unwrap_or_else(|error| panic!("{error}"));
    Engine::compile(&pack, reference).expect("the pack compiles")
}

fn knowledge(criterion: &mut Criterion) {
    let is_bench = std::env::args().any(|argument| argument == "--bench");
    let (n_rows, n_lines) = if is_bench { (250_000, 500_000) } else { (3_000, 3_000) };
    let n_elements = u64::try_from(n_rows).expect("few rows");
    let dir = tempfile::tempdir().expect("a temporary folder can be made");
    let city = dir.path().join("city");
    write_city(&city, &CityOptions::new(n_lines, 11), &mut |_| ()).expect("a city can be made");
    let reference = Reference::open(city.join("reference")).expect("the reference is sound");
    let catalogue = city.join("reference/catalogue.csv");
    let large = pack(&dir.path().join("pack"), &catalogue, n_rows);
    let quarter = quarter(&dir.path().join("quarter"));
    let fourfold = fourfold(&dir.path().join("fourfold"), &catalogue, n_rows);

    let mut group = criterion.benchmark_group("knowledge");
    group.throughput(Throughput::Elements(n_elements)).sample_size(10);
    group.bench_function("load, check and compile", |bencher| {
        bencher.iter(|| engine(&large, &reference));
    });
    group.throughput(Throughput::Elements(n_lines));
    let month = Month::open(city.join("months/2026-10")).expect("the month is there");
    let options = Options { threads: Some(1), ..Options::default() };
    let packs = [
        ("a quarter of the rules", quarter),
        ("all rules", national()),
        ("with 250 000 rows", large),
        ("with 250 000 rows and every rule four times", fourfold),
    ];
    let mut found = Vec::new();
    for (name, rules) in packs {
        let engine = engine(&rules, &reference);
        let score = || engine.score(&month, &options).expect("the month is sound");
        let result = score();
        let of_rules: Alone = result
            .summary()
            .rules
            .into_iter()
            .map(|rule| (rule.rule_id, (rule.n_findings, rule.vola_amt)))
            .collect();
        found.push((of_rules, result.ledger().totals, result.ledger().credits.len()));
        group.bench_function(name, |bencher| bencher.iter(score));
    }
    let [of_quarter, all, with_rows, four] = &found[..] else { panic!("there are four packs") };
    assert_eq!(all, with_rows, "rows that nothing reaches changed the findings");
    assert!(!of_quarter.0.is_empty(), "a quarter of the rules finds something");
    for (rule, alone) in &of_quarter.0 {
        assert_eq!(all.0.get(rule), Some(alone), "{rule} finds more or less among fewer");
    }
    assert_eq!(four.1.refused, all.1.refused, "what four rules find is refused once");
    for (rule, alone) in &all.0 {
        for end in ["", AGAIN[0], AGAIN[1], AGAIN[2]] {
            let again = four.0.get(&format!("{rule}{end}"));
            assert_eq!(again, Some(alone), "{rule}{end} finds more or less than {rule}");
        }
    }
    group.finish();
}

criterion_group!(benches, knowledge);
criterion_main!(benches);
