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

pub mod benefit;
pub mod civil;
pub mod context;
pub mod decimal;
pub mod dose;
pub mod exempt;
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
use outcome::{Coverage, Outcome, Reviews, Stage};
use pack::{Pack, Status};
use reference::Reference;
use side::Month;

/// Judges a month that nobody reviewed.
pub fn judge(month: &Month, reference: &Reference, pack: &Pack, stage: Stage) -> Outcome {
    judge_reviewed(month, reference, pack, stage, &|_, _| None)
}

/// Judges a month, and asks for the review of each finding by its rule and its lines with their cuts.
pub fn judge_reviewed(
    month: &Month,
    reference: &Reference,
    pack: &Pack,
    stage: Stage,
    reviews: &Reviews<'_>,
) -> Outcome {
    let net = net::net(month, reference);
    let mut outcome = Outcome { counts: net.counts.clone(), ..Outcome::default() };
    let mut hits: Vec<Hit> = Vec::new();
    for rule in pack.rules.values().filter(|rule| rule.status != Status::Draft) {
        let context = Context { net: &net, reference, pack, rule };
        let Some(mut verdicts) = rules::judge(&context) else { continue };
        exempt::apply(&context, &mut verdicts);
        let places = verdicts.hits.iter().flat_map(|hit| &hit.cuts).map(|(place, _)| *place);
        let coverage = Coverage {
            n_findings: verdicts.hits.len() + verdicts.houses.len(),
            n_hit_lines: places.collect::<BTreeSet<usize>>().len(),
            n_exempt: verdicts.exempt.len(),
            n_not_evaluable: verdicts.not_evaluable.len(),
            not_evaluable: verdicts.not_evaluable,
        };
        outcome.coverage.insert(rule.id.clone(), coverage);
        if rule.id == "settlement-mismatch" && !pack.table("benefit_kind").is_empty() {
            compute_benefits(&context, &mut outcome);
        }
        hits.extend(verdicts.hits);
        outcome.houses.extend(verdicts.houses);
    }
    hits.sort_by_key(|hit| (hit.rule_id.clone(), hit.subject.clone(), hit.cuts.clone()));

    let (findings, mut refusals) = settle::settle(&net, pack, (&hits, reviews), stage);
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

/// What every settlement comes to under the policy.
fn compute_benefits(context: &Context<'_>, outcome: &mut Outcome) {
    for settlement in &context.net.settlements {
        let in_force = context.rule.is_in_force(benefit::policy_day(context, settlement));
        let benefit::Answer::Known(computed) = benefit::answer(context, settlement) else {
            continue;
        };
        if !in_force {
            continue;
        }
        let sums = [computed.in_policy, computed.deductible, computed.fund];
        outcome.benefits.insert(settlement.setl_id.clone(), sums);
        if settlement.fund_pay_sumamt != computed.fund {
            let lines = computed.lines.into_iter();
            outcome.benefit_lines.extend(lines.map(|(key, scp, fund)| (key, [scp, fund])));
        }
    }
}

#[cfg(test)]
mod tests;
