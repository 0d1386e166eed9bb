//! Forms of sheets: classes without numbers, other signs between fields, folders of sheets, columns
//! that say nothing.

#![expect(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a test that fails here has failed"
)]

use std::fs;
use std::path::{Path, PathBuf};

use jihe_import::{ImportOptions, ImportReport, Kind, RowOutcome, import};
use tempfile::TempDir;

fn sheet(home: &Path, name: &str, text: &str) -> PathBuf {
    let path = home.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, text).unwrap();
    path
}

fn run(file: &Path, into: &Path) -> ImportReport {
    import(&ImportOptions::new(Kind::Auto, file, into)).unwrap()
}

/// Rows of a table without header and basis.
fn rows(into: &Path, table: &str) -> Vec<String> {
    let path = into.join("tables").join(format!("{table}.csv"));
    let text = fs::read_to_string(path).unwrap_or_default();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let cut = |row: csv::StringRecord| row.iter().take(row.len() - 1).collect::<Vec<_>>().join(",");
    reader.records().map(|row| cut(row.unwrap())).collect()
}

fn outcomes(report: &ImportReport) -> Vec<(&str, u32, RowOutcome)> {
    report.rows.iter().map(|row| (row.sheet.as_str(), row.row, row.outcome)).collect()
}

const POINTS: &str =
    "序号,药品通用名,检出逻辑,逻辑依据（2025版国家药品目录备注）,知识点对应药品代码数量\n";
const CODES: &str = "对应知识点序号,药品通用名,序号,药品代码\n";

#[test]
fn part_of_an_indication_is_none() {
    let home = TempDir::new().unwrap();
    let pack = home.path().join("pack");
    let text = "rule_class,item_name,constraint,med_codes,诊断编码\n\
                药品限适应症,甲,限肿瘤,XA01AAA001,C34、C50-C50.9\n\
                药品限适应症,丙,限肿瘤,XA01AAA003,C18\n\
                药品限适应症,乙,限肺炎,XA01AAA002,J15*、J18.*\n";
    let report = run(&sheet(home.path(), "i.csv", text), &pack);
    let reasons: Vec<&str> = report.refused.iter().map(|one| one.reason.as_str()).collect();
    let another = "another diagnosis of the set is not taken: none is";
    assert_eq!(reasons, [another, "a range of diagnoses: name each beginning", another]);
    let expected = ["限肺炎,J15,2021-05-01,", "限肺炎,J18,2021-05-01,"];
    assert_eq!(rows(&pack, "diagnosis_set"), expected);
}

#[test]
fn an_indication_in_words_is_a_set_and_codes_beside_it_fill_the_set() {
    let home = TempDir::new().unwrap();
    let pack = home.path().join("pack");
    let words = "序号,药品通用名,逻辑依据,药品代码\n\
                 1,甲,限原发性高血压。,XC09AAA001\n\
                 2,乙,限 原发性高血压,XC09AAA002\n\
                 3,丙,,XC09AAA003\n";
    let report = run(&sheet(home.path(), "药品限适应症.csv", words), &pack);
    assert_eq!((report.taken, report.refused_rows), (2, 1));
    assert_eq!(report.refused[0].reason, "indication is missing");
    let expected =
        ["XC09AAA001,限原发性高血压,2021-05-01,", "XC09AAA002,限原发性高血压,2021-05-01,"];
    assert_eq!(rows(&pack, "item_indication"), expected);
    let mute = "indications that say nothing until diagnosis_set has codes for their set: 1";
    assert!(report.notes.iter().any(|note| note == mute), "{:?}", report.notes);

    let coded = "序号,药品通用名,逻辑依据,药品代码,诊断编码\n\
                 1,甲,限原发性高血压。,XC09AAA001,I10|I11.900x001\n\
                 4,丁,限多发性硬化。,XC09AAA004,G35\n";
    let report = run(&sheet(home.path(), "药品限适应症2.csv", coded), &pack);
    assert_eq!((report.taken, report.refused.len()), (2, 0));
    let expected = [
        "限原发性高血压,I10,2021-05-01,",
        "限原发性高血压,I11.900x001,2021-05-01,",
        "限多发性硬化,G35,2021-05-01,",
    ];
    assert_eq!(rows(&pack, "diagnosis_set"), expected);
    assert!(!report.notes.iter().any(|note| note == mute), "{:?}", report.notes);
    jihe_rules::load(&pack).unwrap();
}

#[test]
fn herbs_that_are_never_paid_and_herbs_that_are_not_paid_alone_go_apart() {
    let home = TempDir::new().unwrap();
    let pack = home.path().join("pack");
    let header = "序号,中药饮片名称,中药饮片代码（供参考）,检出逻辑,逻辑依据（国家医保支付政策）\n";
    let never = format!("{header}1,甲胶,T001700901,x,x\n");
    let alone = format!("{header}1,乙香,T001700902,x,x\n");
    run(&sheet(home.path(), "第十一批-1_中药饮片单复方均不予支付.csv", &never), &pack);
    run(&sheet(home.path(), "第十一批-2_中药饮片单方使用不予支付.csv", &alone), &pack);
    assert_eq!(rows(&pack, "herb_not_payable"), ["T001700901,2021-05-01,"]);
    assert_eq!(rows(&pack, "herb_alone"), ["T001700902,2021-05-01,"]);
}

#[test]
fn drugs_that_are_forbidden_for_children_have_their_table() {
    let home = TempDir::new().unwrap();
    let pack = home.path().join("pack");
    let text = "序号,药品通用名,逻辑依据,药品代码\n\
                1,甲,儿童禁用,XC09AAA001\n2,乙,12岁以下儿童禁用,XC09AAA002\n";
    run(&sheet(home.path(), "药品儿童禁用.csv", text), &pack);
    let expected = ["XC09AAA001,0,year,14,2021-05-01,", "XC09AAA002,0,year,12,2021-05-01,"];
    assert_eq!(rows(&pack, "item_age_forbidden"), expected);
    jihe_rules::load(&pack).unwrap();
}

#[test]
fn a_folder_of_sheets_is_read_as_a_workbook() {
    let home = TempDir::new().unwrap();
    let pack = home.path().join("pack");
    let folder = home.path().join("第五批");
    sheet(
        &folder,
        "药品限医疗机构级别 代码.csv",
        &format!("{CODES}1,甲,1,XA01AAA001\n,,2,XA01AAA002\n2,乙,1,XA01AAA003\n,,2,\n"),
    );
    sheet(
        &folder,
        "药品限医疗机构级别 明细.csv",
        &format!("{POINTS}1,甲,x,限二级及以上医疗机构,2\n2,乙,x,限癌症患者,1\n"),
    );
    let report = run(&folder, &pack);
    assert_eq!(rows(&pack, "item_level"), ["XA01AAA001,2,2021-05-01,", "XA01AAA002,2,2021-05-01,"]);
    let (codes, points) = ("药品限医疗机构级别 代码.csv", "药品限医疗机构级别 明细.csv");
    let (imported, refused, passed_over) =
        (RowOutcome::Imported, RowOutcome::Refused, RowOutcome::PassedOver);
    // Every row has its line, also the codes of a point that is not taken.
    assert_eq!(
        outcomes(&report),
        [
            (codes, 1, passed_over),
            (codes, 2, imported),
            (codes, 3, imported),
            (codes, 4, refused),
            (codes, 5, refused),
            (points, 1, passed_over),
            (points, 2, imported),
            (points, 3, refused),
        ]
    );
    assert!(report.rows[3].reason.ends_with("明细.csv row 3"), "{}", report.rows[3].reason);
}

#[test]
fn the_codes_of_the_only_sheet_of_points_need_no_class() {
    let home = TempDir::new().unwrap();
    let points = |wording: &str| format!("{POINTS}1,甲,x,{wording},1\n");
    let codes = format!("{CODES}1,甲,1,XA01AAA001\n");
    let course = ("药品限支付疗程", points("支付不超过14天"));
    let level = ("药品限医疗机构级别", points("限二级及以上医疗机构"));
    for (sheets, taken) in [(vec![&course], 1), (vec![&course, &level], 0)] {
        let folder = home.path().join(format!("{taken}"));
        let pack = folder.join("pack");
        for (class, text) in &sheets {
            sheet(&folder.join("sheets"), &format!("{class} 明细.csv"), text);
        }
        sheet(&folder.join("sheets"), "药品代码.csv", &codes);
        let report = run(&folder.join("sheets"), &pack);
        assert_eq!(rows(&pack, "item_course").len(), taken, "{:?}", report.refused);
        assert_eq!(rows(&pack, "item_level").len(), 0);
    }
}

#[test]
fn a_class_without_a_table_leaves_a_line_for_every_row() {
    let home = TempDir::new().unwrap();
    let folder = home.path().join("第九批");
    sheet(&folder, "药品相互作用 明细.csv", &format!("{POINTS}1,甲,x,不宜合用,2\n"));
    sheet(
        &folder,
        "药品相互作用 知识点对应药品代码.csv",
        &format!("{CODES}1,甲,1,XA01AAA001\n,,2,XA01AAA002\n"),
    );
    let pack = home.path().join("pack");
    let report = run(&folder, &pack);
    assert_eq!((report.read, report.refused_rows, report.rows.len()), (1, 1, 5));
    assert_eq!(report.refused[0].reason, "no table takes this class");
    assert!(!pack.exists());
}

#[test]
fn drugs_of_the_second_line_have_a_table() {
    let home = TempDir::new().unwrap();
    let folder = home.path().join("第九批");
    sheet(&folder, "药品限二线使用 明细.csv", &format!("{POINTS}1,甲,x,限二线用药,2\n"));
    sheet(
        &folder,
        "药品限二线使用 知识点对应药品代码.csv",
        &format!("{CODES}1,甲,1,XA01AAA001\n,,2,XA01AAA002\n"),
    );
    let pack = home.path().join("pack");
    let report = run(&folder, &pack);
    assert_eq!((report.taken, report.refused_rows), (1, 0));
    let found = rows(&pack, "item_second_line");
    assert_eq!(found, ["XA01AAA001,2021-05-01,", "XA01AAA002,2021-05-01,"]);
}

#[test]
fn fields_may_stand_between_other_signs_under_a_title() {
    for sign in [",", "\t", ";", "|"] {
        let home = TempDir::new().unwrap();
        let pack = home.path().join("pack");
        let text = "“药品限医疗机构级别”规则对应知识点明细\n\
                    序号,药品通用名,逻辑依据,药品代码\n\
                    1,甲,限二级及以上医疗机构,XA01AAA001\n";
        run(&sheet(home.path(), "sheet.csv", &text.replace(',', sign)), &pack);
        assert_eq!(rows(&pack, "item_level"), ["XA01AAA001,2,2021-05-01,"], "{sign}");
    }
}

#[test]
fn columns_of_other_codes_do_not_stand_for_the_items() {
    let home = TempDir::new().unwrap();
    let pack = home.path().join("pack");
    let text = "规则编码,一级分类,序号,生产企业代码,药品通用名,限定性别,本地编码,国家医保编码\n\
                GZ1,政策类,1,Q100,甲,男,L00001,XL02BBA001\n";
    run(&sheet(home.path(), "a.csv", text), &pack);
    let text = "备注,国家医保代码,限定性别,序号\nx,XL02BBA002,女,1\n";
    run(&sheet(home.path(), "b.csv", text), &pack);
    let expected = ["XL02BBA001,1,2021-05-01,", "XL02BBA002,2,2021-05-01,"];
    assert_eq!(rows(&pack, "item_sex"), expected);
}

#[test]
fn numbers_may_carry_their_unit() {
    let home = TempDir::new().unwrap();
    let pack = home.path().join("pack");
    let text = "序号,项目名称,频次上限（次）,周期（天）,项目代码\n\
                1,甲,1次,14天,003104010220000\n2,乙,若干,14,003104010230000\n";
    let report = run(&sheet(home.path(), "周期.csv", text), &pack);
    assert_eq!(rows(&pack, "item_period"), ["003104010220000,14,1,2021-05-01,"]);
    assert_eq!(report.refused_rows, 1);
    let text = "序号,项目名称,单日上限数量,逻辑依据,项目代码\n1,甲,≤2次,次,003104010240000\n";
    run(&sheet(home.path(), "频次.csv", text), &pack);
    assert_eq!(rows(&pack, "item_quantity"), ["003104010240000,encounter,day,2,2021-05-01,"]);
}

#[test]
fn an_unknown_sheet_is_named_by_what_it_begins_with() {
    let home = TempDir::new().unwrap();
    let file = sheet(home.path(), "icd.csv", "icd10,name\nA00,霍乱\n");
    let error = import(&ImportOptions::new(Kind::Auto, &file, home.path().join("pack")));
    let expected = "no sheet with a known header (it begins icd10, name): ";
    assert!(error.unwrap_err().to_string().starts_with(expected));
}

/// A sheet saved under a name that says nothing, imported under a rule type of two classes.
fn nameless(header: &str, row: &str, kind: &str) -> (TempDir, ImportReport) {
    let home = TempDir::new().unwrap();
    let file = sheet(home.path(), "17.csv", &format!("{header}\n{row}\n"));
    let kind = Kind::from_word(kind).unwrap();
    let report = import(&ImportOptions::new(kind, file, home.path().join("city"))).unwrap();
    (home, report)
}

#[test]
fn what_a_row_finds_names_its_class_where_nothing_else_does() {
    let herbs = "序号,中药饮片名称,中药饮片代码（供参考）,检出逻辑,逻辑依据（国家医保支付政策）";
    let never = "不得纳入基金支付范围的中药饮片";
    let row = format!("1,阿胶,T001700233,{never},{never}");
    let (home, report) = nameless(herbs, &row, "payment_scope_limit");
    assert_eq!((report.taken, report.refused_rows), (1, 0));
    assert_eq!(rows(&home.path().join("city"), "herb_not_payable"), ["T001700233,2021-05-01,"]);
    let alone = "单独使用时统筹基金不予支付，且全部由这些饮片组成的处方统筹基金也不予支付。";
    let row = format!("1,丁香,T000700200,{alone},{alone}");
    let (home, _) = nameless(herbs, &row, "payment_scope_limit");
    assert_eq!(rows(&home.path().join("city"), "herb_alone"), ["T000700200,2021-05-01,"]);
}

#[test]
fn an_age_that_nothing_says_is_no_childs_age() {
    let header = "序号,医疗服务项目名称,检出逻辑,逻辑依据,项目代码";
    let work = "1,职业功能训练,参保人年龄超出法定就业年龄限制,限法定就业年龄段患者,003402000320000";
    for kind in ["age_limit", "auto"] {
        let (home, report) = nameless(header, work, kind);
        assert_eq!((report.taken, report.refused_rows), (0, 1), "{:?}", report.refused);
        assert_eq!(report.refused[0].reason, "no age in numbers in the wording");
        assert!(rows(&home.path().join("city"), "item_age").is_empty());
    }
    let child = "1,儿童龋齿预防保健,参保人年龄超出儿童年龄限制,儿童专用项目,001302000010000";
    let (home, _) = nameless(header, child, "auto");
    let city = home.path().join("city");
    assert_eq!(rows(&city, "item_age"), ["001302000010000,0,18,year,2021-05-01,"]);
}

#[test]
fn half_of_a_workbook_says_what_is_missing() {
    let points =
        "序号,药品通用名,检出逻辑,逻辑依据（2024版国家药品目录备注）,知识点对应药品代码数量";
    let row = "1,参附注射液,使用药品的医疗机构级别低于限定级别,限二级及以上医疗机构。,5";
    let (_home, report) = nameless(points, row, "institution_level_limit");
    assert!(report.refused[0].reason.contains("import the sheet of codes"), "{:?}", report.refused);
    let codes = "对应知识点序号,药品通用名,序号,药品代码";
    let row = "1,参附注射液,1,ZC01AAA0042010105549";
    let (_home, report) = nameless(codes, row, "institution_level_limit");
    assert!(
        report.refused[0].reason.contains("import the sheet of points"),
        "{:?}",
        report.refused
    );
    // A sheet of codes alone does not say which of two insurances it speaks of.
    let home = TempDir::new().unwrap();
    let file = sheet(home.path(), "10.csv", &format!("{codes}\n{row}\n"));
    let options = |kind: &str| {
        let kind = Kind::from_word(kind).unwrap();
        ImportOptions::new(kind, file.clone(), home.path().join("city"))
    };
    let error = import(&options("insurance_type_limit")).unwrap_err();
    assert!(error.is_input() && error.to_string().contains("work-injury or maternity"), "{error}");
    assert_eq!(import(&options("work-injury")).unwrap().taken, 1);
    let scheme = rows(&home.path().join("city"), "item_scheme");
    assert_eq!(scheme, ["ZC01AAA0042010105549,work-injury,2021-05-01,"]);
}
