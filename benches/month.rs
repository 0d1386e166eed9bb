//! A generated month from Parquet to findings and money, its answer checked against the labels.
//!
//! Run: `cargo bench -p jihe-testkit --bench month`. In normal tests it runs once, small.

use std::collections::BTreeSet;
use std::path::Path;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use jihe::{Engine, Month, Options, Outcome, Pack, Reference};
use jihe_testkit::synth::{CityOptions, write_city};

/// The labelled lines of rules that cut.
fn labels(dir: &Path, pack: &Pack) -> BTreeSet<String> {
    let mut reader = csv::Reader::from_path(dir.join("truth.csv")).expect("a city has its labels");
    let rules = pack.plan().rules.iter().filter(|rule| !rule.shape.cuts_nothing());
    let rules: BTreeSet<&str> = rules.map(|rule| rule.id.as_str()).collect();
    let lines = reader.records().filter_map(|row| {
        let row = row.ok()?;
        rules.contains(row.get(0)?).then(|| row.get(1).map(str::to_owned))?
    });
    lines.collect()
}

fn cut_lines(result: &Outcome) -> BTreeSet<String> {
    let credits = result.ledger().credits.iter();
    let key = |line: u32| {
        let (part, row) = result.lines().place(line);
        part.key.text(row)
    };
    credits.map(|credit| key(credit.line)).collect()
}

fn month(criterion: &mut Criterion) {
    let n_lines =
        if std::env::args().any(|argument| argument == "--bench") { 500_000 } else { 5_000 };
    let city = tempfile::tempdir().expect("a temporary folder can be made");
    write_city(city.path(), &CityOptions::new(n_lines, 11), &mut |_| ())
        .expect("a city can be made");
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules/national");
    let pack = Pack::load(rules).expect("the national pack is sound");
    let reference = Reference::open(city.path().join("reference")).expect("the reference is sound");
    let engine = Engine::compile(&pack, &reference).expect("the pack compiles");
    let open = || Month::open(city.path().join("months/2026-10")).expect("the month is there");
    let score =
        |month: Month| engine.score(&month, &Options::default()).expect("the month is sound");

    let labels = labels(city.path(), &pack);
    assert_eq!(cut_lines(&score(open())), labels, "the labels are not what was found");

    let mut group = criterion.benchmark_group("month");
    group.throughput(Throughput::Elements(n_lines)).sample_size(10);
    group.bench_function("parquet to ledger", |bencher| {
        bencher.iter_batched(open, score, BatchSize::PerIteration);
    });
    group.finish();
}

criterion_group!(benches, month);
criterion_main!(benches);
