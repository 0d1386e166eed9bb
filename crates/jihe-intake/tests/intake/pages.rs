//! Columns of a Parquet file page by page: plain, of every codec, and shared by threads.

use std::sync::Arc;

use arrow_array::{ArrayRef, Decimal128Array, Int32Array, Int64Array, RecordBatch, StringArray};
use jihe_frame::{Codes, NetMonth};
use jihe_intake::{IntakeOptions, MonthSource, Wanted, read_month};
use parquet::basic::{Compression, Encoding, GzipLevel, ZstdLevel};
use parquet::file::properties::{WriterProperties, WriterVersion};

use crate::month::{dump, folder, quarantine};
use crate::parquet::{batch, parquet, parquet_with, read_batches, read_lines, settlements};

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

/// Reads lines from plain pages and from batches, which must come to the same; tells how many rows are put
/// aside.
fn same_in_plain_pages(all: &RecordBatch) -> usize {
    let told = |month: &NetMonth| {
        let rows = month
            .quarantine
            .iter()
            .map(|one| (one.row, one.column.to_owned(), one.reason.to_owned()));
        (dump(month), rows.collect::<Vec<_>>())
    };
    let batches = told(&read_batches(vec![all.clone()]).unwrap());
    for page_bytes in [9_000, 1 << 20] {
        let plain = WriterProperties::builder()
            .set_dictionary_enabled(false)
            .set_encoding(Encoding::PLAIN)
            .set_data_page_size_limit(page_bytes)
            .set_write_batch_size(500);
        let pages = read_lines("lines.parquet", &parquet_with(all, plain.build())).unwrap();
        assert!(told(&pages) == batches, "pages of {page_bytes} bytes");
    }
    batches.1.len()
}

/// The same lines with another column.
fn with_column(all: &RecordBatch, name: &str, array: &ArrayRef) -> RecordBatch {
    let schema = all.schema();
    let all = all.columns().iter().zip(schema.fields()).map(|(column, field)| {
        let column = if field.name() == name { array } else { column };
        (field.name().clone(), Arc::clone(column), true)
    });
    RecordBatch::try_from_iter_with_nullable(all).unwrap()
}

#[test]
fn numbers_with_gaps_and_faults_are_the_same_in_pages_and_in_batches() {
    let all = many_lines("");
    let n_rows = i64::try_from(all.num_rows()).unwrap();
    // Every third has none, some are too large.
    let days = |n: i64| (n % 3 != 0).then_some(if n % 5_000 == 1 { i64::MAX / 7 } else { n % 30 });
    let long: Int64Array = (0..n_rows).map(days).collect();
    let short = |n: i64| days(n).map(|n| i32::try_from(n).unwrap_or(i32::MAX));
    let short: Int32Array = (0..n_rows).map(short).collect();
    let fixed = |n: i64| days(n).map(i128::from);
    let fixed: Decimal128Array = (0..n_rows).map(fixed).collect();
    let fixed = fixed.with_precision_and_scale(30, 2).unwrap();
    let columns: [ArrayRef; 3] = [Arc::new(long), Arc::new(short), Arc::new(fixed)];
    for days in columns {
        assert!(20 < same_in_plain_pages(&with_column(&all, "prd_days", &days)));
    }
}

#[test]
fn keys_of_every_kind_are_the_same_in_pages_and_in_batches() {
    let all = many_lines("");
    let key = |n: usize| match (n % 97, n % 101) {
        (13, _) => String::new(),
        (29, _) => format!("bell\u{7}{n:06}"),
        (41, _) => format!("OTHER-{n:018}"),
        (59, _) => format!("{n}-{}", "9".repeat(30)),
        // As long as its neighbours, but no number.
        (73, _) => format!("HEAD-00000000000{n:05}X"),
        // A number of both halves.
        (83, _) => format!("{n:08x}abcdef0123456789abcdef01"),
        // The same as its neighbour.
        (_, 50) => format!("HEAD-000000000{:08}", n.saturating_sub(1)),
        _ => format!("HEAD-000000000{n:08}"),
    };
    // What is missing is an empty text, or none.
    for has_gaps in [false, true] {
        let text = |n| Some(key(n)).filter(|text| !(has_gaps && text.is_empty()));
        let keys: ArrayRef = Arc::new((0..all.num_rows()).map(text).collect::<StringArray>());
        let all = with_column(&all, "bkkp_sn", &keys);
        assert!(2_500 < same_in_plain_pages(&all), "{has_gaps}");
    }
}
