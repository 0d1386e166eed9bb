//! Sums of the settled findings: settlements, institutions, penalties (semantics, section 5).

use std::collections::{BTreeMap, BTreeSet};

use super::net::NetMonth;
use super::outcome::{Finding, HouseHit, InstitutionTotal, Penalty, Refusal, SettlementTotal};
use super::pack::Pack;

/// Every net settlement with the sums of its refused lines, by id.
pub fn settlements(net: &NetMonth, refusals: &[Refusal]) -> Vec<SettlementTotal> {
    let mut totals = Vec::new();
    for settlement in &net.settlements {
        let is_its = |row: &&Refusal| row.setl_id.as_ref() == Some(&settlement.setl_id);
        let its: Vec<&Refusal> = refusals.iter().filter(is_its).collect();
        totals.push(SettlementTotal {
            setl_id: settlement.setl_id.clone(),
            fixmedins_code: settlement.fixmedins_code.clone(),
            fund_pay_sumamt: settlement.fund_pay_sumamt,
            refused_amt: its.iter().map(|row| row.refused_amt).sum(),
            refused_fund_amt: its.iter().map(|row| row.refused_fund_amt).sum(),
            loss_amt: its.iter().map(|row| row.loss_amt).sum(),
        });
    }
    totals.sort_by_key(|total| total.setl_id.clone());
    totals
}

/// Every institution that has a net line, a net settlement, a lone reversal or refund, or a finding.
pub fn institutions(
    net: &NetMonth,
    findings: &[Finding],
    refusals: &[Refusal],
) -> Vec<InstitutionTotal> {
    let mut codes = codes(net);
    codes.extend(findings.iter().map(|row| row.fixmedins_code.clone()));
    codes.into_iter().map(|code| institution(&code, net, findings, refusals)).collect()
}

fn codes(net: &NetMonth) -> BTreeSet<String> {
    let mut codes = BTreeSet::new();
    codes.extend(net.lines.iter().map(|row| row.fixmedins_code.clone()));
    codes.extend(net.settlements.iter().map(|row| row.fixmedins_code.clone()));
    codes.extend(net.lone_reversals.iter().map(|row| row.fixmedins_code.clone()));
    codes.extend(net.lone_refunds.iter().map(|(row, _)| row.fixmedins_code.clone()));
    codes
}

fn institution(
    code: &str,
    net: &NetMonth,
    findings: &[Finding],
    refusals: &[Refusal],
) -> InstitutionTotal {
    let mut total = InstitutionTotal { fixmedins_code: code.to_owned(), ..Default::default() };
    for line in net.lines.iter().filter(|row| row.fixmedins_code == code) {
        total.n_lines += 1;
        total.lines_amt += line.det_item_fee_sumamt;
        for cut in findings.iter().flat_map(|finding| &finding.lines) {
            if cut.bkkp_sn == line.bkkp_sn {
                total.held_amt += cut.held;
            }
        }
    }
    for settlement in net.settlements.iter().filter(|row| row.fixmedins_code == code) {
        total.medfee_sumamt += settlement.medfee_sumamt;
        total.fund_pay_sumamt += settlement.fund_pay_sumamt;
    }
    for reversal in net.lone_reversals.iter().filter(|row| row.fixmedins_code == code) {
        total.lines_amt -= reversal.det_item_fee_sumamt.abs();
    }
    for (refund, _) in net.lone_refunds.iter().filter(|(row, _)| row.fixmedins_code == code) {
        total.medfee_sumamt -= refund.medfee_sumamt.abs();
        total.fund_pay_sumamt -= refund.fund_pay_sumamt.abs();
        total.lines_amt -= refund.medfee_sumamt.abs();
    }
    for refusal in refusals.iter().filter(|row| row.fixmedins_code == code) {
        total.refused_amt += refusal.refused_amt;
        total.refused_fund_amt += refusal.refused_fund_amt;
        total.loss_amt += refusal.loss_amt;
    }
    total.n_findings = findings.iter().filter(|row| row.fixmedins_code == code).count();
    total
}

/// Adds the findings of institutions as a whole.
pub fn count_houses(totals: &mut Vec<InstitutionTotal>, houses: &[HouseHit]) {
    for hit in houses {
        let fixmedins_code = hit.fixmedins_code.clone();
        let own = totals.iter_mut().find(|total| total.fixmedins_code == fixmedins_code);
        match own {
            Some(total) => total.n_findings += 1,
            None => totals.push(InstitutionTotal {
                fixmedins_code,
                n_findings: 1,
                ..InstitutionTotal::default()
            }),
        }
    }
    totals.sort_by_key(|total| total.fixmedins_code.clone());
}

/// The lawful ranges: the loss credited to an institution's or person's lines, by article.
pub fn penalties(net: &NetMonth, findings: &[Finding], pack: &Pack) -> Vec<Penalty> {
    let mut bases: BTreeMap<(String, String), i64> = BTreeMap::new();
    for finding in findings {
        let Some(rule) = pack.rules.get(&finding.rule_id) else { continue };
        for cut in &finding.lines {
            let Some(line) = net.lines.iter().find(|line| line.bkkp_sn == cut.bkkp_sn) else {
                continue;
            };
            let article = rule.article_number();
            // Article 41 is of persons.
            let subject = if article == "41" { &line.psn_no } else { &line.fixmedins_code };
            let key = (subject.clone(), article);
            *bases.entry(key).or_default() += cut.loss;
        }
    }
    let mut penalties = Vec::new();
    for ((subject, article), base_amt) in bases {
        let Some((low, high)) = multiples(&article) else { continue };
        if 0 < base_amt {
            let (fine_low, fine_high) = (base_amt * low, base_amt * high);
            penalties.push(Penalty { subject, article, base_amt, fine_low, fine_high });
        }
    }
    penalties
}

/// How many times the base an article lets the fine be (semantics, section 5).
fn multiples(article: &str) -> Option<(i64, i64)> {
    match article {
        "38" => Some((1, 2)),
        "37" | "40" | "41" => Some((2, 5)),
        _ => None,
    }
}
