//! A settlement and its lines by the benefit policy, beside what was paid.
//!
//! In: the tables `benefits` and `benefit_lines`. Out: the steps of the arithmetic as texts, each
//! amount with the parts that it is made of. Lines are told only of settlements that were paid
//! otherwise than the policy comes to; of others every line stands as the policy says.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::error::ReportError;
use crate::explain::LINES_SHOWN;
use crate::layout::ResultTable;
use crate::read::{Cell, Folder};
use crate::value::yuan;

/// A settlement by the policy and as it was paid.
#[derive(Clone, Debug, Serialize)]
pub struct ExplainedBenefit {
    /// The settlement.
    pub setl_id: String,
    /// Kind of benefit.
    pub kind: String,
    /// Row of `benefit_kind` that it falls under.
    pub rule_row: String,
    /// What the fund paid less what it should have paid.
    pub difference: String,
    /// The arithmetic, one step a text.
    pub steps: Vec<String>,
    /// The lines asked for.
    pub lines: Vec<ExplainedPart>,
    /// Lines beyond those.
    pub n_more_lines: u64,
}

/// A line by the policy.
#[derive(Clone, Debug, Serialize)]
pub struct ExplainedPart {
    /// Its key.
    pub bkkp_sn: String,
    /// Its item.
    pub hilist_code: String,
    /// The parts of its amount, one a text; they add up to it.
    pub steps: Vec<String>,
}

/// Which settlements, and which of their lines.
pub(super) enum Asked<'a> {
    /// That settlement with its lines.
    Settlement(&'a str),
    /// The settlement of a line with that line; the settlement as the line's findings name it, if
    /// there are any.
    Line(&'a str, Vec<&'a str>),
    /// Settlements without their lines.
    Settlements(Vec<&'a str>),
}

/// Reads what the policy says of them.
pub(super) fn read(
    folder: &Folder,
    asked: &Asked<'_>,
) -> Result<Vec<ExplainedBenefit>, ReportError> {
    let mut parts = BTreeMap::new();
    if !matches!(asked, Asked::Settlements(_)) {
        parts = lines(folder, asked)?;
    }
    let is_asked = |id: &str| match asked {
        Asked::Settlement(own) => id == *own,
        Asked::Line(_, ids) => ids.contains(&id) || parts.contains_key(id),
        Asked::Settlements(ids) => ids.contains(&id),
    };
    let mut benefits = Vec::new();
    folder.check(&folder.name_of(ResultTable::Benefits))?;
    folder.rows(
        ResultTable::Benefits,
        [
            "setl_id",
            "kind",
            "rule_row",
            "medfee_sumamt",
            "inscp_scp_amt",
            "act_pay_dedc",
            "over_cap_amt",
            "fund_pay_sumamt",
            "psn_part_amt",
            "settled_inscp_scp_amt",
            "settled_fund_pay_sumamt",
            "diff_amt",
            "used_dedc",
            "used_fund_pay",
        ],
        |row| {
            if row.first().is_some_and(|id| is_asked(id.text())) {
                benefits.push(benefit(&row));
            }
        },
    )?;
    for benefit in &mut benefits {
        if let Some((lines, n_more)) = parts.remove(&benefit.setl_id) {
            (benefit.lines, benefit.n_more_lines) = (lines, n_more);
        }
    }
    Ok(benefits)
}

/// By settlement: its lines that are shown, and how many there are beyond those.
type Parts = BTreeMap<String, (Vec<ExplainedPart>, u64)>;

fn lines(folder: &Folder, asked: &Asked<'_>) -> Result<Parts, ReportError> {
    let mut parts = Parts::new();
    folder.check(&folder.name_of(ResultTable::BenefitLines))?;
    folder.rows(
        ResultTable::BenefitLines,
        [
            "setl_id",
            "bkkp_sn",
            "hilist_code",
            "det_item_fee_sumamt",
            "fulamt_ownpay_amt",
            "overlmt_selfpay",
            "preselfpay_amt",
            "inscp_scp_amt",
            "fund_pay_amt",
            "psn_part_amt",
        ],
        |row| {
            let [settlement, key, ..] = row;
            let wanted = match asked {
                Asked::Settlement(id) => settlement.text() == *id,
                Asked::Line(line, _) => key.text() == *line,
                Asked::Settlements(_) => false,
            };
            if !wanted {
                return;
            }
            let (lines, n_more) = parts.entry(settlement.text().to_owned()).or_default();
            if lines.len() < LINES_SHOWN {
                lines.push(part(&row));
            } else {
                *n_more = n_more.saturating_add(1);
            }
        },
    )?;
    Ok(parts)
}

fn benefit(row: &[Cell<'_>; 14]) -> ExplainedBenefit {
    let [id, kind, source, money @ ..] = *row;
    let [amount, in_policy, deductible, over_cap, fund, person, rest @ ..] = money;
    let [settled_in_policy, settled_fund, difference, used_deductible, used_fund] = rest;
    let yuan = |cell: Cell<'_>| yuan(cell.number());
    let due = fund.number().saturating_add(over_cap.number());
    let steps = vec![
        format!(
            "政策范围内 in policy: {}，费用 amount {}，结算所列 as settled {}",
            yuan(in_policy),
            yuan(amount),
            yuan(settled_in_policy)
        ),
        format!(
            "起付线 deductible: {}（本年度此前已用 used earlier in the year {}）",
            yuan(deductible),
            yuan(used_deductible)
        ),
        format!(
            "起付线以上分段 segments above it: {} − {} = {}，应付 due {}",
            yuan(in_policy),
            yuan(deductible),
            crate::value::yuan(in_policy.number().saturating_sub(deductible.number())),
            crate::value::yuan(due)
        ),
        format!(
            "封顶线 cap of the year: 本年度此前已付 paid earlier {}，超过 above it {}",
            yuan(used_fund),
            yuan(over_cap)
        ),
        format!(
            "基金应付 the fund's part: {} − {} = {}，个人 the person's {}",
            crate::value::yuan(due),
            yuan(over_cap),
            yuan(fund),
            yuan(person)
        ),
        format!(
            "实付与应付 paid and due: {} − {} = {}",
            yuan(settled_fund),
            yuan(fund),
            yuan(difference)
        ),
    ];
    ExplainedBenefit {
        setl_id: id.text().to_owned(),
        kind: kind.text().to_owned(),
        rule_row: source.text().to_owned(),
        difference: yuan(difference),
        steps,
        lines: Vec::new(),
        n_more_lines: 0,
    }
}

/// The parts of a line, each with its reason where it is not 0.
fn part(row: &[Cell<'_>; 10]) -> ExplainedPart {
    let [_, key, item, amount, outside, over_price, first_share, in_policy, fund, person] = *row;
    let mut steps = vec![format!("金额 amount: {}", yuan(amount.number()))];
    for (cell, why) in [
        (outside, "目录外，全额自费 outside the catalogue, the person pays all"),
        (over_price, "超过限价 above the price ceiling"),
        (first_share, "乙类先行自付 the person's first share of the item"),
    ] {
        if cell.number() != 0 {
            steps.push(format!("− {why}: {}", yuan(cell.number())));
        }
    }
    steps.push(format!("= 政策范围内 in policy: {}", yuan(in_policy.number())));
    steps.push(format!(
        "基金 the fund's part, by its share of the settlement's in-policy amount: {}",
        yuan(fund.number())
    ));
    steps.push(format!("个人 the person's part: {}", yuan(person.number())));
    ExplainedPart { bkkp_sn: key.text().to_owned(), hilist_code: item.text().to_owned(), steps }
}
