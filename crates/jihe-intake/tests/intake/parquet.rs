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
use parquet::basic::{Compression, Encoding, GzipLevel, ZstdLevel};
use parquet::file::properties::{WriterProperties, WriterVersion};

use crate::month::{dump, folder, keys, month_with, quarantine, read};

fn texts(values: &[&str]) -> ArrayRef {
    let texts = values.iter().map(|text| (!text.is_empty()).then_some(*text));
    Arc::new(texts.collect::<StringArray>())
}

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
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

fn settlements() -> RecordBatch {
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

fn parquet(batch: &RecordBatch, rows_in_group: usize) -> Vec<u8> {
    let properties = WriterProperties::builder().set_max_row_group_row_count(Some(rows_in_group));
    parquet_with(batch, properties.build())
}

fn parquet_with(batch: &RecordBatch, properties: WriterProperties) -> Vec<u8> {
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

fn read_lines(name: &str, bytes: &[u8]) -> Result<NetMonth, IntakeError> {
    read(folder(&[(name, bytes), ("settlements.parquet", &parquet(&settlements(), 10))]).path())
}

fn read_batches(lines: Vec<RecordBatch>) -> Result<NetMonth, IntakeError> {
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

/// Lines whose keys and order numbers begin with some text.
#[expect(clippy::arithmetic_side_effects, reason = "small numbers of a test")]
fn many_lines(head: &str) -> RecordBatch {
    const N: i32 = 140_000;
    let each = |of: &dyn Fn(i32) -> String| -> ArrayRef {
        Arc::new(
            (0..N).map(|n| Some(of(n)).filter(|text| !text.is_empty())).collect::<StringArray>(),
        )
    };
    let cents = |n: i32| i128::from(n % 700) * 25;
    let decimal = Decimal128Array::from_iter_values((0..N).map(cents));
    let days = (0..N).map(|n| (n % 3 != 0).then_some(n % 30));
    let order = |n| if n % 4 == 0 { String::new() } else { format!("{head}R{}", n / 3) };
    batch(vec![
        ("bkkp_sn", each(&|n| format!("{head}L{n:06}"))),
        ("mdtrt_id", each(&|n| format!("M{}", n / 9))),
        ("psn_no", each(&|n| format!("P{}", n / 9 % 5_000))),
        ("fixmedins_code", each(&|n| format!("H{}", n / 50_000))),
        ("fee_ocur_time", each(&|n| format!("2026-10-{:02} 08:00:00", n / 5_000 % 28 + 1))),
        ("hilist_code", each(&|n| format!("{:06}", n.wrapping_mul(7919) % 40_000))),
        // Rows of both halves are put aside.
        ("cnt", each(&|n| if n % 50_000 == 49_999 { "x".to_owned() } else { "1".to_owned() })),
        ("pric", Arc::new(decimal.clone().with_precision_and_scale(30, 2).unwrap())),
        ("det_item_fee_sumamt", Arc::new(decimal.with_precision_and_scale(12, 2).unwrap())),
        ("prd_days", Arc::new(days.collect::<Int32Array>())),
        ("rx_drord_no", each(&order)),
    ])
}

/// What so many threads read of lines within so many bytes.
fn read_within(lines: &[u8], n_threads: usize, memory: Option<u64>) -> (String, Vec<String>) {
    let paid = parquet(&settlements(), 10);
    let month = folder(&[("lines.parquet", lines), ("settlements.parquet", &paid)]);
    let source = MonthSource::Folder(month.path().to_path_buf());
    let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
    let (codes, wanted) = (Arc::new(Codes::default()), Wanted::all());
    let options = IntakeOptions { memory, ..IntakeOptions::new(&codes, &wanted) };
    let month = pool.install(|| read_month(&source, &options)).unwrap();
    (dump(&month), quarantine(&month))
}

const VERSIONS: [WriterVersion; 2] = [WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0];

#[test]
fn threads_that_share_a_row_group_read_every_row_once() {
    let all = many_lines("");
    for version in VERSIONS {
        // Pages of columns end in different rows, and some dictionaries do not last.
        let properties = WriterProperties::builder()
            .set_writer_version(version)
            .set_encoding(Encoding::PLAIN)
            .set_dictionary_page_size_limit(40_000)
            .set_data_page_size_limit(9_000)
            .set_write_batch_size(500)
            .build();
        let bytes = parquet_with(&all, properties);
        let (lines, put_aside) = read_within(&bytes, 1, None);
        assert_eq!(put_aside.len(), 2);
        let three = read_within(&bytes, 3, None);
        assert!(three == (lines, put_aside), "three threads read other rows than one");
    }
}

#[test]
fn a_page_as_large_as_its_row_group_is_the_same_within_any_memory() {
    // Pages of keys and of order numbers, which some rows lack, are above 4 MiB.
    let all = many_lines(&"VERY-LONG-".repeat(8));
    let codecs = [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::GZIP(GzipLevel::try_new(1).unwrap()),
        Compression::LZ4,
        Compression::LZ4_RAW,
        Compression::ZSTD(ZstdLevel::default()),
    ];
    let mut whole = None;
    for (codec, version) in codecs.into_iter().flat_map(|codec| VERSIONS.map(|it| (codec, it))) {
        // Of columns with a dictionary that does not last the first page has places in it.
        for has_dictionary in [false, true] {
            let properties = WriterProperties::builder()
                .set_writer_version(version)
                .set_encoding(Encoding::PLAIN)
                .set_compression(codec)
                .set_dictionary_enabled(has_dictionary)
                .set_data_page_size_limit(1 << 30)
                .set_data_page_row_count_limit(usize::MAX)
                .build();
            let bytes = parquet_with(&all, properties);
            let whole = whole.get_or_insert_with(|| read_within(&bytes, 1, None));
            assert_eq!(whole.1.len(), 2);
            // Two threads share a row group, and pass over what the other reads.
            let within = read_within(&bytes, if has_dictionary { 2 } else { 1 }, Some(1));
            assert!(within == *whole, "{codec} {version:?} {has_dictionary}");
        }
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
