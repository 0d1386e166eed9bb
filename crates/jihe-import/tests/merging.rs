//! Imports into folders that have tables already, and files that are no sheets.

#![expect(clippy::unwrap_used, reason = "a test that fails here has failed")]

use std::fs;
use std::path::{Path, PathBuf};

use jihe_import::{ImportOptions, Kind, import};
use jihe_terms::{Day, Rate};
use tempfile::TempDir;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/import").join(name)
}

fn pack_with(table: &str, text: &str) -> TempDir {
    let home = TempDir::new().unwrap();
    fs::create_dir(home.path().join("tables")).unwrap();
    fs::write(home.path().join("pack.toml"), "id = \"x\"\n").unwrap();
    fs::write(home.path().join("tables").join(table), text).unwrap();
    home
}

fn sheet(home: &Path, text: &str) -> PathBuf {
    let path = home.join("sheet.csv");
    fs::write(&path, text).unwrap();
    path
}

#[test]
fn the_same_import_twice_changes_nothing() {
    let home = TempDir::new().unwrap();
    for (name, kind) in [("rules_joined.csv", Kind::Auto), ("pairs.csv", Kind::Contained)] {
        let options = ImportOptions::new(kind, fixture(name), home.path().join("pack"));
        let first = import(&options).unwrap();
        let before: Vec<_> = first.tables.iter().map(|(file, _)| fs::read(file).unwrap()).collect();
        let again = import(&options).unwrap();
        let after: Vec<_> = again.tables.iter().map(|(file, _)| fs::read(file).unwrap()).collect();
        assert_eq!((again.taken, again.unchanged), (0, first.taken));
        assert!(again.tables.iter().all(|&(_, n_added)| n_added == 0));
        assert_eq!(before, after);
        // What is refused once is refused again: no word of the first import stands in its way.
        assert_eq!(first.refused, again.refused);
    }
}

#[test]
fn a_row_that_contradicts_is_refused_with_the_row_it_clashes_with() {
    let table = "hilist_code,gend,begndate,enddate,basis\n\
                 A001,1,2021-05-01,,doc row 1\n\
                 A002,1,2021-05-01,2022-01-01,doc row 2\n\
                 A003,2,2023-01-01,,doc row 3\n";
    let home = pack_with("item_sex.csv", table);
    let file = sheet(
        home.path(),
        "序号,项目名称,限定性别,项目代码\n1,甲,女,A001\n2,乙,女,A002\n3,丙,女,A003\n4,丁,男,A000\n5,戊,女,A000\n",
    );
    let mut options = ImportOptions::new(Kind::Sex, file, home.path());
    options.from = Some(Day::parse("2022-01-01").unwrap());
    let report = import(&options).unwrap();
    assert_eq!((report.read, report.taken, report.refused_rows), (5, 2, 3));
    let reasons: Vec<_> = report.refused.iter().map(|refused| refused.reason.as_str()).collect();
    assert_eq!(
        reasons,
        [
            "clashes with row 2 of item_sex",
            "says the same for other days than row 4 of item_sex",
            "clashes with row 5 of the sheet, as a row of item_sex",
        ]
    );
    let after = fs::read_to_string(home.path().join("tables/item_sex.csv")).unwrap();
    assert_eq!(
        after,
        "hilist_code,gend,begndate,enddate,basis\n\
         A000,1,2022-01-01,,sheet.csv row 5\n\
         A001,1,2021-05-01,,doc row 1\n\
         A002,1,2021-05-01,2022-01-01,doc row 2\n\
         A002,2,2022-01-01,,sheet.csv row 3\n\
         A003,2,2023-01-01,,doc row 3\n"
    );
}

#[test]
fn the_allowed_visits_of_an_item_stand_or_fall_together() {
    let table = "hilist_code,med_type,begndate,enddate,basis\nA001,21,2021-05-01,,doc row 1\n";
    let home = pack_with("item_visit.csv", table);
    let file = sheet(home.path(), "序号,药品通用名,药品代码,逻辑依据\n1,甲,A001,限住院患者\n");
    let report = import(&ImportOptions::new(Kind::Visit, file, home.path())).unwrap();
    assert_eq!(report.refused[0].reason, "clashes with row 2 of item_visit");
    assert_eq!(fs::read_to_string(home.path().join("tables/item_visit.csv")).unwrap(), table);
}

#[test]
fn columns_and_values_that_the_sheet_does_not_know_stay() {
    let home = TempDir::new().unwrap();
    let table = "hilist_code,hilist_name,chrgitm_lv,genname_codg,list_type,begndate,enddate\n\
                 001102000010000,甲诊查费,02,G1,201,2020-01-01,\n";
    fs::write(home.path().join("catalogue.csv"), table).unwrap();
    let report =
        import(&ImportOptions::new(Kind::Prices, fixture("prices.csv"), home.path())).unwrap();
    assert_eq!(report.refused.len(), 5, "{:?}", report.refused);
    let after = fs::read_to_string(home.path().join("catalogue.csv")).unwrap();
    assert!(after.starts_with(
        "hilist_code,hilist_name,list_type,med_chrgitm_type,chrgitm_lv,genname_codg,begndate,enddate,basis\n"
    ));
    assert!(after.contains("001102000010000,甲诊查费,201,,02,G1,2020-01-01,,\n"));
}

#[test]
fn a_folder_that_is_no_pack_is_left_alone() {
    let home = TempDir::new().unwrap();
    fs::write(home.path().join("letter.txt"), "dear").unwrap();
    let options = ImportOptions::new(Kind::Auto, fixture("pairs.csv"), home.path());
    assert!(import(&options).unwrap_err().is_target());
    let file = home.path().join("letter.txt");
    assert!(import(&ImportOptions { into: file, ..options }).unwrap_err().is_target());
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);

    let home = pack_with("contained.csv", "a,b\n1,2\n");
    let options = ImportOptions::new(Kind::Auto, fixture("pairs.csv"), home.path());
    assert!(import(&options).unwrap_err().is_target());
}

#[test]
fn what_is_no_sheet_is_an_error_and_nothing_is_written() {
    let home = TempDir::new().unwrap();
    let pack = home.path().join("pack");
    let zip = [b"PK\x03\x04".as_slice(), &[7; 200]].concat();
    let xls = [[0xD0, 0xCF, 0x11, 0xE0].as_slice(), &[0xFF; 2000]].concat();
    for bytes in [
        b"".as_slice(),
        b"icd10,name\nA00,x\n",
        b"\xFF\xFE\x00\x01",
        b"\0\0\0\0",
        b"\"never closed",
        "序号,药品通用名\n1,甲\n".as_bytes(),
        &zip,
        &xls,
    ] {
        let path = home.path().join("sheet");
        fs::write(&path, bytes).unwrap();
        let error = import(&ImportOptions::new(Kind::Auto, path, &pack)).unwrap_err();
        assert!(error.is_input(), "{error}");
    }
    let missing = ImportOptions::new(Kind::Auto, home.path().join("none.csv"), &pack);
    assert!(import(&missing).unwrap_err().is_input());
    let other = ImportOptions::new(Kind::Drugs, fixture("pairs.csv"), &pack);
    assert!(import(&other).unwrap_err().is_input());
    assert!(!pack.exists());
}

#[test]
fn a_quote_that_swallows_rows_is_an_error_that_names_its_line() {
    let home = TempDir::new().unwrap();
    let pack = home.path().join("pack");
    let header = "id,ins_class,generic_name,spec,unit";
    let import_of = |rows: &[&str]| {
        let text = [&[header], rows].concat().join("\n");
        import(&ImportOptions::new(Kind::Drugs, sheet(home.path(), &text), &pack))
    };
    for (rows, said) in [
        (
            ["1,甲类,A片,1g,盒", "2,甲类,\"B片,1g,盒", "3,乙类,C片,1g,盒", "4,乙类,D\"片,1g,盒"],
            "the quote that opens in line 3 closes inside the text of line 5: ",
        ),
        (
            ["1,甲类,A片,1g,盒", "2,甲类,\"B片,1g,盒", "3,乙类,C片,1g,盒", "4,乙类,D片\",1g,盒"],
            "the quote that opens in line 3 closes in line 5, and each of these lines has the fields of a row: ",
        ),
        (
            ["1,甲类,A片,1g,盒", "2,甲类,B片,1g,盒", "3,乙类,\"C片,1g,盒", "4,乙类,D片,1g,盒"],
            "the quote that opens in line 4 is never closed: ",
        ),
        (
            ["1,甲类,A片,1g,盒", "2,甲类,B片,1g,盒", "3,乙类,C片,1g,盒", "4,乙类,\"D片,1g,盒"],
            "the quote that opens in line 5 is never closed: ",
        ),
    ] {
        let error = import_of(&rows).unwrap_err();
        assert!(error.is_input() && error.to_string().starts_with(said), "{error}");
        assert!(error.to_string().contains("close it where its field ends, or take"), "{error}");
        assert!(!pack.exists());
    }
    let closed = ["1,甲类,\"A片\n（大）\",1g,盒", "2,甲类,5\" B片,1g,盒"];
    assert_eq!(import_of(&closed).unwrap().taken, 2);
}

#[test]
fn a_row_with_more_fields_than_the_header_is_refused_and_not_read_in_the_wrong_columns() {
    let home = TempDir::new().unwrap();
    let text = "编码,项目名称,三级医院,二级医院,一级医院\n\
                110200001,甲,10,8,6,,\n\
                110200002,乙,丙,10,8,6\n";
    let file = sheet(home.path(), text);
    let report = import(&ImportOptions::new(Kind::Prices, file, home.path())).unwrap();
    assert_eq!((report.read, report.taken, report.refused_rows), (2, 1, 1));
    assert_eq!(report.refused[0].row, 3);
    let begin = "more fields than the header, which has 5: put texts";
    assert!(report.refused[0].reason.starts_with(begin), "{:?}", report.refused);
}

#[test]
fn a_table_with_a_quote_that_swallows_rows_is_left_alone() {
    let table = "hilist_code,gend,begndate,enddate,basis\n\
                 A001,1,2021-05-01,,\"doc row 1\n\
                 A002,1,2021-05-01,,doc row 2\n";
    let home = pack_with("item_sex.csv", table);
    let file = sheet(home.path(), "序号,项目名称,限定性别,项目代码\n1,甲,女,A003\n");
    let error = import(&ImportOptions::new(Kind::Sex, file, home.path())).unwrap_err();
    assert!(error.is_target() && error.to_string().contains("opens in line 2 is never closed"));
    assert_eq!(fs::read_to_string(home.path().join("tables/item_sex.csv")).unwrap(), table);
}

#[test]
fn a_pack_made_by_an_import_checks() {
    let home = TempDir::new().unwrap();
    let pack = home.path().join("陕西 2021");
    let mut options = ImportOptions::new(Kind::Auto, fixture("rules_joined.csv"), &pack);
    options.discount = Some(Rate::parse("0.5").unwrap());
    import(&options).unwrap();
    import(&ImportOptions { file: fixture("official_pairs.csv"), ..options }).unwrap();
    let plan = jihe_rules::load(&pack).unwrap();
    assert_eq!((plan.pack.as_str(), plan.title.zh.as_str()), ("2021", "陕西 2021"));
    for table in ["contained", "item_visit", "item_quantity", "operation_group"] {
        assert!(!plan.tables[table].range.is_empty(), "{table}");
    }
}

#[test]
fn a_new_pack_stands_on_the_national_one_beside_it() {
    let home = TempDir::new().unwrap();
    fs::create_dir(home.path().join("national")).unwrap();
    fs::write(home.path().join("national/pack.toml"), "id = \"national\"\n").unwrap();
    let options = ImportOptions::new(Kind::Auto, fixture("pairs.csv"), home.path().join("a \"b\""));
    import(&options).unwrap();
    assert_eq!(
        fs::read_to_string(home.path().join("a \"b\"/pack.toml")).unwrap(),
        "id = \"a--b\"\ntitle = \"a \\\"b\\\"\"\nfrom = 2021-05-01\nbuilds_on = [\"../national\"]\n"
    );
}

#[test]
fn the_working_folder_keeps_no_temporary_files() {
    let home = TempDir::new().unwrap();
    import(&ImportOptions::new(Kind::Auto, fixture("pairs.csv"), home.path())).unwrap();
    let names: Vec<_> = fs::read_dir(home.path().join("tables"))
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(names, ["contained.csv"]);
}

#[test]
fn a_row_without_a_first_day_holds_from_ever() {
    let table = "hilist_code,gend,begndate,enddate,basis\n\
                 A001,1,,,doc row 1\n\
                 A002,1,,2022-01-01,doc row 2\n\
                 A003,2,,,doc row 3\n";
    let home = pack_with("item_sex.csv", table);
    let rows = "序号,项目名称,限定性别,项目代码\n1,甲,女,A001\n2,乙,女,A002\n3,丙,女,A003\n";
    let mut options = ImportOptions::new(Kind::Sex, sheet(home.path(), rows), home.path());
    options.from = Some(Day::parse("2022-01-01").unwrap());
    let report = import(&options).unwrap();
    assert_eq!((report.taken, report.unchanged, report.refused_rows), (1, 1, 1));
    assert_eq!(report.refused[0].reason, "clashes with row 2 of item_sex");
    let after = fs::read_to_string(home.path().join("tables/item_sex.csv")).unwrap();
    assert_eq!(
        after,
        "hilist_code,gend,begndate,enddate,basis\n\
         A001,1,,,doc row 1\n\
         A002,1,,2022-01-01,doc row 2\n\
         A002,2,2022-01-01,,sheet.csv row 3\n\
         A003,2,,,doc row 3\n"
    );
    let other = pack_with("item_sex.csv", "hilist_code,gend,begndate\nA001,1,May 2021\n");
    let error = import(&ImportOptions { into: other.path().to_owned(), ..options }).unwrap_err();
    assert!(error.is_target() && error.to_string().contains("no range of days in row 2"));
}

#[test]
fn sheets_go_into_a_reference_table_without_days() {
    let home = TempDir::new().unwrap();
    let table = "hilist_code,hilist_name\n001102000010000,甲诊查费\n";
    fs::write(home.path().join("catalogue.csv"), table).unwrap();
    let report =
        import(&ImportOptions::new(Kind::Prices, fixture("prices.csv"), home.path())).unwrap();
    assert!(0 < report.taken);
    let after = fs::read_to_string(home.path().join("catalogue.csv")).unwrap();
    assert!(after.contains("\n001102000010000,甲诊查费,,,,,,\n"), "{after}");
}

#[test]
fn the_shipped_national_pack_takes_sheets() {
    let national = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules/national");
    let home = TempDir::new().unwrap();
    fs::create_dir(home.path().join("tables")).unwrap();
    fs::copy(national.join("pack.toml"), home.path().join("pack.toml")).unwrap();
    for table in fs::read_dir(national.join("tables")).unwrap() {
        let table = table.unwrap();
        fs::copy(table.path(), home.path().join("tables").join(table.file_name())).unwrap();
    }
    for (name, kind) in [("pairs.csv", Kind::Contained), ("official_pairs.csv", Kind::Auto)] {
        import(&ImportOptions::new(kind, fixture(name), home.path())).unwrap();
    }
}

/// Every file below a folder with its bytes.
fn contents(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(contents(&path));
        } else {
            found.push((path.clone(), fs::read(&path).unwrap()));
        }
    }
    found.sort();
    found
}

#[test]
fn a_reference_table_of_another_form_is_not_doubled() {
    for other in ["catalogue.parquet", "catalogue.arrow", "catalogue/part-0.csv"] {
        for folder in ["", "reference"] {
            let home = TempDir::new().unwrap();
            if !folder.is_empty() {
                fs::write(home.path().join("pack.toml"), "id = \"x\"\n").unwrap();
            }
            let table = home.path().join(folder).join(other);
            fs::create_dir_all(table.parent().unwrap()).unwrap();
            fs::write(&table, "hilist_code,hilist_name\n001,a\n").unwrap();
            let before = contents(home.path());
            let options = ImportOptions::new(Kind::Prices, fixture("prices.csv"), home.path());
            let error = import(&options).unwrap_err();
            assert!(error.is_target() && error.to_string().contains("put catalogue.csv in"));
            assert_eq!(contents(home.path()), before);
        }
    }
}

#[test]
fn no_table_is_changed_where_the_report_cannot_be_written() {
    let home = TempDir::new().unwrap();
    let (pack, old) = (home.path().join("pack"), home.path().join("old"));
    let file = home.path().join("pairs.csv");
    fs::copy(fixture("pairs.csv"), &file).unwrap();
    import(&ImportOptions::new(Kind::Auto, fixture("rules_joined.csv"), &old)).unwrap();
    let before = contents(home.path());
    let missing = home.path().join("none/rows.csv");
    for report in [&missing, home.path()] {
        for into in [&pack, &old] {
            let options = ImportOptions::new(Kind::Contained, &file, into);
            let options = ImportOptions { report: Some(report.to_path_buf()), ..options };
            assert!(import(&options).unwrap_err().is_write());
            assert_eq!(contents(home.path()), before);
            assert!(!pack.exists());
        }
    }
    for taken in [file.clone(), old.join("tables/contained.csv")] {
        let options = ImportOptions::new(Kind::Contained, &file, &old);
        assert!(import(&ImportOptions { report: Some(taken), ..options }).unwrap_err().is_target());
        assert_eq!(contents(home.path()), before);
    }
    let rows = pack.join("rows.csv");
    let options = ImportOptions::new(Kind::Contained, &file, &pack);
    let report = import(&ImportOptions { report: Some(rows.clone()), ..options }).unwrap();
    assert_eq!(fs::read_to_string(rows).unwrap(), report.rows_text());
    assert_eq!(contents(&pack).len(), 3);
}
