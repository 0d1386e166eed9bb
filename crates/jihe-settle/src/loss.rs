//! The fund's part of what is refused: one rounding, every fen once.

use jihe_frame::KeptLines;
use jihe_terms::{NO_NUMBER, half_up};

use crate::ledger::{Ledger, Stage, some};
use crate::settling::{Further, Settling};

/// Fills the in-policy, fund and loss parts of the lines of the next slice, and adds them to their
/// settlements.
#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "line numbers come from the month itself; amounts of 53 bits add up far inside 63 bits \
              for any file that fits this machine, and overflow checks are on"
)]
pub(crate) fn apportion(settling: &mut Settling<'_>, lines: &KeptLines, ledger: &mut Ledger) {
    let Settling { on, settlements, taken, .. } = settling;
    let rows = &on.month.settlements.rows;
    let paid = rows.numbers("fund_pay_sumamt").unwrap_or(&[]);
    let in_policy = rows.numbers("inscp_scp_amt").unwrap_or(&[]);
    for place in 0..ledger.lines.len() {
        let Some(mut line) = ledger.lines.get(place) else { break };
        let (part, row) = lines.place(line.line);
        let whole = i128::from(part.scp[row].max(0));
        line.refused_scp = share(whole, i128::from(line.refused), i128::from(part.amount[row]));
        if let Some(idx) = some(part.settlement[row]) {
            settlements.refused.add(idx, line.refused.into());
            let fund = number(paid, idx);
            let total = number(in_policy, idx).max(settlements.scp_lines.get(idx));
            if 0 < fund && 0 < total {
                // What the settlement refused so far is the share of what was taken so far.
                let before = i64::try_from(settlements.refused_fund.get(idx));
                taken.add(idx, line.refused_scp.into());
                line.refused_fund =
                    share(fund, taken.get(idx), total) - before.expect("a share of an amount");
                settlements.refused_fund.add(idx, line.refused_fund.into());
            }
            if on.stage == Stage::After {
                line.loss = line.refused_fund;
            }
        }
        ledger.lines.put(place, line);
    }
}

/// Splits each line's loss over its credits by cumulative differences, and adds up what findings of
/// no person come to.
#[expect(
    clippy::arithmetic_side_effects,
    reason = "credits and lines are both in canonical order; sums of 64-bit amounts in 128 bits"
)]
pub(crate) fn credit_loss(ledger: &mut Ledger, further: &mut Further) {
    let n_own = ledger.hits.len();
    let mut lines = ledger.lines.iter().peekable();
    let mut credited = (u32::MAX, 0_i128);
    for place in 0..ledger.credits.len() {
        let Some(mut credit) = ledger.credits.get(place) else { break };
        while lines.next_if(|line| line.line < credit.line).is_some() {}
        let line = lines.peek().filter(|line| line.line == credit.line);
        if let Some(line) = line.filter(|_| credit.credited != 0) {
            let (loss, refused) = (i128::from(line.loss), i128::from(line.refused));
            if credited.0 != line.line {
                credited = (line.line, 0);
            }
            let before = share(loss, credited.1, refused);
            credited.1 += i128::from(credit.credited);
            credit.loss = share(loss, credited.1, refused) - before;
            ledger.credits.put(place, credit);
        }
        let hit = usize::try_from(credit.hit).unwrap_or(usize::MAX);
        if !ledger.hits.add_loss(hit, credit.loss) {
            let hit = hit.saturating_sub(n_own);
            further.money.add(hit, &credit);
            further.money.add_loss(hit, credit.loss);
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
