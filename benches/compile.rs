//! Compiling: the national pack beside 250 000 reference rows.
//!
//! Run: `cargo bench -p jihe-testkit --bench compile`. In normal tests it runs once, with fewer rows.
#![expect(clippy::arithmetic_side_effects, reason = "small numbers of a bench")]

use std::fmt::Write as _;
use std::path::Path;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use jihe::{Engine, Pack, Reference};

/// What a line of one unit, a fen above the ceiling of level 3, has refused.
fn refused(engine: &Engine, item: u64) -> i128 {
    let row = |values: &[(&str, &str)]| -> jihe::Row {
        values.iter().map(|&(name, text)| (name.to_owned(), text.to_owned())).collect()
    };
    let price = format!("{}.51", 10 + item % 90);
    let line = row(&[
        ("bkkp_sn", "L1"),
        ("mdtrt_id", "V1"),
        ("psn_no", "P1"),
        ("fixmedins_code", "H1"),
        ("fee_ocur_time", "2026-10-05 08:00:00"),
        ("hilist_code", &format!("0031{item:011}")),
        ("cnt", "1"),
        ("pric", &price),
        ("det_item_fee_sumamt", &price),
    ]);
    let claim = jihe::Claim { lines: vec![line], ..jihe::Claim::default() };
    let checked = engine.check(&claim, &jihe::Claim::default()).expect("the claim is sound");
    checked.ledger().totals.refused
}

fn compile(criterion: &mut Criterion) {
    let n_rows =
        if std::env::args().any(|argument| argument == "--bench") { 250_000 } else { 2_500 };
    let dir = tempfile::tempdir().expect("a temporary folder can be made");
    // Five items of six have a ceiling for each of three levels.
    let n_items = n_rows / 4;
    let mut catalogue = "hilist_code,hilist_name,list_type,chrgitm_lv\n".to_owned();
    let mut limits = "hilist_code,lmtpric_hosp_lv,hilist_pric_uplmt_amt\n".to_owned();
    for item in 0..n_items {
        writeln!(catalogue, "0031{item:011},item {item},201,01").expect("a text can grow");
        for level in 1..=3 {
            writeln!(limits, "0031{item:011},{level},{}.50", 10 + item % 90)
                .expect("a text can grow");
        }
    }
    std::fs::write(dir.path().join("catalogue.csv"), catalogue).expect("it can be written");
    std::fs::write(dir.path().join("price_limits.csv"), limits).expect("it can be written");
    std::fs::write(dir.path().join("institutions.csv"), "fixmedins_code,lmtpric_hosp_lv\nH1,3\n")
        .expect("it can be written");
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules/national");

    let run = || {
        let pack = Pack::load(&rules).expect("the national pack is sound");
        let reference = Reference::open(dir.path()).expect("the reference is sound");
        Engine::compile(&pack, &reference).expect("the pack compiles")
    };
    // The compiled engine knows the last ceiling: a line a fen above it is cut back to it.
    assert_eq!(refused(&run(), n_items - 1), 1, "the last ceiling is not in the engine");

    let mut group = criterion.benchmark_group("compile");
    group.throughput(Throughput::Elements(n_rows)).sample_size(10);
    group.bench_function("pack and reference", |bencher| bencher.iter(run));
    group.finish();
}

criterion_group!(benches, compile);
criterion_main!(benches);
