//! Judges a month: parts in parallel, exact partial results merged in a fixed order.

use jihe_frame::{Coverage, Exempt, Hits, LinePart, NetMonth};
use jihe_rules::plan::Shape;
use jihe_settle::{Ledger, Review, Stage, Terms, settle};
use jihe_terms::Status;
use rayon::prelude::*;

use crate::compile::Engine;
use crate::found::Found;
use crate::judge::stay::StayList;
use crate::judge::{limit, line, pair, period, stay, stock, supply, trace, visit};
use crate::order::{in_order, jr_ids};
use crate::run::{Run, nullable_columns};

/// Rows of a part that one expression is evaluated over at once.
const BATCH: u32 = 16_384;

/// What a month gave.
#[derive(Debug)]
pub struct Judged {
    /// Findings in the order in which they are written.
    pub hits: Hits,
    /// By finding: its id.
    pub jr_ids: Vec<String>,
    /// By rule of the plan, drafts left out.
    pub coverage: Vec<Coverage>,
    /// Subjects taken out by exceptions.
    pub exempts: Vec<Exempt>,
    /// Money.
    pub ledger: Ledger,
}

/// What a review decided of the finding of that id, if there was one.
pub type Reviewed<'a> = dyn Fn(&str) -> Option<Review> + Sync + 'a;

impl Engine {
    /// Judges a net month and settles its money.
    ///
    /// The result does not depend on the number of threads. Cost: one pass over the lines for all
    /// rules, sorts of the lines that limited items have.
    ///
    /// # Panics
    ///
    /// If an invariant of the ledger is broken: nothing may be published then.
    pub fn judge(&self, month: &NetMonth, stage: Stage, reviewed: &Reviewed<'_>) -> Judged {
        let run = Run::new(self, month);
        let stays = StayList::new(&run);
        let by_part: Vec<Vec<Found>> =
            month.lines.parts.par_iter().map(|part| judge_part(&run, &stays, part)).collect();
        let mut found: Vec<Found> = self.plan.rules.iter().map(|_| Found::default()).collect();
        for part in by_part {
            for (all, one) in found.iter_mut().zip(part) {
                all.merge(one);
            }
        }
        let wide: Vec<Found> =
            (0..found.len()).into_par_iter().map(|rule| judge_wide(&run, &stays, rule)).collect();
        for (all, one) in found.iter_mut().zip(wide) {
            all.merge(one);
        }
        let coverage = coverage(&run, &found);
        let mut exempts: Vec<Exempt> =
            found.iter().flat_map(|one| one.exempts.iter().copied()).collect();
        exempts.sort_unstable();
        let mut all = Found::default();
        for one in found {
            all.merge(one);
        }
        let ids = jr_ids(&run, &all.hits);
        let (hits, jr_ids) = in_order(&all.hits, &ids);
        let terms: Vec<Terms> = (0_u32..)
            .zip(&self.plan.rules)
            .map(|(precedence, rule)| Terms {
                precedence,
                article: rule.article.clone(),
                status: rule.status,
            })
            .collect();
        let order = crate::order::rank(&jr_ids);
        let ledger = settle(month, &hits, &order, &terms, stage, &|idx| {
            jr_ids.get(idx).and_then(|id| reviewed(id))
        });
        Judged { hits, jr_ids, coverage, exempts, ledger }
    }
}

/// All rules that need no more than the lines of whole persons.
fn judge_part(run: &Run<'_>, stays: &StayList, part: &LinePart) -> Vec<Found> {
    let engine = run.engine;
    let mut found: Vec<Found> = engine.plan.rules.iter().map(|_| Found::default()).collect();
    let candidates = candidates(engine, part);
    let n_lines = u32::try_from(part.len()).expect("a part has fewer than 2³² lines");
    let none = Vec::new();
    for (rule, plan) in engine.plan.rules.iter().enumerate() {
        if plan.status == Status::Draft {
            continue;
        }
        let found = &mut found[rule];
        let slot = engine.slots[rule];
        let rows = slot.map_or(&none, |slot| &candidates[slot as usize]);
        match &plan.shape {
            Shape::LineTest { .. } if slot.is_some() => line::judge(run, rule, part, rows, found),
            Shape::LineTest { .. } => {
                for from in (0..n_lines).step_by(BATCH as usize) {
                    let batch: Vec<u32> = (from..n_lines.min(from + BATCH)).collect();
                    line::judge(run, rule, part, &batch, found);
                }
            }
            Shape::SumLimit { lookup: None, .. } => {
                let all: Vec<u32> = (0..n_lines).collect();
                limit::judge(run, rule, part, &all, found);
            }
            Shape::SumLimit { .. } => limit::judge(run, rule, part, rows, found),
            Shape::Period { .. } => period::judge(run, rule, part, rows, found),
            Shape::SameLine => pair::judge_same(run, rule, part, found),
            Shape::Contained { .. } => pair::judge_contained(run, rule, part, rows, found),
            Shape::OverSupply => supply::judge_over_supply(run, rule, part, found),
            Shape::EarlyRefill { .. } => supply::judge_early_refill(run, rule, part, found),
            Shape::VisitDuringStay => visit::judge(run, stays, rule, part, found),
            Shape::SplitStay { .. }
            | Shape::OverlapStay
            | Shape::SoldOverStock { .. }
            | Shape::TraceReused => {}
        }
    }
    found
}

/// A rule that looks beyond the lines of a person.
fn judge_wide(run: &Run<'_>, stays: &StayList, rule: usize) -> Found {
    let mut found = Found::default();
    let plan = run.rule(rule);
    if plan.status == Status::Draft {
        return found;
    }
    match plan.shape {
        Shape::SplitStay { .. } => stay::judge_split(run, stays, rule, &mut found),
        Shape::OverlapStay => stay::judge_overlap(run, stays, rule, &mut found),
        Shape::SoldOverStock { .. } => stock::judge(run, rule, &mut found),
        Shape::TraceReused => trace::judge(run, rule, &mut found),
        _ => {}
    }
    found
}

/// The rows of a part by the rules whose tables know their items: a gather and a bit test a line.
fn candidates(engine: &Engine, part: &LinePart) -> Vec<Vec<u32>> {
    let n_slots = engine.slots.iter().flatten().count();
    let mut rows: Vec<Vec<u32>> = vec![Vec::new(); n_slots];
    for (row, &item) in (0_u32..).zip(&part.item) {
        let mut bits = engine.candidates.get(item as usize).copied().unwrap_or(0);
        while bits != 0 {
            let slot = bits.trailing_zeros();
            rows[slot as usize].push(row);
            bits &= bits - 1;
        }
    }
    rows
}

fn coverage(run: &Run<'_>, found: &[Found]) -> Vec<Coverage> {
    let mut coverage: Vec<Coverage> = Vec::new();
    for (rule, found) in found.iter().enumerate() {
        let plan = run.rule(rule);
        if plan.status == Status::Draft {
            continue;
        }
        let reason = match (found.n_not_evaluable, found.reason) {
            (0, _) => String::new(),
            (_, Some(reason)) => reason.to_owned(),
            (_, None) => nullable_columns(plan, run),
        };
        coverage.push(Coverage {
            rule: u16::try_from(rule).unwrap_or(u16::MAX),
            n_judged: found.n_judged,
            n_hit: u64::try_from(found.hits.hits.len()).unwrap_or(u64::MAX),
            n_exempt: found.n_exempt,
            n_not_evaluable: found.n_not_evaluable,
            reason,
            amt_not_evaluable: found.amt_not_evaluable,
        });
    }
    coverage.sort_by(|a, b| {
        let id = |coverage: &Coverage| &run.rule(usize::from(coverage.rule)).id;
        id(a).cmp(id(b))
    });
    coverage
}
