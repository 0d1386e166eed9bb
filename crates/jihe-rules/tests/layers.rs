//! Packs on packs.

use std::fs;
use std::path::{Path, PathBuf};

use jihe_rules::expr::Expr;
use jihe_rules::plan::{Piece, Shape};
use jihe_rules::{Severity, check, load};
use jihe_terms::{Day, Status};

fn write(dir: &Path, name: &str, text: &str) {
    let path = dir.join(name);
    fs::create_dir_all(path.parent().expect("a file lies in a folder")).expect("a new folder");
    fs::write(path, text).expect("a new file");
}

fn day(text: &str) -> Day {
    Day::parse(text).expect("a day of the calendar")
}

const RULE: &str = r#"
title = "rule"
article = "reg735/38.3"
from = 2021-05-01
status = "active"
grade = "definite"
what = "what"
why = "why"

[line]
table = "item_sex"
hit = "gend <> row.gend and cnt > most"
cut = { units = "cnt - most" }

[params.most]
unit = "unit"
values = [
    { from = 2020-01-01, until = 2022-01-01, value = 2 },
    { from = 2022-01-01, value = "2.5" },
]
min = 1
max = 9
cite = "c"

[message]
zh = "限{row.gend}，是{gend}，{{{cnt}}}"
en = "{gend} is not {row.gend}"
"#;

fn lower(dir: &Path) {
    write(dir, "lower/pack.toml", "id = \"lower\"\ntitle = \"下\"\nfrom = 2021-05-01\n");
    let source = "[\"reg735/38.3\"]\ntitle = \"a\"\ntext = \"b\"\nchecked = 2026-11-01\n";
    write(dir, "lower/sources.toml", source);
    write(dir, "lower/line/r.toml", RULE);
    let table = "hilist_code,gend,begndate,enddate,basis\nA,1,2026-01-01,2027-01-01,x\nB,1,,,x\n";
    write(dir, "lower/tables/item_sex.csv", table);
}

#[test]
fn a_pack_with_nothing_but_its_name_is_a_pack() {
    let dir = tempfile::tempdir().unwrap();
    write(
        dir.path(),
        "pack.toml",
        "id = \"a\"\ntitle.zh = \"甲\"\ntitle.en = \"a\"\nfrom = 2026-01-01\n",
    );
    let plan = load(dir.path()).unwrap();
    assert!(plan.rules.is_empty() && plan.tables.values().all(jihe_catalogue::Table::is_empty));
    assert_eq!(plan.digests.len(), 1);
    assert_eq!(plan.digests[0].0, "a/pack.toml");
}

#[test]
fn an_upper_pack_moves_values_and_replaces_rows_on_its_own_days() {
    let dir = tempfile::tempdir().unwrap();
    lower(dir.path());
    let pack = "id = \"upper\"\ntitle = \"上\"\nfrom = 2026-02-01\nbuilds_on = [\"../lower\"]\n\
                [params.r]\nmost = \"3.5\"\n[status]\nr = \"shadow\"\n";
    write(dir.path(), "upper/pack.toml", pack);
    let table = "hilist_code,gend,begndate,enddate,basis\nA,2,2026-03-01,2026-04-01,y\nC,1,,,y\n";
    write(dir.path(), "upper/tables/item_sex.csv", table);
    let (plan, diagnostics) = check(&dir.path().join("upper"));
    assert!(diagnostics.iter().all(|found| found.severity == Severity::Note), "{diagnostics:?}");
    let plan = plan.unwrap();
    assert_eq!(plan.pack, "upper");
    let rule = &plan.rules[0];
    assert_eq!(rule.status, Status::Shadow);
    let values: Vec<_> = rule.params[0]
        .values
        .iter()
        .map(|(range, value)| {
            (range.from().to_string(), range.until().map(|it| it.to_string()), *value)
        })
        .collect();
    let until = |text: &str| Some(text.to_owned());
    assert_eq!(
        values,
        [
            ("2020-01-01".to_owned(), until("2022-01-01"), 20_000),
            ("2022-01-01".to_owned(), until("2026-02-01"), 25_000),
            ("2026-02-01".to_owned(), None, 35_000),
        ]
    );
    let sex = &plan.tables["item_sex"];
    let on = |text: &str| -> Vec<String> {
        let rows = (0..sex.len()).filter(|&row| sex.range[row].contains(day(text)));
        let cell = |column, row| sex.texts(column).unwrap().text(row).to_owned();
        rows.map(|row| cell("hilist_code", row) + &cell("gend", row)).collect()
    };
    assert_eq!(on("2026-02-28"), ["A1", "B1", "C1"]);
    assert_eq!(on("2026-03-01"), ["B1", "A2", "C1"]);
    assert_eq!(on("2026-04-01"), ["A1", "B1", "C1"]);
    assert_eq!(plan.replacements.len(), 1);
    assert_eq!(sex.files, ["lower/tables/item_sex.csv", "upper/tables/item_sex.csv"]);
    assert_eq!(plan.digests.len(), 6);
}

#[test]
fn sentences_share_their_values() {
    let dir = tempfile::tempdir().unwrap();
    lower(dir.path());
    let plan = load(&dir.path().join("lower")).unwrap();
    let rule = &plan.rules[0];
    assert_eq!(rule.values.len(), 2);
    assert!(matches!(rule.values[0], Expr::Row(1, _)));
    let text = |words: &str| Piece::Text(words.to_owned());
    assert_eq!(
        rule.message_zh,
        [
            text("限"),
            Piece::Value(0),
            text("，是"),
            Piece::Value(1),
            text("，{"),
            Piece::Basic("cnt"),
            text("}")
        ]
    );
    assert_eq!(rule.message_en, [Piece::Value(1), text(" is not "), Piece::Value(0)]);
    assert!(
        matches!(&rule.shape, Shape::LineTest { lookup: Some(it), .. } if it.table == "item_sex")
    );
}

#[test]
fn a_pack_reached_by_two_ways_is_read_once() {
    let dir = tempfile::tempdir().unwrap();
    lower(dir.path());
    for name in ["left", "right"] {
        let pack = format!(
            "id = \"{name}\"\ntitle = \"a\"\nfrom = 2026-01-01\nbuilds_on = [\"../lower\"]\n"
        );
        write(dir.path(), &format!("{name}/pack.toml"), &pack);
    }
    let pack =
        "id = \"top\"\ntitle = \"a\"\nfrom = 2026-01-01\nbuilds_on = [\"../left\", \"../right\"]\n";
    write(dir.path(), "top/pack.toml", pack);
    assert_eq!(load(&dir.path().join("top")).unwrap().rules.len(), 1);
}

#[test]
fn a_pack_has_an_id_that_no_pack_below_it_has() {
    let dir = tempfile::tempdir().unwrap();
    lower(dir.path());
    for (name, id, below) in [
        ("middle", "middle", "\"../lower\""),
        ("twin", "twin", "\"../lower\""),
        ("above", "lower", "\"../middle\""),
        ("both", "both", "\"../middle\", \"../beside\""),
        ("beside", "middle", "\"../lower\""),
        ("apart", "apart", "\"../middle\", \"../twin\""),
    ] {
        let pack =
            format!("title = \"a\"\nid = \"{id}\"\nfrom = 2026-01-01\nbuilds_on = [{below}]\n");
        write(dir.path(), &format!("{name}/pack.toml"), &pack);
    }
    let faults = |name: &str| -> Vec<String> {
        let (plan, found) = check(&dir.path().join(name));
        let errors: Vec<_> = found.iter().filter(|it| it.severity == Severity::Error).collect();
        assert_eq!(plan.is_none(), !errors.is_empty(), "{name}");
        let told = errors.iter().map(|error| {
            let file = Path::new(&error.file).strip_prefix(dir.path()).unwrap().display();
            let what = error.what.replace(&format!("{}/", dir.path().display()), "");
            format!("{file}:{}:{} {}: {what}", error.line, error.column, error.code)
        });
        told.collect()
    };
    let fault = |file: &str, id: &str, other: &str| {
        [format!("{file}:2:6 duplicate-pack: another pack has this id: {id}, {other}")]
    };
    assert_eq!(faults("above"), fault("above/pack.toml", "lower", "lower/pack.toml"));
    assert_eq!(faults("both"), fault("beside/pack.toml", "middle", "middle/pack.toml"));
    assert!(faults("apart").is_empty());
}

/// Beside the link lies another pack with the name of the one that is meant.
#[cfg(unix)]
#[test]
fn a_pack_reached_by_a_link_builds_on_what_lies_beside_the_pack_itself() {
    let dir = tempfile::tempdir().unwrap();
    lower(&dir.path().join("real"));
    let pack = |builds_on: &str| {
        format!("id = \"city\"\ntitle = \"a\"\nfrom = 2026-01-01\nbuilds_on = [{builds_on}]\n")
    };
    write(dir.path(), "real/city/pack.toml", &pack("\"../lower\""));
    let old = "id = \"old\"\ntitle = \"a\"\nfrom = 2026-01-01\n";
    write(dir.path(), "etc/lower/pack.toml", old);
    std::os::unix::fs::symlink("../real/city", dir.path().join("etc/current")).unwrap();
    std::os::unix::fs::symlink("current", dir.path().join("etc/newest")).unwrap();
    for given in ["real/city", "etc/current", "etc/current/", "etc/newest", "etc/../etc/newest/."] {
        let plan = load(&dir.path().join(given)).unwrap();
        assert_eq!((plan.rules.len(), plan.digests.len()), (1, 5), "{given}");
    }
    // By two ways, one over the link, it is still one pack.
    let both = pack("\"../lower\", \"../../etc/current/../lower\"");
    write(dir.path(), "real/city/pack.toml", &both);
    assert_eq!(load(&dir.path().join("etc/current")).unwrap().digests.len(), 5);
    // A message names a file that is there.
    write(dir.path(), "real/lower/tables/item_sex.csv", "hilist_code\n");
    let errors = load(&dir.path().join("etc/current")).unwrap_err();
    let error = errors.diagnostics().iter().find(|it| it.severity == Severity::Error).unwrap();
    assert!(error.file.ends_with("etc/current/../lower/tables/item_sex.csv"), "{error}");
    assert!(Path::new(&error.file).exists());
}

#[test]
fn what_a_missing_pack_would_have_is_no_fault_beside_the_missing_pack() {
    let dir = tempfile::tempdir().unwrap();
    let pack = |params: &str| {
        format!(
            "id = \"city\"\ntitle = \"a\"\nfrom = 2026-01-01\nbuilds_on = [\"../lower\"]\n{params}"
        )
    };
    let moved = "[params.r]\nmost = 3\n[params.q]\nmost = 3\n[status]\nr = \"shadow\"\n";
    write(dir.path(), "city/pack.toml", &pack(moved));
    // Article and table are the lower pack's.
    write(dir.path(), "city/line/own.toml", RULE);
    let city = dir.path().join("city");
    let faults = || -> Vec<(String, u32, &str)> {
        let (plan, found) = check(&city);
        assert!(plan.is_none());
        let name = |file: &str| file.rsplit('/').next().unwrap_or("").to_owned();
        found.iter().map(|one| (name(&one.file), one.line, one.code)).collect()
    };
    assert_eq!(faults(), [("pack.toml".to_owned(), 4, "unreadable")]);
    // Nor beside one without its pack.toml, or with one that says nothing.
    write(dir.path(), "lower/README.md", "");
    assert_eq!(faults(), [("pack.toml".to_owned(), 0, "unreadable")]);
    // What is wrong in the pack itself is told with it.
    write(dir.path(), "city/pack.toml", &pack("[status]\nr = \"on\"\n"));
    let own = [(6, "bad-value"), (0, "unreadable")];
    assert_eq!(faults().iter().map(|it| (it.1, it.2)).collect::<Vec<_>>(), own);
    // With the pack below, a rule that it does not have is a fault.
    lower(dir.path());
    write(dir.path(), "city/pack.toml", &pack(moved));
    let unknown: Vec<_> = faults().into_iter().filter(|it| it.2 == "unknown-rule").collect();
    assert_eq!(unknown, [("pack.toml".to_owned(), 7, "unknown-rule")]);
}

#[test]
fn who_wants_to_use_a_pack_with_an_error_is_told_the_error_and_no_notes() {
    let dir = tempfile::tempdir().unwrap();
    lower(dir.path());
    let pack = dir.path().join("lower");
    write(&pack, "tables/item_sex.csv", "hilist_code,gend,begndate,enddate,basis\n");
    write(&pack, "tables/diagnosis_set.csv", "set,diag_code,begndate,enddate,basis\nI,I10,,,x\n");
    let rule = RULE.replace("cnt > most", "cnt > most and diagnosis_in('J')");
    write(&pack, "line/r.toml", &rule);
    write(&pack, "line/s.toml", &rule.replace("item_sex", "item_sexes"));
    let errors = load(&pack).unwrap_err();
    let n_of =
        |severity| errors.diagnostics().iter().filter(|one| one.severity == severity).count();
    assert_eq!([Severity::Error, Severity::Warning, Severity::Note].map(n_of), [1, 1, 1]);
    let said = errors.to_string();
    assert!(said.contains("error[unknown-table]") && !said.contains("note["), "{said}");
    let end = "\nerrors: 1, warnings: 1 (jihe check PACK shows them)";
    assert!(!said.contains("warning[") && said.ends_with(end), "{said}");
}

const DIAGNOSED: &str = r#"title = "rule"
article = "reg735/38.3"
from = 2026-07-01
status = "active"
grade = "likely"
what = "what"
why = "why"

[line]
table = "item_indication"
match = "listed('diagnosis_set', row.set)"
none_of = "diagnosis_in(row.set)"
cut = "whole"

[message]
zh = "甲"
en = "a"
"#;

/// A pack on the lower one, with nothing in it yet.
fn city(dir: &Path) -> PathBuf {
    lower(dir);
    let pack = dir.join("city");
    let text = "id=\"city\"\ntitle=\"c\"\nfrom=2026-01-01\nbuilds_on=[\"../lower\"]\n";
    write(&pack, "pack.toml", text);
    pack
}

#[test]
fn a_set_without_codes_is_warned_of_at_its_row() {
    let dir = tempfile::tempdir().unwrap();
    let pack = city(dir.path());
    write(&pack, "line/diagnosed.toml", DIAGNOSED);
    write(
        &pack,
        "tables/diagnosis_set.csv",
        "set,diag_code,begndate,enddate,basis\nfull,I10,,,x\n",
    );
    let rows = "hilist_code,set,begndate,enddate,basis\nA,full,,,x\nB,限甲病,,,x\nC,限甲病,,,x\n";
    write(&pack, "tables/item_indication.csv", rows);
    let (plan, found) = check(&pack);
    let warnings: Vec<_> =
        found.iter().filter(|found| found.severity == Severity::Warning).collect();
    let [warning] = warnings.as_slice() else { panic!("{warnings:?}") };
    assert_eq!((warning.code, warning.line), ("empty-set", 3));
    assert!(warning.file.ends_with("item_indication.csv") && warning.what.ends_with("限甲病"));
    let plan = plan.unwrap();
    let rule = plan.rules.iter().find(|rule| rule.id == "diagnosed").unwrap();
    let shape = format!("{:?}", rule.shape);
    assert!(shape.contains("DiagnosisIn(Row(1, Code))"), "{shape}");
}

#[test]
fn sets_may_be_named_in_any_column_that_every_row_fills() {
    let dir = tempfile::tempdir().unwrap();
    let pack = city(dir.path());
    let rule = |table: &str, column: &str| {
        let text = DIAGNOSED.replace("match = \"listed('diagnosis_set', row.set)\"\n", "");
        text.replace("item_indication", table).replace("row.set", column)
    };
    write(&pack, "line/diagnosed.toml", &rule("drug_class", "row.class"));
    write(&pack, "tables/diagnosis_set.csv", "set,diag_code,begndate,enddate,basis\nI,I10,,,x\n");
    let rows = "hilist_code,class,begndate,enddate,basis\nA,I,,,x\nB,甲,,,x\nC,甲,,,x\n";
    write(&pack, "tables/drug_class.csv", rows);
    let (plan, found) = check(&pack);
    let warnings: Vec<_> = found
        .iter()
        .filter(|found| found.code == "empty-set")
        .map(|found| (found.line, found.what.as_str()))
        .collect();
    assert_eq!(warnings, [(3, "diagnosis_set has no set 甲")]);
    assert!(plan.is_some());
    // Of a row without a unit nothing could be told.
    write(&pack, "line/diagnosed.toml", &rule("item_dose", "row.unit"));
    let (plan, found) = check(&pack);
    let errors: Vec<_> =
        found.iter().filter(|found| found.severity == Severity::Error).map(|it| &it.what).collect();
    assert_eq!(errors, ["the column may be empty, where no set is named"]);
    assert!(plan.is_none());
}

#[test]
fn reference_tables_may_lie_in_a_pack_and_are_noted() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "pack.toml", "id=\"city\"\ntitle=\"c\"\nfrom=2026-01-01\n");
    write(dir.path(), "reference/catalogue.csv", "hilist_code\nA\n");
    let (plan, found) = check(dir.path());
    assert!(plan.is_some());
    let codes: Vec<_> = found.iter().map(|found| (found.severity, found.code)).collect();
    assert_eq!(codes, [(Severity::Note, "reference-folder")]);
}

#[test]
fn classes_of_lines_are_sixty_four_at_most_in_all_packs_together() {
    let dir = tempfile::tempdir().expect("a new folder");
    lower(dir.path());
    let rows = |classes: std::ops::Range<u32>| {
        let rows = classes.map(|class| format!("c{class},101,x\n"));
        format!("class,list_type,basis\n{}", rows.collect::<String>())
    };
    let upper = "id = \"upper\"\ntitle = \"上\"\nfrom = 2021-05-01\nbuilds_on = [\"../lower\"]\n";
    write(dir.path(), "upper/pack.toml", upper);
    write(dir.path(), "lower/tables/share_class.csv", &rows(0..40));
    for (last, is_good) in [(64, true), (65, false), (80, false)] {
        // Some classes are in both.
        write(dir.path(), "upper/tables/share_class.csv", &rows(30..last));
        let (plan, found) = check(&dir.path().join("upper"));
        assert_eq!(plan.is_some(), is_good, "{last}: {found:?}");
        let errors: Vec<_> = found.iter().filter(|it| it.severity == Severity::Error).collect();
        let line = |one: &&jihe_rules::Diagnostic| (one.code, one.line);
        let expected = if is_good { vec![] } else { vec![("too-large", 64 - 30 + 2)] };
        assert_eq!(errors.iter().map(line).collect::<Vec<_>>(), expected, "{last}");
    }
}
