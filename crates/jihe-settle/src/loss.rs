//! The fund's part of what is refused: one rounding, every fen once.

use jihe_frame::{KeptLines, NetMonth};
use jihe_terms::{NO_NUMBER, half_up};

use crate::ledger::{Ledger, LineTotals, SettlementMoney, Stage, some};

/// Fills the in-policy, fund and loss parts of lines, credits, findings and settlements.
#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "settlement and line numbers come from the month itself; amounts of 53 bits add up \
              far inside 63 bits for any file that fits this machine, and overflow checks are on"
)]
pub(crate) fn apportion(
    month: &NetMonth,
    lines: &KeptLines,
    totals: &LineTotals,
    stage: Stage,
    ledger: &mut Ledger,
) {
    ledger.settlements = vec![SettlementMoney::default(); month.settlements.len()];
    for &(settlement, scp) in &totals.settlements {
        if let Some(idx) = some(settlement) {
            ledger.settlements[idx].scp_lines += i128::from(scp);
        }
    }
    let paid = month.settlements.rows.numbers("fund_pay_sumamt").unwrap_or(&[]);
    let in_policy = month.settlements.rows.numbers("inscp_scp_amt").unwrap_or(&[]);
    // In-policy amounts already taken from each settlement: s₁ + … + s_k.
    let mut taken = vec![0_i128; month.settlements.len()];
    for line in &mut ledger.lines {
        let (part, row) = lines.place(line.line);
        let whole = i128::from(part.scp[row].max(0));
        line.refused_scp = share(whole, i128::from(line.refused), i128::from(part.amount[row]));
        let Some(idx) = some(part.settlement[row]) else { continue };
        let money = &mut ledger.settlements[idx];
        money.refused += i128::from(line.refused);
        let fund = number(paid, idx);
        let total = number(in_policy, idx).max(money.scp_lines);
        if 0 < fund && 0 < total {
            // What the settlement refused so far is the share of what was taken so far.
            let before = i64::try_from(money.refused_fund).expect("a share of an amount");
            taken[idx] += i128::from(line.refused_scp);
            line.refused_fund = share(fund, taken[idx], total) - before;
            money.refused_fund += i128::from(line.refused_fund);
        }
        if stage == Stage::After {
            line.loss = line.refused_fund;
            money.loss += i128::from(line.loss);
        }
    }
    credit_loss(ledger);
}

/// Splits each line's loss over its credits by cumulative differences.
#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "credits and lines are both in canonical order, credits name hits of the list"
)]
fn credit_loss(ledger: &mut Ledger) {
    let mut credits = ledger.credits.iter_mut().peekable();
    for line in &ledger.lines {
        let (loss, refused) = (i128::from(line.loss), i128::from(line.refused));
        let mut credited = 0_i128;
        while let Some(credit) = credits.next_if(|credit| credit.line <= line.line) {
            if credit.line < line.line || credit.credited == 0 {
                continue;
            }
            let before = share(loss, credited, refused);
            credited += i128::from(credit.credited);
            credit.loss = share(loss, credited, refused) - before;
            ledger.hits[usize::try_from(credit.hit).unwrap_or(usize::MAX)].loss +=
                i128::from(credit.loss);
        }
    }
}

/// `half_up(whole × part ÷ total)`, all of it where the part is the total.
fn share(whole: i128, part: i128, total: i128) -> i64 {
    let value = if part == total {
        Some(whole)
    } else if part == 0 && 0 < total {
        Some(0)
    } else {
        whole.checked_mul(part).and_then(|product| half_up(product, total))
    };
    let value = value.and_then(|value| i64::try_from(value).ok());
    value.expect("a share of an amount is not above the amount, and an amount has 16 digits")
}

fn number(values: &[i64], idx: usize) -> i128 {
    match values.get(idx) {
        Some(&value) if value != NO_NUMBER => i128::from(value),
        Some(_) | None => 0,
    }
}
