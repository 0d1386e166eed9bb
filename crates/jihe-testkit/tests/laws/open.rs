//! Lines that may be exempt, as the files lack what an exception asks for, and rows that may match:
//! what hangs on them is not evaluable, in all families alike.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use jihe_frame::Coverage;
use jihe_settle::Stage;
use jihe_testkit::generate::generate;
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
        write!(rule, "\n[except.unshown]\nwhen = \"{when}\"\n").unwrap();
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

/// A line with so many units, in a table whose rows may match.
fn line(key: &str, (day, item): (u32, &str), cnt: u32) -> String {
    let amount = 10 * cnt;
    format!("{key},M1,P1,H1,2026-03-{day:02} 08:00:00,{item},{cnt},10,{amount}.00,{amount}.00,,,\n")
}

/// A limit of a table of which `age_min` is the limit and `age_max` tells which rows match: what is cut, and
/// how many lines are judged and not evaluable.
fn check_limit(
    question: &str,
    rows: &str,
    lines: &[String],
    (expected, told): (&[(&str, Cut)], (u64, u64)),
) {
    let question = format!("[limit]\ntable = \"item_age_forbidden\"\n{question}\n");
    let grade = if question.contains("none") { "possible" } else { "definite" };
    let table = format!("hilist_code,age_min,age_max,unit,basis\n{rows}");
    let asked = ("limit", grade);
    let (cuts, _, coverage) =
        judged(asked, &question, ("item_age_forbidden", &table), (VISIT, &lines.concat()));
    let cuts: Vec<(&str, Cut)> = cuts.iter().map(|(key, cut)| (key.as_str(), *cut)).collect();
    assert_eq!(cuts, expected, "{question}: {coverage:?}");
    assert_eq!((coverage.n_judged, coverage.n_not_evaluable), told, "{question}: {coverage:?}");
    assert_eq!(coverage.reason().is_empty(), told.1 == 0, "{question}: {coverage:?}");
}

const LIMITS: [&str; 5] = [
    "per = [\"psn_no\", \"hilist_code\"]\nmax = \"row.age_min\"",
    "of = \"inscp_scp_amt\"\nper = [\"psn_no\", \"hilist_code\"]\nmax = \"20.00\"",
    "of = \"cnt\"\nper = [\"fixmedins_code\"]\nmax = \"row.age_min\"\ncut = \"none\"",
    "count = \"day\"\nper = [\"psn_no\"]\nmax = \"2\"\ncut = \"whole\"",
    "count = \"day\"\nper = [\"psn_no\"]\nmax = \"2\"\nwithin = \"9\"\ncut = \"none\"",
];

#[test]
fn a_row_that_may_match_takes_the_place_of_the_hit() {
    let lines = [line("L1", (20, "A"), 1), line("L2", (21, "A"), 1), line("L3", (22, "A"), 1)];
    for limit in LIMITS {
        let limit = format!("{limit}\nmatch = \"row.age_max = 5\"");
        // One row of another kind, one of a kind that nobody tells.
        check_limit(&limit, "A,2,6,year,x\n", &lines, (&[], (0, 0)));
        check_limit(&limit, "A,2,,year,x\n", &lines[..2], (&[], (2, 0)));
        check_limit(&limit, "A,2,,year,x\n", &lines, (&[], (2, 1)));
    }
}

#[test]
fn beside_a_row_that_surely_matches_one_that_may_decides_only_what_it_changes() {
    let limit =
        "per = [\"psn_no\", \"hilist_code\"]\nmax = \"row.age_min\"\nmatch = \"row.age_max = 5\"";
    let rows = "A,5,5,year,x\nA,2,,year,x\n";
    let few = [line("L1", (20, "A"), 2), line("L2", (21, "A"), 1)];
    let many = [line("L1", (20, "A"), 2), line("L2", (21, "A"), 5)];
    check_limit(limit, rows, &few, (&[], (3, 1)));
    check_limit(limit, rows, &many, (&[("L2", Cut::Units(20_000))], (4, 0)));
}

/// A limit of lines of which those with three units may be exempt.
fn check_mixed(question: &str, lines: &[String], told: (u64, u64)) {
    let exception = "[except.x]\nwhen = \"cnt = 3 and line.comb_no = '1'\"";
    check_limit(
        &format!("{question}\n{exception}"),
        "A,1,5,year,x\nB,1,5,year,x\n",
        lines,
        (&[], told),
    );
}

#[test]
fn what_is_a_hit_only_without_what_may_be_exempt_is_not_evaluable() {
    // With the first use the second is too soon and the third paid, without it the other way round.
    let uses = [line("L1", (20, "A"), 3), line("L2", (21, "A"), 1), line("L3", (22, "A"), 1)];
    check_mixed("period = \"2\"\nmax_count = \"1\"", &uses, (1, 2));
    // With the first line its item comes first, without it the other one.
    let items = [line("L1", (20, "A"), 3), line("L2", (21, "B"), 1), line("L3", (22, "A"), 1)];
    let count = "count = \"hilist_code\"\nper = [\"psn_no\"]\nmax = \"1\"\ncut = \"whole\"";
    check_mixed(count, &items, (1, 2));
}

/// Families whose rules get an exception of lines that only some lines can fall under.
const OF_LINES: [&str; 6] = ["line", "limit", "pair", "supply", "stock", "trace"];

/// The national rules, those of lines with an exception of lines of more than one unit.
fn pack_with_exceptions(dir: &Path) {
    scene::pack_with_tables(dir);
    for family in OF_LINES {
        for entry in fs::read_dir(dir.join(family)).unwrap() {
            let path = entry.unwrap().path();
            let mut rule = fs::read_to_string(&path).unwrap();
            rule.push_str("\n[except.unshown]\nwhen = \"cnt > 1 and line.comb_no = '1'\"\n");
            fs::write(&path, rule).unwrap();
        }
    }
}

/// By rule: what is cut of each line, and how many subjects are not evaluable.
type Found = (BTreeMap<String, BTreeMap<String, Vec<Cut>>>, BTreeMap<String, u64>);

/// What is found in a generated month whose lines all have this in `comb_no`, none without the column.
fn found_with(dir: &Path, comb_no: Option<&str>) -> Found {
    let path = dir.join("month/lines.csv");
    let whole = fs::read_to_string(&path).unwrap();
    if let Some(value) = comb_no {
        let mut text = String::new();
        for (nth, line) in whole.lines().enumerate() {
            let cell = if nth == 0 { "comb_no" } else { value };
            writeln!(text, "{line},{cell}").unwrap();
        }
        fs::write(&path, text).unwrap();
    }
    let answer = scene::score(dir, Stage::After);
    fs::write(&path, whole).unwrap();
    let mut found = BTreeMap::new();
    for (rule, cuts) in answer.cuts() {
        let of_rule: &mut BTreeMap<String, Vec<Cut>> = found.entry(rule).or_default();
        for (key, cut) in cuts {
            of_rule.entry(key).or_default().push(cut);
        }
    }
    (found, answer.not_evaluable())
}

/// Whether a line loses by some cut at least what it loses by another.
fn is_held(cuts: Option<&Vec<Cut>>, cut: Cut) -> bool {
    cuts.into_iter().flatten().any(|&other| match (cut, other) {
        (Cut::Units(one), Cut::Units(other)) => one <= other,
        (Cut::Price(one), Cut::Price(other)) | (Cut::Amount(one), Cut::Amount(other)) => {
            other <= one
        }
        (one, other) => one == other,
    })
}

/// What is wrong with a month whose lines of more than one unit may be exempt: only what is found if none
/// is, and if all are, may be found; what is found either way only is not evaluable.
fn faults_of(seed: u64) -> Vec<String> {
    let (month, reference, mut tables) = generate(seed);
    // What a dated exemption frees is found all the same.
    tables.remove("exemption");
    let dir = tempfile::tempdir().unwrap();
    scene::write(dir.path(), &month, &reference, &tables);
    pack_with_exceptions(&dir.path().join("pack"));
    let [open, none, all] = [None, Some("0"), Some("1")].map(|value| found_with(dir.path(), value));
    let mut faults = Vec::new();
    let nothing = BTreeMap::new();
    let rules: BTreeSet<&String> = none.0.keys().chain(all.0.keys()).chain(open.0.keys()).collect();
    for rule in rules {
        let [open_lines, of_none, of_all] =
            [&open, &none, &all].map(|found| found.0.get(rule).unwrap_or(&nothing));
        for (key, cuts) in open_lines {
            // What is only shown stands for a group, and may be another line of it.
            let held = |cut: &Cut| {
                let is_held = [of_none, of_all].map(|found| is_held(found.get(key), *cut));
                *cut == Cut::Nothing || is_held == [true; 2]
            };
            if !cuts.iter().all(held) {
                faults.push(format!("seed {seed}, {rule}: {key} {cuts:?} is no hit either way"));
            }
        }
        let cuts_some = |cuts: &Vec<Cut>| cuts.iter().any(|cut| *cut != Cut::Nothing);
        let either = of_none.iter().chain(of_all).filter(|(_, cuts)| cuts_some(cuts));
        let lost: BTreeSet<&String> =
            either.map(|(key, _)| key).filter(|key| !open_lines.contains_key(*key)).collect();
        let n_lost = lost.len() as u64;
        if open.1[rule] < n_lost {
            faults.push(format!("seed {seed}, {rule}: {lost:?}, not evaluable {}", open.1[rule]));
        }
    }
    faults
}

#[test]
fn of_generated_months_only_what_is_a_hit_either_way_is_one() {
    let seeds = std::env::var("JIHE_SEEDS").ok().and_then(|n| n.parse().ok()).unwrap_or(40_u64);
    let faults: Vec<String> = (0..seeds).into_par_iter().flat_map_iter(faults_of).collect();
    let some = faults.iter().take(20).cloned().collect::<Vec<_>>();
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), some.join("\n"));
}
