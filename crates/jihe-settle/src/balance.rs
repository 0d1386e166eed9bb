//! Sums by rule, institution and run, and the check that all levels agree to the fen.

use jihe_frame::NetMonth;
use jihe_terms::{NO_CODE, NO_NUMBER};

use crate::by_code::ByCode;
use crate::ledger::{FoundLines, InstitutionMoney, Ledger, RuleMoney, Totals};

/// The sums by institution, by rule and of the run.
pub(crate) type Sums = (Vec<InstitutionMoney>, Vec<RuleMoney>, Totals);

/// Adds up money by institution, rule and run.
#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "institution codes are below the dictionary's length; sums of 64-bit amounts in 128 bits"
)]
pub(crate) fn sum_up(month: &NetMonth, found: &FoundLines<'_>, ledger: &Ledger) -> Sums {
    let hits = found.hits;
    let institutions = month.settlements.rows.codes("fixmedins_code").unwrap_or(&[]);
    let named = hits.hits.iter().map(|hit| hit.institution);
    let named = named.chain(found.totals.institutions.keys().copied());
    let mut by_code: ByCode<InstitutionMoney> =
        ByCode::new(named.chain(institutions.iter().copied()));
    for (&institution, &(n_lines, medfee)) in &found.totals.institutions {
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
    for line in &ledger.lines {
        let (part, row) = found.lines.place(line.line);
        if let Some(money) = by_code.of(part.institution[row]) {
            money.refused += i128::from(line.refused);
            money.refused_fund += i128::from(line.refused_fund);
            money.loss += i128::from(line.loss);
            money.held += i128::from(line.held);
        }
    }
    let mut rules = vec![RuleMoney::default(); ledger.rules.len()];
    for (hit, money) in hits.hits.iter().zip(&ledger.hits) {
        if let Some(money) = by_code.of(hit.institution) {
            money.n_findings += 1;
        }
        let rule = &mut rules[usize::from(hit.rule)];
        rule.n_findings += 1;
        rule.standalone += money.standalone;
        rule.credited += money.credited;
        rule.loss += money.loss;
        rule.held += money.held;
    }
    let of_code = |(institution, money)| InstitutionMoney { institution, ..money };
    let mut institutions: Vec<InstitutionMoney> = by_code.into_iter().map(of_code).collect();
    institutions
        .sort_by(|a, b| month.codes.bytes(a.institution).cmp(month.codes.bytes(b.institution)));
    let mut totals = Totals {
        n_findings: u64::try_from(hits.hits.len()).unwrap_or(u64::MAX),
        n_refused_lines: ledger.lines.iter().map(|line| u64::from(0 < line.refused)).sum(),
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
    (institutions, rules, totals)
}

/// Asserts that line, settlement, institution, rule and run agree, and that no bound is broken.
#[expect(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "as in `sum_up`")]
pub(crate) fn verify(month: &NetMonth, judged: &FoundLines<'_>, ledger: &Ledger) {
    let (mut refused, mut fund, mut loss) = (0_i128, 0_i128, 0_i128);
    let mut unsettled = (0_i128, 0_i128);
    for line in &ledger.lines {
        let (part, row) = judged.lines.place(line.line);
        assert!(
            0 <= line.refused && line.refused <= part.amount[row],
            "refused is not within the line"
        );
        assert!(0 <= line.refused_fund && 0 <= line.loss, "the fund's part is below 0");
        assert!(!part.carried[row], "a line of an earlier month is refused again");
        refused += i128::from(line.refused);
        fund += i128::from(line.refused_fund);
        loss += i128::from(line.loss);
        if part.settlement[row] == NO_CODE {
            unsettled.0 += i128::from(line.refused);
            unsettled.1 += i128::from(line.refused_fund);
        }
    }
    let paid = month.settlements.rows.numbers("fund_pay_sumamt").unwrap_or(&[]);
    let mut settled = (0_i128, 0_i128);
    for (idx, money) in ledger.settlements.iter().enumerate() {
        let cap = i128::from(paid.get(idx).copied().unwrap_or(0).max(0));
        assert!(money.refused_fund <= cap, "a settlement refuses more than the fund paid");
        settled.0 += money.refused;
        settled.1 += money.refused_fund;
    }
    let credited: i128 = ledger.hits.iter().map(|money| money.credited).sum();
    let credited_loss: i128 = ledger.hits.iter().map(|money| money.loss).sum();
    let bases: i128 = ledger.penalties.iter().map(|penalty| penalty.base).sum();
    let totals = &ledger.totals;
    assert_eq!(judged.hits.hits.len(), ledger.hits.len(), "findings without money");
    assert_eq!(credited, refused, "credits do not add up to the refused amount");
    assert_eq!(credited_loss, loss, "credited losses do not add up to the loss");
    assert_eq!(
        (settled.0 + unsettled.0, settled.1 + unsettled.1),
        (refused, fund),
        "settlements and lines differ"
    );
    assert_eq!(
        (totals.refused, totals.refused_fund, totals.loss),
        (refused, fund, loss),
        "institutions and lines differ"
    );
    assert!(bases <= loss, "penalty bases above the loss");
}
