//! Who is credited with what: the findings of a line, walked by precedence.

use std::collections::BTreeMap;
use std::ops::Range;

use jihe_frame::{Cut, Evidence, FindingId, Hits, KeptLines, LinePart};
use jihe_terms::{Grade, NO_CODE, NO_NUMBER, Status, dealt};
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use crate::allowed::{Billed, Cuts, Joint, reach};
use crate::hits_money::HitsMoney;
use crate::ledger::{Credit, Ledger, LineMoney, Terms, terms_of};
use crate::narrow::Narrowed;
use crate::settling::{FoundLines, Unplaced};

/// One cut of one line, with its place in the walk.
#[derive(Clone, Copy)]
pub(crate) struct Step {
    hit: u32,
    precedence: u32,
    rule: u16,
    /// Refusing findings go before holding ones.
    holds: bool,
    /// Whether it refuses or holds anything.
    acts: bool,
    cut: Cut,
    /// What a review lets it refuse of the line.
    bound: Option<Bound>,
}

/// The most that a review lets a cut refuse of a line.
#[derive(Clone, Copy)]
enum Bound {
    /// Less than the finding comes to alone: the cut is none of its kind any more.
    Instead(i64),
    /// Not less than alone, but less than it may come to beside other cuts.
    Beside(i64),
}

impl Bound {
    fn most(self) -> i64 {
        match self {
            Self::Instead(most) | Self::Beside(most) => most,
        }
    }
}

/// The cuts of findings. Each is found by the place of its line among those of all findings, and made
/// when that line is walked: one person may have a million.
pub(crate) struct Steps<'a> {
    hits: &'a Hits,
    lines: &'a KeptLines,
    rules: &'a [Terms],
    money: &'a HitsMoney,
    /// By place, what a review lets a cut refuse, where there is such a bound.
    bounds: BTreeMap<u32, Bound>,
}

/// Lines that are worth another thread.
const FEW: usize = 4_096;
/// Lines that a thread walks before what they come to is put to the rest.
const MANY: usize = 16_384;

/// Fills lines, credits (without loss) and the money of each finding; findings of no person follow
/// the others in credits, and their money is added up elsewhere.
#[expect(
    clippy::arithmetic_side_effects,
    reason = "sums of 64-bit amounts in 128 bits; places of pieces of rows"
)]
pub(crate) fn attribute(
    found: &FoundLines<'_>,
    (rules, unplaced, range): (&[Terms], &Unplaced<'_>, Range<u32>),
    ledger: &mut Ledger,
) {
    let lines = found.lines;
    let own = Steps::new(found, rules, &ledger.hits);
    let n_own = u32::try_from(found.hits.hits.len()).unwrap_or(u32::MAX);
    let unplaced_steps = unplaced.steps_of(range.clone());
    // A line is walked once, with all its cuts.
    let is_of_slice = |row: usize| lines.numbers().get(row).is_some_and(|n| range.contains(n));
    let of_own = own.iter().map(|(hit, place, row)| {
        assert!(is_of_slice(row), "a finding cuts a line of another slice");
        (row, (hit, place))
    });
    let of_unplaced = (0..).zip(unplaced_steps).map(|(place, (line, step))| {
        (lines.place(*line).1, (n_own.saturating_add(step.hit), place))
    });
    let (starts, by_row) = dealt(lines.len(), of_own.chain(of_unplaced));
    let ids = (found.ids, unplaced.ids);
    let walk =
        Walk { lines, ids, own: &own, unplaced: unplaced_steps, starts: &starts, by_row: &by_row };
    let n_rows = lines.len();
    let n_threads = rayon::current_num_threads().max(1);
    ledger.credits.reserve_exact(by_row.len());
    ledger.lines.reserve_exact(n_rows);
    if n_threads == 1 || n_rows <= FEW {
        walk.rows(0..n_rows, &mut ledger.credits, &mut ledger.lines);
    } else {
        // One person may have very many lines: their money is not in memory twice.
        let n_of_piece = n_rows.div_ceil(n_threads).clamp(FEW, MANY);
        let piece = |from: usize| {
            let (mut credits, mut lines) = (Narrowed::default(), Narrowed::default());
            walk.rows(from..(from + n_of_piece).min(n_rows), &mut credits, &mut lines);
            (credits, lines)
        };
        let pieces: Vec<usize> = (0..n_rows).step_by(n_of_piece).collect();
        for pieces in pieces.chunks(n_threads) {
            let walked: Vec<_> = pieces.par_iter().map(|&from| piece(from)).collect();
            for (credits, lines) in walked {
                ledger.credits.append(&credits);
                ledger.lines.append(&lines);
            }
        }
    }
    for credit in ledger.credits.iter() {
        ledger.hits.add(at(credit.hit), &credit);
    }
}

impl<'a> Steps<'a> {
    pub(crate) fn new(found: &FoundLines<'a>, rules: &'a [Terms], money: &'a HitsMoney) -> Self {
        let FoundLines { hits, lines, .. } = *found;
        let mut steps = Self { hits, lines, rules, money, bounds: BTreeMap::new() };
        for (hit, most) in money.bounded() {
            let refuses = money.standing(hit).is_some_and(|standing| standing.refuses);
            steps.bound(u32::try_from(hit).unwrap_or(u32::MAX), (most, refuses));
        }
        steps
    }

    /// The cuts of a finding: the place, the row of the line among those that are kept, and the cut.
    fn of_hit(&self, nth: u32) -> impl Iterator<Item = (u32, usize, Cut)> + Clone {
        let hit = self.hits.hits.get(at(nth)).expect("a finding of those that are settled");
        let places = hit.lines_from..hit.lines_until;
        places.zip(self.hits.lines_of(hit)).filter_map(|(place, line)| match line.part() {
            Evidence::Cut(cut) => Some((place, self.lines.place(line.line).1, cut)),
            Evidence::Shown => None,
        })
    }

    /// All cuts: the finding, the place, and the row of the line among those that are kept.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, u32, usize)> + Clone {
        let n_hits = u32::try_from(self.hits.hits.len()).unwrap_or(u32::MAX);
        (0..n_hits).flat_map(|hit| self.of_hit(hit).map(move |(place, row, _)| (hit, place, row)))
    }

    /// The cut of a finding at a place.
    #[expect(clippy::indexing_slicing, reason = "places were made from the findings themselves")]
    pub(crate) fn step(&self, nth: u32, place: u32) -> Step {
        let hit = &self.hits.hits[at(nth)];
        let standing = self.money.standing(at(nth)).expect("every finding stands or falls");
        let Evidence::Cut(cut) = self.hits.lines[at(place)].part() else {
            unreachable!("only cuts have a place in a walk")
        };
        let terms = terms_of(self.rules, hit.rule);
        let is_active = terms.status == Status::Active && !standing.dismissed;
        Step {
            hit: nth,
            precedence: terms.precedence,
            rule: hit.rule,
            holds: !standing.refuses,
            acts: is_active && hit.grade != Grade::Indicator,
            cut,
            bound: self.bounds.get(&place).copied(),
        }
    }

    /// The cuts of a finding, the latest line first: its place, what it refuses alone, and at most beside
    /// any other cuts.
    fn latest_first(&self, nth: u32) -> Vec<(u32, i64, i64)> {
        let cuts = self.of_hit(nth).map(|(place, row, cut)| {
            let billed = billed(self.lines.rows(), row);
            let alone = billed.amount.saturating_sub(Cuts::only(cut).allowed(billed));
            (row, (place, alone, reach(cut, billed)))
        });
        let mut cuts: Vec<(usize, (u32, i64, i64))> = cuts.collect();
        cuts.sort_by_key(|cut| std::cmp::Reverse(cut.0));
        cuts.into_iter().map(|(_, cut)| cut).collect()
    }

    /// Spreads the most that a review lets a finding refuse: the latest lines first, as the latest are the
    /// excess. Beside other cuts a finding may come to more than alone: where the most is not less than that,
    /// what it leaves above is spread in the same way. An amount that is not below all that the finding may
    /// come to changes nothing.
    fn bound(&mut self, nth: u32, (most, refuses): (i64, bool)) {
        let cuts = self.latest_first(nth);
        let alone: i128 = cuts.iter().map(|cut| i128::from(cut.1)).sum();
        let above = i128::from(most).saturating_sub(alone);
        if above < 0 {
            let mut left = most;
            for (place, alone, _) in cuts {
                let share = alone.min(left);
                left = left.saturating_sub(share);
                self.bounds.insert(place, Bound::Instead(share));
            }
            return;
        }
        if !refuses {
            return;
        }
        let mut left = i64::try_from(above).unwrap_or(i64::MAX);
        for (place, alone, reach) in cuts {
            let share = alone.saturating_add(left).min(reach);
            left = left.saturating_sub(share.saturating_sub(alone));
            if share < reach {
                self.bounds.insert(place, Bound::Beside(share));
            }
        }
    }
}

fn at(place: u32) -> usize {
    usize::try_from(place).unwrap_or(usize::MAX)
}

#[expect(clippy::indexing_slicing, reason = "rows are of the lines that are kept")]
fn billed(lines: &LinePart, row: usize) -> Billed {
    Billed { cnt: lines.cnt[row], pric: lines.pric[row], amount: lines.amount[row] }
}

/// What the walks of all lines look at.
struct Walk<'a> {
    lines: &'a KeptLines,
    /// The ids of findings: those of the lines' persons, and behind them those of no person.
    ids: (&'a [FindingId], &'a [FindingId]),
    own: &'a Steps<'a>,
    /// The cuts of findings of no person.
    unplaced: &'a [(u32, Step)],
    /// By row: where its cuts begin; at last their number.
    starts: &'a [u32],
    /// Cuts by row: the finding and the place; of findings of no person the place among their cuts.
    by_row: &'a [(u32, u32)],
}

impl Walk<'_> {
    /// Findings of equal precedence are walked by their ids.
    fn id(&self, hit: u32) -> FindingId {
        let id = match at(hit).checked_sub(self.ids.0.len()) {
            Some(place) => self.ids.1.get(place),
            None => self.ids.0.get(at(hit)),
        };
        id.copied().unwrap_or_default()
    }

    /// The cut of a line.
    fn step(&self, (hit, place): (u32, u32)) -> Step {
        if at(hit) < self.ids.0.len() {
            return self.own.step(hit, place);
        }
        let (_, step) = self.unplaced.get(at(place)).expect("the cuts were dealt from these");
        Step { hit, ..*step }
    }

    /// Walks the lines of some rows.
    #[expect(clippy::indexing_slicing, reason = "places were made from the steps themselves")]
    fn rows(
        &self,
        rows: Range<usize>,
        credits: &mut Narrowed<Credit>,
        money: &mut Narrowed<LineMoney>,
    ) {
        let (mut steps, mut by_rule) = (Vec::new(), Vec::new());
        for row in rows {
            let places = at(self.starts[row])..at(self.starts[row.saturating_add(1)]);
            if places.is_empty() {
                continue;
            }
            steps.clear();
            steps.extend(self.by_row[places].iter().map(|&cut| self.step(cut)));
            if 1 < steps.len() {
                steps.sort_unstable_by(|a: &Step, b: &Step| {
                    let place = |step: &Step| (step.holds, step.precedence);
                    place(a).cmp(&place(b)).then_with(|| self.id(a.hit).cmp(&self.id(b.hit)))
                });
            }
            let number = self.lines.numbers()[row];
            let billed = billed(self.lines.rows(), row);
            if let Some(of_line) = walk((number, billed), &steps, &mut by_rule, credits) {
                money.push(of_line);
            }
        }
    }
}

/// Walks the steps of one line; gives its money if any is refused or held.
#[expect(
    clippy::arithmetic_side_effects,
    reason = "allowed only falls from billed towards 0, so differences and their sums stay inside the \
              line's amount"
)]
fn walk(
    (line, billed): (u32, Billed),
    steps: &[Step],
    by_rule: &mut Vec<RuleCredit>,
    credits: &mut Narrowed<Credit>,
) -> Option<LineMoney> {
    by_rule.clear();
    let mut cuts = Joint::default();
    let mut allowed = billed.amount;
    let (mut refused, mut held, mut refused_cnt) = (0_i64, 0_i64, 0_i64);
    for step in steps {
        let mut credit = Credit {
            hit: step.hit,
            line,
            standalone: billed.amount - Cuts::only(step.cut).allowed(billed),
            credited: 0,
            loss: 0,
            held: 0,
            most: step.bound.map_or(NO_NUMBER, Bound::most),
        };
        if step.acts {
            match step.bound {
                Some(Bound::Instead(most)) => cuts.add_bounded(billed, most),
                Some(Bound::Beside(most)) => cuts.add_at_most(step.cut, most),
                None => cuts.add(step.cut),
            }
            let after = cuts.allowed(billed);
            let drop = allowed - after;
            allowed = after;
            if step.holds {
                credit.held = drop;
                held += drop;
            } else {
                credit.credited = drop;
                refused += drop;
                refused_cnt = cuts.refused_cnt(billed);
                credit_rule(by_rule, step.rule, step.hit, drop);
            }
        }
        credits.push(credit);
    }
    assert_eq!(billed.amount, allowed + refused + held, "a line's parts do not make up the line");
    (0 < refused || 0 < held).then(|| LineMoney {
        line,
        refused_cnt,
        refused,
        refused_scp: 0,
        refused_fund: 0,
        loss: 0,
        held,
        main_hit: if 0 < refused { main_hit(by_rule) } else { NO_CODE },
    })
}

/// What a rule is credited with on one line.
struct RuleCredit {
    rule: u16,
    sum: i64,
    hit: u32,
    largest: i64,
}

fn credit_rule(by_rule: &mut Vec<RuleCredit>, rule: u16, hit: u32, drop: i64) {
    match by_rule.iter_mut().find(|credit| credit.rule == rule) {
        Some(credit) => {
            credit.sum = credit.sum.saturating_add(drop);
            if credit.largest < drop {
                (credit.hit, credit.largest) = (hit, drop);
            }
        }
        None => by_rule.push(RuleCredit { rule, sum: drop, hit, largest: drop }),
    }
}

/// The largest finding of the rule with the largest credit; of equals the first walked.
fn main_hit(by_rule: &[RuleCredit]) -> u32 {
    let first_largest = by_rule.iter().rev().max_by_key(|credit| credit.sum);
    first_largest.map_or(NO_CODE, |credit| credit.hit)
}
