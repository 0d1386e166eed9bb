//! Judges a month: parts in parallel, exact partial results merged in a fixed order.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use jihe_frame::{
    Benefits, Coverage, Exempt, FindingId, Hit, Hits, KeptLines, NetMonth, Profile, Review, timed,
};
use jihe_rules::plan::{CountLimit, Shape};
use jihe_settle::{FoundLines, Ledger, LineTotals, Stage, settle};
use jihe_terms::{NO_CODE, Status};
use rayon::prelude::*;

use crate::compile::Engine;
use crate::found::{Found, exempts_of};
use crate::judge::ratio::Costs;
use crate::judge::stay::StayList;
use crate::judge::stock::Sums;
use crate::judge::{
    benefit, bought, companion, count, discount, dose, incompatible, limit, line, pair, period,
    places, ratio, settled, split, stay, stay_lines, stock, supply, total, trace, visit,
};
use crate::merge::{OfPart, OfParts, judge_houses};
use crate::missing::{blanks, lacks};
use crate::order::{Ordered, Unordered};
use crate::run::{Part, Run};

/// What a month gave.
#[derive(Debug)]
pub struct Judged {
    /// Findings in the order in which they are written.
    pub hits: Hits,
    /// By finding: its id.
    pub jr_ids: Vec<FindingId>,
    /// By rule of the plan, drafts left out.
    pub coverage: Vec<Coverage>,
    /// Subjects taken out by exceptions.
    pub exempts: Vec<Exempt>,
    /// The lines that findings and exemptions name.
    pub lines: KeptLines,
    /// Money.
    pub ledger: Ledger,
    /// Settlements by the benefit policy, and the lines of those that differ from it.
    pub benefits: Benefits,
}

/// What a review decided of the finding of that id, if there was one.
pub type Reviewed<'a> = dyn Fn(FindingId) -> Option<&'a Review> + Sync + 'a;

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
        reviewed: &Reviewed<'_>,
        profile: Option<&Profile>,
    ) -> std::io::Result<Judged> {
        let run = timed(profile, "judge / prepare", || Run::new(self, month));
        let stays = timed(profile, "judge / prepare", || StayList::new(&run));
        let sums: Vec<Sums> = self.rules.iter().map(|_| Sums::default()).collect();
        let costs: Mutex<Costs> = Mutex::default();
        let of_part = |part: usize| -> std::io::Result<OfPart> {
            let lines = timed(profile, "judge / load lines", || month.lines.load(part))?;
            Ok(judge_part(&run, (&stays, &sums, &costs), &Part::new(&lines), profile))
        };
        // One part is judged here: another thread would only have to be woken.
        let parts: std::io::Result<Vec<OfPart>> = match month.lines.n_parts() {
            n_parts @ (0 | 1) => (0..n_parts).map(of_part).collect(),
            n_parts => (0..n_parts).into_par_iter().with_max_len(1).map(of_part).collect(),
        };
        let (parts, n_rules) = (parts?, self.rules.len());
        let mut all = timed(profile, "judge / merge", || OfParts::of(parts, n_rules));
        let costs = costs.into_inner().unwrap_or_else(PoisonError::into_inner);
        let billed: Vec<u32> = all.totals.institutions().collect();
        judge_houses(&run, (&stays, &costs, &billed), all.tallies, &mut all.found, profile);
        let OfParts { mut found, kept, totals, across, benefits, .. } = all;
        let kept = across.judge(&run, &sums, (&mut found, kept), profile)?;
        month.lines.judged();
        self.exemptions.take_out_all(&run, &kept, &mut found);
        let coverage = coverage(&run, &found);
        let exempts = exempts_of(&found);
        month.lines.make_room(room_to_settle(month, &found, &kept))?;
        let by_rule = found.into_iter().map(|one| one.hits).collect();
        let found = timed(profile, "judge / ids", || Unordered::new(&run, &kept, by_rule));
        let found = timed(profile, "judge / order", || found.in_order());
        let Ordered { hits, ids: jr_ids, ranks } = found;
        let of_hits = |idx: usize| jr_ids.get(idx).and_then(|&id: &FindingId| reviewed(id));
        let found = FoundLines { hits: &hits, order: &ranks, lines: &kept, totals: &totals };
        let ledger = timed(profile, "judge / settle", || {
            settle(month, &found, &self.terms, stage, &of_hits)
        });
        Ok(Judged { hits, jr_ids, coverage, exempts, lines: kept, ledger, benefits })
    }
}

/// Bytes that so many values of a size take.
fn bytes_of(n: usize, size: usize) -> u64 {
    u64::try_from(n.saturating_mul(size)).unwrap_or(u64::MAX)
}

/// About how many bytes settling and writing take beside what is there.
fn room_to_settle(month: &NetMonth, found: &[Found], kept: &KeptLines) -> u64 {
    let n_hits: usize = found.iter().map(|one| one.hits.hits.len()).sum();
    let n_lines: usize = found.iter().map(|one| one.hits.lines.len()).sum();
    // Findings are sorted once; a cut is a step, a credit and money of its line.
    bytes_of(n_hits, size_of::<Hit>() + 160)
        .saturating_add(bytes_of(n_lines, 160))
        .saturating_add(bytes_of(kept.len(), 64))
        .saturating_add(bytes_of(month.settlements.len(), 96))
}

/// All rules that need no more than the lines of whole persons.
#[expect(clippy::too_many_lines, reason = "one arm for each shape")]
fn judge_part(
    run: &Run<'_>,
    (stays, sums, costs): (&StayList, &[Sums], &Mutex<Costs>),
    part: &Part<'_>,
    profile: Option<&Profile>,
) -> OfPart {
    let engine = run.engine;
    let (mut billed, mut uses) = (Vec::new(), Vec::new());
    let (mut shares, mut tallies) = (Vec::new(), Vec::new());
    if engine.sums_costs() {
        let mut costs = costs.lock().unwrap_or_else(PoisonError::into_inner);
        ratio::add_costs(&mut costs, run.month.encounters.len(), part);
    }
    let mut benefits = Benefits::default();
    let mut found: Vec<Found> = engine.rules.iter().map(|_| Found::default()).collect();
    let candidates = timed(profile, "judge / candidates", || candidates(engine, part));
    let none = Vec::new();
    for (rule, plan) in engine.rules.iter().enumerate() {
        if plan.status == Status::Draft {
            continue;
        }
        let found = &mut found[rule];
        let slot = engine.slots[rule];
        let rows = slot.map_or(&none, |slot| &candidates[slot as usize]);
        let begin = profile.map(|_| Instant::now());
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
            Shape::SameLine => pair::judge_same(run, rule, part, found),
            Shape::SettledTwice => settled::judge(run, rule, part, found),
            Shape::Split { .. } => split::judge(run, rule, part, rows, found),
            Shape::Discounted { .. } => discount::judge(run, rule, part, rows, found),
            Shape::Companion { .. } => companion::judge(run, rule, part, rows, found),
            Shape::Incompatible { .. } => incompatible::judge(run, rule, part, rows, found),
            Shape::Contained { .. } => pair::judge_contained(run, rule, part, rows, found),
            Shape::OverSupply => supply::judge_over_supply(run, rule, part, found),
            Shape::SupplyLimit { .. } => supply::judge_limit(run, rule, part, found),
            Shape::OverDose => dose::judge(run, rule, part, rows, found),
            Shape::EarlyRefill { .. } => supply::judge_early_refill(run, rule, part, found),
            Shape::VisitDuringStay => visit::judge(run, stays, rule, part, found),
            Shape::SplitStay { .. } => stay::judge_split(run, stays, rule, part, found),
            Shape::OverlapStay => stay::judge_overlap(run, stays, rule, part, found),
            Shape::StaySums { .. } => stay_lines::judge_sums(run, stays, rule, part, found),
            Shape::EmptyBed { .. } => stay_lines::judge_empty_bed(run, stays, rule, part, found),
            Shape::TwoPlaces { .. } => places::judge(run, rule, part, found),
            // Asked when all parts are through.
            Shape::Beds { .. } => stay::untold(run, rule, part, found),
            Shape::Conditions(_) => {}
            Shape::SoldOverStock { .. } => {
                billed.push((rule, stock::billed(run, rule, part, &sums[rule], found)));
            }
            Shape::NeverBought { .. } => bought::judge(run, rule, part, found),
            Shape::TraceReused => uses.push((rule, trace::uses(run, rule, part, found))),
            Shape::Ratio(_) => tallies.push((rule, ratio::of_lines(run, rule, part, found))),
            Shape::Settlement { .. } => benefits.append(benefit::judge(run, rule, part, found)),
        }
        if 0 < found.n_unexplained {
            found.blank = Some(blanks(rule, run, part));
        }
        if let (Some(profile), Some(begin)) = (profile, begin) {
            let time = u64::try_from(begin.elapsed().as_nanos()).unwrap_or(u64::MAX);
            profile.add(&format!("rule {}", plan.id), time);
        }
    }
    let mut kept = KeptLines::default();
    timed(profile, "judge / keep lines", || kept.add(part, &named_lines(&found, &benefits)));
    let totals = timed(profile, "judge / totals", || LineTotals::of(part));
    OfPart { found, billed, uses, shares, tallies, kept, totals, benefits }
}

/// The lines that findings and exemptions name, ascending.
fn named_lines(found: &[Found], benefits: &Benefits) -> Vec<u32> {
    let mut named: Vec<u32> = Vec::new();
    for found in found {
        if !found.hits.lines.is_empty() {
            named.extend(found.hits.lines.iter().map(|line| line.line));
        }
        if found.exempts.is_empty() {
            continue;
        }
        named.extend(found.exempts.iter().map(|one| one.line).filter(|&line| line != NO_CODE));
    }
    named.extend(benefits.lines.iter().map(|line| line.line));
    named.sort_unstable();
    named.dedup();
    named
}

/// The rows of a part by the rules whose tables know their items: a gather and a bit test a line.
fn candidates(engine: &Engine, part: &Part<'_>) -> Vec<Vec<u32>> {
    let n_slots = engine.slots.iter().flatten().count();
    let mut rows: Vec<Vec<u32>> = vec![Vec::new(); n_slots];
    for (row, &item) in (0_u32..).zip(&part.item) {
        let mut bits = engine.candidates.of_item(item);
        while bits != 0 {
            let slot = bits.trailing_zeros();
            rows[slot as usize].push(row);
            bits &= bits - 1;
        }
    }
    rows
}

fn coverage(run: &Run<'_>, found: &[Found]) -> Vec<Coverage> {
    let mut coverage: Vec<Coverage> = Vec::with_capacity(found.len());
    for &rule in &run.engine.by_id {
        let (plan, found) = (run.rule(rule), &found[rule]);
        if plan.status == Status::Draft {
            continue;
        }
        coverage.push(Coverage {
            rule: u16::try_from(rule).unwrap_or(u16::MAX),
            n_judged: found.n_judged,
            n_hit: u64::try_from(found.hits.hits.len()).unwrap_or(u64::MAX),
            n_exempt: found.n_exempt,
            n_not_evaluable: found.n_not_evaluable,
            lacks: lacks(rule, run, found),
            amt_not_evaluable: found.amt_not_evaluable,
        });
    }
    coverage
}
