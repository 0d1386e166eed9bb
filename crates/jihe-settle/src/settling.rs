//! Settling slice by slice: findings of neighbouring persons with all their lines.
//!
//! Slices come in canonical order and share out the lines of the month. Findings of no person, about an
//! institution as a whole, may cut lines of any slice: each slice gives them their share of its
//! lines, and what they come to is known after the last one.

use std::ops::Range;

use jihe_frame::{FindingId, Hit, Hits, KeptLines, NetMonth};
use jihe_terms::{Grade, Status, Sums};

use crate::attribute::{self, Step, Steps};
use crate::balance::Tally;
use crate::hits_money::{HitsMoney, Standing};
use crate::ledger::{Credit, Ledger, Reviews, Settlements, Stage, Terms, some, terms_of};
use crate::loss;
use crate::penalty::Losses;
use crate::totals::LineTotals;

/// Findings, and the lines that they name.
#[derive(Clone, Copy, Debug)]
pub struct FoundLines<'a> {
    /// Findings.
    pub hits: &'a Hits,
    /// By finding: its id.
    pub ids: &'a [FindingId],
    /// The lines that findings name.
    pub lines: &'a KeptLines,
}

/// What settling knows of the month.
#[derive(Clone, Copy, Debug)]
pub struct Terrain<'a> {
    /// The net month.
    pub month: &'a NetMonth,
    /// By rule.
    pub rules: &'a [Terms],
    /// Before or after payment.
    pub stage: Stage,
}

/// What the walks of all slices look at, which nothing changes: many may walk while others are settled.
pub struct Walking<'a> {
    on: Terrain<'a>,
    /// Findings of no person.
    unplaced: Unplaced<'a>,
    /// What they may refuse.
    standing: HitsMoney,
}

/// Findings of no person.
pub(crate) struct Unplaced<'a> {
    pub(crate) hits: &'a [Hit],
    pub(crate) ids: &'a [FindingId],
    /// Their cuts, by line.
    steps: Vec<(u32, Step)>,
}

impl Unplaced<'_> {
    /// The cuts of some lines.
    pub(crate) fn steps_of(&self, lines: Range<u32>) -> &[(u32, Step)] {
        let place = |line: u32| self.steps.partition_point(|step| step.0 < line);
        self.steps.get(place(lines.start)..place(lines.end)).unwrap_or(&[])
    }
}

impl<'a> Walking<'a> {
    /// Begins with the findings of no person; each is of an institution as a whole.
    pub fn new(on: Terrain<'a>, unplaced: &FoundLines<'a>, reviews: &Reviews<'_>) -> Self {
        let standing = standing(unplaced, on.rules, reviews);
        let all = Steps::new(unplaced, on.rules, &standing);
        let of_line = |(hit, place, row): (u32, u32, usize)| {
            let line = unplaced.lines.numbers().get(row).copied();
            line.map(|line| (line, all.step(hit, place)))
        };
        let mut steps: Vec<(u32, Step)> = all.iter().filter_map(of_line).collect();
        steps.sort_by_key(|step| step.0);
        let unplaced = Unplaced { hits: &unplaced.hits.hits, ids: unplaced.ids, steps };
        Self { on, unplaced, standing }
    }

    /// Walks the findings of a slice: who is credited with what of its lines, which are all those of a
    /// range. Findings of no person follow those of the slice in credits.
    pub fn walk(&self, found: &FoundLines<'_>, lines: Range<u32>, reviews: &Reviews<'_>) -> Ledger {
        let hits = standing(found, self.on.rules, reviews);
        let mut ledger = Ledger { hits, ..Ledger::default() };
        attribute::attribute(found, (self.on.rules, &self.unplaced, lines), &mut ledger);
        ledger
    }
}

/// What findings of no person come to.
pub(crate) struct Further {
    pub(crate) money: HitsMoney,
    credits: Vec<Credit>,
}

/// A month being settled.
pub struct Settling<'a> {
    pub(crate) on: Terrain<'a>,
    /// Findings of no person.
    unplaced: &'a [Hit],
    further: Further,
    pub(crate) settlements: Settlements,
    /// In-policy amounts already taken from each settlement.
    pub(crate) taken: Sums<i32>,
    tally: Tally,
    losses: Losses,
}

impl<'a> Settling<'a> {
    /// Begins to settle what is walked.
    pub fn new(walking: &Walking<'a>, totals: LineTotals) -> Self {
        let on = walking.on;
        let n_settlements = on.month.settlements.len();
        let tally = Tally::new(on.month, &totals.institutions, on.rules.len());
        Self {
            on,
            unplaced: walking.unplaced.hits,
            further: Further { money: walking.standing.clone(), credits: Vec::new() },
            settlements: Settlements {
                n: n_settlements,
                refused: Sums::new(n_settlements),
                refused_fund: Sums::new(n_settlements),
                scp_lines: totals.settlements,
                is_paid: on.stage == Stage::After,
            },
            taken: Sums::new(n_settlements),
            tally,
            losses: Losses::default(),
        }
    }

    /// Adds the money of the next slice, and completes it: the fund's parts and losses.
    pub fn add(&mut self, found: &FoundLines<'_>, ledger: &mut Ledger) {
        loss::apportion(self, found.lines, ledger);
        loss::credit_loss(ledger, &mut self.further);
        let n_own = found.hits.hits.len();
        let unplaced = self.unplaced;
        let rule_of = |hit: usize| match hit.checked_sub(n_own) {
            Some(place) => unplaced.get(place),
            None => found.hits.hits.get(hit),
        };
        self.losses.add(found.lines, &ledger.credits, self.on.rules, &rule_of);
        self.tally.add_lines(found.lines, &ledger.lines);
        self.tally.add_hits(&found.hits.hits, &ledger.hits);
        let own = |credit: &Credit| n_own <= some(credit.hit).unwrap_or(0);
        let credits = ledger.credits.iter().filter(own).map(|credit| {
            let hit = some(credit.hit).unwrap_or(0).saturating_sub(n_own);
            Credit { hit: u32::try_from(hit).unwrap_or(u32::MAX), ..credit }
        });
        self.further.credits.extend(credits);
    }

    /// Puts the findings of no person behind those of the last slice, with all that they come to.
    pub fn close(&mut self, n_own: usize, ledger: &mut Ledger) {
        let further = &mut self.further;
        self.tally.add_hits(self.unplaced, &further.money);
        ledger.hits.append(&further.money);
        let n_own = u32::try_from(n_own).unwrap_or(u32::MAX);
        let mut credits = std::mem::take(&mut further.credits);
        for credit in &mut credits {
            credit.hit = credit.hit.saturating_add(n_own);
        }
        if !credits.is_empty() {
            let own = ledger.credits.iter().filter(|credit| credit.hit < n_own);
            ledger.credits = own.chain(credits).collect();
        }
    }

    /// The sums of all slices, with the checks that they agree; [`Settling::close`] came before.
    ///
    /// # Panics
    ///
    /// If an invariant of the ledger does not hold: that is a fault of jihe, and nothing may be
    /// published.
    pub fn finish(self) -> Ledger {
        let Self { on, settlements, tally, losses, .. } = self;
        let penalties = losses.ranges(on.rules, on.month);
        let checks = tally.checks;
        let (institutions, rules, totals) = tally.finish(on.month);
        let ledger =
            Ledger { settlements, institutions, penalties, rules, totals, ..Ledger::default() };
        checks.verify(on.month, &ledger);
        ledger
    }
}

/// By finding: whether it refuses, and how much a review lets it.
fn standing(found: &FoundLines<'_>, rules: &[Terms], reviews: &Reviews<'_>) -> HitsMoney {
    let of_hit = |(hit, &id): (&Hit, &FindingId)| {
        let acts = terms_of(rules, hit.rule).status == Status::Active;
        let review = reviews(id);
        let dismissed = review.is_some_and(|review| !review.stands());
        let sure = hit.grade == Grade::Definite || review.is_some();
        let refuses = acts && sure && !dismissed && hit.grade != Grade::Indicator;
        (Standing { refuses, dismissed }, review.and_then(jihe_frame::Review::most))
    };
    HitsMoney::new(found.hits.hits.iter().zip(found.ids).map(of_hit))
}
