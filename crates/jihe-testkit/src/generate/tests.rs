//! What holds of every generated month: semantics, section 6.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::random::Random;
use super::write::write_csv;
use super::{fees, generate};
use crate::oracle::judge;
use crate::oracle::net::net;
use crate::oracle::outcome::{Outcome, Stage};
use crate::oracle::pack::Pack;
use crate::oracle::reference::Reference;
use crate::oracle::side::Month;

const N_SEEDS: u64 = 200;

fn judged(seed: u64) -> (Month, Reference, Pack, Outcome) {
    let (month, reference, tables) = generate(seed);
    let pack = Pack::with_tables(tables);
    let outcome = judge(&month, &reference, &pack, Stage::After);
    (month, reference, pack, outcome)
}

#[test]
fn every_row_is_judged_netted_or_quarantined() {
    for seed in 0..N_SEEDS {
        let (month, _, _, outcome) = judged(seed);
        assert_eq!(outcome.counts["lines"].read, month.lines.len());
        for (table, counts) in &outcome.counts {
            let whole = counts.judged + counts.netted + counts.quarantined;
            assert_eq!(counts.read, whole, "seed {seed}, {table}");
        }
    }
}

#[test]
fn the_money_of_a_line_is_whole() {
    for seed in 0..N_SEEDS {
        let (month, reference, _, outcome) = judged(seed);
        let net = net(&month, &reference);
        let mut credited: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
        for ((line, _), credit) in &outcome.credits {
            assert!(0 <= credit.credited && 0 <= credit.held, "seed {seed}");
            let sum = credited.entry(line).or_default();
            *sum = (sum.0 + credit.credited, sum.1 + credit.loss);
        }
        for line in &net.lines {
            let refusal = outcome.refusals.iter().find(|row| row.bkkp_sn == line.bkkp_sn);
            let money = refusal.map_or((0, 0), |row| (row.refused_amt, row.loss_amt));
            let sum = credited.get(line.bkkp_sn.as_str()).copied().unwrap_or_default();
            assert_eq!(sum, money, "seed {seed}, {}", line.bkkp_sn);
            assert!(0 <= money.0 && money.0 <= line.det_item_fee_sumamt.max(0), "seed {seed}");
            assert!(0 <= line.in_policy(), "seed {seed}");
        }
    }
}

#[test]
fn a_settlement_never_loses_more_than_it_paid() {
    for seed in 0..N_SEEDS {
        let (_, _, _, outcome) = judged(seed);
        for total in &outcome.settlements {
            assert!(0 <= total.refused_fund_amt, "seed {seed}");
            assert!(total.refused_fund_amt <= total.fund_pay_sumamt.max(0), "seed {seed}");
        }
        let of_lines: i64 = outcome.refusals.iter().map(|row| row.refused_fund_amt).sum();
        let of_settlements: i64 = outcome.settlements.iter().map(|row| row.refused_fund_amt).sum();
        let of_houses: i64 = outcome.institutions.iter().map(|row| row.refused_fund_amt).sum();
        assert_eq!((of_lines, of_lines), (of_settlements, of_houses), "seed {seed}");
        let losses: i64 = outcome.findings.iter().map(|row| row.loss_amt).sum();
        let bases: i64 = outcome.penalties.iter().map(|row| row.base_amt).sum();
        assert_eq!((losses, losses), (of_lines, bases), "seed {seed}");
    }
}

#[test]
fn the_order_of_rows_changes_nothing() {
    for seed in 0..N_SEEDS / 4 {
        let (mut month, reference, pack, outcome) = judged(seed);
        let mut random = Random::new(seed ^ 0xFF);
        fees::shuffle(&mut random, &mut month.lines);
        fees::shuffle(&mut random, &mut month.settlements);
        fees::shuffle(&mut random, month.encounters.get_or_insert_default());
        fees::shuffle(&mut random, month.diagnoses.get_or_insert_default());
        if month.encounters.as_ref().is_some_and(Vec::is_empty) {
            continue;
        }
        assert_eq!(judge(&month, &reference, &pack, Stage::After).findings, outcome.findings);
    }
}

#[test]
fn adding_a_rule_never_lowers_a_refused_amount() {
    for seed in 0..N_SEEDS / 4 {
        let (month, reference, pack, outcome) = judged(seed);
        for rule in Pack::known_rules() {
            let mut fewer = pack.clone();
            fewer.rules.remove(rule);
            for refusal in judge(&month, &reference, &fewer, Stage::After).refusals {
                let with_it = outcome.refusals.iter().find(|row| row.bkkp_sn == refusal.bkkp_sn);
                let refused = with_it.map_or(0, |row| row.refused_amt);
                assert!(refusal.refused_amt <= refused, "seed {seed}, {rule}");
            }
        }
    }
}

/// Rules that few months are made to hit.
const RARE: [&str; 7] = [
    "drug-kinds",
    "herb-kinds",
    "same-class",
    "frequent-visits",
    "frequent-purchases",
    "split-item",
    "settled-twice",
];

#[test]
fn the_months_are_dense_enough_to_try_every_rule() {
    let mut n_months: BTreeMap<String, usize> = BTreeMap::new();
    for seed in 0..N_SEEDS {
        let (_, _, _, outcome) = judged(seed);
        for (rule, coverage) in &outcome.coverage {
            *n_months.entry(rule.clone()).or_default() += usize::from(0 < coverage.n_findings);
        }
    }
    let rules = Pack::known_rules().into_iter().chain(Pack::institution_rules());
    let n_hit = |rule: &str| n_months.get(rule).copied().unwrap_or(0);
    // What does not come by chance is tried by the edges.
    let rare: Vec<&str> = rules.filter(|rule| n_hit(rule) < 10).collect();
    assert_eq!(rare, RARE);
}

#[test]
fn a_written_month_reads_back_and_the_same_seed_is_the_same_month() {
    let folder: PathBuf = std::env::temp_dir().join(format!("jihe-oracle-{}", std::process::id()));
    for seed in 0..20 {
        let (month, reference, tables) = generate(seed);
        assert_eq!(generate(seed), (month.clone(), reference.clone(), tables.clone()));
        let own = folder.join(seed.to_string());
        write_csv(&month, &reference, &tables, &own).unwrap();
        assert_eq!(Month::read_csv(&own.join("month")).unwrap(), month, "seed {seed}");
        assert_eq!(Reference::read_csv(&own.join("reference")).unwrap(), reference);
        assert_eq!(Pack::read(&own).unwrap().tables, tables);
    }
    std::fs::remove_dir_all(&folder).unwrap();
}
