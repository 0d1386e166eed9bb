//! A rule that holds only after the month is shown with its first day, in the summary and in coverage.

use jihe::{Engine, Format, Month, Options, Pack, Reference};

use crate::docs::{copy, edit};

/// The reason in coverage and the summary of a golden month under a changed rule.
fn scored(from: &str) -> (String, jihe::Summary) {
    let dir = copy();
    let rule = "limit/daily-quantity";
    edit(dir.path(), &format!("rules/national/{rule}.toml"), "= 2021-05-01", &format!("= {from}"));
    let golden = dir.path().join("fixtures/rules/national").join(rule);
    let pack = Pack::load(dir.path().join("rules/national")).unwrap();
    let reference = Reference::open(golden.join("reference")).unwrap();
    let engine = Engine::compile(&pack, &reference).unwrap();
    let month = Month::open(golden.join("month")).unwrap();
    let outcome = engine.score(&month, &Options::default()).unwrap();
    let out = dir.path().join("out");
    outcome.write_as(&out, Format::Csv).unwrap();
    let sheet = xtask::golden::Sheet::read(&out.join("coverage.csv")).unwrap();
    let row = sheet.rows.iter().find(|row| sheet.cell(row, "rule_id") == "daily-quantity");
    let reason = sheet.cell(row.unwrap(), "reason").to_owned();
    assert!(jihe::verify(&out).unwrap().is_whole());
    (reason, outcome.summary())
}

#[test]
fn a_rule_of_a_later_day_is_said_to_refuse_from_then() {
    let (reason, summary) = scored("2030-01-01");
    assert_eq!(reason, "will refuse from 2030-01-01");
    let [rule] = summary.to_come.as_slice() else { panic!("{:?}", summary.to_come) };
    assert_eq!((rule.rule_id.as_str(), rule.will), ("daily-quantity", "refuse"));
    assert_eq!(rule.from, "2030-01-01");
    assert!(summary.text().contains("自 2030-01-01 起拒付 will refuse from then"));
    assert!(summary.json().contains("\"to_come\""));
}

#[test]
fn a_rule_in_force_is_not_said_to_come() {
    let (reason, summary) = scored("2021-05-01");
    assert!(!reason.contains("will"), "{reason}");
    assert!(summary.to_come.is_empty() && !summary.text().contains("尚未生效"));
}
