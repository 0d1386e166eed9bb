//! What all parts gave, put together, and the rules that need all of them.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use jihe_frame::{Benefits, KeptLines, Profile, timed};
use jihe_rules::plan::{Rule, Shape};
use jihe_settle::LineTotals;
use jihe_terms::Status;
use rayon::prelude::*;

use crate::found::Found;
use crate::judge::ratio::Tally;
use crate::judge::stay::StayList;
use crate::judge::stock::{Billed, Sums};
use crate::judge::total::Share;
use crate::judge::trace::Use;
use crate::judge::{beds, condition, ratio, stock, total, trace};
use crate::run::Run;

/// What one part gave.
pub(crate) struct OfPart {
    pub(crate) found: Vec<Found>,
    /// By rule: lines with the stock that they draw on.
    pub(crate) billed: Vec<(usize, Billed)>,
    /// By rule: uses of trace codes.
    pub(crate) uses: Vec<(usize, Vec<Use>)>,
    /// By rule: shares of sums over all persons.
    pub(crate) shares: Vec<(usize, Vec<Share>)>,
    /// By rule: sums of institutions.
    pub(crate) tallies: Vec<(usize, Tally)>,
    pub(crate) kept: KeptLines,
    pub(crate) totals: LineTotals,
    pub(crate) benefits: Benefits,
}

/// The rules of institutions as a whole, when all parts are through.
pub(crate) fn judge_houses(
    run: &Run<'_>,
    (stays, costs, billed): (&StayList, &[Option<i128>], &[u32]),
    mut tallies: BTreeMap<usize, Tally>,
    found: &mut [Found],
    profile: Option<&Profile>,
) {
    for (rule, plan) in run.engine.rules.iter().enumerate() {
        if plan.status == Status::Draft {
            continue;
        }
        let step = profile.map(|_| over_all_parts(plan));
        let step = step.as_deref().unwrap_or("");
        let found = &mut found[rule];
        match plan.shape {
            Shape::Ratio(_) => {
                let tally = tallies.remove(&rule).unwrap_or_default();
                timed(profile, step, || ratio::judge(run, rule, (stays, costs), tally, found));
            }
            Shape::Beds { .. } => timed(profile, step, || beds::judge(run, stays, rule, found)),
            Shape::Conditions(_) => {
                timed(profile, step, || condition::judge(run, rule, billed, found));
            }
            _ => {}
        }
    }
}

fn over_all_parts(rule: &Rule) -> String {
    format!("rule {} (over all parts)", rule.id)
}

/// What one of these rules knows of all parts.
enum Summed {
    Billed(Vec<Billed>),
    Uses(Vec<Vec<Use>>),
    Shares(Vec<Vec<Share>>),
}

/// What all parts gave, in their order.
#[derive(Default)]
pub(crate) struct OfParts {
    pub(crate) found: Vec<Found>,
    pub(crate) kept: KeptLines,
    pub(crate) totals: LineTotals,
    pub(crate) across: Across,
    pub(crate) benefits: Benefits,
    pub(crate) tallies: BTreeMap<usize, Tally>,
}

impl OfParts {
    /// Puts parts together: what each rule found side by side, and beside it the lines and sums.
    pub(crate) fn of(mut parts: Vec<OfPart>, n_rules: usize) -> Self {
        // There is nothing to put together, and no thread to wake, for one claim.
        if parts.len() == 1
            && let Some(part) = parts.pop()
        {
            let mut across = Across::default();
            across.add(part.billed, part.uses, part.shares);
            let OfPart { found, kept, totals, mut benefits, tallies, .. } = part;
            benefits.sort();
            let tallies = tallies.into_iter().collect();
            return Self { found, kept, totals, across, benefits, tallies };
        }
        let n_parts = parts.len();
        let mut by_rule: Vec<Vec<Found>> = Vec::new();
        by_rule.resize_with(n_rules, || Vec::with_capacity(n_parts));
        let mut all = Self::default();
        let (mut kept, mut totals) = (Vec::with_capacity(n_parts), Vec::with_capacity(n_parts));
        for part in parts {
            for (of_rule, one) in by_rule.iter_mut().zip(part.found) {
                of_rule.push(one);
            }
            kept.push(part.kept);
            totals.push(part.totals);
            all.across.add(part.billed, part.uses, part.shares);
            all.benefits.append(part.benefits);
            for (rule, part) in part.tallies {
                all.tallies.entry(rule).or_default().merge(&part);
            }
        }
        all.benefits.sort();
        let lines = || {
            let totals = totals.into_iter().reduce(|mut all: LineTotals, one| {
                all.merge(one);
                all
            });
            (KeptLines::concat(kept), totals.unwrap_or_default())
        };
        ((all.kept, all.totals), all.found) = rayon::join(lines, || {
            by_rule.into_par_iter().with_max_len(1).map(Found::concat).collect()
        });
        all
    }
}

/// What parts gave, end to end; each part is given up when it is copied.
fn concat<T>(parts: Vec<Vec<T>>) -> Vec<T> {
    let mut all = Vec::with_capacity(parts.iter().map(Vec::len).sum());
    for mut part in parts {
        all.append(&mut part);
    }
    all
}

/// What rules over all persons know of all parts.
#[derive(Default)]
pub(crate) struct Across {
    pub(crate) billed: BTreeMap<usize, Vec<Billed>>,
    pub(crate) uses: BTreeMap<usize, Vec<Vec<Use>>>,
    pub(crate) shares: BTreeMap<usize, Vec<Vec<Share>>>,
}

impl Across {
    /// Adds what the next part told.
    fn add(
        &mut self,
        billed: Vec<(usize, Billed)>,
        uses: Vec<(usize, Vec<Use>)>,
        shares: Vec<(usize, Vec<Share>)>,
    ) {
        for (rule, part) in billed {
            self.billed.entry(rule).or_default().push(part);
        }
        for (rule, part) in uses {
            self.uses.entry(rule).or_default().push(part);
        }
        for (rule, part) in shares {
            self.shares.entry(rule).or_default().push(part);
        }
    }

    /// Judges what needs all parts; gives the lines that all findings name.
    pub(crate) fn judge(
        self,
        run: &Run<'_>,
        sums: &[Sums],
        (found, kept): (&mut [Found], KeptLines),
        profile: Option<&Profile>,
    ) -> std::io::Result<KeptLines> {
        let Self { billed, uses, shares } = self;
        let billed = billed.into_iter().map(|(rule, parts)| (rule, Summed::Billed(parts)));
        let uses = uses.into_iter().map(|(rule, uses)| (rule, Summed::Uses(uses)));
        let shares = shares.into_iter().map(|(rule, shares)| (rule, Summed::Shares(shares)));
        let all = billed.chain(uses).chain(shares).map(|(rule, summed)| {
            (rule, summed, found.get_mut(rule).map(std::mem::take).unwrap_or_default())
        });
        let all: Vec<(usize, Summed, Found)> = all.collect();
        // One rule does not see what another found.
        let judge = |(rule, summed, mut found): (usize, Summed, Found)| {
            let step = profile.map(|_| over_all_parts(run.rule(rule)));
            let kept = timed(profile, step.as_deref().unwrap_or(""), || match summed {
                Summed::Billed(parts) => {
                    let sums = sums[rule].lock().unwrap_or_else(PoisonError::into_inner);
                    stock::judge(run, rule, (&parts, &sums), &mut found)
                }
                Summed::Uses(uses) => trace::judge(run, rule, &uses, &mut found),
                Summed::Shares(shares) => total::judge(run, rule, concat(shares), &mut found),
            });
            kept.map(|kept| (rule, kept, found))
        };
        let judged: Vec<std::io::Result<(usize, KeptLines, Found)>> =
            match run.month.lines.n_parts() {
                0 | 1 => all.into_iter().map(judge).collect(),
                _ => all.into_par_iter().with_max_len(1).map(judge).collect(),
            };
        let mut more = KeptLines::default();
        for judged in judged {
            let (rule, of_lines, of_rule) = judged?;
            found[rule] = of_rule;
            more = more.merge(of_lines);
        }
        Ok(kept.merge(more))
    }
}
