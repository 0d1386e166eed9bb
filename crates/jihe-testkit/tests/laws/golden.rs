//! Every rule has its golden folder: the smallest tables, each row tagged, and what must come out.
//!
//! The folders are described in `xtask::golden`; `cargo xtask bless` writes the expected files anew.
//! Read the difference before you keep it.

use std::collections::BTreeSet;
use std::fs;

use rayon::prelude::*;
use xtask::{Project, RuleName, golden};

#[test]
fn every_rule_has_a_golden_folder_and_every_folder_a_rule() {
    let project = Project::own();
    let (rules, folders) = (project.rules().unwrap(), project.goldens().unwrap());
    let without: Vec<_> = rules.difference(&folders).map(ToString::to_string).collect();
    assert!(without.is_empty(), "rules without a golden folder: {without:?}");
    // A local pack may show what it makes of a lower pack's rule.
    for folder in folders.difference(&rules) {
        assert!(folder.pack != "national", "a golden folder without a rule: {folder}");
        let plan = project.plan(&folder.pack).unwrap();
        let is_its = |rule: &jihe_rules::plan::Rule| {
            rule.id == folder.id && rule.family.word() == folder.family
        };
        assert!(plan.rules.iter().any(is_its), "a golden folder without a rule: {folder}");
    }
}

#[test]
fn the_rows_of_golden_folders_are_tagged() {
    let project = Project::own();
    let mut faults = Vec::new();
    for rule in project.goldens().unwrap() {
        faults.extend(golden::tag_faults(&project, &rule).unwrap());
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn each_rule_finds_in_its_golden_folder_what_is_written_there() {
    let project = Project::own();
    let folders = project.goldens().unwrap();
    if std::env::var_os("JIHE_BLESS").is_some() {
        golden::bless(&project, &folders).unwrap();
    }
    let folders: Vec<RuleName> = folders.into_iter().collect();
    let differing: BTreeSet<String> =
        folders.par_iter().flat_map_iter(|rule| differences(&project, rule)).collect();
    let differing: Vec<String> = differing.into_iter().collect();
    assert!(
        differing.is_empty(),
        "{}\nwhere that is right: cargo xtask bless",
        differing.join("\n")
    );
}

fn differences(project: &Project, rule: &RuleName) -> Vec<String> {
    let golden = match golden::judge(project, rule) {
        Ok(golden) => golden,
        Err(failure) => return vec![failure.to_string()],
    };
    let folder = project.golden(rule);
    let files = [("findings.csv", golden.findings), ("refusals.csv", golden.refusals)];
    let differing = files
        .into_iter()
        .filter(|(name, text)| fs::read_to_string(folder.join(name)).unwrap_or_default() != *text);
    differing.map(|(name, text)| format!("{rule}/{name}: now\n{text}")).collect()
}
