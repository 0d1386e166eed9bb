//! What must not change a result: order, shards, threads, other persons, pairs that cancel, months.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use jihe::{Engine, Format, Month, Options, Pack, Reference};
use jihe_testkit::generate::generate;
use jihe_testkit::oracle::month::{Line, Person};
use jihe_testkit::oracle::pack::Tables;
use jihe_testkit::oracle::reference::Reference as OracleReference;
use jihe_testkit::oracle::side::Month as OracleMonth;
use rayon::prelude::*;

use crate::scene;

const SEEDS: u64 = 60;

fn threads(n: usize) -> Options {
    Options { threads: Some(n), ..Options::default() }
}

/// Scores what is in `dir` and gives all result files but the manifest, end to end.
fn bytes_of(dir: &Path, options: &Options) -> Vec<u8> {
    let pack = Pack::load(dir.join("pack")).unwrap();
    let reference = Reference::open(dir.join("reference")).unwrap();
    let engine = Engine::compile(&pack, &reference).unwrap();
    let result = engine.score(&Month::open(dir.join("month")).unwrap(), options).unwrap();
    let out = tempfile::tempdir().unwrap();
    let out = out.path().join("out");
    result.write_as(&out, Format::Csv).unwrap();
    let verified = jihe::verify(&out).unwrap();
    assert!(verified.is_whole(), "{:?}", verified.differences);
    let mut names: Vec<_> =
        fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    let kept = names
        .iter()
        .filter(|path| !path.ends_with("manifest.json") && !path.ends_with("quarantine.csv"));
    kept.flat_map(|path| fs::read(path).unwrap()).collect()
}

fn written(month: &OracleMonth, reference: &OracleReference, tables: &Tables) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    scene::write(dir.path(), month, reference, tables);
    dir
}

/// Splits a table into shards of a folder of its name, in another order of rows.
fn shard(path: &Path) {
    let text = fs::read_to_string(path).unwrap();
    let (header, rows) = text.split_once('\n').unwrap_or((&text, ""));
    let mut rows: Vec<&str> = rows.lines().collect();
    rows.reverse();
    let folder = path.with_extension("");
    fs::create_dir(&folder).unwrap();
    for (n, part) in rows.chunks(7).enumerate() {
        fs::write(
            folder.join(format!("part-{n:03}.csv")),
            format!("{header}\r\n{}\r\n", part.join("\r\n")),
        )
        .unwrap();
    }
    if rows.is_empty() {
        fs::write(folder.join("part-000.csv"), format!("{header}\n")).unwrap();
    }
    fs::remove_file(path).unwrap();
}

#[test]
fn threads_shards_and_row_order_change_no_byte() {
    (0..SEEDS).into_par_iter().for_each(|seed| {
        let (month, reference, tables) = generate(seed);
        let dir = written(&month, &reference, &tables);
        let expected = bytes_of(dir.path(), &threads(1));
        assert_eq!(expected, bytes_of(dir.path(), &threads(3)), "seed {seed}: threads");
        for table in ["lines", "settlements", "encounters", "persons"] {
            let path = dir.path().join("month").join(table).with_extension("csv");
            if path.is_file() {
                shard(&path);
            }
        }
        assert_eq!(expected, bytes_of(dir.path(), &threads(2)), "seed {seed}: shards");
    });
}

#[test]
fn an_unrelated_person_changes_no_finding_of_others() {
    (0..SEEDS).into_par_iter().for_each(|seed| {
        let (mut month, reference, tables) = generate(seed);
        let before = scene::score(written(&month, &reference, &tables).path(), jihe::Stage::After);
        if let Some(persons) = &mut month.persons {
            persons.push(Person { psn_no: "ZZ".to_owned(), ..Person::default() });
        }
        if let Some(line) = month.lines.iter().find(|line| 0 < line.cnt).cloned() {
            month.lines.push(Line {
                bkkp_sn: "ZZ1".to_owned(),
                mdtrt_id: "ZZ".to_owned(),
                psn_no: "ZZ".to_owned(),
                setl_id: None,
                init_feedetl_sn: None,
                drug_trac_codg: None,
                ..line
            });
        }
        let after = scene::score(written(&month, &reference, &tables).path(), jihe::Stage::After);
        let without = |answer: &scene::Answer| {
            let mut cuts = answer.cuts();
            // Stock and the day of a doctor are an institution's: there another person's line counts.
            cuts.remove("sold-over-stock");
            cuts.remove("workload");
            for cuts in cuts.values_mut() {
                cuts.retain(|(key, _)| key != "ZZ1");
            }
            cuts.retain(|_, cuts| !cuts.is_empty());
            cuts
        };
        assert_eq!(without(&before), without(&after), "seed {seed}");
    });
}

#[test]
fn a_line_with_its_own_reversal_changes_nothing() {
    (0..SEEDS).into_par_iter().for_each(|seed| {
        let (mut month, reference, tables) = generate(seed);
        let before = scene::score(written(&month, &reference, &tables).path(), jihe::Stage::After);
        if let Some(line) = month.lines.iter().find(|line| 0 < line.cnt).cloned() {
            let added = Line {
                bkkp_sn: "ZZ1".to_owned(),
                init_feedetl_sn: None,
                drug_trac_codg: None,
                ..line
            };
            let back = Line {
                bkkp_sn: "ZZ2".to_owned(),
                init_feedetl_sn: Some("ZZ1".to_owned()),
                cnt: -added.cnt,
                det_item_fee_sumamt: -added.det_item_fee_sumamt,
                inscp_scp_amt: added.inscp_scp_amt.map(|amount| -amount),
                ..added.clone()
            };
            month.lines.extend([added, back]);
        }
        let after = scene::score(written(&month, &reference, &tables).path(), jihe::Stage::After);
        assert_eq!(before.cuts(), after.cuts(), "seed {seed}");
        assert_eq!(before.refusals(), after.refusals(), "seed {seed}");
    });
}

#[test]
fn a_rule_more_never_lowers_what_is_refused() {
    (0..SEEDS).into_par_iter().for_each(|seed| {
        let (month, reference, tables) = generate(seed);
        let dir = written(&month, &reference, &tables);
        let all = scene::score(dir.path(), jihe::Stage::After);
        let rule = dir.path().join("pack/line/amount-mismatch.toml");
        let text = fs::read_to_string(&rule).unwrap();
        fs::write(&rule, text.replace("status   = \"active\"", "status   = \"draft\"")).unwrap();
        let fewer = scene::score(dir.path(), jihe::Stage::After);
        let refused: BTreeMap<_, _> =
            all.refusals().into_iter().map(|(key, money, _)| (key, money[0])).collect();
        for (key, money, _) in fewer.refusals() {
            assert!(money[0] <= refused.get(&key).copied().unwrap_or(0), "seed {seed}: {key}");
        }
    });
}

#[test]
fn month_by_month_with_state_finds_what_both_months_together_find() {
    let n_going_on = AtomicUsize::new(0);
    (0..SEEDS).into_par_iter().for_each(|seed| {
        let (mut month, reference, tables) = generate(seed);
        let days = month.lines.iter().map(Line::day);
        let (Some(first), Some(last)) = (days.clone().min(), days.max()) else { return };
        let middle = first + (last - first) / 2;
        let going_on = stays_going_on(&month, middle);
        n_going_on.fetch_add(going_on.len(), Ordering::Relaxed);
        // The state keeps prescriptions as their hash: none goes over the end of a month.
        for line in month.lines.iter_mut().filter(|line| going_on.contains(&line.mdtrt_id)) {
            line.rx_drord_no = None;
        }
        // Other whole encounters go to the month of their last line, so that no row comes twice; a stay
        // that goes on is told in the first month.
        let ends = |id: &str| {
            month
                .lines
                .iter()
                .filter(|line| line.mdtrt_id == id)
                .map(Line::day)
                .max()
                .filter(|_| !going_on.contains(id))
                .unwrap_or(first)
        };
        let day = |line: &Line| {
            if going_on.contains(&line.mdtrt_id) { line.day() } else { ends(&line.mdtrt_id) }
        };
        let (mut former, mut later) = (month.clone(), month.clone());
        former.lines.retain(|line| day(line) <= middle);
        later.lines.retain(|line| middle < day(line));
        former.settlements.retain(|row| ends(&row.mdtrt_id) <= middle);
        later.settlements.retain(|row| middle < ends(&row.mdtrt_id));
        for (part, is_later) in [(&mut former, false), (&mut later, true)] {
            let kept = |id: &str| (middle < ends(id)) == is_later;
            if let Some(rows) = &mut part.encounters {
                rows.retain(|row| kept(&row.mdtrt_id));
            }
            if let Some(rows) = &mut part.diagnoses {
                rows.retain(|row| kept(&row.mdtrt_id));
            }
            part.trace_codes = None;
        }
        let mut whole = month.clone();
        whole.trace_codes = None;
        let keys: Vec<String> = later.lines.iter().map(|line| line.bkkp_sn.clone()).collect();
        let together =
            scene::score(written(&whole, &reference, &tables).path(), jihe::Stage::After);
        let state = tempfile::tempdir().unwrap();
        let state = state.path().join("state");
        let dir = written(&former, &reference, &tables);
        run(dir.path(), None).write_state(&state).unwrap();
        let dir = written(&later, &reference, &tables);
        let apart = run(dir.path(), Some(&state));
        let expected: Vec<_> = together
            .refusals()
            .into_iter()
            .filter(|(key, ..)| keys.contains(key))
            .map(|(key, money, rule)| (key, money[0], rule))
            .collect();
        assert_eq!(refused(&apart), expected, "seed {seed}");
    });
    assert!(0 < n_going_on.into_inner(), "some stays go over the end of the month");
}

/// Stays with lines on both sides of a day, of which each row comes once and none is taken back.
fn stays_going_on(month: &OracleMonth, middle: i64) -> BTreeSet<String> {
    let mut n_keys: BTreeMap<&str, usize> = BTreeMap::new();
    for line in &month.lines {
        *n_keys.entry(&line.bkkp_sn).or_default() += 1;
    }
    let is_plain = |line: &Line| 0 < line.cnt && n_keys[line.bkkp_sn.as_str()] == 1;
    let rows = month.encounters.as_deref().unwrap_or(&[]);
    let goes_on = |id: &str| {
        let lines = || month.lines.iter().filter(move |line| line.mdtrt_id == id);
        lines().all(is_plain)
            && lines().any(|line| line.day() <= middle)
            && lines().any(|line| middle < line.day())
            && rows.iter().filter(|row| row.mdtrt_id == id).count() == 1
    };
    let stays = rows.iter().filter(|row| row.med_type.starts_with('2') && goes_on(&row.mdtrt_id));
    stays.map(|row| row.mdtrt_id.clone()).collect()
}

fn run(dir: &Path, state: Option<&Path>) -> jihe::Outcome {
    let pack = Pack::load(dir.join("pack")).unwrap();
    let reference = Reference::open(dir.join("reference")).unwrap();
    let engine = Engine::compile(&pack, &reference).unwrap();
    let options = Options { state: state.map(Path::to_path_buf), ..Options::default() };
    engine.score(&Month::open(dir.join("month")).unwrap(), &options).unwrap()
}

pub fn refused(result: &jihe::Outcome) -> Vec<(String, i64, String)> {
    let rules = &result.rule_ids();
    let ledger = result.ledger();
    let lines = ledger.lines.iter().filter(|line| 0 < line.refused);
    lines
        .map(|line| {
            let (part, row) = result.lines().place(line.line);
            (part.key.text(row), line.refused, rules[line.main_hit as usize].clone())
        })
        .collect()
}
