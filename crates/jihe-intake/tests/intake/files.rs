//! Which files make a month.

use jihe_frame::Codes;
use jihe_intake::{IntakeOptions, MonthSource, Wanted, read_month};

use crate::month::{LINES, ONE_SETTLEMENT, SETTLEMENTS, dump, folder, keys, month_of, read};

const A: &str = "L1,M1,P1,H1,2026-10-01 08:00:00,A,1,10.00,10.00,S1,8.00\n";
const B: &str = "L2,M1,P1,H1,2026-10-01 08:00:00,B,1,10.00,10.00,S1,8.00\n";
const C: &str = "L3,M2,P0,H2,2026-10-02 08:00:00,A,2,10.00,20.00,,\n";

fn with_lines(files: &[(&str, String)]) -> Result<jihe_frame::NetMonth, jihe_intake::IntakeError> {
    let settlements = format!("{SETTLEMENTS}\n{ONE_SETTLEMENT}");
    let mut all: Vec<(&str, &[u8])> = vec![("settlements.csv", settlements.as_bytes())];
    all.extend(files.iter().map(|(name, text)| (*name, text.as_bytes())));
    read(folder(&all).path())
}

#[test]
fn shards_and_the_order_of_rows_do_not_matter() {
    let one = with_lines(&[("lines.csv", format!("{LINES}\n{A}{B}{C}"))]).unwrap();
    let turned = with_lines(&[("lines.csv", format!("{LINES}\n{C}{B}{A}"))]).unwrap();
    let shards = with_lines(&[
        ("lines/part-1.csv", format!("{LINES}\n{B}")),
        ("lines/part-0.csv", format!("{LINES}\n{C}")),
        ("lines/part-2.csv", format!("{LINES}\n{A}")),
        ("lines/_SUCCESS", String::new()),
    ])
    .unwrap();
    assert_eq!(keys(&one), "L3 L1 L2");
    assert_eq!(dump(&turned), dump(&one));
    assert_eq!(dump(&shards), dump(&one));
    let names: Vec<_> = shards.inputs.iter().map(|input| input.file.as_str()).collect();
    let expected = ["lines/part-0.csv", "lines/part-1.csv", "lines/part-2.csv", "settlements.csv"];
    assert_eq!(names, expected);
    assert!(shards.inputs.iter().all(|input| input.digest.len() == 64));
}

#[test]
fn columns_in_another_order_and_unknown_ones_do_not_matter() {
    let turn = |text: &str| -> String {
        let turned = text.lines().map(|line| {
            let cells: Vec<&str> = line.split(',').rev().collect();
            format!("x,{}\n", cells.join(","))
        });
        turned.collect()
    };
    let one = with_lines(&[("lines.csv", format!("{LINES}\n{A}{B}{C}"))]).unwrap();
    let turned = with_lines(&[("lines.csv", turn(&format!("{LINES}\n{A}{B}{C}")))]).unwrap();
    assert_eq!(dump(&turned), dump(&one));
}

#[test]
fn a_month_that_cannot_be_read_says_what_and_where() {
    let all = format!("{LINES}\n{A}");
    for (name, text, part) in [
        ("other.csv", all.clone(), "table is missing: lines"),
        ("lines.csv", String::new(), "file is empty: lines.csv"),
        ("lines.csv", "\n\n".to_owned(), "file has no header: lines.csv"),
        ("lines.csv", all.replace("pric,", "prix,"), "column is missing: pric: lines.csv"),
        ("lines.csv", all.replace("setl_id,", "pric,"), "column is there twice: pric: lines.csv"),
        (
            "lines.csv",
            all.replace("setl_id,inscp_scp_amt", "feedetl_sn,feedetl_sn"),
            "column is there twice: feedetl_sn: lines.csv",
        ),
        (
            "lines.csv",
            all.replace("setl_id,", "inscp_amt,"),
            "column is there twice: inscp_scp_amt: lines.csv",
        ),
        ("lines/_a.csv", all.clone(), "may be no shard: lines/_a.csv"),
        ("lines/.a.parquet", all.clone(), "may be no shard: lines/.a.parquet"),
        (
            "lines.parquet",
            all.clone(),
            "file is damaged, cut or of a form that is not read: lines.parquet",
        ),
        (
            "lines.arrow",
            all.clone(),
            "file is damaged, cut or of a form that is not read: lines.arrow",
        ),
        ("lines.CSV", all.clone(), "not read under this name: lines.CSV"),
        ("lines.csv.gz", all.clone(), "not read under this name: lines.csv.gz"),
        ("lines/part.txt", all.clone(), "not a table file: lines/part.txt"),
        ("lines.csv/x.csv", all.clone(), "not a regular file: lines.csv"),
        ("lines.csv", format!("a\0b\n{all}"), "file is no text: lines.csv"),
    ] {
        let error = with_lines(&[(name, text)]).unwrap_err();
        assert!(error.to_string().contains(part), "{error}");
        assert!(error.is_missing() != error.is_unreadable());
    }
    let error = with_lines(&[("lines.csv", all.clone()), ("lines.parquet", all)]).unwrap_err();
    assert!(error.to_string().contains("more than once"), "{error}");
    assert!(read(std::path::Path::new("/no/such/folder")).unwrap_err().is_missing());
}

#[test]
fn a_header_without_rows_is_an_empty_table() {
    let month = read(month_of("").path()).unwrap();
    assert!(month.lines.is_empty());
    assert_eq!(month.settlements.len(), 1);
}

#[test]
fn columns_that_nobody_wants_are_checked_and_not_kept() {
    let lines = format!("{LINES},prd_days,list_type\n{},3,101\n{},abc,101\n", A.trim(), B.trim());
    let settlements = format!("{SETTLEMENTS}\n{ONE_SETTLEMENT}");
    let files =
        folder(&[("lines.csv", lines.as_bytes()), ("settlements.csv", settlements.as_bytes())]);
    let (codes, mut wanted) = (std::sync::Arc::new(Codes::default()), Wanted::default());
    wanted.columns.insert((jihe_terms::schema::TableName::Lines, "list_type".to_owned()));
    let source = MonthSource::Folder(files.path().to_owned());
    let month = read_month(&source, &IntakeOptions::new(&codes, &wanted)).unwrap();
    assert_eq!(month.quarantine.get(0).unwrap().column, "prd_days");
    let parts = month.lines.all().unwrap();
    let part = &parts[0];
    assert!(matches!(part.column("prd_days"), jihe_frame::Column::Absent));
    assert!(matches!(part.column("list_type"), jihe_frame::Column::Code(_)));
    assert_eq!(part.scp, [800]);
}

/// Persons of whom there is one, P1, as a writer leaves them that gives each page a checksum.
const CHECKED: &[u8] = include_bytes!("checked.parquet");

#[test]
fn a_page_that_is_not_what_its_checksum_says_is_refused() {
    let settlements = format!("{SETTLEMENTS}\n{ONE_SETTLEMENT}");
    let lines = format!("{LINES}\n{A}");
    let read_with = |persons: &[u8]| {
        let files = folder(&[
            ("lines.csv", lines.as_bytes()),
            ("settlements.csv", settlements.as_bytes()),
            ("persons.parquet", persons),
        ]);
        read(files.path())
    };
    let month = read_with(CHECKED).unwrap();
    assert_eq!(month.persons.listed, [true]);
    // Another person who is as good as the first.
    let place = CHECKED.windows(2).position(|two| two == b"P1").unwrap();
    let mut other = CHECKED.to_vec();
    other[place + 1] = b'2';
    let error = read_with(&other).unwrap_err();
    assert!(error.is_unreadable() && error.to_string().contains("persons.parquet"), "{error}");
}
