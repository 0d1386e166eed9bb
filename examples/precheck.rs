//! Checks one prescription before it is billed, beside what the person had before.
//!
//! Run: `cargo run --release -p jihe --example precheck`
#![expect(clippy::print_stdout, reason = "an example shows what it does")]
#![expect(clippy::panic_in_result_fn, reason = "an example checks what it shows")]
#![expect(clippy::arithmetic_side_effects, reason = "a place among two thousand")]

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use jihe::arrow_array::cast::AsArray;
use jihe::{Claim, Engine, Pack, Reference, Row};

fn row(values: &[(&str, &str)]) -> Row {
    values.iter().map(|&(name, text)| (name.to_owned(), text.to_owned())).collect()
}

fn line(key: &str, time: &str, item: &str, cnt: &str, amount: &str) -> Row {
    row(&[
        ("bkkp_sn", key),
        ("mdtrt_id", "V1"),
        ("psn_no", "P1"),
        ("fixmedins_code", "H00000000001"),
        ("fee_ocur_time", time),
        ("hilist_code", item),
        ("cnt", cnt),
        ("pric", "5"),
        ("det_item_fee_sumamt", amount),
    ])
}

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let pack = Pack::load(root.join("rules/national"))?;
    let reference = Reference::open(root.join("fixtures/months/embed/reference"))?;
    let engine = Engine::compile(&pack, &reference)?;

    // Twenty hours of monitoring were billed in the morning; ten more would be thirty in a day.
    let encounter = row(&[
        ("mdtrt_id", "V1"),
        ("psn_no", "P1"),
        ("fixmedins_code", "H00000000001"),
        ("med_type", "21"),
        ("begntime", "2026-10-05 07:00:00"),
    ]);
    let history = Claim {
        encounters: vec![encounter.clone()],
        lines: vec![line("L1", "2026-10-05 08:00:00", "003107010220000", "20", "100.00")],
        ..Claim::default()
    };
    let claim = Claim {
        persons: vec![row(&[("psn_no", "P1"), ("gend", "2"), ("brdy", "1960-02-29")])],
        encounters: vec![encounter],
        lines: vec![line("L2", "2026-10-05 20:00:00", "003107010220000", "10", "50.00")],
        ..Claim::default()
    };
    let checked = engine.check(&claim, &history)?;
    for findings in checked.findings() {
        let texts = |name: &str| findings.column_by_name(name).map(AsArray::as_string::<i32>);
        if let (Some(rules), Some(sentences)) = (texts("rule_id"), texts("vola_cont_en")) {
            for (rule, sentence) in rules.iter().zip(sentences) {
                println!("{}: {}", rule.unwrap_or(""), sentence.unwrap_or(""));
            }
        }
    }
    assert_eq!(
        checked.ledger().totals.refused,
        3_000,
        "six of the ten hours are one day's too many"
    );

    let mut nanoseconds: Vec<u128> = Vec::new();
    for _ in 0..2_000 {
        let begin = Instant::now();
        let checked = engine.check(&claim, &history)?;
        nanoseconds.push(begin.elapsed().as_nanos());
        assert_eq!(checked.ledger().totals.refused, 3_000, "the answer is always the same");
    }
    nanoseconds.sort_unstable();
    let of =
        |percent: usize| nanoseconds.get(nanoseconds.len() * percent / 100).unwrap_or(&0) / 1_000;
    println!("one check takes {} µs, 99 of 100 take at most {} µs", of(50), of(99));
    Ok(())
}
