//! What a judged month gives back. All money is fen, all quantities 10^-4 units.

use std::collections::BTreeMap;

use super::context::Cut;
use super::net::Counts;

/// Whether the claims were paid when the month was judged.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Stage {
    /// Not yet paid out: refusal, no loss.
    Before,
    /// Paid: recovery.
    After,
}

/// What a review decided of a finding.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Review {
    /// It refuses, at most so many fen if an amount is given.
    Stands(Option<i64>),
    /// It neither refuses nor holds.
    Falls,
}

/// The review of a finding, by its rule and its lines with their cuts in canonical order.
pub type Reviews<'a> = dyn Fn(&str, &[(String, Cut)]) -> Option<Review> + 'a;

/// One cut line of a finding.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CutLine {
    /// The line.
    pub bkkp_sn: String,
    /// The cut.
    pub cut: Cut,
    /// The drop with this cut alone.
    pub standalone: i64,
    /// What the finding adds to the line's refused amount.
    pub credited: i64,
    /// Its part of the line's loss.
    pub loss: i64,
    /// What it would add, where it holds.
    pub held: i64,
    /// The most that a review lets it refuse, where that is less than what was found.
    pub most: Option<i64>,
    /// The most that it may add to other cuts, where a review leaves not less than what was found.
    pub beside: Option<i64>,
}

/// One finding.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Finding {
    /// The rule.
    pub rule_id: String,
    /// The person, of a group over several the first cut line's.
    pub psn_no: String,
    /// The encounter, likewise.
    pub mdtrt_id: String,
    /// The institution, likewise.
    pub fixmedins_code: String,
    /// 1 definite, 2 likely, 3 possible; none for an indicator.
    pub sev_deg: Option<u8>,
    /// Whether it refuses; otherwise it holds.
    pub refuses: bool,
    /// Whether it neither refuses nor holds: dismissed, or of a rule that does not act.
    pub is_idle: bool,
    /// Its cut lines in canonical order.
    pub lines: Vec<CutLine>,
    /// Standalone money.
    pub vola_amt: i64,
    /// Credited money.
    pub credited_amt: i64,
    /// Credited loss.
    pub loss_amt: i64,
    /// Money held.
    pub held_amt: i64,
}

/// A finding of an institution as a whole: no line, no money.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct HouseHit {
    /// The rule.
    pub rule_id: String,
    /// The institution.
    pub fixmedins_code: String,
    /// What is said of it, as words and whole numbers.
    pub said: String,
}

/// One line with a refused part.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Refusal {
    /// The line.
    pub bkkp_sn: String,
    /// Its settlement.
    pub setl_id: Option<String>,
    /// Its institution.
    pub fixmedins_code: String,
    /// The line's amount.
    pub det_item_fee_sumamt: i64,
    /// The largest cut of units; all of them for a whole line.
    pub refused_cnt: i64,
    /// The refused amount.
    pub refused_amt: i64,
    /// The in-policy part.
    pub refused_scp_amt: i64,
    /// The fund's part.
    pub refused_fund_amt: i64,
    /// The loss: the fund's part if it was paid.
    pub loss_amt: i64,
    /// The rule with the largest credit, of equals the first walked.
    pub rule_id: String,
}

/// One settlement of the net month.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SettlementTotal {
    /// The settlement.
    pub setl_id: String,
    /// Its institution.
    pub fixmedins_code: String,
    /// What the fund paid.
    pub fund_pay_sumamt: i64,
    /// Sums of its refused lines.
    pub refused_amt: i64,
    /// The fund's part of it.
    pub refused_fund_amt: i64,
    /// The loss.
    pub loss_amt: i64,
}

/// One institution.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct InstitutionTotal {
    /// The institution.
    pub fixmedins_code: String,
    /// Lines of the net month.
    pub n_lines: usize,
    /// Amounts of the net lines, lowered by lone reversals and the lines of lone refunds.
    pub lines_amt: i64,
    /// Totals of the net settlements, lowered by lone refunds.
    pub medfee_sumamt: i64,
    /// Fund payments of the net settlements, lowered by lone refunds.
    pub fund_pay_sumamt: i64,
    /// Refused amounts of its lines.
    pub refused_amt: i64,
    /// The fund's part of it.
    pub refused_fund_amt: i64,
    /// The loss.
    pub loss_amt: i64,
    /// Held amounts of its lines.
    pub held_amt: i64,
    /// Findings that stand under it.
    pub n_findings: usize,
}

/// One lawful range of a fine.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Penalty {
    /// The institution, or under article 41 the person.
    pub subject: String,
    /// The number of the article.
    pub article: String,
    /// The credited loss under it.
    pub base_amt: i64,
    /// The least.
    pub fine_low: i64,
    /// The most.
    pub fine_high: i64,
}

/// What a rule came to.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Coverage {
    /// Findings.
    pub n_findings: usize,
    /// Different cut lines.
    pub n_hit_lines: usize,
    /// Lines, or stays for a rule of stays, freed by an exception.
    pub n_exempt: usize,
    /// Lines, or stays for a rule of stays, that could not be judged.
    pub n_not_evaluable: usize,
    /// Their keys.
    pub not_evaluable: Vec<String>,
}

/// What all findings of one rule come to on one line.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Credit {
    /// Credited.
    pub credited: i64,
    /// Loss.
    pub loss: i64,
    /// Held.
    pub held: i64,
}

/// The whole result.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Outcome {
    /// The findings, by rule, person, encounter, institution and first line.
    pub findings: Vec<Finding>,
    /// Findings of institutions, sorted.
    pub houses: Vec<HouseHit>,
    /// The refused lines, in canonical order.
    pub refusals: Vec<Refusal>,
    /// Every net settlement, by id.
    pub settlements: Vec<SettlementTotal>,
    /// Every institution that has rows, by code.
    pub institutions: Vec<InstitutionTotal>,
    /// Ranges of fines, by institution and article.
    pub penalties: Vec<Penalty>,
    /// By rule.
    pub coverage: BTreeMap<String, Coverage>,
    /// By table.
    pub counts: BTreeMap<String, Counts>,
    /// By line and rule: does not depend on how findings of one rule are ordered.
    pub credits: BTreeMap<(String, String), Credit>,
    /// By settlement that the benefit policy speaks of: in-policy amount, deductible, the fund's part.
    pub benefits: BTreeMap<String, [i64; 3]>,
    /// By line of a settlement that was paid otherwise: in-policy amount, the fund's part.
    pub benefit_lines: BTreeMap<String, [i64; 2]>,
    /// Keys of reversals without an original.
    pub lone_reversals: Vec<String>,
    /// Refunds whose original is not there.
    pub lone_refunds: Vec<String>,
}

impl Outcome {
    /// The cut lines of a rule, each with its cut, sorted: what two judges are compared by.
    pub fn cuts_of(&self, rule_id: &str) -> Vec<(String, Cut)> {
        let findings = self.findings.iter().filter(|finding| finding.rule_id == rule_id);
        let mut cuts: Vec<(String, Cut)> = findings
            .flat_map(|finding| &finding.lines)
            .map(|line| (line.bkkp_sn.clone(), line.cut))
            .collect();
        cuts.sort();
        cuts
    }

    /// By rule and line: how sure the findings on it are, as `sev_deg`; 0 for an indicator. Sorted.
    pub fn grades(&self) -> Vec<(String, String, u8)> {
        let of_finding = |finding: &Finding| {
            let grade = finding.sev_deg.unwrap_or(0);
            let line = |line: &CutLine| (finding.rule_id.clone(), line.bkkp_sn.clone(), grade);
            finding.lines.iter().map(line).collect::<Vec<_>>()
        };
        let mut grades: Vec<_> = self.findings.iter().flat_map(of_finding).collect();
        grades.sort();
        grades
    }
}
