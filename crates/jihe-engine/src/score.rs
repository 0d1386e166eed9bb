//! Judges a month: parts in parallel, exact partial results merged in a fixed order.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use jihe_frame::{
    Benefits, Coverage, Exempt, FindingId, Hit, Hits, KeptLines, NetMonth, Profile, Review, timed,
};
use jihe_rules::plan::{CountLimit, Shape};
use jihe_settle::{FoundLines, Ledger, LineTotals, Stage, Terms, settle};
use jihe_terms::{NO_CODE, Status};
use rayon::prelude::*;

use crate::compile::Engine;
use crate::found::{Found, exempts_of};
use crate::judge::ratio::{Costs, Tally};
use crate::judge::stay::StayList;
use crate::judge::stock::{Billed, Sums};
use crate::judge::total::Share;
use crate::judge::trace::Use;
use crate::judge::{
    beds, benefit, bought, companion, condition, count, discount, dose, incompatible, limit, line,
    pair, period, places, ratio, settled, split, stay, stay_lines, stock, supply, total, trace,
    visit,
};
use crate::missing::{blanks, reason};
use crate::order::{in_order, jr_ids};
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

/// What one part gave.
struct OfPart {
    found: Vec<Found>,
    /// By rule: lines with the stock that they draw on.
    billed: Vec<(usize, Billed)>,
    /// By rule: uses of trace codes.
    uses: Vec<(usize, Vec<Use>)>,
    /// By rule: shares of sums over all persons.
    shares: Vec<(usize, Vec<Share>)>,
    /// By rule: sums of institutions.
    tallies: Vec<(usize, Tally)>,
    kept: KeptLines,
    totals: LineTotals,
    benefits: Benefits,
}

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
        let sums: Vec<Sums> = self.plan.rules.iter().map(|_| Sums::default()).collect();
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
        let (parts, n_rules) = (parts?, self.plan.rules.len());
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
        let mut all = Found::default();
        all.reserve(found.iter());
        month.lines.make_room(room_to_settle(month, &found, &kept))?;
        for one in found {
            all.merge(one);
        }
        let ids = timed(profile, "judge / ids", || jr_ids(&run, &kept, &all.hits));
        let (hits, jr_ids) = timed(profile, "judge / order", || in_order(all.hits, &ids));
        drop(ids);
        let terms = self.terms();
        let order = crate::order::rank(&jr_ids);
        let of_hits = |idx: usize| jr_ids.get(idx).and_then(|&id: &FindingId| reviewed(id));
        let found = FoundLines { hits: &hits, order: &order, lines: &kept, totals: &totals };
        let ledger =
            timed(profile, "judge / settle", || settle(month, &found, &terms, stage, &of_hits));
        Ok(Judged { hits, jr_ids, coverage, exempts, lines: kept, ledger, benefits })
    }

    /// What settling needs to know of each rule.
    fn terms(&self) -> Vec<Terms> {
        let terms = (0_u32..).zip(&self.plan.rules).map(|(precedence, rule)| Terms {
            precedence,
            article: rule.article.clone(),
            status: rule.status,
        });
        terms.collect()
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

/// The rules of institutions as a whole, when all parts are through.
fn judge_houses(
    run: &Run<'_>,
    (stays, costs, billed): (&StayList, &[Option<i128>], &[u32]),
    mut tallies: BTreeMap<usize, Tally>,
    found: &mut [Found],
    profile: Option<&Profile>,
) {
    for (rule, plan) in run.engine.plan.rules.iter().enumerate() {
        if plan.status == Status::Draft {
            continue;
        }
        let step = || format!("rule {} (over all parts)", plan.id);
        let (tally, found) = (tallies.remove(&rule).unwrap_or_default(), &mut found[rule]);
        match plan.shape {
            Shape::Ratio(_) => timed(profile, &step(), || {
                ratio::judge(run, rule, (stays, costs), tally, found);
            }),
            Shape::Beds { .. } => {
                timed(profile, &step(), || beds::judge(run, stays, rule, found));
            }
            Shape::Conditions(_) => {
                timed(profile, &step(), || condition::judge(run, rule, billed, found));
            }
            _ => {}
        }
    }
}

/// What one of these rules knows of all parts.
enum Summed {
    Billed(Vec<Billed>),
    Uses(Vec<Use>),
    Shares(Vec<Share>),
}

/// What all parts gave, in their order.
#[derive(Default)]
struct OfParts {
    found: Vec<Found>,
    kept: KeptLines,
    totals: LineTotals,
    across: Across,
    benefits: Benefits,
    tallies: BTreeMap<usize, Tally>,
}

impl OfParts {
    /// Puts parts together: what each rule found side by side, and beside it the lines and sums.
    fn of(parts: Vec<OfPart>, n_rules: usize) -> Self {
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
        let merged = |found: Vec<Found>| {
            found.into_iter().fold(Found::default(), |mut of_rule, one| {
                of_rule.merge(one);
                of_rule
            })
        };
        let lines = || {
            let kept = kept.into_iter().fold(KeptLines::default(), |mut all, one| {
                all.append(one);
                all
            });
            let totals = totals.into_iter().fold(LineTotals::default(), |mut all, one| {
                all.merge(one);
                all
            });
            (kept, totals)
        };
        ((all.kept, all.totals), all.found) = match n_parts {
            0 | 1 => (lines(), by_rule.into_iter().map(merged).collect()),
            _ => {
                rayon::join(lines, || by_rule.into_par_iter().with_max_len(1).map(merged).collect())
            }
        };
        all
    }
}

/// What rules over all persons know of all parts.
#[derive(Default)]
struct Across {
    billed: BTreeMap<usize, Vec<Billed>>,
    uses: BTreeMap<usize, Vec<Use>>,
    shares: BTreeMap<usize, Vec<Share>>,
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
        for (rule, mut part) in uses {
            self.uses.entry(rule).or_default().append(&mut part);
        }
        for (rule, mut part) in shares {
            self.shares.entry(rule).or_default().append(&mut part);
        }
    }

    /// Judges what needs all parts; gives the lines that all findings name.
    fn judge(
        self,
        run: &Run<'_>,
        sums: &[Sums],
        (found, mut kept): (&mut [Found], KeptLines),
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
            let step = format!("rule {} (over all parts)", run.rule(rule).id);
            let kept = timed(profile, &step, || match summed {
                Summed::Billed(parts) => {
                    let sums = sums[rule].lock().unwrap_or_else(PoisonError::into_inner);
                    stock::judge(run, rule, (&parts, &sums), &mut found)
                }
                Summed::Uses(uses) => trace::judge(run, rule, uses, &mut found),
                Summed::Shares(shares) => total::judge(run, rule, shares, &mut found),
            });
            kept.map(|kept| (rule, kept, found))
        };
        let judged: Vec<std::io::Result<(usize, KeptLines, Found)>> =
            match run.month.lines.n_parts() {
                0 | 1 => all.into_iter().map(judge).collect(),
                _ => all.into_par_iter().with_max_len(1).map(judge).collect(),
            };
        for judged in judged {
            let (rule, more, of_rule) = judged?;
            found[rule] = of_rule;
            kept = kept.merge(&more);
        }
        Ok(kept)
    }
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
    let mut found: Vec<Found> = engine.plan.rules.iter().map(|_| Found::default()).collect();
    let candidates = timed(profile, "judge / candidates", || candidates(engine, part));
    let none = Vec::new();
    for (rule, plan) in engine.plan.rules.iter().enumerate() {
        if plan.status == Status::Draft {
            continue;
        }
        let found = &mut found[rule];
        let slot = engine.slots[rule];
        let rows = slot.map_or(&none, |slot| &candidates[slot as usize]);
        let begin = profile.map(|_| Instant::now());
        match &plan.shape {
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
            found.blank = Some(blanks(plan, run, part));
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
        named.extend(found.hits.lines.iter().map(|line| line.line));
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
        coverage.push(Coverage {
            rule: u16::try_from(rule).unwrap_or(u16::MAX),
            n_judged: found.n_judged,
            n_hit: u64::try_from(found.hits.hits.len()).unwrap_or(u64::MAX),
            n_exempt: found.n_exempt,
            n_not_evaluable: found.n_not_evaluable,
            reason: reason(plan, run, found),
            amt_not_evaluable: found.amt_not_evaluable,
        });
    }
    coverage.sort_by(|a, b| {
        let id = |coverage: &Coverage| &run.rule(usize::from(coverage.rule)).id;
        id(a).cmp(id(b))
    });
    coverage
}
