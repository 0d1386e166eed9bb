//! Judges a month: parts in parallel, exact partial results merged in a fixed order.

use std::io::Result;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use jihe_frame::{Benefits, KeptLines, Lines, NetMonth, Profile, timed};
use jihe_rules::plan::{CountLimit, Rule, Shape};
use jihe_settle::{LineTotals, PartTotals, Reviews, Stage};
use jihe_terms::{NO_CODE, Status};
use rayon::prelude::*;

use crate::compile::Engine;
use crate::found::{Found, picked};
use crate::judge::costs::Costs;
use crate::judge::stay::StayList;
use crate::judge::stock::Sums;
use crate::judge::{
    benefit, bought, companion, count, discount, dose, incompatible, limit, line, pair, period,
    places, ratio, settled, split, stay, stay_lines, stock, supply, total, trace, visit,
};
use crate::merge::{Blocks, Counts, OfPart, OfParts, PartFindings, judge_houses};
use crate::missing::blanks;
use crate::open;
use crate::run::{Part, Run};
use crate::unknown::name_unknown;
use crate::unsettled::{Judged, Unsettled};

impl Engine {
    /// Judges a net month and settles its money.
    ///
    /// The result does not depend on the number of threads. Cost: one pass over the lines for all
    /// rules, sorts of the lines that limited items have.
    ///
    /// # Errors
    ///
    /// If lines that were put on disk cannot be read back.
    ///
    /// # Panics
    ///
    /// If an invariant of the ledger is broken: nothing may be published then.
    pub fn judge(
        &self,
        month: &NetMonth,
        stage: Stage,
        reviewed: &Reviews<'_>,
        profile: Option<&Profile>,
    ) -> Result<Judged> {
        self.find(month, profile)?.whole(stage, reviewed, profile)
    }

    /// Judges a net month; its money is settled when all findings are asked for, or slice by slice.
    ///
    /// # Errors
    ///
    /// As [`Engine::judge`].
    pub fn find<'a>(
        &'a self,
        month: &'a NetMonth,
        profile: Option<&Profile>,
    ) -> Result<Unsettled<'a>> {
        let run = timed(profile, "judge / prepare", || Run::new(self, month));
        let stays = timed(profile, "judge / prepare", || StayList::new(&run));
        let sums: Vec<Sums> = self.rules.iter().map(|_| Sums::default()).collect();
        let costs: Mutex<Costs> = Mutex::default();
        let counts = Mutex::new(Counts {
            found: Vec::new(),
            totals: LineTotals::new(month.settlements.len()),
        });
        let of_part = |part: usize| -> Result<OfPart> {
            let lines = timed(profile, "judge / load lines", || month.lines.load(part))?;
            let totals = timed(profile, "judge / totals", || PartTotals::of(&lines));
            counts.lock().unwrap_or_else(PoisonError::into_inner).totals.add(totals);
            let (mut of_part, mut found) =
                judge_part(&run, (&stays, &sums, &costs), &Part::new(&lines), profile)?;
            let blocks = Blocks::of(month, &lines);
            // Findings are packed when the lines are gone: both together may be much.
            let kept = timed(profile, "judge / keep lines", || {
                of_part.aside = KeptLines::pick(&lines, named_aside(&found, &of_part.benefits));
                KeptLines::take(lines, named_by_hits(&found))
            });
            let with_hits = found.iter_mut().filter(|found| !found.hits.hits.is_empty());
            let by_rule = with_hits.map(|found| std::mem::take(&mut found.hits)).collect();
            let mut counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
            if counts.found.is_empty() {
                counts.found = found;
            } else {
                counts.found.iter_mut().zip(found).for_each(|(all, one)| all.merge(one));
            }
            drop(counts);
            of_part.findings = timed(profile, "judge / put away", || {
                PartFindings::of_part(&month.lines, &blocks, (by_rule, kept))
            })?;
            Ok(of_part)
        };
        let parts = each_part(&month.lines, &of_part)?;
        let mut all = timed(profile, "judge / merge", || OfParts::of(parts));
        let costs = costs.into_inner().unwrap_or_else(PoisonError::into_inner);
        let Counts { mut found, totals } =
            counts.into_inner().unwrap_or_else(PoisonError::into_inner);
        found.resize_with(self.rules.len(), Found::default);
        let billed: Vec<u32> = totals.institutions().collect();
        judge_houses(
            &run,
            (&stays, &costs, &billed),
            std::mem::take(&mut all.tallies),
            &mut found,
            profile,
        );
        all.make_room(&month.lines)?;
        let lines = all.across.judge(&run, &sums, &mut found, profile)?;
        // What was found after the parts, too.
        for (rule, &first) in self.judged_as.iter().enumerate().filter(|&(rule, &it)| it != rule) {
            found[rule] = found[first].of_rule(rule);
        }
        month.lines.judged();
        Ok(Unsettled::new(run, (all.findings, found, lines), totals, (all.benefits, all.aside)))
    }
}

/// What each part gives, in the order of the parts. The largest, where one has very many lines, comes before
/// others have left anything behind, and is not what threads wait for at the end.
fn each_part<T: Send>(
    lines: &Lines,
    of_part: &(dyn Fn(usize) -> Result<T> + Sync),
) -> Result<Vec<T>> {
    // One part is judged here: another thread would only have to be woken.
    if lines.n_parts() < 2 {
        return (0..lines.n_parts()).map(of_part).collect();
    }
    let parts = lines.large_first().into_par_iter().with_max_len(1);
    let parts: Result<Vec<(usize, T)>> =
        parts.map(|part| of_part(part).map(|given| (part, given))).collect();
    let mut parts = parts?;
    parts.sort_unstable_by_key(|&(part, _)| part);
    Ok(parts.into_iter().map(|(_, given)| given).collect())
}

/// All rules that need no more than the lines of whole persons: what they gave, and what each found.
#[expect(clippy::too_many_lines, reason = "one arm for each shape")]
fn judge_part(
    run: &Run<'_>,
    (stays, sums, costs): (&StayList, &[Sums], &Mutex<Costs>),
    part: &Part<'_>,
    profile: Option<&Profile>,
) -> Result<(OfPart, Vec<Found>)> {
    let engine = run.engine;
    let (mut billed, mut uses) = (Vec::new(), Vec::new());
    let (mut shares, mut tallies) = (Vec::new(), Vec::new());
    if engine.sums_costs() {
        let mut costs = costs.lock().unwrap_or_else(PoisonError::into_inner);
        costs.add(&run.month.encounters, part);
    }
    let mut benefits = Benefits::default();
    let mut found: Vec<Found> = engine.rules.iter().map(|_| Found::default()).collect();
    let candidates = timed(profile, "judge / candidates", || candidates(engine, part));
    let none = Vec::new();
    for (rule, plan) in engine.rules.iter().enumerate() {
        if plan.status == Status::Draft {
            continue;
        }
        let begin = profile.map(|_| Instant::now());
        let first = engine.judged_as[rule];
        if first != rule {
            found[rule] = found[first].of_rule(rule);
            note(profile, plan, begin);
            continue;
        }
        let found = &mut found[rule];
        let slot = engine.slots[rule];
        let rows = slot.map_or(&none, |slot| &candidates[slot as usize]);
        let sure = |judge: &dyn Fn(&mut Found), found: &mut Found| {
            open::judge(run, rule, part, judge, found);
        };
        match &plan.shape {
            // No line has an item of the rule's table.
            _ if slot.is_some() && rows.is_empty() => {}
            Shape::LineTest { .. } if slot.is_some() => line::judge(run, rule, part, rows, found),
            Shape::LineTest { .. } => line::judge(run, rule, part, part.all(), found),
            Shape::SumLimit { lookup: None, .. } => {
                limit::judge(run, rule, part, part.all(), found);
            }
            Shape::SumLimit { .. } => limit::judge(run, rule, part, rows, found),
            Shape::CountLimit(CountLimit { lookup: None, .. }) => {
                count::judge(run, rule, part, part.all(), found);
            }
            Shape::CountLimit(_) => count::judge(run, rule, part, rows, found),
            Shape::TotalLimit { lookup: None, .. } => {
                shares.push((rule, total::shares(run, rule, part, part.all(), found)));
            }
            Shape::TotalLimit { .. } => {
                shares.push((rule, total::shares(run, rule, part, rows, found)));
            }
            Shape::Period { .. } => period::judge(run, rule, part, rows, found),
            Shape::SameLine => sure(&|found| pair::judge_same(run, rule, part, found), found),
            Shape::SettledTwice => sure(&|found| settled::judge(run, rule, part, found), found),
            Shape::Split { .. } => sure(&|found| split::judge(run, rule, part, rows, found), found),
            Shape::Discounted { .. } => {
                sure(&|found| discount::judge(run, rule, part, rows, found), found);
            }
            Shape::Companion { .. } => {
                sure(&|found| companion::judge(run, rule, part, rows, found), found);
            }
            Shape::Incompatible { .. } => {
                sure(&|found| incompatible::judge(run, rule, part, rows, found), found);
            }
            Shape::Contained { .. } => {
                sure(&|found| pair::judge_contained(run, rule, part, rows, found), found);
            }
            Shape::OverSupply => {
                sure(&|found| supply::judge_over_supply(run, rule, part, found), found);
            }
            Shape::SupplyLimit { .. } => {
                sure(&|found| supply::judge_limit(run, rule, part, found), found);
            }
            Shape::OverDose => sure(&|found| dose::judge(run, rule, part, rows, found), found),
            Shape::EarlyRefill { .. } => {
                sure(&|found| supply::judge_early_refill(run, rule, part, found), found);
            }
            Shape::VisitDuringStay => {
                sure(&|found| visit::judge(run, stays, rule, part, found), found);
            }
            Shape::SplitStay { .. } => stay::judge_split(run, stays, rule, part, found),
            Shape::OverlapStay => stay::judge_overlap(run, stays, rule, part, found),
            Shape::StaySums { .. } => stay_lines::judge_sums(run, stays, rule, part, found),
            Shape::EmptyBed { .. } => stay_lines::judge_empty_bed(run, stays, rule, part, found),
            Shape::TwoPlaces { .. } => sure(&|found| places::judge(run, rule, part, found), found),
            // Asked when all parts are through.
            Shape::Beds { .. } => stay::untold(run, rule, part, found),
            Shape::Conditions(_) => {}
            Shape::SoldOverStock { .. } => {
                billed.push((rule, stock::billed(run, rule, part, &sums[rule], found)?));
            }
            Shape::NeverBought { .. } => {
                sure(&|found| bought::judge(run, rule, part, found), found);
            }
            Shape::TraceReused => uses.push((rule, trace::uses(run, rule, part, found)?)),
            Shape::Ratio(_) => tallies.push((rule, ratio::of_lines(run, rule, part, found))),
            Shape::Settlement { .. } => benefits.append(benefit::judge(run, rule, part, found)),
        }
        name_unknown(run, rule, part, found);
        if 0 < found.n_unexplained {
            found.blank = Some(blanks(rule, run, part, &std::mem::take(&mut found.unexplained)));
        }
        note(profile, plan, begin);
    }
    let (findings, aside) = (Vec::new(), KeptLines::default());
    Ok((OfPart { findings, billed, uses, shares, tallies, aside, benefits }, found))
}

/// Notes what a rule took.
fn note(profile: Option<&Profile>, rule: &Rule, begin: Option<Instant>) {
    if let (Some(profile), Some(begin)) = (profile, begin) {
        let time = u64::try_from(begin.elapsed().as_nanos()).unwrap_or(u64::MAX);
        profile.add(&format!("rule {}", rule.id), time);
    }
}

/// The lines that findings name, ascending.
fn named_by_hits(found: &[Found]) -> Vec<u32> {
    let lines = found.iter().flat_map(|found| &found.hits.lines);
    ascending(lines.map(|line| line.line).collect())
}

/// The lines that exemptions and benefits name, ascending.
fn named_aside(found: &[Found], benefits: &Benefits) -> Vec<u32> {
    let exempts = found.iter().flat_map(|found| &found.exempts).map(|one| one.line);
    let lines = benefits.lines.iter().map(|line| line.line);
    ascending(exempts.filter(|&line| line != NO_CODE).chain(lines).collect())
}

/// Each line once, ascending.
pub(crate) fn ascending(mut lines: Vec<u32>) -> Vec<u32> {
    lines.sort_unstable();
    lines.dedup();
    lines
}

/// The rows of a part by the rules whose tables know their items: a gather and a test a line.
fn candidates(engine: &Engine, part: &Part<'_>) -> Vec<Vec<u32>> {
    let mut rows: Vec<Vec<u32>> = vec![Vec::new(); engine.n_slots];
    let item = |row: u32| part.item[row as usize];
    for row in picked(part.all(), |row| engine.candidates.has(item(row))) {
        for &slot in engine.candidates.of_item(item(row)) {
            rows[slot as usize].push(row);
        }
    }
    rows
}
