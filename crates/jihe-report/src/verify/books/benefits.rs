//! Settlements by the benefit policy against their lines, and against what was paid.

use std::collections::{BTreeMap, BTreeSet};

use jihe_rules::plan::Family;
use jihe_terms::half_up;

use super::{Books, same};
use crate::error::ReportError;
use crate::layout::ResultTable;
use crate::read::{Cell, Folder};
use crate::rulebook::RuleWords;
use crate::value::yuan;
use crate::verify::Compared;

/// The lines of a settlement that was paid otherwise.
#[derive(Default)]
pub(super) struct OfLines {
    /// Amount, in-policy amount and fund part.
    sums: [i128; 3],
    /// In-policy amount and fund part of each line, in the order of the file.
    lines: Vec<[i128; 2]>,
}

impl Books {
    /// Compares the parts of each line of a settlement that was paid otherwise.
    fn read_benefits(
        folder: &Folder,
        compared: &mut Compared,
    ) -> Result<BTreeMap<String, OfLines>, ReportError> {
        let mut benefits: BTreeMap<String, OfLines> = BTreeMap::new();
        folder.rows(
            ResultTable::BenefitLines,
            [
                "setl_id",
                "bkkp_sn",
                "det_item_fee_sumamt",
                "fulamt_ownpay_amt",
                "overlmt_selfpay",
                "preselfpay_amt",
                "inscp_scp_amt",
                "fund_pay_amt",
                "psn_part_amt",
            ],
            |[settlement, line, money @ ..]| {
                let key = line.text();
                let [amount, outside, over_price, first_share, scp, fund, person] =
                    money.map(Cell::number);
                let parts = [outside, over_price, first_share, scp];
                let parts = parts.into_iter().fold(0, i128::saturating_add);
                same(compared, "parts of a line by the policy = its amount", key, parts, amount);
                let rest = amount.saturating_sub(fund);
                same(compared, "the person's part of a line = the rest", key, person, rest);
                let of_lines = benefits.entry(settlement.text().to_owned()).or_default();
                super::plus(&mut of_lines.sums, [amount, scp, fund]);
                of_lines.lines.push([scp, fund]);
            },
        )?;
        Ok(benefits)
    }

    /// Each settlement by the policy: its amounts make each other up, it was paid as `settlements` says,
    /// and one that was paid otherwise has its lines.
    pub(super) fn compare_benefits(
        folder: &Folder,
        compared: &mut Compared,
    ) -> Result<(), ReportError> {
        let mut of_lines = Self::read_benefits(folder, compared)?;
        let mut findings = read_findings(folder)?;
        let mut settled: BTreeMap<String, (String, [i128; 2])> = BTreeMap::new();
        folder.rows(
            ResultTable::Benefits,
            [
                "setl_id",
                "fixmedins_code",
                "medfee_sumamt",
                "inscp_scp_amt",
                "act_pay_dedc",
                "over_cap_amt",
                "fund_pay_sumamt",
                "psn_part_amt",
                "settled_inscp_scp_amt",
                "settled_fund_pay_sumamt",
                "diff_amt",
            ],
            |[settlement, institution, money @ ..]| {
                let key = settlement.text();
                let [amount, scp, deductible, over_cap, fund, person, settled_scp, paid, diff] =
                    money.map(Cell::number);
                compare_parts(compared, key, [scp, deductible, over_cap, fund]);
                if let Some(said) = findings.remove(key) {
                    compare_finding(compared, key, &said, [fund, paid, diff, scp]);
                }
                let rest = amount.saturating_sub(fund);
                same(compared, "the person's part of a settlement = the rest", key, person, rest);
                let difference = paid.saturating_sub(fund);
                same(compared, "difference = paid − due", key, diff, difference);
                let lines = of_lines.remove(key);
                let is_told = lines.is_some();
                compared.holds("lines where paid otherwise", is_told == (diff != 0), || {
                    format!("{key}: {}", yuan(diff))
                });
                if let Some(lines) = lines {
                    let own = [amount, scp, fund];
                    for (own, sum) in own.into_iter().zip(lines.sums) {
                        same(compared, "benefit of a settlement = its lines", key, own, sum);
                    }
                    compare_shares(compared, key, fund, &lines.lines);
                }
                let institution = institution.text().to_owned();
                settled.insert(key.to_owned(), (institution, [settled_scp, paid]));
            },
        )?;
        compared.same("findings are of benefits", "settlements left over", findings.len(), 0);
        compared.same("lines belong to benefits", "settlements left over", of_lines.len(), 0);
        compare_settled(folder, settled, compared)
    }
}

/// The deductible, what is above the cap and the fund's part lie within what is in policy.
fn compare_parts(compared: &mut Compared, key: &str, [scp, deductible, over_cap, fund]: [i128; 4]) {
    let in_policy = scp.max(0);
    compared.holds(
        "deductible within what is in policy",
        0 <= deductible && deductible <= in_policy,
        || format!("{key}: {} of {}", yuan(deductible), yuan(in_policy)),
    );
    compared.holds("no part is below 0", 0 <= fund && 0 <= over_cap, || {
        format!("{key}: {} and {}", yuan(fund), yuan(over_cap))
    });
    // No segment pays more than lies in it.
    let above = in_policy.saturating_sub(deductible);
    let due = fund.saturating_add(over_cap);
    compared.holds("fund's part and above the cap within segments", due <= above, || {
        format!("{key}: {} of {}", yuan(due), yuan(above))
    });
}

/// Settlements by the policy stand in `settlements`: the institution, what is in policy and what was paid.
fn compare_settled(
    folder: &Folder,
    mut settled: BTreeMap<String, (String, [i128; 2])>,
    compared: &mut Compared,
) -> Result<(), ReportError> {
    folder.rows(
        ResultTable::Settlements,
        ["setl_id", "fixmedins_code", "fund_pay_sumamt", "inscp_scp_amt"],
        |[settlement, own_institution, own_paid, own_scp]| {
            let key = settlement.text();
            if let Some((institution, [scp, paid])) = settled.remove(key) {
                let own = own_institution.text();
                compared.same("institution of a settlement", key, own, &institution);
                same(compared, "paid as settled", key, paid, own_paid.number());
                // There stands the larger of the settlement's own figure and its lines' sum.
                let most = own_scp.number();
                compared.holds("in policy as settled", scp <= most, || {
                    format!("{key}: {} of {}", yuan(scp), yuan(most))
                });
            }
        },
    )?;
    compared.same("benefits are of settlements", "settlements left over", settled.len(), 0);
    Ok(())
}

/// By settlement the values of its finding under a rule of the benefit policy.
fn read_findings(folder: &Folder) -> Result<BTreeMap<String, String>, ReportError> {
    let rules = folder.rules()?;
    let is_of_policy = |rule: &&RuleWords| rule.family == Family::Benefit.word();
    let rules: BTreeSet<&str> =
        rules.iter().filter(is_of_policy).map(|rule| rule.id.as_str()).collect();
    let mut values: BTreeMap<String, String> = BTreeMap::new();
    if rules.is_empty() {
        return Ok(values);
    }
    folder.rows(
        ResultTable::Findings,
        ["jr_id", "rule_id", "values"],
        |[finding, rule, said]| {
            if rules.contains(rule.text()) {
                values.insert(finding.text().to_owned(), said.text().to_owned());
            }
        },
    )?;
    let mut found = BTreeMap::new();
    if !values.is_empty() {
        folder.rows(ResultTable::FindingLines, ["jr_id", "setl_id"], |[finding, settlement]| {
            if let Some(said) = values.remove(finding.text()) {
                found.insert(settlement.text().to_owned(), said);
            }
        })?;
    }
    Ok(found)
}

/// What a finding says of a settlement against its row: the fund's part, what was paid, the difference and
/// what is in policy.
fn compare_finding(compared: &mut Compared, key: &str, said: &str, own: [i128; 4]) {
    let said: BTreeMap<String, Option<String>> = serde_json::from_str(said).unwrap_or_default();
    for (name, own) in ["fund", "paid", "difference", "in_policy"].into_iter().zip(own) {
        let said = said.get(name).and_then(Option::as_deref).unwrap_or_default();
        compared.same("finding of a settlement = its benefit", key, said, yuan(own).as_str());
    }
}

/// The fund's part of each line: differences of its rounded running share (semantics, section 4).
fn compare_shares(compared: &mut Compared, key: &str, fund: i128, lines: &[[i128; 2]]) {
    let total = lines.iter().fold(0_i128, |sum, [scp, _]| sum.saturating_add((*scp).max(0)));
    let (mut sum, mut before) = (0_i128, 0_i128);
    for [scp, part] in lines {
        sum = sum.saturating_add((*scp).max(0));
        let until = half_up(fund.saturating_mul(sum), total).filter(|_| 0 < total).unwrap_or(0);
        let share = until.saturating_sub(before);
        before = until;
        same(compared, "the fund's part of a line = its share", key, *part, share);
    }
}
