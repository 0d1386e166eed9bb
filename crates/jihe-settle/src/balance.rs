//! Sums by rule, institution and run, and the check that all levels agree to the fen.

use std::collections::BTreeMap;

use jihe_frame::{Hit, KeptLines, NetMonth};
use jihe_terms::{NO_CODE, NO_NUMBER};

use crate::by_code::ByCode;
use crate::hits_money::HitsMoney;
use crate::ledger::{InstitutionMoney, Ledger, LineMoney, RuleMoney, Totals};
use crate::narrow::Narrowed;

/// The sums by institution, by rule and of the run.
type Sums = (Vec<InstitutionMoney>, Vec<RuleMoney>, Totals);

/// Money added up by institution, rule and run, slice by slice.
pub(crate) struct Tally {
    by_code: ByCode<InstitutionMoney>,
    rules: Vec<RuleMoney>,
    pub(crate) checks: Checks,
}

/// What lines and credits come to.
#[derive(Clone, Copy, Default)]
pub(crate) struct Checks {
    n_findings: u64,
    n_refused_lines: u64,
    refused: i128,
    refused_fund: i128,
    loss: i128,
    /// Of lines without a settlement: refused, and the fund's part.
    unsettled: (i128, i128),
    credited: i128,
    credited_loss: i128,
}

impl Tally {
    /// What was billed and paid, whatever is found.
    #[expect(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        reason = "columns of settlements have one length; sums of 64-bit amounts in 128 bits"
    )]
    pub(crate) fn new(
        month: &NetMonth,
        of_lines: &BTreeMap<u32, (u64, i128)>,
        n_rules: usize,
    ) -> Self {
        let institutions = month.settlements.rows.codes("fixmedins_code").unwrap_or(&[]);
        let named = of_lines.keys().copied();
        let mut by_code: ByCode<InstitutionMoney> =
            ByCode::new(named.chain(institutions.iter().copied()));
        for (&institution, &(n_lines, medfee)) in of_lines {
            if let Some(money) = by_code.of(institution) {
                money.n_lines += n_lines;
                money.medfee += medfee;
            }
        }
        let paid = month.settlements.rows.numbers("fund_pay_sumamt").unwrap_or(&[]);
        for (settlement, (&institution, &fund)) in institutions.iter().zip(paid).enumerate() {
            if fund != NO_NUMBER
                && !month.settlements.carried[settlement]
                && let Some(money) = by_code.of(institution)
            {
                money.fund_pay += i128::from(fund);
            }
        }
        for reversal in &month.reversals {
            let code = month.codes.get(reversal.fixmedins_code.as_bytes());
            if let Some(money) = code.and_then(|code| by_code.of(code)) {
                money.medfee += i128::from(reversal.amount_fen);
                money.fund_pay += i128::from(reversal.fund_fen);
            }
        }
        let rules = vec![RuleMoney::default(); n_rules];
        Self { by_code, rules, checks: Checks::default() }
    }

    /// Adds lines with a refused or held part.
    #[expect(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        reason = "rows are of the lines that are kept; sums of 64-bit amounts in 128 bits"
    )]
    pub(crate) fn add_lines(&mut self, lines: &KeptLines, money: &Narrowed<LineMoney>) {
        for line in money.iter() {
            let (part, row) = lines.place(line.line);
            assert!(
                0 <= line.refused && line.refused <= part.amount[row],
                "refused is not within the line"
            );
            assert!(0 <= line.refused_fund && 0 <= line.loss, "the fund's part is below 0");
            assert!(!part.carried[row], "a line of an earlier month is refused again");
            let checks = &mut self.checks;
            checks.n_refused_lines += u64::from(0 < line.refused);
            checks.refused += i128::from(line.refused);
            checks.refused_fund += i128::from(line.refused_fund);
            checks.loss += i128::from(line.loss);
            if part.settlement[row] == NO_CODE {
                checks.unsettled.0 += i128::from(line.refused);
                checks.unsettled.1 += i128::from(line.refused_fund);
            }
            if let Some(money) = self.by_code.of(part.institution[row]) {
                money.refused += i128::from(line.refused);
                money.refused_fund += i128::from(line.refused_fund);
                money.loss += i128::from(line.loss);
                money.held += i128::from(line.held);
            }
        }
    }

    /// Adds findings whose money is complete.
    #[expect(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        reason = "hits only name rules of the plan; sums of 64-bit amounts in 128 bits"
    )]
    pub(crate) fn add_hits(&mut self, hits: &[Hit], money: &HitsMoney) {
        assert_eq!(hits.len(), money.len(), "findings without money");
        for (hit, money) in hits.iter().zip(money.iter()) {
            if let Some(money) = self.by_code.of(hit.institution) {
                money.n_findings += 1;
            }
            let rule = &mut self.rules[usize::from(hit.rule)];
            rule.n_findings += 1;
            rule.standalone += money.standalone;
            rule.credited += money.credited;
            rule.loss += money.loss;
            rule.held += money.held;
            self.checks.n_findings += 1;
            self.checks.credited += money.credited;
            self.checks.credited_loss += money.loss;
        }
    }

    /// The sums.
    #[expect(clippy::arithmetic_side_effects, reason = "sums of 64-bit amounts in 128 bits")]
    pub(crate) fn finish(self, month: &NetMonth) -> Sums {
        let of_code = |(institution, money)| InstitutionMoney { institution, ..money };
        let mut institutions: Vec<InstitutionMoney> =
            self.by_code.into_iter().map(of_code).collect();
        institutions
            .sort_by(|a, b| month.codes.bytes(a.institution).cmp(month.codes.bytes(b.institution)));
        let mut totals = Totals {
            n_findings: self.checks.n_findings,
            n_refused_lines: self.checks.n_refused_lines,
            ..Totals::default()
        };
        for money in &institutions {
            totals.n_lines += money.n_lines;
            totals.medfee += money.medfee;
            totals.fund_pay += money.fund_pay;
            totals.refused += money.refused;
            totals.refused_fund += money.refused_fund;
            totals.loss += money.loss;
            totals.held += money.held;
        }
        (institutions, self.rules, totals)
    }
}

impl Checks {
    /// Asserts that line, settlement, institution, rule and run agree, and that no bound is broken.
    #[expect(clippy::arithmetic_side_effects, reason = "sums of 64-bit amounts in 128 bits")]
    pub(crate) fn verify(&self, month: &NetMonth, ledger: &Ledger) {
        let paid = month.settlements.rows.numbers("fund_pay_sumamt").unwrap_or(&[]);
        let mut settled = (0_i128, 0_i128);
        for (idx, money) in ledger.settlements.iter().enumerate() {
            let cap = i128::from(paid.get(idx).copied().unwrap_or(0).max(0));
            assert!(money.refused_fund <= cap, "a settlement refuses more than the fund paid");
            settled.0 += money.refused;
            settled.1 += money.refused_fund;
        }
        let bases: i128 = ledger.penalties.iter().map(|penalty| penalty.base).sum();
        let totals = &ledger.totals;
        assert_eq!(self.credited, self.refused, "credits do not add up to the refused amount");
        assert_eq!(self.credited_loss, self.loss, "credited losses do not add up to the loss");
        assert_eq!(
            (settled.0 + self.unsettled.0, settled.1 + self.unsettled.1),
            (self.refused, self.refused_fund),
            "settlements and lines differ"
        );
        assert_eq!(
            (totals.refused, totals.refused_fund, totals.loss),
            (self.refused, self.refused_fund, self.loss),
            "institutions and lines differ"
        );
        assert!(bases <= self.loss, "penalty bases above the loss");
    }
}
