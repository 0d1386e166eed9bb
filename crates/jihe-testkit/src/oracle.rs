//! The independent judge: one row at a time, one loop per rule, nothing shared with the engine.
//!
//! In: a month, the reference and a pack as plain rows. Out: findings, refusals and totals.
//! Source: `docs/semantics.md`. Where the page leaves a choice, the plainest reading is taken.
//! Cost: quadratic and worse; it is for small months.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "test support: tiny numbers, and plain reading matters more than speed"
)]

pub mod civil;
pub mod context;
pub mod decimal;
pub mod dose;
pub mod houses;
pub mod month;
pub mod net;
pub mod outcome;
pub mod pack;
pub mod read;
pub mod reference;
pub mod registry;
pub mod rules;
pub mod settle;
pub mod side;
pub mod supply;
pub mod table;
pub mod totals;

use std::collections::BTreeSet;

use context::{Context, Cut, Hit};
use outcome::{Coverage, Outcome, Stage};
use pack::{Pack, Status};
use reference::Reference;
use side::Month;

/// Judges a month.
pub fn judge(month: &Month, reference: &Reference, pack: &Pack, stage: Stage) -> Outcome {
    let net = net::net(month, reference);
    let mut outcome = Outcome { counts: net.counts.clone(), ..Outcome::default() };
    let mut hits: Vec<Hit> = Vec::new();
    for rule in pack.rules.values().filter(|rule| rule.status != Status::Draft) {
        let context = Context { net: &net, reference, pack, rule };
        let Some(verdicts) = rules::judge(&context) else { continue };
        let places = verdicts.hits.iter().flat_map(|hit| &hit.cuts).map(|(place, _)| *place);
        let coverage = Coverage {
            n_findings: verdicts.hits.len() + verdicts.houses.len(),
            n_hit_lines: places.collect::<BTreeSet<usize>>().len(),
            n_exempt: verdicts.exempt.len(),
            n_not_evaluable: verdicts.not_evaluable.len(),
            not_evaluable: verdicts.not_evaluable,
        };
        outcome.coverage.insert(rule.id.clone(), coverage);
        hits.extend(verdicts.hits);
        outcome.houses.extend(verdicts.houses);
    }
    hits.sort_by_key(|hit| (hit.rule_id.clone(), hit.subject.clone(), hit.cuts.clone()));

    let (findings, mut refusals) = settle::settle(&net, pack, &hits, stage);
    settle::name_main_rules(&mut refusals, &findings, pack);
    outcome.settlements = totals::settlements(&net, &refusals);
    outcome.houses.sort();
    outcome.institutions = totals::institutions(&net, &findings, &refusals);
    totals::count_houses(&mut outcome.institutions, &outcome.houses);
    outcome.penalties = totals::penalties(&net, &findings, pack);
    for finding in &findings {
        for line in finding.lines.iter().filter(|line| line.cut != Cut::Nothing) {
            let key = (line.bkkp_sn.clone(), finding.rule_id.clone());
            let credit = outcome.credits.entry(key).or_default();
            credit.credited += line.credited;
            credit.loss += line.loss;
            credit.held += line.held;
        }
    }
    outcome.findings = findings;
    outcome.refusals = refusals;
    outcome.lone_reversals = net.lone_reversals.iter().map(|row| row.bkkp_sn.clone()).collect();
    outcome.lone_refunds = net.lone_refunds.iter().map(|(row, _)| row.setl_id.clone()).collect();
    outcome
}

#[cfg(test)]
mod tests;
