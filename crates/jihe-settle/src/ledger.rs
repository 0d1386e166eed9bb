//! The ledger of a run, and the one call that makes it.

use std::collections::BTreeMap;

use jihe_frame::{Hits, KeptLines, LinePart, NetMonth, Review};
use jihe_terms::{Article, Grade, NO_CODE, Status};

use crate::by_code::ByCode;
use crate::{attribute, balance, loss, penalty};

/// Whether the claims were already paid out (Order 7, art. 36).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Stage {
    /// Not yet: the fund withholds, there is no loss.
    Before,
    /// Paid: the fund recovers its loss.
    #[default]
    After,
}

/// What settling needs to know of a rule.
#[derive(Clone, Debug)]
pub struct Terms {
    /// Place in the walk of a line's findings.
    pub precedence: u32,
    /// Article.
    pub article: Article,
    /// Whether it acts.
    pub status: Status,
}

/// The review of each finding by its place, if there was one.
pub type Reviews<'a> = dyn Fn(usize) -> Option<&'a Review> + Sync + 'a;

/// A line with a refused or held part.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct LineMoney {
    /// Canonical number.
    pub line: u32,
    /// Quantity not payable, 10⁻⁴ unit.
    pub refused_cnt: i64,
    /// Refused amount, fen.
    pub refused: i64,
    /// Refused in-policy amount.
    pub refused_scp: i64,
    /// The fund's part of it.
    pub refused_fund: i64,
    /// Lost by the fund: the same once paid, else 0.
    pub loss: i64,
    /// Further amount at stake.
    pub held: i64,
    /// The finding with the largest credit; `NO_CODE` if nothing is refused.
    pub main_hit: u32,
}

/// A finding's share in a line.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Credit {
    /// Index of the hit.
    pub hit: u32,
    /// Canonical number of the line.
    pub line: u32,
    /// What the cut alone would refuse, fen.
    pub standalone: i64,
    /// What it adds to the refused amount.
    pub credited: i64,
    /// Its part of the line's loss.
    pub loss: i64,
    /// What it adds to the amount at stake.
    pub held: i64,
    /// The most that a review lets it refuse of the line.
    pub most: Option<i64>,
}

/// Money of a finding.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct HitMoney {
    /// Gross, as if it stood alone.
    pub standalone: i128,
    /// Credited part of the refused amount.
    pub credited: i128,
    /// Credited loss.
    pub loss: i128,
    /// Held.
    pub held: i128,
    /// Whether it refuses (definite or confirmed, not dismissed, and its rule acts).
    pub refuses: bool,
    /// Whether a review dismissed it.
    pub dismissed: bool,
    /// The most that a review lets it refuse, fen.
    pub most: Option<i64>,
}

/// Money of a settlement.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct SettlementMoney {
    /// Refused amount, fen.
    pub refused: i128,
    /// The fund's part.
    pub refused_fund: i128,
    /// Loss.
    pub loss: i128,
    /// In-policy total of its lines.
    pub scp_lines: i128,
}

/// Money of an institution.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct InstitutionMoney {
    /// Code of the institution.
    pub institution: u32,
    /// Judged lines.
    pub n_lines: u64,
    /// Amount of its judged lines, and of reversals without an original.
    pub medfee: i128,
    /// Fund payment of its settlements, and of refunds without an original.
    pub fund_pay: i128,
    /// Refused amount.
    pub refused: i128,
    /// The fund's part.
    pub refused_fund: i128,
    /// Loss.
    pub loss: i128,
    /// Held.
    pub held: i128,
    /// Findings.
    pub n_findings: u64,
}

/// A lawful range of fines.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Penalty {
    /// Code of the institution.
    pub institution: u32,
    /// Article.
    pub article: Article,
    /// Base: the credited loss.
    pub base: i128,
    /// Lowest fine.
    pub fine_low: i128,
    /// Highest fine.
    pub fine_high: i128,
    /// Lowest multiple.
    pub mult_low: u32,
    /// Highest multiple.
    pub mult_high: u32,
    /// Other measures the article allows, in Chinese.
    pub measures: &'static str,
}

/// Money of a rule.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct RuleMoney {
    /// Findings.
    pub n_findings: u64,
    /// As if it stood alone.
    pub standalone: i128,
    /// Credited part of the refused amount.
    pub credited: i128,
    /// Credited loss.
    pub loss: i128,
    /// Held.
    pub held: i128,
}

/// Money of the run.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Totals {
    /// Judged lines.
    pub n_lines: u64,
    /// Findings.
    pub n_findings: u64,
    /// Lines with a refused part.
    pub n_refused_lines: u64,
    /// Billed amount.
    pub medfee: i128,
    /// Fund payment.
    pub fund_pay: i128,
    /// Refused amount.
    pub refused: i128,
    /// The fund's part.
    pub refused_fund: i128,
    /// Loss.
    pub loss: i128,
    /// Held.
    pub held: i128,
}

/// All money of a run.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    /// Lines with a refused or held part, in canonical order.
    pub lines: Vec<LineMoney>,
    /// Shares of findings in lines, by line, in the order of the walk.
    pub credits: Vec<Credit>,
    /// By hit.
    pub hits: Vec<HitMoney>,
    /// By settlement.
    pub settlements: Vec<SettlementMoney>,
    /// Sorted by the institution's code as text.
    pub institutions: Vec<InstitutionMoney>,
    /// Sorted by institution, then article.
    pub penalties: Vec<Penalty>,
    /// By rule of the plan.
    pub rules: Vec<RuleMoney>,
    /// The run.
    pub totals: Totals,
}

/// What was found, and the lines it names.
#[derive(Clone, Copy, Debug)]
pub struct FoundLines<'a> {
    /// Findings.
    pub hits: &'a Hits,
    /// For each hit its place among hits of equal precedence (by `jr_id`).
    pub order: &'a [u32],
    /// The lines that findings name.
    pub lines: &'a KeptLines,
    /// Sums over all lines of the month.
    pub totals: &'a LineTotals,
}

/// Sums over all lines, added up part by part.
#[derive(Clone, Debug, Default)]
pub struct LineTotals {
    /// By institution: its judged lines and their amount, without those of the carried state.
    pub(crate) institutions: BTreeMap<u32, (u64, i128)>,
    /// Runs of lines of one settlement and their in-policy amount.
    pub(crate) settlements: Vec<(u32, i64)>,
}

impl LineTotals {
    /// Codes of the institutions that have judged lines, ascending.
    pub fn institutions(&self) -> impl Iterator<Item = u32> + '_ {
        self.institutions.keys().copied()
    }

    /// The sums of one part.
    #[expect(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        reason = "columns of a part have one length; 64-bit amounts in 128 bits"
    )]
    pub fn of(part: &LinePart) -> Self {
        let mut by_code: ByCode<(u64, i128)> = ByCode::new(part.institution.iter().copied());
        let any_carried = part.carried.contains(&true);
        let mut settlements = Vec::new();
        let mut from = 0;
        for of_institution in part.institution.chunk_by(|a, b| a == b) {
            let rows = from..from + of_institution.len();
            let (n_lines, sum) = if any_carried {
                let all = part.amount[rows.clone()].iter().zip(&part.carried[rows.clone()]);
                let own = all.filter(|(_, carried)| !**carried).map(|(&amount, _)| amount);
                (own.clone().count(), total(own))
            } else {
                (rows.len(), total(part.amount[rows.clone()].iter().copied()))
            };
            if 0 < n_lines
                && let Some(of_code) = by_code.of(part.institution[from])
            {
                of_code.0 += u64::try_from(n_lines).unwrap_or(u64::MAX);
                of_code.1 += sum;
            }
            for of_settlement in part.settlement[rows].chunk_by(|a, b| a == b) {
                let rows = from..from + of_settlement.len();
                from = rows.end;
                let settlement = part.settlement[rows.start];
                if settlement == NO_CODE {
                    continue;
                }
                let mut scp = total(part.scp[rows].iter().map(|&scp| scp.max(0)));
                // One piece, but for sums that no month has.
                while 0 < scp {
                    let piece = i64::try_from(scp).unwrap_or(i64::MAX);
                    settlements.push((settlement, piece));
                    scp -= i128::from(piece);
                }
            }
        }
        Self { institutions: by_code.into_iter().collect(), settlements }
    }

    /// Adds the sums of another part.
    #[expect(clippy::arithmetic_side_effects, reason = "64-bit amounts in 128 bits")]
    pub fn merge(&mut self, other: Self) {
        for (institution, sum) in other.institutions {
            let total = self.institutions.entry(institution).or_default();
            *total = (total.0 + sum.0, total.1 + sum.1);
        }
        if self.settlements.is_empty() {
            self.settlements = other.settlements;
        } else {
            self.settlements.extend(other.settlements);
        }
    }
}

/// The sum of amounts: 64 bits hold it but for sums that no month has.
fn total(amounts: impl Iterator<Item = i64> + Clone) -> i128 {
    let small = amounts.clone().try_fold(0_i64, i64::checked_add);
    small.map_or_else(|| amounts.map(i128::from).sum(), i128::from)
}

/// Settles the money of all findings.
///
/// # Panics
///
/// If an invariant of the ledger does not hold: that is a fault of jihe, and nothing may be
/// published.
pub fn settle(
    month: &NetMonth,
    found: &FoundLines<'_>,
    rules: &[Terms],
    stage: Stage,
    reviews: &Reviews<'_>,
) -> Ledger {
    let FoundLines { hits, order, lines, totals } = *found;
    let mut ledger = Ledger {
        hits: vec![HitMoney::default(); hits.hits.len()],
        rules: vec![RuleMoney::default(); rules.len()],
        ..Ledger::default()
    };
    for (idx, hit) in hits.hits.iter().enumerate() {
        let acts = terms_of(rules, hit.rule).status == Status::Active;
        let review = reviews(idx);
        if let Some(money) = ledger.hits.get_mut(idx) {
            money.dismissed = review.is_some_and(|review| !review.stands());
            money.most = review.and_then(Review::most);
            let sure = hit.grade == Grade::Definite || review.is_some();
            money.refuses = acts && sure && !money.dismissed && hit.grade != Grade::Indicator;
        }
    }
    attribute::attribute(lines, hits, order, rules, &mut ledger);
    loss::apportion(month, lines, totals, stage, &mut ledger);
    let (sums, penalties) = both(
        hits.hits.len(),
        || balance::sum_up(month, found, &ledger),
        || penalty::range(hits, rules, month, lines, &ledger),
    );
    (ledger.institutions, ledger.rules, ledger.totals) = sums;
    ledger.penalties = penalties;
    balance::verify(month, found, &ledger);
    ledger
}

/// Does two things side by side if there are so many findings that another thread is worth waking.
fn both<A: Send, B: Send>(
    n_hits: usize,
    one: impl FnOnce() -> A + Send,
    other: impl FnOnce() -> B + Send,
) -> (A, B) {
    if n_hits < attribute::FEW { (one(), other()) } else { rayon::join(one, other) }
}

pub(crate) fn terms_of(rules: &[Terms], rule: u16) -> &Terms {
    rules.get(usize::from(rule)).expect("hits only name rules of the plan")
}

pub(crate) fn some(code: u32) -> Option<usize> {
    (code != NO_CODE).then(|| usize::try_from(code).unwrap_or(usize::MAX))
}
