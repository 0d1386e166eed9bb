//! Lines that may be exempt, as the files lack what an exception asks for, and rows that may match:
//! what hangs on them is not evaluable, in all families alike.

use std::collections::BTreeSet;
use std::fs;

use jihe_frame::Coverage;
use jihe_settle::Stage;
use jihe_testkit::oracle::context::Cut;
use rayon::prelude::*;
use xtask::Project;

use crate::scene;
use crate::values::{VISIT, judged};

/// What a rule says of its golden month with one more exception.
fn with_exception(family: &str, id: &str, exception: Option<&str>) -> Coverage {
    let dir = tempfile::tempdir().unwrap();
    let golden =
        scene::national().join("../../fixtures/rules/national").join(format!("{family}/{id}"));
    let [below, pack] = ["below", "pack"].map(|name| dir.path().join(name));
    for folder in [&below, &pack] {
        fs::create_dir_all(folder.join("tables")).unwrap();
    }
    scene::pack_with_tables(&below);
    let own = (scene::national().join("tables"), below.join("tables"));
    for (from, to) in [own, (golden.join("tables"), pack.join("tables"))] {
        for entry in fs::read_dir(from).into_iter().flatten() {
            let path = entry.unwrap().path();
            fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
        }
    }
    let head = "id = \"up\"\ntitle = \"包\"\nfrom = 2021-05-01\nbuilds_on = [\"../below\"]\n";
    fs::write(pack.join("pack.toml"), head).unwrap();
    let file = below.join(family).join(format!("{id}.toml"));
    let mut rule = fs::read_to_string(&file).unwrap();
    if let Some(when) = exception {
        rule.push_str(&format!("\n[except.unshown]\nwhen = \"{when}\"\n"));
    }
    fs::write(&file, rule).unwrap();
    let answer =
        scene::score_with(&pack, &golden.join("reference"), &golden.join("month"), Stage::After);
    let rules = &answer.engine.plan().rules;
    let all = answer.judged.coverage;
    all.into_iter().find(|one| rules[usize::from(one.rule)].id == id).unwrap()
}

/// What is wrong with a rule that has an exception that nobody can show: no hit may be left, and what is
/// clear without the exception is clear with it.
fn fault(family: &str, id: &str) -> Option<String> {
    let when = match (family, id) {
        ("stay", "split-stay" | "overlap-stay") => "later.ipt_psn_sp_flag = '1'",
        ("stay", "two-places" | "visit-during-stay") => "line.comb_no = '1'",
        ("stay" | "benefit", _) => "encounter.ipt_psn_sp_flag = '1'",
        _ => "line.comb_no = '1'",
    };
    let (without, with) =
        (with_exception(family, id, None), with_exception(family, id, Some(when)));
    let told = |one: &Coverage| one.n_judged + one.n_not_evaluable;
    let is_right = 0 < without.n_hit
        && with.n_hit == 0
        && with.n_exempt == without.n_exempt
        && without.n_not_evaluable < with.n_not_evaluable
        && told(&with) == told(&without)
        && with.reason().contains("is missing");
    (!is_right).then(|| format!("{id}: {with:?}\n  without the exception {without:?}"))
}

#[test]
fn an_exception_that_nobody_can_show_acts_alike_in_all_families() {
    // What may be exempt is in neither sum of a rate, and conditions of institutions have no exceptions.
    let rules = Project::own().goldens().unwrap().into_iter();
    let rules: Vec<_> =
        rules.filter(|rule| rule.pack == "national" && rule.family != "ratio").collect();
    let faults = rules.par_iter().filter_map(|rule| fault(&rule.family, &rule.id));
    let faults: Vec<String> = faults.collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
