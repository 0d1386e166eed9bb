//! What all parts gave, put together, and the rules that need all of them.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io::Result;
use std::ops::Range;
use std::sync::PoisonError;

use jihe_frame::{Benefits, Hit, Hits, KeptLines, LinePart, Lines, NetMonth, Profile, timed};
use jihe_rules::plan::{Rule, Shape};
use jihe_settle::LineTotals;
use jihe_terms::{dealt, end_to_end};
use rayon::prelude::*;

use crate::found::Found;
use crate::judge::costs::Costs;
use crate::judge::ratio::Tally;
use crate::judge::stay::StayList;
use crate::judge::stock::{Billed, Sums};
use crate::judge::total::Share;
use crate::judge::trace::Counted;
use crate::judge::{beds, condition, ratio, stock, total, trace};
use crate::left::{Findings, Left, SomeHits};
use crate::run::Run;

/// What one part gave.
pub(crate) struct OfPart {
    pub(crate) findings: Vec<PartFindings>,
    /// By rule: lines with the stock that they draw on.
    pub(crate) billed: Vec<(usize, Billed)>,
    /// By rule: uses of trace codes.
    pub(crate) uses: Vec<(usize, Counted)>,
    /// By rule: shares of sums over all persons.
    pub(crate) shares: Vec<(usize, Vec<Share>)>,
    /// By rule: sums of institutions.
    pub(crate) tallies: Vec<(usize, Tally)>,
    /// Lines that exemptions and benefits name.
    pub(crate) aside: KeptLines,
    pub(crate) benefits: Benefits,
}

/// The findings of so many blocks of persons are put away together at most. Persons are numbered by their
/// ids, so that where slices end does not depend on where parts do.
const MOST_BLOCKS: u32 = 1 << 10;

/// The findings of a block of persons of a part, which wait for those of all parts.
pub(crate) struct PartFindings {
    pub(crate) left: Left,
    /// How many lines they have.
    pub(crate) n_lines: usize,
    /// Their block, or the first and the last of several that hang together.
    pub(crate) blocks: (u32, u32),
    /// The first person of the first block.
    pub(crate) person: u32,
    /// The number of the first line of the first block.
    pub(crate) first: u32,
}

/// The blocks of persons of a part.
pub(crate) struct Blocks {
    /// Persons of a block.
    n_persons: u32,
    first: u32,
    last: u32,
    /// The number of the first line of each.
    starts: Vec<u32>,
}

impl Blocks {
    pub(crate) fn of(month: &NetMonth, part: &LinePart) -> Self {
        let n_persons = (month.persons.len() as u32).div_ceil(MOST_BLOCKS).max(1);
        let block_of = |person: u32| person / n_persons;
        let first = block_of(part.persons.start);
        let last = block_of(part.persons.end.max(1) - 1).max(first);
        let starts = if first == last {
            vec![part.first]
        } else {
            let from = |block: u32| part.person.partition_point(|&person| block_of(person) < block);
            (first..=last).map(|block| part.first + from(block) as u32).collect()
        };
        Self { n_persons, first, last, starts }
    }

    /// The place of a finding's block.
    fn place(&self, hit: &Hit) -> usize {
        ((hit.person / self.n_persons).clamp(self.first, self.last) - self.first) as usize
    }

    /// The lines of the block at a place.
    fn lines(&self, nth: usize) -> Range<u32> {
        self.starts[nth]..self.starts.get(nth + 1).copied().unwrap_or(u32::MAX)
    }

    /// The findings of a rule by their blocks; none if one ties persons of several blocks together.
    fn deal<'h>(&self, hits: &'h Hits) -> Option<ByBlock<'h>> {
        let mut places = Vec::with_capacity(hits.hits.len());
        for hit in &hits.hits {
            let place = self.place(hit);
            let own = self.lines(place);
            if hits.lines_of(hit).iter().any(|line| !own.contains(&line.line)) {
                return None;
            }
            places.push(place);
        }
        let (starts, places) = dealt(self.starts.len(), places.iter().copied().zip(0..));
        Some(ByBlock { hits, starts, places })
    }

    /// All findings as those of one block.
    fn together(hits: &Hits) -> ByBlock<'_> {
        let n_hits = hits.hits.len() as u32;
        ByBlock { hits, starts: vec![0, n_hits], places: (0..n_hits).collect() }
    }
}

/// The findings of a rule by their blocks.
struct ByBlock<'h> {
    hits: &'h Hits,
    /// By block: where the places of its findings begin; at last their number.
    starts: Vec<u32>,
    places: Vec<u32>,
}

impl ByBlock<'_> {
    fn of(&self, nth: usize) -> SomeHits<'_> {
        let own = self.starts[nth] as usize..self.starts[nth + 1] as usize;
        SomeHits { hits: self.hits, places: &self.places[own] }
    }
}

impl PartFindings {
    /// Packs the findings of a part, given rule by rule, block by block; those of a month of one part
    /// do not wait.
    pub(crate) fn of_part(
        lines: &Lines,
        blocks: &Blocks,
        (by_rule, kept): (Vec<Hits>, KeptLines),
    ) -> Result<Vec<Self>> {
        let n_parts = lines.n_parts();
        let of = |left, n_lines, (first, last): (u32, u32), start| Self {
            left,
            n_lines,
            blocks: (first, last),
            person: first * blocks.n_persons,
            first: start,
        };
        let (all, start) = ((blocks.first, blocks.last), blocks.starts[0]);
        let dealt = (1 < blocks.starts.len()).then(|| by_rule.iter().map(|it| blocks.deal(it)));
        let dealt: Option<Vec<ByBlock<'_>>> = dealt.and_then(Iterator::collect);
        let Some(dealt) = dealt else {
            if n_parts <= 1 {
                let mut hits = Hits::default();
                for of_rule in by_rule {
                    hits.append(of_rule);
                }
                let n_lines = hits.hits.iter().map(Hit::n_lines).sum();
                let left = Left::Plain(Box::new(Findings { hits, lines: kept }));
                return Ok(vec![of(left, n_lines, all, start)]);
            }
            let dealt: Vec<ByBlock<'_>> = by_rule.iter().map(Blocks::together).collect();
            let some: Vec<SomeHits<'_>> = dealt.iter().map(|of_rule| of_rule.of(0)).collect();
            let n_lines = some.iter().map(SomeHits::n_lines).sum();
            let left = Left::pack(lines, &some, (&kept, 0..kept.len()))?;
            return Ok(vec![of(left, n_lines, all, start)]);
        };
        let row = |line: u32| kept.numbers().partition_point(|&number| number < line);
        let block = |nth: usize| {
            let some: Vec<SomeHits<'_>> = dealt.iter().map(|of_rule| of_rule.of(nth)).collect();
            let own = blocks.lines(nth);
            let left = if n_parts <= 1 {
                let mut hits = Hits::default();
                for some in &some {
                    hits.append(some.copied());
                }
                Left::Plain(Box::new(Findings { hits, lines: kept.between(own.clone()) }))
            } else {
                Left::pack(lines, &some, (&kept, row(own.start)..row(own.end)))?
            };
            let number = blocks.first + nth as u32;
            let n_lines = some.iter().map(SomeHits::n_lines).sum();
            Ok(of(left, n_lines, (number, number), own.start))
        };
        (0..blocks.starts.len()).map(block).collect()
    }
}

/// What parts count, in any order.
pub(crate) struct Counts {
    /// By rule, without the findings; nothing before the first part.
    pub(crate) found: Vec<Found>,
    pub(crate) totals: LineTotals,
}

/// The rules of institutions as a whole, when all parts are through.
pub(crate) fn judge_houses(
    run: &Run<'_>,
    (stays, costs, billed): (&StayList, &Costs, &[u32]),
    mut tallies: BTreeMap<usize, Tally>,
    found: &mut [Found],
    profile: Option<&Profile>,
) {
    for (rule, plan) in run.engine.rules.iter().enumerate() {
        if !run.engine.is_judged(rule) {
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

/// Bytes for each line of the month that these rules take, mostly for lines that they bring back,
/// beside what threads need anyway.
const OVER_ALL_BYTES: u64 = 2;

/// What one of these rules knows of all parts.
enum Summed {
    Billed(Vec<Billed>),
    Uses(Vec<Counted>),
    Shares(Vec<Vec<Share>>),
}

/// What all parts gave, in their order.
#[derive(Default)]
pub(crate) struct OfParts {
    pub(crate) findings: Vec<PartFindings>,
    pub(crate) aside: KeptLines,
    pub(crate) across: Across,
    pub(crate) benefits: Benefits,
    pub(crate) tallies: BTreeMap<usize, Tally>,
}

impl OfParts {
    /// Puts parts together.
    pub(crate) fn of(parts: Vec<OfPart>) -> Self {
        let mut all = Self::default();
        let mut aside = Vec::new();
        for part in parts {
            all.findings.extend(part.findings);
            aside.push(part.aside);
            all.across.add(part.billed, part.uses, part.shares);
            all.benefits.append(part.benefits);
            for (rule, part) in part.tallies {
                match all.tallies.entry(rule) {
                    Entry::Vacant(first) => _ = first.insert(part),
                    Entry::Occupied(mut own) => own.get_mut().merge(&part),
                }
            }
        }
        all.aside = KeptLines::concat(aside);
        all.benefits.sort();
        all
    }

    /// Makes room for the lines that rules over all parts bring back.
    pub(crate) fn make_room(&mut self, lines: &Lines) -> Result<()> {
        if lines.room_left().is_none() || self.across.is_empty() {
            return Ok(());
        }
        let n_more = (lines.len() as u64).saturating_mul(OVER_ALL_BYTES);
        lines.make_room(n_more)?;
        self.findings.iter_mut().try_for_each(|part| part.left.make_room(lines, n_more))?;
        self.across.make_room(lines, n_more)
    }
}

/// What rules over all persons know of all parts.
#[derive(Default)]
pub(crate) struct Across {
    pub(crate) billed: BTreeMap<usize, Vec<Billed>>,
    pub(crate) uses: BTreeMap<usize, Vec<Counted>>,
    pub(crate) shares: BTreeMap<usize, Vec<Vec<Share>>>,
}

impl Across {
    fn is_empty(&self) -> bool {
        self.billed.is_empty() && self.uses.is_empty() && self.shares.is_empty()
    }

    /// Adds what the next part told.
    fn add(
        &mut self,
        billed: Vec<(usize, Billed)>,
        uses: Vec<(usize, Counted)>,
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

    /// Puts what waits on disk where a run has no memory left for so much more.
    pub(crate) fn make_room(&mut self, lines: &Lines, n_more: u64) -> Result<()> {
        let mut billed = self.billed.values_mut().flatten();
        billed.try_for_each(|part| part.make_room(lines, n_more))?;
        let mut uses = self.uses.values_mut().flatten();
        uses.try_for_each(|part| part.make_room(lines, n_more))
    }

    /// Judges what needs all parts; gives the lines that these findings name.
    pub(crate) fn judge(
        self,
        run: &Run<'_>,
        sums: &[Sums],
        found: &mut [Found],
        profile: Option<&Profile>,
    ) -> Result<KeptLines> {
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
                Summed::Shares(shares) => total::judge(run, rule, end_to_end(shares), &mut found),
            });
            kept.map(|kept| (rule, kept, found))
        };
        let judged: Vec<Result<(usize, KeptLines, Found)>> = match run.month.lines.n_parts() {
            0 | 1 => all.into_iter().map(judge).collect(),
            _ => all.into_par_iter().with_max_len(1).map(judge).collect(),
        };
        let mut kept = KeptLines::default();
        for judged in judged {
            let (rule, of_lines, of_rule) = judged?;
            found[rule] = of_rule;
            kept = kept.merge(of_lines);
        }
        Ok(kept)
    }
}
