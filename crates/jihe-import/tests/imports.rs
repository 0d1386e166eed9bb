//! Sheets of every form and class into packs and reference folders.

#![expect(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a test that fails here has failed"
)]

mod common;

use std::fs;

use jihe_import::{Encoding, import};
use jihe_terms::{Day, Rate};
use tempfile::TempDir;

use crate::common::{fixture, options, reasons, rows, run, workbook};

#[test]
fn a_copied_sheet_of_many_classes_goes_to_many_tables() {
    let home = TempDir::new().unwrap();
    let pack = home.path().join("city");
    let report = run("auto", &fixture("rules_joined.csv"), &pack);
    assert_eq!((report.read, report.taken, report.refused_rows), (15, 9, 6));
    assert_eq!(
        reasons(&report),
        [
            (2, "discount is not in the sheet: give one to the import"),
            (3, "discount is not in the sheet: give one to the import"),
            (6, "the level binds the first prescription only"),
            (7, "code was turned into a number by a spreadsheet"),
            (8, "the course is not stated in days"),
            (11, "limit is not in the sheet"),
            (13, "limit is not in the sheet"),
        ]
    );
    for (table, expected) in [
        ("item_level", "XA01AAA001B002010100003,2,2021-05-01,"),
        ("item_course", "XA01AAA001B002010100005,14,2021-05-01,"),
        ("item_quantity", "001102000040000,encounter,day,1,2021-05-01,"),
        ("item_hours", "001103000010000,2021-05-01,"),
        ("item_period", "003104010220000,14,1,2021-05-01,"),
        ("herb_not_payable", "T001700233,2026-05-11,"),
        ("herb_alone", "T000700200,2026-05-11,"),
        ("item_indication", "XA01AAA001A001010100008,限骨质疏松症,2021-05-01,"),
    ] {
        assert_eq!(rows(&pack, &format!("tables/{table}.csv"))[0], expected);
    }
    assert_eq!(rows(&pack, "tables/item_visit.csv").len(), 16);
    let quantity = fs::read_to_string(pack.join("tables/item_quantity.csv")).unwrap();
    assert!(quantity.starts_with("hilist_code,per,window,max,begndate,enddate,basis\n"));
    assert!(quantity.contains("第八批.xlsx row 1; 单日上限数量 not in the sheet: 1 by its unit"));
    let text = fs::read_to_string(pack.join("pack.toml")).unwrap();
    assert_eq!(text, "id = \"city\"\ntitle = \"city\"\nfrom = 2021-05-01\n");
}

#[test]
fn operations_are_taken_with_a_discount_that_is_given() {
    let home = TempDir::new().unwrap();
    let mut options =
        options("手术项目未按规定折价收费", &fixture("rules_joined.csv"), home.path());
    options.discount = Some(Rate::parse("0.70").unwrap());
    options.from = Some(Day::parse("2025-03-01").unwrap());
    let report = import(&options).unwrap();
    assert_eq!((report.read, report.taken, report.passed_over), (2, 2, 13));
    assert_eq!(
        rows(home.path(), "tables/operation_group.csv"),
        [
            "003310010140000,肝胆手术组,0.7,2025-03-01,",
            "003310010140000,胃肠手术组,0.7,2025-03-01,"
        ]
    );
}

#[test]
fn pairs_are_taken_from_copies_and_from_official_sheets_alike() {
    let home = TempDir::new().unwrap();
    let report = run("pairs", &fixture("pairs.csv"), home.path());
    assert_eq!((report.read, report.taken), (4, 2));
    assert_eq!(
        reasons(&report),
        [
            (4, "code has 13 digits: its leading zeros seem lost"),
            (5, "an item is no part of itself"),
        ]
    );
    let report = run("auto", &fixture("official_pairs.csv"), home.path());
    // The first pair is there already; the second row carries the containing item on.
    assert_eq!((report.read, report.taken, report.unchanged), (4, 2, 1));
    assert_eq!(reasons(&report)[0].1, "neither a day nor a stay");
    assert_eq!(report.passed_over, 1);
    assert_eq!(
        rows(home.path(), "tables/contained.csv"),
        [
            "001103000010000,001102000030000,day,2021-05-01,",
            "001103000010000,001102000040000,day,2021-05-01,",
            "001103000010000,001109000010000,day,2021-05-01,",
            "001103000010000,001109000010000,stay,2021-05-01,",
        ]
    );
}

#[test]
fn a_price_list_gives_ceilings_by_level_and_a_catalogue() {
    let home = TempDir::new().unwrap();
    let report = run("prices", &fixture("prices.csv"), home.path());
    assert_eq!((report.read, report.taken, report.passed_over), (5, 5, 1));
    assert_eq!(
        rows(home.path(), "price_limits.csv"),
        [
            "001102000010000,,1,5.00,2021-05-01,",
            "001102000010000,,2,6.50,2021-05-01,",
            "001102000010000,,3,8.00,2021-05-01,",
            "001102000070000,,1,10.00,2021-05-01,",
            "001102000080000,,1,1.00,2021-05-01,",
            "001102000080000,,2,0.125000,2021-05-01,",
            "110200002a,,1,9.50,2021-05-01,",
            "110200002a,,2,12.00,2021-05-01,",
            "110200002a,,3,15.00,2021-05-01,",
        ]
    );
    assert_eq!(
        reasons(&report),
        [
            (5, "price is not set yet"),
            (6, "price is missing"),
            (6, "price is missing"),
            (7, "not a plain number: write it in digits, as 1200.50"),
        ]
    );
    let catalogue = rows(home.path(), "catalogue.csv");
    assert_eq!(catalogue[0], "001102000010000,甲诊查费,201,02,,2021-05-01,");
    assert_eq!(catalogue[3], "001102000080000,戊费,201,,,2021-05-01,");
    assert!(!home.path().join("pack.toml").exists());
}

#[test]
fn a_drug_list_gives_classes_under_numbers_of_its_own() {
    let home = TempDir::new().unwrap();
    fs::write(home.path().join("pack.toml"), "id = \"x\"\n").unwrap();
    let report = run("auto", &fixture("drugs.csv"), home.path());
    assert_eq!((report.read, report.taken), (3, 2));
    assert_eq!(reasons(&report), [(4, "neither 甲, 乙 nor 丙")]);
    assert_eq!(
        rows(home.path(), "reference/catalogue.csv"),
        ["GX9633,甲片,101,,03,2021-05-01,", "GX9634,乙注射液,101,,02,2021-05-01,"]
    );
}

#[test]
fn a_workbook_joins_points_with_their_codes() {
    let home = TempDir::new().unwrap();
    let points = [
        &["“药品区分性别使用”规则对应知识点明细"][..],
        &["序号", "药品通用名", "限定 性别", "检出逻辑", "知识点对应\n药品代码数量"],
        &["#1", "甲片", "男", "与限定性别不符", "#2"],
        &["#2", "乙片", "女", "与限定性别不符", "#2"],
        &["#3", "丙片", "未知", "与限定性别不符", "#1"],
        &["合计", "", "", "", "#5"],
    ];
    let codes = [
        &["对应知识点序号", "药品通用名", "序号", "药品代码"][..],
        &["#1", "甲片", "#1", "XL02BBA326A001010102180"],
        &["", "", "#2", "XL02BBA326A001010178537"],
        &["#2", "乙片", "#1", "#110101000000000"],
        &["#3", "丙片", "#1", "XL02BBA326A001010178539"],
        &["#9", "丁片", "#1", "XL02BBA326A001010178538"],
    ];
    let file = workbook(home.path(), "1.xlsx", &[("明细", &points), ("区分性别代码", &codes)]);
    let pack = home.path().join("pack");
    let report = run("sex", &file, &pack);
    assert_eq!((report.read, report.taken, report.passed_over), (4, 1, 1));
    assert_eq!(
        rows(&pack, "tables/item_sex.csv"),
        ["XL02BBA326A001010102180,1,2021-05-01,", "XL02BBA326A001010178537,1,2021-05-01,"]
    );
    assert_eq!(
        reasons(&report),
        [
            (6, "no knowledge point of this number in the other sheet"),
            (4, "code is a number cell: its zeros or digits may be lost, save it as text"),
            (5, "neither 男 nor 女"),
        ]
    );
    assert!(report.notes.iter().any(|note| note.contains("announces 2 codes and has 1")));
}

#[test]
fn services_with_their_code_beside_them_are_read_from_one_sheet() {
    let home = TempDir::new().unwrap();
    let header =
        ["序号", "医疗服务项目名称", "单日上限数量", "逻辑依据 （单位）", "项目代码供参考", "备注"];
    let limits = [
        &["“医疗服务项目限定频次”规则对应知识点明细"][..],
        &header,
        &["#1", "甲诊查费", "#1", "日", "001102000040000", "各省"],
        &["#2", "乙监护", "#24", "小时", "001103000010000", "各省"],
        &["#3", "丙治疗", "#2.5", "次", "001103000020000", "各省"],
        &["#4", "丁治疗", "", "日", "001103000030000", "各省"],
        &["备注：各省级医保部门应当细化"],
    ];
    let ages = [
        &["“医疗服务项目儿童专用”规则对应知识点明细"][..],
        &["序号", "医疗服务项目名称", "逻辑依据", "项目代码，供参考 （2022版）"],
        &["#1", "儿童甲", "儿童专用项目", "003105120040000"],
        &["#2", "儿童乙", "限14岁以下儿童", "003105120050000"],
    ];
    let internet = [
        &["“超互联网医院药品支付范围”知识点对应药品代码"][..],
        &["对应知识点序号", "药品通用名", "序号", "药品代码"],
        &["#1", "甲贴剂", "#1", "XN02ABF027V002010101389"],
        &["", "", "#2", "XN02ABF027V002010102529"],
    ];
    let scheme =
        [&["序号", "药品通用名", "药品代码"][..], &["#1", "甲栓", "XG02ADD082D003010179504"]];
    let file = workbook(
        home.path(),
        "8.xlsx",
        &[("频次", &limits), ("Sheet2", &ages), ("Sheet3", &internet), ("限生育保险", &scheme)],
    );
    let pack = home.path().join("pack");
    let report = run("auto", &file, &pack);
    assert_eq!((report.read, report.taken), (8, 7));
    assert_eq!(reasons(&report), [(6, "value is missing")]);
    assert_eq!(
        rows(&pack, "tables/item_quantity.csv"),
        [
            "001102000040000,encounter,day,1,2021-05-01,",
            "001103000020000,encounter,day,2.5,2021-05-01,",
        ]
    );
    assert_eq!(rows(&pack, "tables/item_hours.csv"), ["001103000010000,2021-05-01,"]);
    assert_eq!(
        rows(&pack, "tables/item_age.csv"),
        ["003105120040000,0,18,year,2021-05-01,", "003105120050000,0,14,year,2021-05-01,"]
    );
    assert_eq!(rows(&pack, "tables/internet_forbidden.csv").len(), 2);
    assert_eq!(rows(&pack, "tables/item_scheme.csv"), ["XG02ADD082D003010179504,510,2021-05-01,"]);
}

#[test]
fn a_price_keeps_the_decimals_that_its_cell_shows() {
    let home = TempDir::new().unwrap();
    let list = [
        &["编码", "项目名称", "三级医院", "二级医院", "一级医院"][..],
        &["#110200001", "甲诊查费", "#8.1", "#0.1", "#5"],
    ];
    let file = workbook(home.path(), "p.xlsx", &[("价格", &list)]);
    run("price_limits", &file, home.path().join("reference").as_path());
    assert_eq!(
        rows(&home.path().join("reference"), "price_limits.csv"),
        [
            "110200001,,1,5.00,2021-05-01,",
            "110200001,,2,0.10,2021-05-01,",
            "110200001,,3,8.10,2021-05-01,",
        ]
    );
}

#[test]
fn letters_of_gb18030_are_read_when_they_are_named() {
    let home = TempDir::new().unwrap();
    let text = fs::read_to_string(fixture("official_pairs.csv")).unwrap();
    let file = home.path().join("gb.csv");
    fs::write(&file, encoding_rs::GB18030.encode(&text).0).unwrap();
    let mut options = options("auto", &file, &home.path().join("pack"));
    options.encoding = Encoding::from_word("gbk").unwrap();
    let report = import(&options).unwrap();
    assert_eq!(
        (report.taken, report.notes.iter().any(|note| note.contains("GB18030"))),
        (3, false)
    );
    options.encoding = Encoding::Utf8;
    let report = import(&options).unwrap();
    assert_eq!(
        (report.unchanged, report.notes[0].as_str()),
        (3, "file is not UTF-8: read as GB18030")
    );
}
