//! A rule that a city writes again, under its own name, finds what the rule of the national pack finds.

use std::fs;
use std::path::{Path, PathBuf};

use jihe_frame::Value;
use jihe_rules::plan::{Rule, Shape};
use jihe_settle::Stage;
use jihe_testkit::generate::{edge::edge_cases, generate, thin::thin};
use rayon::prelude::*;

use crate::scene::{self, Answer};

const AGAIN: &str = "-again";

/// Writes every rule of a pack once more, under another name and with what `change` makes of its text.
fn write_again(pack: &Path, end: &str, change: &dyn Fn(&str) -> String) {
    for family in fs::read_dir(pack).unwrap() {
        let family = family.unwrap().path();
        if !family.is_dir() || family.ends_with("tables") {
            continue;
        }
        for rule in fs::read_dir(&family).unwrap() {
            let rule = rule.unwrap().path();
            let stem = rule.file_stem().unwrap().to_str().unwrap();
            if !stem.contains(AGAIN) {
                let text = change(&fs::read_to_string(&rule).unwrap());
                fs::write(rule.with_file_name(format!("{stem}{end}.toml")), text).unwrap();
            }
        }
    }
}

/// The rules that were written again, but those that have targets by their name.
fn twice(answer: &Answer) -> impl Iterator<Item = (usize, &Rule)> {
    let rules = answer.engine.plan().rules.iter().enumerate();
    rules.filter(|(_, rule)| !rule.id.contains(AGAIN) && !matches!(rule.shape, Shape::Ratio(_)))
}

/// What rules by some name found, without the name.
fn of<T: Clone>(all: &[(String, T)], id: &str) -> Vec<T> {
    all.iter().filter(|(rule, _)| rule == id).map(|(_, one)| one.clone()).collect()
}

/// A value in words: numbers of codes are those of their run.
fn value(answer: &Answer, value: Value) -> String {
    match value {
        Value::Code(code) => answer.month.codes.text(code).to_owned(),
        other @ (Value::Number(..)
        | Value::Int(_)
        | Value::Day(_)
        | Value::Moment(_)
        | Value::Encounter(_)
        | Value::Settlement(_)
        | Value::Line(_)
        | Value::Missing) => format!("{other:?}"),
    }
}

/// All that an answer says of findings and of what was judged, by rule: sorted, as ids of findings are not
/// those of other rules.
fn said(answer: &Answer) -> Vec<(String, String)> {
    let rules = &answer.engine.plan().rules;
    let mut said = Vec::new();
    for one in &answer.judged.coverage {
        let mut text = one.clone();
        text.rule = 0;
        said.push((rules[usize::from(one.rule)].id.clone(), format!("{text:?}")));
    }
    for hit in &answer.judged.hits.hits {
        let mut text = hit.clone();
        (text.rule, text.lines_from, text.lines_until, text.values_from) = (0, 0, 0, 0);
        (text.institution, text.n_value_bytes) = (0, 0);
        let institution = answer.month.codes.text(hit.institution);
        let lines = answer.judged.hits.lines_of(hit);
        let values: Vec<_> =
            answer.judged.hits.values_of(hit).map(|it| value(answer, it)).collect();
        let id = rules[usize::from(hit.rule)].id.clone();
        said.push((id, format!("{text:?} {institution} {lines:?} {values:?}")));
    }
    for exempt in &answer.judged.exempts {
        let mut text = *exempt;
        text.rule = 0;
        said.push((rules[usize::from(exempt.rule)].id.clone(), format!("{text:?}")));
    }
    said.sort();
    said
}

/// Scores what is in a folder with its pack, and again with what is written into it then.
fn both(dir: &Path, cut: (Option<u64>, u64), write: &dyn Fn(&Path)) -> [Answer; 2] {
    let folders = ["pack", "reference", "month"].map(|name| dir.join(name));
    let score = || {
        let folders = folders.each_ref().map(PathBuf::as_path);
        scene::score_cut(cut, folders, Stage::After)
    };
    let once = score();
    write(&dir.join("pack"));
    [once, score()]
}

/// Writes every rule once more as it is.
fn twin(pack: &Path) {
    write_again(pack, AGAIN, &str::to_owned);
}

/// Writes every rule four times more, each from another day on long before the month, so that each of them
/// asks something of its own.
fn later(pack: &Path) {
    for day in 1..5 {
        let from = format!("from     = 2022-01-0{day}");
        let change = |text: &str| {
            let lines = text.lines();
            let line = |line: &str| {
                let is_from = line.starts_with("from ") && line.contains('=');
                if is_from { from.clone() } else { line.to_owned() }
            };
            lines.map(line).collect::<Vec<_>>().join("\n")
        };
        write_again(pack, &format!("{AGAIN}-{day}"), &change);
    }
}

/// Compares the two; gives how many findings of rules that were written again there are.
fn compare(name: &str, [once, both]: &[Answer; 2], ends: &[&str]) -> usize {
    let (said_once, said_both) = (said(once), said(both));
    for (_, rule) in twice(both) {
        let first = of(&said_both, &rule.id);
        assert_eq!(of(&said_once, &rule.id), first, "{name}: {} beside another", rule.id);
        for end in ends {
            let again = format!("{}{end}", rule.id);
            assert_eq!(of(&said_both, &again), first, "{name}: {again}");
        }
    }
    // What both find is refused once.
    let money = |answer: &Answer| -> Vec<_> {
        answer.refusals().into_iter().map(|(line, money, _)| (line, money)).collect()
    };
    assert_eq!(money(once), money(both), "{name}");
    let hits = &both.judged.hits.hits;
    let of_rule = |place: usize| hits.iter().filter(|hit| usize::from(hit.rule) == place).count();
    twice(both).map(|(place, _)| of_rule(place)).sum()
}

#[test]
fn a_rule_written_again_finds_the_same_under_its_own_name_and_nothing_is_refused_twice() {
    let of_seed = |seed: u64| {
        let (mut month, mut reference, mut tables) = generate(seed);
        // An exemption may name one of the two alone.
        let exemptions = tables.entry("exemption".to_owned()).or_default();
        exemptions.retain(|row| row["rule_id"] == "*");
        if seed % 2 == 1 {
            thin(seed, &mut month, &mut reference);
        }
        let dir = tempfile::tempdir().unwrap();
        scene::write(dir.path(), &month, &reference, &tables);
        let cut = [(None, 1 << 15), (None, 3), (Some(0), 5)][(seed % 3) as usize];
        compare(&format!("seed {seed}"), &both(dir.path(), cut, &twin), &[AGAIN])
    };
    let n_found: usize = (0..60_u64).into_par_iter().map(of_seed).sum();
    assert!(1_000 < n_found, "{n_found} findings are few");
}

#[test]
fn every_rule_that_is_written_again_finds_its_edges_again() {
    let edges = edge_cases();
    let found = edges.par_iter().map(|case| {
        let dir = tempfile::tempdir().unwrap();
        scene::write(dir.path(), &case.month, &case.reference, &case.tables);
        compare(case.name, &both(dir.path(), (None, 1 << 15), &twin), &[AGAIN])
    });
    assert!(found.sum::<usize>() > edges.len() / 2);
}

#[test]
fn hundreds_of_rules_that_ask_each_something_of_its_own_find_what_few_find() {
    let of_seed = |seed: u64| {
        let (month, reference, mut tables) = generate(seed);
        tables.remove("exemption");
        let dir = tempfile::tempdir().unwrap();
        scene::write(dir.path(), &month, &reference, &tables);
        let answers = both(dir.path(), (None, 1 << 15), &later);
        let rules = &answers[1].engine.plan().rules;
        assert!(4 * 80 < rules.len(), "{} rules are few", rules.len());
        compare(
            &format!("seed {seed}"),
            &answers,
            &["-again-1", "-again-2", "-again-3", "-again-4"],
        )
    };
    let n_found: usize = (0..24_u64).into_par_iter().map(of_seed).sum();
    assert!(500 < n_found, "{n_found} findings are few");
}
