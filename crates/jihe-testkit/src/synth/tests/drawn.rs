//! Cities whose items and prices are drawn from a reference.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;

use super::super::CityOptions;
use super::{check_truth, city, options, rows};

#[test]
fn a_city_drawn_from_another_one_is_found_as_labelled() {
    let (first, _) = city(&options(3_000, 7));
    let reference = Some(first.path().join("reference"));
    let (second, _) = city(&CityOptions { reference: reference.clone(), ..options(900, 3) });
    let of_second = Some(second.path().join("reference"));
    for reference in [reference, of_second] {
        check_truth(&CityOptions { reference, ..options(3_000, 5) });
    }
}

#[test]
fn no_made_item_has_the_code_or_generic_of_one_that_is_drawn() {
    let (first, _) = city(&options(3_000, 7));
    let reference = Some(first.path().join("reference"));
    let (second, _) = city(&CityOptions { reference, ..options(3_000, 8) });
    let catalogue = |dir: &tempfile::TempDir| rows(&dir.path().join("reference/catalogue.csv"));
    let drawn = catalogue(&first);
    let all = catalogue(&second);
    let made = &all[drawn.len()..];
    for column in ["hilist_code", "genname_codg"] {
        let drawn: BTreeSet<&str> = drawn.iter().map(|row| row[column].as_str()).collect();
        let mut made = made.iter().map(|row| row[column].as_str());
        assert!(made.all(|code| code.is_empty() || !drawn.contains(code)), "{column}");
    }
    assert!(60 < made.len());
}

/// A reference that lists each item as another kind of charge or list than its code suggests, all at
/// one price.
fn oddly_listed() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut catalogue = "hilist_code,list_type,med_chrgitm_type,chrgitm_lv,enddate\n".to_owned();
    let mut limits = "hilist_code,lmtpric_hosp_lv,hilist_pric_uplmt_amt\n".to_owned();
    for nth in 0..40 {
        let charge = ["06", "03", "08", "01", "13", ""][nth % 6];
        let list = ["103", "104", "101", "201"][nth % 4];
        writeln!(catalogue, "0027{nth:04},201,{charge},,").unwrap();
        writeln!(catalogue, "XA{nth:03}X,{list},{charge},02,").unwrap();
        writeln!(limits, "0027{nth:04},,12.5\nXA{nth:03}X,,20").unwrap();
    }
    let table = |name: &str| rows(&super::national().join(format!("tables/{name}.csv")));
    for row in table("herb_alone") {
        writeln!(catalogue, "{},106,,01,", row["hilist_code"]).unwrap();
    }
    for row in table("item_minutes") {
        writeln!(catalogue, "{},106,,01,", row["hilist_code"]).unwrap();
    }
    for row in table("split_set") {
        writeln!(catalogue, "{},201,,01,2026-10-12", row["part"]).unwrap();
        writeln!(limits, "{},,2.5", row["whole"]).unwrap();
    }
    writeln!(catalogue, "001102000050000,201,05,01,").unwrap();
    fs::write(folder.path().join("catalogue.csv"), catalogue).unwrap();
    fs::write(folder.path().join("price_limits.csv"), limits).unwrap();
    folder
}

#[test]
fn items_go_by_what_the_reference_lists_them_as() {
    let folder = oddly_listed();
    for seed in 1..9 {
        let reference = Some(folder.path().to_owned());
        check_truth(&CityOptions { reference, ..options(4_000, seed) });
    }
}
