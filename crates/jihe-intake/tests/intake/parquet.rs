//! Parquet, Arrow files and batches from memory.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, BinaryArray, Date32Array, Date64Array, Decimal128Array, DictionaryArray,
    Float64Array, Int32Array, Int64Array, LargeStringArray, RecordBatch, StringArray,
    StringViewArray, TimestampMicrosecondArray,
};
use arrow_schema::SchemaRef;
use jihe_frame::{Codes, NetMonth};
use jihe_intake::{IntakeError, IntakeOptions, MonthSource, Wanted, read_month};
use jihe_terms::schema::TableName;
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;

use crate::month::{dump, folder, keys, month_with, quarantine, read};

fn texts(values: &[&str]) -> ArrayRef {
    let texts = values.iter().map(|text| (!text.is_empty()).then_some(*text));
    Arc::new(texts.collect::<StringArray>())
}

pub(crate) fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(
        columns.into_iter().map(|(name, array)| (name, array, true)),
    )
    .unwrap()
}

/// Lines L1 to L3 with every column as text.
fn lines() -> Vec<(&'static str, ArrayRef)> {
    vec![
        ("bkkp_sn", texts(&["L3", "L1", "L2"])),
        ("mdtrt_id", texts(&["M2", "M1", "M1"])),
        ("psn_no", texts(&["P2", "P1", "P1"])),
        ("fixmedins_code", texts(&["H1", "H1", "H2"])),
        (
            "fee_ocur_time",
            texts(&["2026-10-02 08:00:00", "2026-10-01 08:00:00", "2026-10-01 09:00:00"]),
        ),
        ("hilist_code", texts(&["001", "002", "001"])),
        ("cnt", texts(&["1", "2.5", "3"])),
        ("pric", texts(&["10", "4", "0.333333"])),
        ("det_item_fee_sumamt", texts(&["10", "10", "1"])),
        ("setl_id", texts(&["", "S1", "S1"])),
        ("inscp_scp_amt", texts(&["", "5.5", ""])),
    ]
}

pub(crate) fn settlements() -> RecordBatch {
    batch(vec![
        ("setl_id", texts(&["S1"])),
        ("mdtrt_id", texts(&["M1"])),
        ("psn_no", texts(&["P1"])),
        ("fixmedins_code", texts(&["H1"])),
        ("setl_time", texts(&["2026-10-05 10:00:00"])),
        ("medfee_sumamt", Arc::new(Int64Array::from(vec![100]))),
        ("inscp_scp_amt", Arc::new(Int32Array::from(vec![90]))),
        ("fund_pay_sumamt", texts(&["80"])),
    ])
}

pub(crate) fn parquet(batch: &RecordBatch, rows_in_group: usize) -> Vec<u8> {
    let properties = WriterProperties::builder().set_max_row_group_row_count(Some(rows_in_group));
    parquet_with(batch, properties.build())
}

pub(crate) fn parquet_with(batch: &RecordBatch, properties: WriterProperties) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
    bytes
}

fn ipc(schema: &SchemaRef, batches: &[RecordBatch]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = arrow_ipc::writer::FileWriter::try_new(&mut bytes, schema).unwrap();
    for batch in batches {
        writer.write(batch).unwrap();
    }
    writer.finish().unwrap();
    drop(writer);
    bytes
}

pub(crate) fn read_lines(name: &str, bytes: &[u8]) -> Result<NetMonth, IntakeError> {
    read(folder(&[(name, bytes), ("settlements.parquet", &parquet(&settlements(), 10))]).path())
}

pub(crate) fn read_batches(lines: Vec<RecordBatch>) -> Result<NetMonth, IntakeError> {
    let (codes, wanted) = (std::sync::Arc::new(Codes::default()), Wanted::all());
    let source = MonthSource::Batches(BTreeMap::from([
        (TableName::Lines, lines),
        (TableName::Settlements, vec![settlements()]),
    ]));
    read_month(&source, &IntakeOptions::new(&codes, &wanted))
}

/// The lines with one column replaced.
fn with(name: &'static str, array: ArrayRef) -> RecordBatch {
    let mut columns = lines();
    match columns.iter_mut().find(|(other, _)| *other == name) {
        Some(column) => column.1 = array,
        None => columns.push((name, array)),
    }
    batch(columns)
}

#[test]
fn every_way_of_delivery_is_the_same_month() {
    let all = batch(lines());
    let csv = month_with(
        "L3,M2,P2,H1,2026-10-02 08:00:00,001,1,10,10,,\nL1,M1,P1,H1,2026-10-01 08:00:00,002,2.5,4,10,S1,5.5\n\
L2,M1,P1,H2,2026-10-01 09:00:00,001,3,0.333333,1,S1,\n",
        "S1,M1,P1,H1,2026-10-05 10:00:00,100,90,80,,\n",
        &[],
    );
    let expected = dump(&read(csv.path()).unwrap());
    let same = |month: NetMonth| assert_eq!(dump(&month), expected);
    same(read_lines("lines.parquet", &parquet(&all, 10)).unwrap());
    same(read_lines("lines.parquet", &parquet(&all, 1)).unwrap());
    same(
        read_lines("lines.arrow", &ipc(&all.schema(), &[all.slice(0, 1), all.slice(1, 2)]))
            .unwrap(),
    );
    same(read_batches(vec![all.slice(1, 2), all.slice(0, 1)]).unwrap());
    let (one, two) = (parquet(&all.slice(0, 2), 10), ipc(&all.schema(), &[all.slice(2, 1)]));
    let shards = folder(&[
        ("lines/a.parquet", &one),
        ("lines/b.arrow", &two),
        ("settlements.parquet", &parquet(&settlements(), 10)),
    ]);
    same(read(shards.path()).unwrap());
}

#[test]
fn what_a_description_may_hold_is_no_code_wherever_it_was_met() {
    const DOSE: &str = "1\nat night";
    let fate = |month: NetMonth| {
        assert_eq!(keys(&month), "L1 L3");
        assert_eq!(quarantine(&month).len(), 1);
        let defect = month.quarantine.get(0).unwrap();
        assert_eq!((defect.column, defect.reason), ("vali_flag", "control character"));
    };
    let doses = [texts(&[DOSE, "", DOSE]), texts(&[DOSE, "1", ""])];
    let flags = texts(&["1", "1", DOSE]);
    for doses in doses {
        let mut columns = lines();
        columns.extend([("sin_dos_dscr", doses), ("vali_flag", Arc::clone(&flags))]);
        let all = batch(columns);
        for rows_in_group in [1, 2, 3] {
            fate(read_lines("lines.parquet", &parquet(&all, rows_in_group)).unwrap());
        }
        let plain = WriterProperties::builder().set_dictionary_enabled(false).build();
        fate(read_lines("lines.parquet", &parquet_with(&all, plain)).unwrap());
        fate(read_lines("lines.arrow", &ipc(&all.schema(), &[all.slice(0, 3)])).unwrap());
        fate(read_batches(vec![all.slice(0, 1), all.slice(1, 2)]).unwrap());
    }
}

#[test]
fn every_exact_type_reads_the_same() {
    let expected = dump(&read_batches(vec![batch(lines())]).unwrap());
    let decimal = |values: Vec<i128>, precision, scale| -> ArrayRef {
        Arc::new(Decimal128Array::from(values).with_precision_and_scale(precision, scale).unwrap())
    };
    let times = vec![1_790_928_000_000_000, 1_790_841_600_000_000, 1_790_845_200_000_000];
    let items: DictionaryArray<Int32Type> = ["001", "002", "001"].into_iter().collect();
    for (name, array) in [
        ("cnt", decimal(vec![10_000, 25_000, 30_000], 16, 4)),
        ("cnt", decimal(vec![10, 25, 30], 5, 1)),
        ("cnt", decimal(vec![10_000_000_000, 25_000_000_000, 30_000_000_000], 38, 10)),
        ("det_item_fee_sumamt", Arc::new(Int64Array::from(vec![10, 10, 1]))),
        ("fee_ocur_time", Arc::new(TimestampMicrosecondArray::from(times))),
        ("hilist_code", Arc::new(items)),
        ("hilist_code", Arc::new(LargeStringArray::from(vec!["001", "002", "001"]))),
        ("bkkp_sn", Arc::new(StringViewArray::from(vec!["L3", "L1", "L2"]))),
    ] {
        let columns = with(name, array);
        assert_eq!(dump(&read_batches(vec![columns.clone()]).unwrap()), expected, "{name}");
        let month = read_lines("lines.parquet", &parquet(&columns, 2)).unwrap();
        assert_eq!(dump(&month), expected, "{name}");
    }
}

#[test]
fn days_are_the_same_however_the_file_holds_them() {
    const DAYS: [i32; 3] = [20_000, 20_001, 20_000];
    let short: ArrayRef = Arc::new(Date32Array::from(DAYS.to_vec()));
    let expected = dump(&read_batches(vec![with("fee_ocur_time", Arc::clone(&short))]).unwrap());
    let moments = DAYS.map(|day| i64::from(day) * 86_400_000);
    let long: ArrayRef = Arc::new(Date64Array::from(moments.to_vec()));
    for days in [short, long] {
        let columns = with("fee_ocur_time", days);
        // A long day may be held as a short one.
        for as_days in [false, true] {
            let properties = WriterProperties::builder().set_coerce_types(as_days).build();
            let bytes = parquet_with(&columns, properties);
            assert_eq!(dump(&read_lines("lines.parquet", &bytes).unwrap()), expected, "{as_days}");
        }
    }
}

#[test]
fn a_value_that_does_not_fit_puts_its_row_aside() {
    let cnt = Decimal128Array::from(vec![100_001, 100_000, 100_000]);
    let cnt = Arc::new(cnt.with_precision_and_scale(10, 5).unwrap());
    let month = read_batches(vec![with("cnt", cnt)]).unwrap();
    assert_eq!(
        quarantine(&month),
        ["lines batch 0:1 cnt | more decimals than the column holds | 1.00001"]
    );
    let days: ArrayRef = Arc::new(Date32Array::from(vec![i32::MAX, 20_000, 20_000]));
    let month = read_batches(vec![with("fee_ocur_time", days)]).unwrap();
    assert_eq!(month.quarantine.get(0).unwrap().reason, "no such day or time");
    let month = read_batches(vec![with("hilist_code", texts(&["", "a\0b", "c"]))]).unwrap();
    assert_eq!(keys(&month), "L2");
}

#[test]
fn bytes_that_are_no_text_put_their_row_aside() {
    let broken: [&[u8]; 3] = [b"001", b"00\xd2", b"003"];
    for name in ["hilist_code", "bkkp_sn", "sin_dos_dscr"] {
        let array: ArrayRef = Arc::new(BinaryArray::from_iter_values(broken));
        let columns = with(name, array);
        let fate = |month: NetMonth| {
            assert_eq!(month.quarantine.len(), 1, "{name}");
            let defect = month.quarantine.get(0).unwrap();
            let said = (defect.column, defect.row, defect.reason);
            assert_eq!(said, (name, 2, "bytes that are no UTF-8"));
        };
        fate(read_batches(vec![columns.clone()]).unwrap());
        fate(read_lines("lines.parquet", &parquet(&columns, 2)).unwrap());
    }
}

#[test]
fn a_type_that_lost_something_stops_the_run() {
    let zoned = TimestampMicrosecondArray::from(vec![0; 3]).with_timezone("UTC");
    let arrays: Vec<(&'static str, ArrayRef)> = vec![
        ("pric", Arc::new(Float64Array::from(vec![1.0; 3]))),
        ("hilist_code", Arc::new(Int64Array::from(vec![1; 3]))),
        ("psn_no", Arc::new(Int64Array::from(vec![1; 3]))),
        ("fee_ocur_time", Arc::new(zoned)),
        ("fee_ocur_time", Arc::new(Int64Array::from(vec![1; 3]))),
        ("dscg_tkdrug_flag", Arc::new(arrow_array::BooleanArray::from(vec![true; 3]))),
    ];
    for (name, array) in arrays {
        let columns = with(name, array);
        let error = read_batches(vec![columns.clone()]).unwrap_err();
        assert!(error.is_unreadable() && error.to_string().contains(name), "{error}");
        let error = read_lines("lines.parquet", &parquet(&columns, 2)).unwrap_err();
        assert!(error.to_string().contains("lines.parquet"), "{error}");
    }
    let flags = with("dscg_tkdrug_flag", Arc::new(Int32Array::from(vec![Some(1), Some(0), None])));
    let month = read_batches(vec![flags]).unwrap();
    assert!(dump(&month).contains("dscg_tkdrug_flag 1"));
}

#[test]
fn a_cut_file_is_never_read() {
    let whole = parquet(&batch(lines()), 2);
    for length in (1..whole.len()).step_by(41) {
        let error = read_lines("lines.parquet", &whole[..length]).unwrap_err();
        assert!(error.is_unreadable(), "{length}");
    }
    let whole = ipc(&batch(lines()).schema(), &[batch(lines())]);
    for length in (1..whole.len() - 8).step_by(41) {
        let error = read_lines("lines.arrow", &whole[..length]).unwrap_err();
        assert!(error.is_unreadable(), "{length}");
    }
}

#[test]
fn a_flipped_bit_is_an_error_or_other_rows_and_never_a_panic() {
    let silent = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let columns = batch(lines());
    let files = [
        ("lines.parquet", parquet(&columns, 2)),
        ("lines.arrow", ipc(&columns.schema(), std::slice::from_ref(&columns))),
    ];
    let mut n_errors = 0;
    let mut seed = 7_u64;
    for (name, whole) in &files {
        for _ in 0..400 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let bit = usize::try_from(seed >> 33).unwrap() % (whole.len() * 8);
            let mut mutant = whole.clone();
            mutant[bit / 8] ^= 1 << (bit % 8);
            match read_lines(name, &mutant) {
                Ok(month) => {
                    let counts = month.counts[&TableName::Lines];
                    assert_eq!(counts.read, counts.judged + counts.netted + counts.quarantined);
                }
                Err(error) => {
                    assert!(!error.to_string().contains("P1"));
                    n_errors += 1;
                }
            }
        }
    }
    std::panic::set_hook(silent);
    assert!(0 < n_errors);
}

#[test]
fn no_error_shows_a_person() {
    let zoned = TimestampMicrosecondArray::from(vec![0; 3]).with_timezone("UTC");
    let error = read_batches(vec![with("fee_ocur_time", Arc::new(zoned))]).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("P1"));
}
