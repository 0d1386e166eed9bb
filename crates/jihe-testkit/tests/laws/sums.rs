//! Sums over the lines of a stay stand in the scope and the exceptions of a rule, too.

use std::fs;
use std::path::Path;

use jihe_settle::Stage;

use crate::docs::copy_folder;
use crate::scene;

#[test]
fn a_scope_and_an_exception_may_name_the_sums_of_a_stay() {
    let dir = tempfile::tempdir().unwrap();
    let pack = dir.path().join("pack");
    copy_folder(&scene::national(), &pack);
    let file = pack.join("stay/low-standard.toml");
    let rule = fs::read_to_string(&file).unwrap();
    let hit = rule.lines().find(|line| line.starts_with("hit")).unwrap();
    // Stays without tests, but no small ones.
    let rule = rule
        .replace(hit, "hit = \"length_of_stay < days and operations >= 0 and tests < total * test_share and total < least * 2\"")
        .replace("[stay]", "[scope]\nwhere = \"tests = 0\"\n\n[stay]")
        .replace("[except.transfer]", "[except.small]\nwhen = \"total < 100\"\n\n[except.transfer]");
    fs::write(&file, rule).unwrap();
    let golden = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fixtures/rules/national/stay/low-standard");
    let answer =
        scene::score_with(&pack, &golden.join("reference"), &golden.join("month"), Stage::After);
    let rules = &answer.engine.plan().rules;
    let is_its = |rule: u16| rules[usize::from(rule)].id == "low-standard";
    let coverage = answer.judged.coverage.iter().find(|one| is_its(one.rule)).unwrap();
    // Of M03 and M04 the sums say so; small ones are exempt, and of M14 nobody knows the tests.
    let found = (coverage.n_hit, coverage.n_exempt, coverage.n_not_evaluable);
    assert_eq!(found, (2, 7, 1));
}
