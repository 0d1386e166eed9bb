//! The ledger of a run.

use jihe_frame::{FindingId, Review};
use jihe_terms::{Article, NO_CODE, NO_NUMBER, Status, Sums};

use crate::hits_money::HitsMoney;
use crate::narrow::{Narrow, Narrowed, both, either, small};

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

/// What a review decided of the finding of that id, if there was one.
pub type Reviews<'a> = dyn Fn(FindingId) -> Option<&'a Review> + Sync + 'a;

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
    /// The most that a review lets it refuse of the line; [`jihe_terms::NO_NUMBER`] where none bounds it.
    pub most: i64,
}

/// A line's money in 28 bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct SmallLine {
    line: u32,
    refused_cnt: u32,
    refused: u32,
    refused_scp: u32,
    /// What is lost; below 0 what is not, as nothing was paid.
    fund: i32,
    held: u32,
    main_hit: u32,
}

impl Narrow for LineMoney {
    type Small = SmallLine;

    #[inline]
    fn narrow(&self) -> Option<SmallLine> {
        let &Self { line, main_hit, .. } = self;
        let unpaid = self.refused_fund.checked_sub(self.loss)?;
        Some(SmallLine {
            line,
            refused_cnt: small(self.refused_cnt)?,
            refused: small(self.refused)?,
            refused_scp: small(self.refused_scp)?,
            fund: either(self.loss, unpaid)?,
            held: small(self.held)?,
            main_hit,
        })
    }

    #[inline]
    fn widen(small: SmallLine) -> Self {
        let SmallLine { line, refused_cnt, refused, refused_scp, fund, held, main_hit } = small;
        let (loss, unpaid) = both(fund);
        Self {
            line,
            refused_cnt: refused_cnt.into(),
            refused: refused.into(),
            refused_scp: refused_scp.into(),
            refused_fund: loss.max(unpaid),
            loss,
            held: held.into(),
            main_hit,
        }
    }
}

/// No amount that is credited or held.
const DISMISSED: i32 = i32::MIN;

/// A finding's share in a line in 20 bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct SmallCredit {
    hit: u32,
    line: u32,
    standalone: u32,
    /// What is credited; below 0 what is held; [`DISMISSED`] of one of which a review lets nothing be refused.
    moved: i32,
    loss: u32,
}

impl Narrow for Credit {
    type Small = SmallCredit;

    #[inline]
    fn narrow(&self) -> Option<SmallCredit> {
        let &Self { hit, line, .. } = self;
        let moved = match (self.most, self.credited, self.held) {
            (NO_NUMBER, credited, held) => either(credited, held)?,
            (0, 0, 0) => DISMISSED,
            (_, _, _) => return None,
        };
        Some(SmallCredit {
            hit,
            line,
            standalone: small(self.standalone)?,
            moved,
            loss: small(self.loss)?,
        })
    }

    #[inline]
    fn widen(small: SmallCredit) -> Self {
        let SmallCredit { hit, line, standalone, moved, loss } = small;
        let (most, (credited, held)) =
            if moved == DISMISSED { (0, (0, 0)) } else { (NO_NUMBER, both(moved)) };
        let (standalone, loss) = (standalone.into(), loss.into());
        Self { hit, line, standalone, credited, loss, held, most }
    }
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

/// Money of all settlements.
#[derive(Clone, Debug, Default)]
pub struct Settlements {
    pub(crate) n: usize,
    pub(crate) refused: Sums<i32>,
    pub(crate) refused_fund: Sums<i32>,
    pub(crate) scp_lines: Sums<i32>,
    /// Whether the fund lost what it paid of the refused amounts.
    pub(crate) is_paid: bool,
}

impl Settlements {
    /// The money of a settlement.
    #[inline]
    pub fn money(&self, settlement: usize) -> SettlementMoney {
        let refused_fund = self.refused_fund.get(settlement);
        SettlementMoney {
            refused: self.refused.get(settlement),
            refused_fund,
            loss: if self.is_paid { refused_fund } else { 0 },
            scp_lines: self.scp_lines.get(settlement),
        }
    }

    /// The money of each settlement, in their order.
    pub fn iter(&self) -> impl Iterator<Item = SettlementMoney> + '_ {
        (0..self.n).map(|settlement| self.money(settlement))
    }
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

/// Who may be fined.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Fined {
    /// An institution by its code.
    Institution(u32),
    /// A person by place.
    Person(u32),
}

/// A lawful range of fines.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Penalty {
    /// Who may be fined.
    pub subject: Fined,
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

/// All money of a run; that of a slice of its findings has lines, credits and findings only.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    /// Lines with a refused or held part, in canonical order.
    pub lines: Narrowed<LineMoney>,
    /// Shares of findings in lines, by line, in the order of the walk.
    pub credits: Narrowed<Credit>,
    /// By hit.
    pub hits: HitsMoney,
    /// By settlement.
    pub settlements: Settlements,
    /// Sorted by the institution's code as text.
    pub institutions: Vec<InstitutionMoney>,
    /// Sorted by institution, then article.
    pub penalties: Vec<Penalty>,
    /// By rule of the plan.
    pub rules: Vec<RuleMoney>,
    /// The run.
    pub totals: Totals,
}

pub(crate) fn terms_of(rules: &[Terms], rule: u16) -> &Terms {
    rules.get(usize::from(rule)).expect("hits only name rules of the plan")
}

pub(crate) fn some(code: u32) -> Option<usize> {
    (code != NO_CODE).then(|| usize::try_from(code).unwrap_or(usize::MAX))
}
