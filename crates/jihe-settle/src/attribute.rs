//! Who is credited with what: the findings of a line, walked by precedence.

use jihe_frame::{Cut, Evidence, Hits, KeptLines};
use jihe_terms::{Grade, NO_CODE, Status};

use crate::allowed::{Billed, Cuts};
use crate::ledger::{Credit, Ledger, LineMoney, Terms, terms_of};

/// One cut of one line, with its place in the walk.
struct Step {
    line: u32,
    /// False first: refusing findings go before holding ones.
    holds: bool,
    precedence: u32,
    order: u32,
    hit: u32,
    cut: Cut,
    /// The most that a review lets it refuse alone.
    most: Option<i64>,
}

/// Fills lines, credits (without loss) and the money of each finding.
pub(crate) fn attribute(
    lines: &KeptLines,
    hits: &Hits,
    order: &[u32],
    rules: &[Terms],
    ledger: &mut Ledger,
) {
    let mut steps = steps(lines, hits, order, rules, ledger);
    steps.sort_unstable_by_key(|step| (step.line, step.holds, step.precedence, step.order));
    ledger.credits.reserve_exact(steps.len());
    ledger.lines.reserve_exact(lines.len());
    let mut walk = Walk { lines, hits, rules, by_rule: Vec::new() };
    for of_line in steps.chunk_by(|a, b| a.line == b.line) {
        walk.line(of_line, ledger);
    }
}

/// What the walks of all lines look at.
struct Walk<'a> {
    lines: &'a KeptLines,
    hits: &'a Hits,
    rules: &'a [Terms],
    /// Credits of a line by rule, in the order of the walk, each with its largest finding.
    by_rule: Vec<RuleCredit>,
}

fn steps(
    kept: &KeptLines,
    hits: &Hits,
    order: &[u32],
    rules: &[Terms],
    ledger: &Ledger,
) -> Vec<Step> {
    let mut steps = Vec::with_capacity(hits.lines.len());
    for (idx, hit) in hits.hits.iter().enumerate() {
        let money = ledger.hits.get(idx);
        let holds = money.is_none_or(|money| !money.refuses);
        let place = |at: u32| usize::try_from(at).unwrap_or(usize::MAX);
        let lines = hits.lines.get(place(hit.lines_from)..place(hit.lines_until));
        let from = steps.len();
        for line in lines.expect("a hit's lines are in the list of lines") {
            if let Evidence::Cut(cut) = line.part {
                steps.push(Step {
                    line: line.line,
                    holds,
                    precedence: terms_of(rules, hit.rule).precedence,
                    order: order.get(idx).copied().unwrap_or(u32::MAX),
                    hit: u32::try_from(idx).unwrap_or(u32::MAX),
                    cut,
                    most: None,
                });
            }
        }
        if let (Some(most), Some(own)) = (money.and_then(|money| money.most), steps.get_mut(from..))
        {
            bound(kept, own, most);
        }
    }
    steps
}

/// Spreads the most that a review lets a finding refuse: the latest lines first, as the latest are
/// the excess. An amount that is not below what the finding comes to alone changes nothing.
fn bound(kept: &KeptLines, steps: &mut [Step], most: i64) {
    let alone = |step: &Step| {
        let billed = billed(kept, step.line);
        billed.amount.saturating_sub(Cuts::only(step.cut).allowed(billed))
    };
    let whole: i128 = steps.iter().map(|step| i128::from(alone(step))).sum();
    if whole <= i128::from(most) {
        return;
    }
    steps.sort_by_key(|step| std::cmp::Reverse(step.line));
    let mut left = most;
    for step in steps {
        let share = alone(step).min(left);
        left = left.saturating_sub(share);
        step.most = Some(share);
    }
}

#[expect(clippy::indexing_slicing, reason = "the row of a line is in its part")]
fn billed(kept: &KeptLines, line: u32) -> Billed {
    let (part, row) = kept.place(line);
    Billed { cnt: part.cnt[row], pric: part.pric[row], amount: part.amount[row] }
}

impl Walk<'_> {
    /// Walks the steps of one line.
    #[expect(
        clippy::arithmetic_side_effects,
        clippy::indexing_slicing,
        reason = "allowed only falls from billed towards 0, so differences and their sums stay inside \
              the line's amount; hit and row were taken from their lists"
    )]
    fn line(&mut self, steps: &[Step], ledger: &mut Ledger) {
        let Self { lines, hits, rules, by_rule } = self;
        by_rule.clear();
        let Some(first) = steps.first() else { return };
        let billed = billed(lines, first.line);
        let mut cuts = Cuts::default();
        let mut allowed = billed.amount;
        let (mut refused, mut held, mut refused_cnt) = (0_i64, 0_i64, 0_i64);
        for step in steps {
            let hit_idx = usize::try_from(step.hit).unwrap_or(usize::MAX);
            let hit = &hits.hits[hit_idx];
            let standalone = billed.amount - Cuts::only(step.cut).allowed(billed);
            let mut credit = Credit {
                hit: step.hit,
                line: step.line,
                standalone,
                credited: 0,
                loss: 0,
                held: 0,
                most: step.most,
            };
            let acts = terms_of(rules, hit.rule).status == Status::Active;
            let acts = acts && !ledger.hits[hit_idx].dismissed;
            if acts && hit.grade != Grade::Indicator {
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
                    credit_rule(by_rule, hit.rule, step.hit, drop);
                }
            }
            let money = &mut ledger.hits[hit_idx];
            money.standalone += i128::from(standalone);
            money.credited += i128::from(credit.credited);
            money.held += i128::from(credit.held);
            ledger.credits.push(credit);
        }
        assert_eq!(
            billed.amount,
            allowed + refused + held,
            "a line's parts do not make up the line"
        );
        if 0 < refused || 0 < held {
            ledger.lines.push(LineMoney {
                line: first.line,
                refused_cnt,
                refused,
                refused_scp: 0,
                refused_fund: 0,
                loss: 0,
                held,
                main_hit: if 0 < refused { main_hit(by_rule) } else { NO_CODE },
            });
        }
    }
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
