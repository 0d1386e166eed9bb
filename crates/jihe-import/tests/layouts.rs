//! Layouts of price lists and pairs: headers of two rows, columns that are missing, date cells.

#![expect(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a test that fails here has failed"
)]

mod common;

use std::fs;

use tempfile::TempDir;

use crate::common::{fixture, reasons, rows, run, workbook};

#[test]
fn a_header_of_two_rows_is_read_as_one() {
    let prices: [&[&str]; 5] = [
        &["编码", "项目名称", "计价单位", "最高限价", "", ""],
        &["", "", "", "三级", "二级", "一级"],
        &["110200001", "甲", "次", "10", "8", "6"],
        &["", "", "", "三级", "二级", "一级"],
        &["001102000010000", "乙", "次", "11", "9", "7"],
    ];
    let levels: [&[&str]; 4] = [
        &["某市医疗服务价格", "", "", "", "单位：元"],
        &["编码", "项目名称", "医疗机构级别", "", ""],
        &["", "", "三级", "二级", "一级"],
        &["110200001", "甲", "10", "8", "6"],
    ];
    let pairs: [&[&str]; 3] = [
        &["序号", "医疗服务项目A", "", "医疗服务项目B", "", "时间区间"],
        &["", "名称", "代码", "名称", "代码", ""],
        &["1", "甲", "001103000010000", "乙", "001102000030000", "单日"],
    ];
    let price =
        |item: &str, level: u8, amount: &str| format!("{item},,{level},{amount}.00,2021-05-01,");
    let of = |item: &str, amounts: [&str; 3]| {
        [1, 2, 3].map(|level| price(item, level, amounts[usize::from(level) - 1]))
    };
    let first = of("110200001", ["6", "8", "10"]);
    for (table, grid, expected) in [
        (
            "price_limits",
            &prices[..],
            [of("001102000010000", ["7", "9", "11"]), first.clone()].concat(),
        ),
        ("price_limits", &levels[..], first.to_vec()),
        (
            "tables/contained",
            &pairs[..],
            vec!["001103000010000,001102000030000,day,2021-05-01,".to_owned()],
        ),
    ] {
        for extension in ["csv", "xlsx"] {
            let home = TempDir::new().unwrap();
            let name = format!("sheet.{extension}");
            let file = if extension == "csv" {
                let lines: Vec<String> = grid.iter().map(|row| row.join(",")).collect();
                fs::write(home.path().join(&name), lines.join("\n")).unwrap();
                home.path().join(&name)
            } else {
                workbook(home.path(), &name, &[("表", grid)])
            };
            let into = home.path().join("into");
            let report = run("auto", &file, &into);
            assert_eq!(rows(&into, &format!("{table}.csv")), expected, "{report:?}");
            assert!(report.refused.is_empty(), "{report:?}");
        }
    }
}

#[test]
fn rows_below_a_header_of_one_row_are_data() {
    for row in [",三级护理,,12,", ",乙,次,限三级医院,", ",三级医院,,,", "一级,,,,"]
    {
        let home = TempDir::new().unwrap();
        let file = home.path().join("p.csv");
        let text =
            format!("编码,项目名称,计价单位,三级医院,二级医院\n{row}\n110200001,甲,次,10,8\n");
        fs::write(&file, text).unwrap();
        let report = run("prices", &file, home.path());
        assert_eq!((report.read, report.taken, report.refused_rows), (2, 1, 1), "{row}");
    }
}

#[test]
fn a_price_list_without_a_known_column_of_prices_says_so() {
    let home = TempDir::new().unwrap();
    let file = home.path().join("p.csv");
    fs::write(&file, "编码,项目名称,收费标准\n110200001,甲,10\n").unwrap();
    let report = run("prices", &file, home.path());
    let expected = "no column of prices is known, name them 三级, 二级 and 一级: only the catalogue is taken from p.csv";
    assert!(report.notes.iter().any(|note| note == expected), "{:?}", report.notes);
    assert_eq!(rows(home.path(), "catalogue.csv").len(), 1);
}

#[test]
fn a_column_of_prices_that_says_more_than_a_level_gives_no_ceiling() {
    for (columns, cells, ceilings, reason) in [
        ("三级医院", "10", 1, ""),
        ("三级甲等,三级乙等", "10,9", 0, "several columns have prices of this level"),
        ("三级,二级及以下", "10,9", 1, "the column says more than a level"),
        ("三级（万元）", "1.2", 0, "the column says more than a level"),
        ("三级（元/次）,一级及以下", "10,6", 2, ""),
    ] {
        let home = TempDir::new().unwrap();
        let file = home.path().join("p.csv");
        let text = format!("编码,项目名称,{columns}\n110200001,甲,{cells}\n");
        fs::write(&file, text).unwrap();
        let report = run("prices", &file, home.path());
        let reasons: Vec<&str> = report.refused.iter().map(|one| one.reason.as_str()).collect();
        let expected: &[&str] = if reason.is_empty() { &[] } else { &[reason] };
        assert_eq!(reasons, expected, "{columns}");
        let table = home.path().join("price_limits.csv");
        let taken = if table.exists() { rows(home.path(), "price_limits.csv").len() } else { 0 };
        assert_eq!(taken, ceilings, "{columns}");
    }
}

#[test]
fn words_above_columns_of_prices_speak_of_all_of_them() {
    for (upper, lower) in [("最高限价（万元）,,", "三级,二级,一级"), ("三级,,二级", "甲等,乙等,")]
    {
        let home = TempDir::new().unwrap();
        let file = home.path().join("p.csv");
        let text = format!("编码,项目名称,{upper}\n,,{lower}\n110200001,甲,10,9,8\n");
        fs::write(&file, text).unwrap();
        let report = run("prices", &file, home.path());
        let of_third = report.refused.iter().filter(|one| one.value == "10");
        assert_eq!(of_third.count(), 1, "{upper}: {:?}", report.refused);
    }
}

#[test]
fn a_row_of_a_price_list_has_no_price_of_the_row_above() {
    let home = TempDir::new().unwrap();
    let file = home.path().join("p.csv");
    let text = "序号,编码,项目名称,三级,二级\n1,110200001,甲,10,8\n,110200002,乙,20,\n";
    fs::write(&file, text).unwrap();
    let report = run("prices", &file, home.path());
    assert_eq!(report.refused.len(), 1);
    assert_eq!(report.refused[0].reason, "price is missing");
    assert_eq!(rows(home.path(), "price_limits.csv").len(), 3);
}

#[test]
fn date_cells_are_days_where_days_are_expected_and_nothing_elsewhere() {
    let home = TempDir::new().unwrap();
    let list = [
        &["编码", "项目名称", "三级最高限价", "执行日期", "失效日期"][..],
        &["001102000010000", "甲", "#10", "@2026-02-15", "@2026-03-15T08:30:00"],
        &["001102000020000", "乙", "#10", "#46068", "2026年3月15日"],
        &["001102000030000", "丙", "@2026-02-15", "@2026-02-15", ""],
        &["@2026-02-15", "丁", "#10", "@2026-02-15", ""],
        &["001102000050000", "戊", "#10", "二月", ""],
        &["001102000060000", "己", "#10", "@2026-03-15", "@2026-02-15"],
    ];
    let file = workbook(home.path(), "p.xlsx", &[("价格", &list)]);
    let report = run("prices", &file, home.path());
    let expected = [
        "001102000010000,,3,10.00,2026-02-15,2026-03-15",
        "001102000020000,,3,10.00,2026-02-15,2026-03-15",
    ];
    assert_eq!(rows(home.path(), "price_limits.csv"), expected);
    assert_eq!(
        reasons(&report),
        [
            (4, "not a plain number: write it in digits, as 1200.50"),
            (5, "code was turned into a date by a spreadsheet, save it as text"),
            (6, "no such day: write it as 2026-05-11, or as a date cell"),
            (7, "it ends before it begins: correct one of the two days"),
        ]
    );
}

#[test]
fn days_are_counted_from_the_year_that_the_workbook_says() {
    let home = TempDir::new().unwrap();
    run("prices", &fixture("days_1904.xlsx"), home.path());
    let expected = ["001102000010000,,3,10.00,2026-02-15,2026-03-15"];
    assert_eq!(rows(home.path(), "price_limits.csv"), expected);
}
