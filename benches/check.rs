//! One claim of eight lines beside a history of forty, in process; and beside the stock and the staff of a city.
//!
//! Run: `cargo bench -p jihe-testkit --bench check`. In normal tests it runs once.
#![expect(clippy::arithmetic_side_effects, reason = "small numbers of a bench")]

use std::fmt::Write as _;
use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use criterion::{Criterion, criterion_group, criterion_main};
use jihe::{Claim, Engine, Pack, Reference, Row};

/// That of the command.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn row(values: &[(&str, &str)]) -> Row {
    values.iter().map(|&(name, text)| (name.to_owned(), text.to_owned())).collect()
}

fn line(key: &str, day: usize, item: &str, cnt: &str) -> Row {
    row(&[
        ("bkkp_sn", key),
        ("mdtrt_id", "V1"),
        ("psn_no", "P1"),
        ("fixmedins_code", "H00000000001"),
        ("fee_ocur_time", &format!("2026-10-{day:02} 08:00:00")),
        ("hilist_code", item),
        ("cnt", cnt),
        ("pric", "5"),
        ("det_item_fee_sumamt", &format!("{cnt}5.00")),
    ])
}

/// The stock of so many institutions, five hundred drugs each: ten packs of every one; and two thousand
/// practitioners of the first.
fn city(folder: &Path, n_institutions: usize) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/months/embed/reference");
    let read = |name: &str| std::fs::read_to_string(root.join(name)).expect("it is there");
    let mut catalogue = read("catalogue.csv");
    for drug in 0..500 {
        writeln!(catalogue, "XA{drug:05},drug {drug},101,01,2020-01-01,").expect("a text can grow");
    }
    let mut inventory = "fixmedins_code,med_list_codg,inv_chg_type,event_time,cnt\n".to_owned();
    for institution in 1..=n_institutions {
        for drug in 0..500 {
            writeln!(inventory, "H{institution:011},XA{drug:05},102,2026-09-30 08:00:00,10")
                .expect("a text can grow");
        }
    }
    let mut staff = "prac_psn_code,prac_psn_type,fixmedins_code,begndate,enddate\n".to_owned();
    for person in 0..2_000 {
        writeln!(staff, "D{person:05},1,H00000000001,2020-01-01,").expect("a text can grow");
    }
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text);
    write("catalogue.csv", &catalogue).expect("it can be written");
    write("institutions.csv", &read("institutions.csv")).expect("it can be written");
    write("inventory.csv", &inventory).expect("it can be written");
    write("practitioners.csv", &staff).expect("it can be written");
}

fn check(criterion: &mut Criterion) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let pack = Pack::load(root.join("rules/national")).expect("the national pack is sound");
    let reference =
        Reference::open(root.join("fixtures/months/embed/reference")).expect("it is sound");
    let engine = Engine::compile(&pack, &reference).expect("the pack compiles");
    let is_bench = std::env::args().any(|argument| argument == "--bench");
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    city(folder.path(), if is_bench { 400 } else { 4 });
    let stock = Reference::open(folder.path()).expect("it is sound");
    let of_city = Engine::compile(&pack, &stock).expect("the pack compiles");
    let encounter = row(&[
        ("mdtrt_id", "V1"),
        ("psn_no", "P1"),
        ("fixmedins_code", "H00000000001"),
        ("med_type", "21"),
        ("begntime", "2026-10-01 07:00:00"),
    ]);
    let person = row(&[("psn_no", "P1"), ("gend", "2"), ("brdy", "1960-02-29")]);
    let items = ["003107010220000", "001103000010000"];
    let item = |n: usize| items.get(n % 2).copied().unwrap_or("");
    let history = Claim {
        encounters: vec![encounter.clone()],
        lines: (0..40).map(|n| line(&format!("H{n}"), n % 9 + 1, item(n), "1")).collect(),
        ..Claim::default()
    };
    let mut claim = Claim {
        persons: vec![person],
        encounters: vec![encounter],
        lines: (0..7).map(|n| line(&format!("L{n}"), 10, item(n), "1")).collect(),
        ..Claim::default()
    };
    // Four hours were billed that day; 25 more are 5 too many.
    claim.lines.push(line("L7", 10, "003107010220000", "25"));
    // Lines with so many units refused and so many fen held.
    let n_lines = |engine: &Engine, claim: &Claim, money: (i64, i64)| {
        let checked = engine.check(claim, &history).expect("the claim is sound");
        let lines = checked.ledger().lines.iter();
        lines.filter(|line| (line.refused_cnt, line.held) == money).count()
    };
    let hours = || n_lines(&engine, &claim, (50_000, 0));
    assert_eq!(hours(), 1, "five hours of the last line are refused");
    criterion.bench_function("check one claim", |bencher| bencher.iter(hours));
    if is_bench {
        percentiles("check one claim", hours);
    }
    // Seven packs more than were there; five per cent of ten are let pass.
    let drug = line("L8", 10, "XA00007", "17");
    let claim = Claim { lines: claim.lines.iter().cloned().chain([drug]).collect(), ..claim };
    let packs = || n_lines(&of_city, &claim, (0, 3_250));
    assert_eq!(packs(), 1, "what was not in stock is held");
    criterion.bench_function("check one claim beside a city", |bencher| bencher.iter(packs));
    if is_bench {
        percentiles("check one claim beside a city", packs);
    }
}

/// Prints the median and the hundredth slowest of single calls.
#[expect(clippy::print_stdout, reason = "a bench says what it measured")]
fn percentiles(what: &str, call: impl Fn() -> usize) {
    let mut times: Vec<u128> = (0..10_000)
        .map(|_| {
            let begin = Instant::now();
            black_box(call());
            begin.elapsed().as_nanos()
        })
        .collect();
    times.sort_unstable();
    let of = |percent: usize| times.get(times.len() * percent / 100).copied().unwrap_or(0) / 1000;
    println!("{what}: p50 {} µs, p99 {} µs", of(50), of(99));
}

criterion_group!(benches, check);
criterion_main!(benches);
