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
