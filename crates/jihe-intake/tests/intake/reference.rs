//! The reference folder.

use jihe_intake::{Encoding, read_reference};
use jihe_terms::Day;
use jihe_terms::schema::TableName;

use crate::month::folder;

#[test]
fn reference_rows_have_their_days_and_bad_ones_are_put_aside() {
    let limits = "hilist_code,lmtpric_hosp_lv,hilist_pric_uplmt_amt,begndate,enddate\n\
A,03,12.5,2026-01-01,2026-07-01\nA,3,13,2026-07-01,\nB,x,1,,\nC,,,,\nD,1,1,2026-02-30,\n\
E,1,1,2026-02-02,2026-02-02\nF,1\nG,1,1,\t,\nH,1,-0.01,,\n";
    let traces = "drug_trac_codg,bkkp_sn,trdn_flag\nT1,L1,1\nT2,L1,\n";
    let files =
        folder(&[("price_limits.csv", limits.as_bytes()), ("trace_codes.csv", traces.as_bytes())]);
    let reference = read_reference(files.path(), Encoding::Utf8).unwrap();
    let table = &reference.tables[&TableName::PriceLimits];
    assert_eq!(table.numbers("lmtpric_hosp_lv").unwrap(), [3, 3]);
    assert_eq!(table.numbers("hilist_pric_uplmt_amt").unwrap(), [12_500_000, 13_000_000]);
    assert_eq!(table.has, [true, false, true, true, false]);
    assert!(!table.range[0].contains(Day::parse("2026-07-01").unwrap()));
    assert!(table.range[1].contains(Day::parse("2030-07-01").unwrap()));
    assert_eq!(table.origin[1].row, 3);
    let faults: Vec<_> =
        reference.quarantine.iter().map(|fault| (fault.row, fault.column)).collect();
    let expected = [
        (4, "lmtpric_hosp_lv"),
        (5, "hilist_pric_uplmt_amt"),
        (6, "begndate"),
        (7, "enddate"),
        (8, ""),
        (9, "begndate"),
        (10, "hilist_pric_uplmt_amt"),
    ];
    assert_eq!(faults, expected);
    let traces = reference.trace_codes.unwrap();
    assert_eq!((traces.code.text(1), traces.line_key.text(1)), ("T2", "L1"));
    assert_eq!(traces.split, [true, false]);
    let counts = reference.counts[&TableName::PriceLimits];
    assert_eq!((counts.read, counts.judged, counts.quarantined), (9, 2, 7));
}

#[test]
fn a_row_of_the_reference_says_what_the_columns_of_its_own_file_say() {
    // Only rows of a file without a column of levels are of the level of their type.
    let leveled = "hilist_code,hilist_lmtpric_type,lmtpric_hosp_lv,hilist_pric_uplmt_amt\n\
                   A,2,3,1\nB,2,,1\n";
    let typed = "hilist_code,hilist_lmtpric_type,hilist_pric_uplmt_amt\nC,02,1\nD,9,1\n";
    let flagged = "drug_trac_codg,bkkp_sn,trdn_flag\nT1,L1,\n";
    let unflagged = "drug_trac_codg,bkkp_sn\nT2,L2\n";
    let files = folder(&[
        ("price_limits/a.csv", leveled.as_bytes()),
        ("price_limits/b.csv", typed.as_bytes()),
        ("trace_codes/a.csv", flagged.as_bytes()),
        ("trace_codes/b.csv", unflagged.as_bytes()),
    ]);
    let reference = read_reference(files.path(), Encoding::Utf8).unwrap();
    let table = &reference.tables[&TableName::PriceLimits];
    let none = jihe_terms::NO_NUMBER;
    assert_eq!(table.numbers("lmtpric_hosp_lv").unwrap(), [3, none, 2, none]);
    assert_eq!(reference.trace_codes.unwrap().lacks_flag, [false, true]);
}

#[test]
fn void_rows_of_the_reference_leave_and_count_as_netted() {
    let limits = "hilist_code,hilist_pric_uplmt_amt,vali_flag\nA,60,1\nA,50,0\nB,1,\nC,1,NULL\n";
    let stock = "fixmedins_code,med_list_codg,cnt,vali_flag\nH1,A,5,1\nH1,A,7,0\nH1,B,1,0\n";
    let files =
        folder(&[("price_limits.csv", limits.as_bytes()), ("inventory.csv", stock.as_bytes())]);
    let reference = read_reference(files.path(), Encoding::Utf8).unwrap();
    let table = &reference.tables[&TableName::PriceLimits];
    assert_eq!(table.numbers("hilist_pric_uplmt_amt").unwrap(), [60_000_000, 1_000_000, 1_000_000]);
    assert_eq!(table.origin.iter().map(|origin| origin.row).collect::<Vec<_>>(), [2, 4, 5]);
    let counts = |name| {
        let counts = reference.counts[&name];
        (counts.read, counts.judged, counts.netted, counts.quarantined)
    };
    assert_eq!(counts(TableName::PriceLimits), (4, 3, 1, 0));
    assert_eq!(counts(TableName::Inventory), (3, 1, 2, 0));
    let stock = reference.stock.unwrap();
    let (institution, pairs) = stock.institutions().next().unwrap();
    assert_eq!(stock.codes.text(institution), "H1");
    let item = stock.codes.get(b"A").unwrap();
    let pair = stock.pair(pairs, item).unwrap();
    assert_eq!(stock.before(pair, i32::MAX), Some(50_000));
}

#[test]
fn where_no_limit_has_a_level_it_is_the_one_that_the_type_says() {
    let limits = "hilist_code,hilist_lmtpric_type,hilist_pric_uplmt_amt\n\
A,01,50\nA,2,55\nA,03,60\nA,901,70\nA,,80\n";
    let files = folder(&[("price_limits.csv", limits.as_bytes())]);
    let reference = read_reference(files.path(), Encoding::Utf8).unwrap();
    let table = &reference.tables[&TableName::PriceLimits];
    let levels = table.numbers("lmtpric_hosp_lv").unwrap();
    assert_eq!(levels, [1, 2, 3, jihe_terms::NO_NUMBER, jihe_terms::NO_NUMBER]);
    assert!(table.has[2]);
    // A table with levels says of every row whether it is of one.
    let limits = "hilist_code,hilist_lmtpric_type,lmtpric_hosp_lv,hilist_pric_uplmt_amt\nA,1,,50\n";
    let files = folder(&[("price_limits.csv", limits.as_bytes())]);
    let reference = read_reference(files.path(), Encoding::Utf8).unwrap();
    let table = &reference.tables[&TableName::PriceLimits];
    assert_eq!(table.numbers("lmtpric_hosp_lv").unwrap(), [jihe_terms::NO_NUMBER]);
}

#[test]
fn a_reference_folder_must_be_there_but_not_its_tables() {
    assert!(
        read_reference(std::path::Path::new("/no/such"), Encoding::Utf8).unwrap_err().is_missing()
    );
    let reference = read_reference(folder(&[]).path(), Encoding::Utf8).unwrap();
    assert!(reference.tables.is_empty() && reference.trace_codes.is_none());
}
