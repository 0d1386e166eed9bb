//! What becomes of each row: replaced points, letters of all widths and encodings, columns of their own.

#![expect(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a test that fails here has failed"
)]

use std::fs;
use std::path::{Path, PathBuf};

use jihe_import::{ImportOptions, ImportReport, Kind, RowOutcome, import};
use tempfile::TempDir;

fn sheet(home: &Path, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
    let path = home.join(name);
    fs::write(&path, text).unwrap();
    path
}

fn run(kind: Kind, file: &Path, into: &Path) -> ImportReport {
    let report = import(&ImportOptions::new(kind, file, into)).unwrap();
    let sum = report.taken + report.unchanged + report.refused_rows + report.replaced;
    assert_eq!(report.read, sum);
    report
}

/// Rows of a table without header and basis.
fn rows(into: &Path, table: &str) -> Vec<String> {
    let text = fs::read_to_string(into.join("tables").join(format!("{table}.csv"))).unwrap();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let cut = |row: csv::StringRecord| row.iter().take(row.len() - 1).collect::<Vec<_>>().join(",");
    reader.records().map(|row| cut(row.unwrap())).collect()
}

const HEADER: &str = "kp_id,rule_class,item_name,constraint,med_codes,supersedes,published_at\n";

#[test]
fn a_point_holds_until_the_one_that_replaces_it_and_chains_are_followed() {
    let home = TempDir::new().unwrap();
    let pack = home.path().join("pack");
    let class = "药品限医疗机构级别";
    let text = format!(
        "{HEADER}K3,{class},甲,限三级医疗机构,XA01AAA001,K2,2025-06-01\n\
         K1,{class},甲,限一级医疗机构,XA01AAA001,,2024-01-01\n\
         K2,{class},甲,限二级及以上医疗机构,XA01AAA001,K1,2025-01-01\n\
         K4,{class},乙,限二级及以上医疗机构,XA01AAA002,K5,2025-01-01\n\
         K5,{class},乙,限三级医疗机构,XA01AAA002,,2025-01-01\n\
         K6,{class},丙,限三级医疗机构,XA01AAA003,K7,2025-01-01\n\
         K7,{class},丙,限三级医疗机构,XA01AAA003,K6,2025-02-01\n"
    );
    let file = sheet(home.path(), "chain.csv", text);
    let report = run(Kind::Auto, &file, &pack);
    let expected = [
        "XA01AAA001,1,2024-01-01,2025-01-01",
        "XA01AAA001,2,2025-01-01,2025-06-01",
        "XA01AAA001,3,2025-06-01,",
        "XA01AAA002,2,2025-01-01,",
    ];
    assert_eq!(rows(&pack, "item_level"), expected);
    assert_eq!((report.taken, report.replaced, report.refused_rows), (4, 1, 2));
    let outcomes: Vec<(u32, RowOutcome)> =
        report.rows.iter().map(|row| (row.row, row.outcome)).collect();
    let (imported, refused) = (RowOutcome::Imported, RowOutcome::Refused);
    assert_eq!(
        outcomes,
        [
            (1, RowOutcome::PassedOver),
            (2, imported),
            (3, imported),
            (4, imported),
            (5, imported),
            (6, RowOutcome::Replaced),
            (7, refused),
            (8, refused),
        ]
    );
    assert_eq!(report.rows[6].reason, "supersedes: points replace each other in a circle");
    let before = fs::read(pack.join("tables/item_level.csv")).unwrap();
    let again = run(Kind::Auto, &file, &pack);
    assert_eq!((again.taken, again.unchanged), (0, 4));
    assert_eq!(fs::read(pack.join("tables/item_level.csv")).unwrap(), before);
}

#[test]
fn a_later_sheet_ends_the_points_of_an_earlier_one() {
    let home = TempDir::new().unwrap();
    let pack = home.path().join("pack");
    let class = "药品限医疗机构级别";
    let first = sheet(
        home.path(),
        "b1.csv",
        format!("{HEADER}K1,{class},甲,限一级医疗机构,XA01AAA001,,2024-01-01\n"),
    );
    let second = sheet(
        home.path(),
        "b2.csv",
        format!("{HEADER}K2,{class},甲,限三级医疗机构,XA01AAA001,K1|K9,2025-01-01\n"),
    );
    run(Kind::Auto, &first, &pack);
    let report = run(Kind::Auto, &second, &pack);
    assert_eq!(report.taken, 1);
    let notes = report.notes.join("\n");
    assert!(notes.contains("K1 is replaced from 2025-01-01 on: 1 rows"), "{notes}");
    assert!(notes.contains("a point that is replaced is in no table: K9"), "{notes}");
    let expected = ["XA01AAA001,1,2024-01-01,2025-01-01", "XA01AAA001,3,2025-01-01,"];
    assert_eq!(rows(&pack, "item_level"), expected);
    // Neither sheet changes anything when it comes again.
    for file in [&first, &second, &first] {
        let before = fs::read(pack.join("tables/item_level.csv")).unwrap();
        let again = run(Kind::Auto, file, &pack);
        assert_eq!((again.taken, again.unchanged, again.refused_rows), (0, 1, 0));
        assert_eq!(fs::read(pack.join("tables/item_level.csv")).unwrap(), before);
    }
}

#[test]
fn files_may_come_in_any_order_and_chains_go_over_them() {
    let class = "药品限医疗机构级别";
    let row = |id: &str, level: &str, replaces: &str, day: &str| {
        format!("{HEADER}{id},{class},甲,限{level}医疗机构,XA01AAA001,{replaces},{day}\n")
    };
    let files = [
        ("a.csv", row("K1", "一级", "", "2024-01-01")),
        ("b.csv", row("K2", "二级", "K1", "2025-01-01")),
        ("c.csv", row("K3", "三级", "K2", "2025-06-01")),
    ];
    let expected = [
        "XA01AAA001,1,2024-01-01,2025-01-01",
        "XA01AAA001,2,2025-01-01,2025-06-01",
        "XA01AAA001,3,2025-06-01,",
    ];
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let home = TempDir::new().unwrap();
        let pack = home.path().join("pack");
        for at in order {
            let (name, text) = &files[at];
            run(Kind::Auto, &sheet(home.path(), name, text), &pack);
        }
        assert_eq!(rows(&pack, "item_level"), expected, "{order:?}");
        for at in order {
            run(Kind::Auto, &home.path().join(files[at].0), &pack);
        }
        assert_eq!(rows(&pack, "item_level"), expected, "{order:?}");
    }
}

#[test]
fn a_point_that_is_replaced_before_it_begins_hands_the_day_on() {
    let home = TempDir::new().unwrap();
    let pack = home.path().join("pack");
    let class = "药品限医疗机构级别";
    let text = format!(
        "{HEADER}K1,{class},甲,限一级医疗机构,XA01AAA001,,2024-01-01\n\
         K2,{class},甲,限二级及以上医疗机构,XA01AAA001,K1,2025-06-01\n\
         K3,{class},甲,限三级医疗机构,XA01AAA001,K2,2025-01-01\n"
    );
    let report = run(Kind::Auto, &sheet(home.path(), "chain.csv", text), &pack);
    assert_eq!((report.taken, report.replaced, report.refused_rows), (2, 1, 0), "{report:?}");
    let expected = ["XA01AAA001,1,2024-01-01,2025-01-01", "XA01AAA001,3,2025-01-01,"];
    assert_eq!(rows(&pack, "item_level"), expected);
}

#[test]
fn a_point_may_name_the_one_that_replaces_it() {
    let class = "药品限医疗机构级别";
    let header = "知识点编号,规则名称,药品名称,逻辑依据,药品代码,被取代为,发布日期\n";
    let old = format!("{header}K1,{class},甲,限一级医疗机构,XA01AAA001,K2,2024-01-01\n");
    let new = format!("{header}K2,{class},甲,限三级医疗机构,XA01AAA001,,2025-01-01\n");
    for order in [[("a.csv", &old), ("b.csv", &new)], [("b.csv", &new), ("a.csv", &old)]] {
        let home = TempDir::new().unwrap();
        let pack = home.path().join("pack");
        for (name, text) in order {
            run(Kind::Auto, &sheet(home.path(), name, text), &pack);
        }
        let expected = ["XA01AAA001,1,2024-01-01,2025-01-01", "XA01AAA001,3,2025-01-01,"];
        assert_eq!(rows(&pack, "item_level"), expected);
    }
}

#[test]
fn letters_of_full_width_and_gb18030_are_read_as_what_they_are() {
    let home = TempDir::new().unwrap();
    let pack = home.path().join("pack");
    let text = "序号，供参考,医疗服务项目名称,单日上限数量（次）,检出逻辑,逻辑依据,项目代码\n\
                １,住院诊查费,２,超过,日,００１１０２００００５００００\n";
    let (bytes, _, _) = encoding_rs::GB18030.encode(text);
    let file = sheet(home.path(), "第八批限定频次.csv", bytes);
    let report = run(Kind::Quantity, &file, &pack);
    assert_eq!(report.taken, 1, "{report:?}");
    assert!(report.notes.iter().any(|note| note.contains("GB18030")));
    assert_eq!(rows(&pack, "item_quantity"), ["001102000050000,encounter,day,2,2021-05-01,"]);
}

#[test]
fn limits_in_columns_of_their_own_and_days_in_any_common_form_are_read() {
    let home = TempDir::new().unwrap();
    let pack = home.path().join("pack");
    let course = "序号\t药品通用名\t支付疗程（天）\t药品代码\t生效日期\t失效日期\n\
                  1\t甲\t14\tXA01AAA001\t2025年1月5日\t\n\
                  2\t乙\t10天\tXA01AAA002\t2025/2/1\t20260101\n\
                  3\t丙\t若干\tXA01AAA003\t2025-02-01\t\n";
    let report = run(Kind::Auto, &sheet(home.path(), "course.csv", course), &pack);
    assert_eq!((report.taken, report.refused_rows), (2, 1), "{report:?}");
    let expected = ["XA01AAA001,14,2025-01-05,", "XA01AAA002,10,2025-02-01,2026-01-01"];
    assert_eq!(rows(&pack, "item_course"), expected);
    let level =
        "序号,药品名称,限定级别,医保药品代码\n1,甲,二级及以上,XA01AAA001\n2,乙,3,XA01AAA002\n";
    run(Kind::Auto, &sheet(home.path(), "level.csv", level), &pack);
    let expected = ["XA01AAA001,2,2021-05-01,", "XA01AAA002,3,2021-05-01,"];
    assert_eq!(rows(&pack, "item_level"), expected);
}

#[test]
fn the_report_says_of_every_row_what_became_of_it() {
    let home = TempDir::new().unwrap();
    let text = "“药品限医疗机构级别”规则对应知识点明细,,,\n\
                序号,药品通用名,逻辑依据,药品代码\n\
                1,甲,限二级及以上医疗机构,XA01AAA001\n\
                2,乙,限癌症患者,XA01AAA002\n\
                备注：供参考,,,\n";
    for end in ["\n", "\r\n"] {
        let file = sheet(home.path(), "sheet.csv", text.replace('\n', end));
        let report = run(Kind::Auto, &file, &home.path().join("pack"));
        assert_eq!(
            report.rows_text(),
            "sheet,row,outcome,tables,n_rows,reason\n\
         sheet.csv,1,passed over,,0,title above the header\n\
         sheet.csv,2,passed over,,0,header\n\
         sheet.csv,3,imported,item_level,1,\n\
         sheet.csv,4,refused,,0,逻辑依据: no level of institutions in the wording\n\
         sheet.csv,5,passed over,,0,note or total\n"
        );
        fs::remove_dir_all(home.path().join("pack")).unwrap();
    }
}

#[test]
fn a_row_that_a_table_contradicts_is_refused_though_another_table_has_it_already() {
    let home = TempDir::new().unwrap();
    let header = "sheet,fin_class,code,name,unit,price_l3,is_item,nat_code_guess\n";
    let list =
        |price: &str| format!("{header}综合类,C,110200001,甲诊查费,次,{price},1,001102000010000\n");
    let from = |day: &str, price: &str| {
        let file = sheet(home.path(), "list.csv", list(price));
        let mut options = ImportOptions::new(Kind::Prices, &file, home.path().join("reference"));
        options.from = Some(jihe_terms::Day::parse(day).unwrap());
        import(&options).unwrap()
    };
    assert_eq!(from("2026-01-01", "9").taken, 1);
    assert_eq!(from("2026-01-01", "9").unchanged, 1);
    let report = from("2026-06-01", "8");
    assert_eq!((report.taken, report.unchanged, report.refused_rows), (0, 0, 1));
    let row = report.rows.iter().find(|row| row.row == 2).unwrap();
    assert_eq!((row.outcome, row.tables.as_str()), (RowOutcome::Refused, "catalogue"));
    assert!(row.reason.contains("clashes with row 2 of price_limits"), "{}", row.reason);
}
