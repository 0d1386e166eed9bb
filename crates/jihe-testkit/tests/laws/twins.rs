//! The engine and the oracle, two readings of the pages, give the same answer to the fen.

use std::collections::BTreeMap;
use std::path::PathBuf;

use jihe_settle::Stage;
use jihe_testkit::generate::fees::number_in_encounters;
use jihe_testkit::generate::{edge::edge_cases, generate, thin::thin};
use jihe_testkit::oracle;
use jihe_testkit::oracle::context::Cut;
use jihe_testkit::oracle::outcome::Outcome;
use jihe_testkit::oracle::pack::Pack;
use rayon::prelude::*;

use crate::scene::{self, Answer};

fn oracle_pack(tables: oracle::pack::Tables) -> Pack {
    Pack { tables, ..Pack::read(&scene::national()).unwrap() }
}

/// By rule, the lines with their cuts on which the two do not agree.
fn differing_cuts(answer: &Answer, twin: &Outcome) -> Vec<String> {
    let mut found = Vec::new();
    let cuts = answer.cuts();
    let rules: Vec<&String> = twin.coverage.keys().collect();
    for rule in rules {
        let ours = cuts.get(rule).cloned().unwrap_or_default();
        let theirs = twin.cuts_of(rule);
        if ours != theirs {
            let only = |a: &[(String, Cut)], b: &[(String, Cut)]| -> String {
                format!("{:?}", a.iter().filter(|cut| !b.contains(cut)).collect::<Vec<_>>())
            };
            found.push(format!(
                "{rule}: only the engine {}, only the oracle {}",
                only(&ours, &theirs),
                only(&theirs, &ours)
            ));
        }
    }
    found
}

pub fn differences(answer: &Answer, twin: &Outcome) -> Vec<String> {
    let mut found = differing_cuts(answer, twin);
    compare(&mut found, "institutions as a whole", &answer.houses(), &twin.houses);
    compare(&mut found, "grades", &answer.grades(), &twin.grades());
    compare(&mut found, "credits", &answer.credits(), &twin.credits);
    let theirs: BTreeMap<_, _> = twin
        .coverage
        .iter()
        .map(|(rule, one)| (rule.clone(), one.n_not_evaluable as u64))
        .collect();
    for (rule, ours) in answer.not_evaluable() {
        compare(&mut found, &format!("not evaluable by {rule}"), &Some(&ours), &theirs.get(&rule));
    }
    compare(&mut found, "benefits", &answer.benefits(), &twin.benefits);
    compare(&mut found, "lines of benefits", &answer.benefit_lines(), &twin.benefit_lines);
    compare_money(&mut found, answer, twin);
    found
}

fn compare_money(found: &mut Vec<String>, answer: &Answer, twin: &Outcome) {
    let theirs: Vec<_> = twin
        .refusals
        .iter()
        .map(|refusal| {
            let money = [
                refusal.refused_amt,
                refusal.refused_scp_amt,
                refusal.refused_fund_amt,
                refusal.loss_amt,
                refusal.refused_cnt,
            ];
            (refusal.bkkp_sn.clone(), money, refusal.rule_id.clone())
        })
        .collect();
    compare(found, "refusals", &answer.refusals(), &theirs);
    let theirs: BTreeMap<_, _> = twin
        .counts
        .iter()
        .map(|(table, one)| {
            let figures = [one.read, one.judged, one.netted, one.quarantined];
            (table.clone(), figures.map(|figure| figure as u64))
        })
        .collect();
    compare(found, "counts", &answer.counts(), &theirs);
    let wide = i128::from;
    let theirs: BTreeMap<_, _> = twin
        .settlements
        .iter()
        .map(|one| {
            let money = [wide(one.refused_amt), wide(one.refused_fund_amt), wide(one.loss_amt)];
            (one.setl_id.clone(), money)
        })
        .collect();
    compare(found, "settlements", &answer.settlements(), &theirs);
    let theirs: BTreeMap<_, _> = twin
        .institutions
        .iter()
        .map(|one| {
            let figures = [
                one.n_lines as i128,
                wide(one.lines_amt),
                wide(one.fund_pay_sumamt),
                wide(one.refused_amt),
                wide(one.refused_fund_amt),
                wide(one.loss_amt),
                wide(one.held_amt),
                one.n_findings as i128,
            ];
            (one.fixmedins_code.clone(), figures)
        })
        .collect();
    compare(found, "institutions", &answer.institutions(), &theirs);
    let theirs: BTreeMap<_, _> = twin
        .penalties
        .iter()
        .map(|one| {
            let money = [wide(one.base_amt), wide(one.fine_low), wide(one.fine_high)];
            ((one.subject.clone(), one.article.clone()), money)
        })
        .collect();
    compare(found, "penalties", &answer.penalties(), &theirs);
}

fn compare<T: PartialEq + std::fmt::Debug>(
    found: &mut Vec<String>,
    what: &str,
    ours: &T,
    theirs: &T,
) {
    if ours != theirs {
        found.push(format!("{what}:\n    engine {ours:?}\n    oracle {theirs:?}"));
    }
}

fn seed_differs(seed: u64, stage: Stage, is_thin: bool) -> Option<String> {
    let (mut month, mut reference, tables) = generate(seed);
    if is_thin {
        thin(seed, &mut month, &mut reference);
    }
    let dir = tempfile::tempdir().unwrap();
    scene::write(dir.path(), &month, &reference, &tables);
    // Neither many small parts nor lines on disk may change anything.
    let cut = match seed % 3 {
        0 => (None, 1 << 15),
        1 => (None, 3),
        _ => (Some(0), 5),
    };
    let folders = ["pack", "reference", "month"].map(|name| dir.path().join(name));
    let answer = scene::score_cut(cut, folders.each_ref().map(PathBuf::as_path), stage);
    let oracle_stage = match stage {
        Stage::Before => oracle::outcome::Stage::Before,
        Stage::After => oracle::outcome::Stage::After,
    };
    let twin = oracle::judge(&month, &reference, &oracle_pack(tables), oracle_stage);
    let found = differences(&answer, &twin);
    (!found.is_empty()).then(|| {
        format!(
            "seed {seed}, without {:?}:\n  {}\n  put aside: {:?}",
            month.absent,
            found.join("\n  "),
            answer.month.quarantine.iter().collect::<Vec<_>>()
        )
    })
}

fn check_seeds(n_seeds: u64, is_thin: bool) {
    let seeds = std::env::var("JIHE_SEEDS").ok().and_then(|n| n.parse().ok()).unwrap_or(n_seeds);
    let differing: Vec<String> = (0..seeds)
        .into_par_iter()
        .filter_map(|seed| {
            seed_differs(seed, if seed % 4 == 3 { Stage::Before } else { Stage::After }, is_thin)
        })
        .collect();
    assert!(
        differing.is_empty(),
        "{} months differ\n{}",
        differing.len(),
        differing.iter().take(3).cloned().collect::<Vec<_>>().join("\n")
    );
}

#[test]
fn engine_and_oracle_agree_on_hundreds_of_generated_months() {
    check_seeds(400, false);
}

#[test]
fn engine_and_oracle_agree_where_values_and_columns_are_missing() {
    check_seeds(400, true);
}

#[test]
fn lines_known_only_in_their_encounter_are_cut_as_the_oracle_says() {
    (0..200_u64).into_par_iter().for_each(|seed| {
        let (mut month, reference, tables) = generate(seed);
        number_in_encounters(&mut month);
        let dir = tempfile::tempdir().unwrap();
        scene::write(dir.path(), &month, &reference, &tables);
        let folders = ["pack", "reference", "month"].map(|name| dir.path().join(name));
        let folders = folders.each_ref().map(PathBuf::as_path);
        let answer = scene::score_cut((None, 3), folders, Stage::After);
        let stage = oracle::outcome::Stage::After;
        let twin = oracle::judge(&month, &reference, &oracle_pack(tables), stage);
        let found = differing_cuts(&answer, &twin);
        assert!(found.is_empty(), "seed {seed}: {}", found.join("\n"));
    });
}

#[test]
fn the_edges_of_every_rule_are_cut_as_the_pages_say() {
    for case in edge_cases() {
        let dir = tempfile::tempdir().unwrap();
        scene::write(dir.path(), &case.month, &case.reference, &case.tables);
        let answer = scene::score(dir.path(), Stage::After);
        let cuts = answer.cuts().remove(case.rule_id).unwrap_or_default();
        let mut expected = case.cuts.clone();
        expected.sort();
        assert_eq!(cuts, expected, "{}: {}", case.rule_id, case.name);
        if let Some(grade) = case.grade {
            let own = answer.grades().into_iter().filter(|(rule, ..)| rule == case.rule_id);
            let grades: Vec<u8> = own.map(|(_, _, grade)| grade).collect();
            assert!(!grades.is_empty() && grades.iter().all(|&one| one == grade), "{}", case.name);
        }
    }
}
