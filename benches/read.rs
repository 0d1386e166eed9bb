//! Reading: a generated month from Parquet, and from CSV, to net lines; the same lines both ways.
//!
//! Run: `cargo bench -p jihe-testkit --bench read`. In normal tests it runs once, small.

#![expect(clippy::indexing_slicing, reason = "rows are below the length of their part")]

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use jihe_frame::{Codes, Entities, NetMonth};
use jihe_intake::{IntakeOptions, MonthSource, Wanted, read_month};
use jihe_terms::schema::TableName;
use jihe_terms::{Moment, NO_CODE, decimal_text};
use jihe_testkit::synth::{CityOptions, write_city};

fn read_dir(dir: &Path) -> NetMonth {
    let (codes, wanted) = (Arc::new(Codes::default()), Wanted::default());
    let options = IntakeOptions::new(&codes, &wanted);
    read_month(&MonthSource::Folder(dir.to_owned()), &options).expect("the month is sound")
}

/// Writes the net lines of a month as CSV beside its other tables.
fn as_csv(month: &NetMonth, from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder can be made");
    for entry in std::fs::read_dir(from).expect("the month is there") {
        let path = entry.expect("the month is there").path();
        let name = path.file_name().expect("tables have names");
        if path.file_stem().is_some_and(|stem| stem != "lines") {
            std::fs::copy(&path, to.join(name)).expect("it can be written");
        }
    }
    let mut text = "bkkp_sn,mdtrt_id,psn_no,fixmedins_code,fee_ocur_time,hilist_code,cnt,pric,\
                    det_item_fee_sumamt,setl_id,inscp_scp_amt\n"
        .to_owned();
    for part in month.lines.all().expect("the lines are in memory") {
        for row in 0..part.len() {
            let id = |ids: &Entities, place: u32| match place {
                NO_CODE => String::new(),
                place => ids.ids.text(usize::try_from(place).unwrap_or(usize::MAX)).to_owned(),
            };
            let number = |value: i64, scale| decimal_text(value.into(), scale);
            writeln!(
                text,
                "{},{},{},{},{},{},{},{},{},{},{}",
                part.key.text(row),
                id(&month.encounters, part.encounter[row]),
                id(&month.persons, part.person[row]),
                month.codes.text(part.institution[row]),
                Moment::from_seconds(part.time[row]),
                month.codes.text(part.item[row]),
                number(part.cnt[row], 4),
                number(part.pric[row], 6),
                number(part.amount[row], 2),
                id(&month.settlements, part.settlement[row]),
                number(part.scp[row], 2),
            )
            .expect("a text can grow");
        }
    }
    std::fs::write(to.join("lines.csv"), text).expect("it can be written");
}

fn lines(month: &NetMonth) -> Vec<(String, i64)> {
    let parts = month.lines.all().expect("the lines are in memory");
    let of_part = |part: &Arc<jihe_frame::LinePart>| {
        let amounts = part.amount.clone();
        part.key.iter().zip(amounts).collect::<Vec<_>>()
    };
    parts.iter().flat_map(of_part).collect()
}

fn read(criterion: &mut Criterion) {
    let n_lines =
        if std::env::args().any(|argument| argument == "--bench") { 500_000 } else { 5_000 };
    let city = tempfile::tempdir().expect("a temporary folder can be made");
    write_city(city.path(), &CityOptions::new(n_lines, 11), &mut |_| ())
        .expect("a city can be made");
    let parquet = city.path().join("months/2026-10");
    let csv = city.path().join("csv");
    let a = read_dir(&parquet);
    as_csv(&a, &parquet, &csv);
    let b = read_dir(&csv);
    assert_eq!(a.counts[&TableName::Lines].judged, b.counts[&TableName::Lines].judged);
    assert_eq!(lines(&a), lines(&b), "Parquet and CSV give different lines");

    let mut group = criterion.benchmark_group("read");
    group.throughput(Throughput::Elements(n_lines)).sample_size(10);
    group.bench_function("parquet", |bencher| bencher.iter(|| read_dir(&parquet)));
    group.bench_function("csv", |bencher| bencher.iter(|| read_dir(&csv)));
    group.finish();
}

criterion_group!(benches, read);
criterion_main!(benches);
