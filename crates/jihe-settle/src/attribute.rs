//! Who is credited with what: the findings of a line, walked by precedence.

use std::ops::Range;

use jihe_frame::{Cut, Evidence, FindingId, KeptLines, LinePart};
use jihe_terms::{Grade, NO_CODE, Status, dealt};
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use crate::allowed::{Billed, Cuts};
use crate::ledger::{Credit, HitMoney, Ledger, LineMoney, Terms, terms_of};
use crate::settling::{FoundLines, Unplaced};

/// One cut of one line, with its place in the walk.
#[derive(Clone, Copy)]
pub(crate) struct Step {
    /// Row of the line among those that are kept.
    row: u32,
    hit: u32,
    precedence: u32,
    rule: u16,
    /// Refusing findings go before holding ones.
    holds: bool,
    /// Whether it refuses or holds anything.
    acts: bool,
    cut: Cut,
    /// The most that a review lets it refuse alone.
    most: Option<i64>,
}

impl Step {
    /// Row of the line among those that are kept.
    pub(crate) fn row(&self) -> usize {
        usize::try_from(self.row).unwrap_or(usize::MAX)
    }
}

/// Lines that are worth another thread.
const FEW: usize = 4_096;
/// Lines that a thread walks before what they come to is put to the rest.
const MANY: usize = 65_536;

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
    let mut steps = steps(found, rules, &ledger.hits);
    // A line is walked once, with all its cuts.
    let in_range = |step: &Step| lines.numbers().get(step.row()).is_some_and(|n| range.contains(n));
    assert!(steps.iter().all(in_range), "a finding cuts a line of another slice");
    let n_own = u32::try_from(found.hits.hits.len()).unwrap_or(u32::MAX);
    for &(line, step) in unplaced.steps_of(range) {
        let row = u32::try_from(lines.place(line).1).unwrap_or(u32::MAX);
        steps.push(Step { row, hit: n_own.saturating_add(step.hit), ..step });
    }
    let by_row = steps.iter().zip(0_u32..);
    let by_row = by_row.map(|(step, nth)| (usize::try_from(step.row).unwrap_or(usize::MAX), nth));
    let (starts, by_row) = dealt(lines.len(), by_row);
    let ids = (found.ids, unplaced.ids);
    let walk = Walk { lines, ids, steps: &steps, starts: &starts, by_row: &by_row };
    let n_rows = lines.len();
    let n_threads = rayon::current_num_threads().max(1);
    ledger.credits.reserve_exact(steps.len());
    ledger.lines.reserve_exact(n_rows);
    if n_threads == 1 || n_rows <= FEW {
        walk.rows(0..n_rows, &mut ledger.credits, &mut ledger.lines);
    } else {
        // One person may have very many lines: their money is not in memory twice.
        let n_of_piece = n_rows.div_ceil(n_threads).clamp(FEW, MANY);
        let piece = |from: usize| {
            let (mut credits, mut lines) = (Vec::new(), Vec::new());
            walk.rows(from..(from + n_of_piece).min(n_rows), &mut credits, &mut lines);
            (credits, lines)
        };
        let pieces: Vec<usize> = (0..n_rows).step_by(n_of_piece).collect();
        for pieces in pieces.chunks(n_threads) {
            let walked: Vec<_> = pieces.par_iter().map(|&from| piece(from)).collect();
            for (credits, lines) in walked {
                ledger.credits.extend_from_slice(&credits);
                ledger.lines.extend_from_slice(&lines);
            }
        }
    }
    for credit in &ledger.credits {
        let own = ledger.hits.get_mut(usize::try_from(credit.hit).unwrap_or(usize::MAX));
        if let Some(money) = own {
            money.standalone += i128::from(credit.standalone);
            money.credited += i128::from(credit.credited);
            money.held += i128::from(credit.held);
        }
    }
}

/// The cuts of findings.
pub(crate) fn steps(found: &FoundLines<'_>, rules: &[Terms], money: &[HitMoney]) -> Vec<Step> {
    let FoundLines { hits, lines: kept, .. } = *found;
    let mut steps = Vec::with_capacity(hits.lines.len());
    for (idx, (hit, money)) in hits.hits.iter().zip(money).enumerate() {
        let terms = terms_of(rules, hit.rule);
        let acts = terms.status == Status::Active && !money.dismissed;
        let place = |at: u32| usize::try_from(at).unwrap_or(usize::MAX);
        let lines = hits.lines.get(place(hit.lines_from)..place(hit.lines_until));
        let from = steps.len();
        for line in lines.expect("a hit's lines are in the list of lines") {
            let Evidence::Cut(cut) = line.part else { continue };
            let (_, row) = kept.place(line.line);
            steps.push(Step {
                row: u32::try_from(row).unwrap_or(u32::MAX),
                hit: u32::try_from(idx).unwrap_or(u32::MAX),
                precedence: terms.precedence,
                rule: hit.rule,
                holds: !money.refuses,
                acts: acts && hit.grade != Grade::Indicator,
                cut,
                most: None,
            });
        }
        if let (Some(most), Some(own)) = (money.most, steps.get_mut(from..)) {
            bound(kept, own, most);
        }
    }
    steps
}

/// Spreads the most that a review lets a finding refuse: the latest lines first, as the latest are
/// the excess. An amount that is not below what the finding comes to alone changes nothing.
fn bound(kept: &KeptLines, steps: &mut [Step], most: i64) {
    let alone = |step: &Step| {
        let billed = billed(kept.rows(), step.row);
        billed.amount.saturating_sub(Cuts::only(step.cut).allowed(billed))
    };
    let whole: i128 = steps.iter().map(|step| i128::from(alone(step))).sum();
    if whole <= i128::from(most) {
        return;
    }
    steps.sort_by_key(|step| std::cmp::Reverse(step.row));
    let mut left = most;
    for step in steps {
        let share = alone(step).min(left);
        left = left.saturating_sub(share);
        step.most = Some(share);
    }
}

#[expect(clippy::indexing_slicing, reason = "rows are of the lines that are kept")]
fn billed(lines: &LinePart, row: u32) -> Billed {
    let row = usize::try_from(row).unwrap_or(usize::MAX);
    Billed { cnt: lines.cnt[row], pric: lines.pric[row], amount: lines.amount[row] }
}

/// What the walks of all lines look at.
struct Walk<'a> {
    lines: &'a KeptLines,
    /// The ids of findings: those of the lines' persons, and behind them those of no person.
    ids: (&'a [FindingId], &'a [FindingId]),
    steps: &'a [Step],
    /// By row: where its steps begin; at last their number.
    starts: &'a [u32],
    /// Steps by row.
    by_row: &'a [u32],
}

impl Walk<'_> {
    /// Findings of equal precedence are walked by their ids.
    fn id(&self, hit: u32) -> FindingId {
        let hit = usize::try_from(hit).unwrap_or(usize::MAX);
        let id = match hit.checked_sub(self.ids.0.len()) {
            Some(place) => self.ids.1.get(place),
            None => self.ids.0.get(hit),
        };
        id.copied().unwrap_or_default()
    }

    /// Walks the lines of some rows.
    #[expect(clippy::indexing_slicing, reason = "places were made from the steps themselves")]
    fn rows(&self, rows: Range<usize>, credits: &mut Vec<Credit>, money: &mut Vec<LineMoney>) {
        let at = |place: u32| usize::try_from(place).unwrap_or(usize::MAX);
        let (mut steps, mut by_rule) = (Vec::new(), Vec::new());
        for row in rows {
            let places = at(self.starts[row])..at(self.starts[row.saturating_add(1)]);
            if places.is_empty() {
                continue;
            }
            steps.clear();
            steps.extend(self.by_row[places].iter().map(|&step| self.steps[at(step)]));
            if 1 < steps.len() {
                steps.sort_unstable_by(|a: &Step, b: &Step| {
                    let place = |step: &Step| (step.holds, step.precedence);
                    place(a).cmp(&place(b)).then_with(|| self.id(a.hit).cmp(&self.id(b.hit)))
                });
            }
            let number = self.lines.numbers()[row];
            let billed = billed(self.lines.rows(), u32::try_from(row).unwrap_or(u32::MAX));
            money.extend(walk((number, billed), &steps, &mut by_rule, credits));
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
    credits: &mut Vec<Credit>,
) -> Option<LineMoney> {
    by_rule.clear();
    let mut cuts = Cuts::default();
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
            most: step.most,
        };
        if step.acts {
            match step.most {
                Some(most) => cuts.add_bounded(billed, most),
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
