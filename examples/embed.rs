//! Scores Arrow batches in process: what a bureau's or hospital's service does with one claim file.
//!
//! Run: `cargo run -p jihe --example embed`
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use jihe::arrow_array::cast::AsArray;
use jihe::arrow_array::types::Decimal128Type;
use jihe::arrow_array::{ArrayRef, RecordBatch, StringArray};
use jihe::{Engine, Month, Options, Pack, Reference, TableName};

fn batch(columns: &[(&str, &[&str])]) -> Result<RecordBatch, Box<dyn Error>> {
    let arrays = columns.iter().map(|(name, values)| {
        let array: ArrayRef = Arc::new(StringArray::from(values.to_vec()));
        (*name, array)
    });
    Ok(RecordBatch::try_from_iter(arrays)?)
}

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let pack = Pack::load(root.join("rules/national"))?;
    let reference = Reference::open(root.join("fixtures/months/embed/reference"))?;
    let engine = Engine::compile(&pack, &reference)?;

    // Thirty hours of monitoring on one day, and a bed charged beside emergency monitoring.
    let lines = batch(&[
        ("bkkp_sn", &["L1", "L2", "L3"]),
        ("mdtrt_id", &["V1", "V1", "V1"]),
        ("psn_no", &["P1", "P1", "P1"]),
        ("fixmedins_code", &["H00000000001", "H00000000001", "H00000000001"]),
        ("fee_ocur_time", &["2026-10-05 08:00:00", "2026-10-06 08:00:00", "2026-10-06 08:00:00"]),
        ("hilist_code", &["003107010220000", "001103000010000", "001102000030000"]),
        ("cnt", &["30", "1", "2"]),
        ("pric", &["5", "100", "40"]),
        ("det_item_fee_sumamt", &["150.00", "100.00", "80.00"]),
        ("setl_id", &["S1", "S1", "S1"]),
    ])?;
    let settlements = batch(&[
        ("setl_id", &["S1"]),
        ("mdtrt_id", &["V1"]),
        ("psn_no", &["P1"]),
        ("fixmedins_code", &["H00000000001"]),
        ("setl_time", &["2026-10-08 10:00:00"]),
        ("medfee_sumamt", &["330.00"]),
        ("inscp_scp_amt", &["330.00"]),
        ("fund_pay_sumamt", &["231.00"]),
    ])?;
    let encounters = batch(&[
        ("mdtrt_id", &["V1"]),
        ("psn_no", &["P1"]),
        ("fixmedins_code", &["H00000000001"]),
        ("med_type", &["21"]),
        ("begntime", &["2026-10-05 07:00:00"]),
        ("endtime", &["2026-10-08 09:00:00"]),
    ])?;

    let month = Month::from_batches(vec![lines], vec![settlements])
        .with_table(TableName::Encounters, vec![encounters]);
    let result = engine.score(&month, &Options::default())?;

    for findings in result.findings() {
        let rules = findings.column_by_name("rule_id").ok_or("no rule_id")?;
        let sentences = findings.column_by_name("vola_cont").ok_or("no vola_cont")?;
        let losses = findings.column_by_name("loss_amt").ok_or("no loss_amt")?;
        let losses = losses.as_primitive::<Decimal128Type>();
        for row in 0..findings.num_rows() {
            println!(
                "{}: {} loss {} fen",
                rules.as_string::<i32>().value(row),
                sentences.as_string::<i32>().value(row),
                losses.value(row)
            );
        }
    }
    let totals = result.ledger().totals;
    println!("refused {} fen, of it the fund's {} fen", totals.refused, totals.refused_fund);
    Ok(())
}
