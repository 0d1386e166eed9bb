//! The arithmetic of a line in words: billed, cut, allowed, refused, the fund's part, and held.
//!
//! In: a line with the shares of all its findings, and what was refused of it. Out: one step a text.
//! An equation is written only if it holds.

use jihe_settle::allowed::{Billed, Cuts, Joint};

use crate::explain::line::{ExplainedLine, LineShare, Refused};
use crate::value::{trimmed, yuan};

/// The effect of a finding that refuses.
pub(super) const REFUSED: &str = "refused";
/// The effect of a finding whose money is at stake.
const HELD: &str = "held";

/// The steps of a line; `paid` are the fund's payment and the in-policy amount of its settlement.
pub(super) fn of(
    line: &ExplainedLine,
    refused: Refused,
    paid: Option<(i128, i128)>,
) -> Vec<String> {
    let billed = line.billed;
    let mut steps = vec![format!(
        "计费 billed: {} × {}，金额 amount {}，政策范围内 in-policy {}",
        trimmed(billed.cnt, 4),
        trimmed(billed.pric, 6),
        yuan(billed.amount),
        yuan(line.scp)
    )];
    for share in &line.shares {
        steps.push(share_step(share, billed));
    }
    // A cut counts whether it adds anything or not.
    let refusing = cutting(line, |effect| effect == REFUSED);
    let together = together(&refusing, billed);
    if !refusing.is_empty() {
        steps.push(format!("合并 together: {}", together.text));
    }
    steps.push(refused_step(line, &together, refused.amount));
    if refused.amount != 0 {
        steps.push(format!(
            "政策范围内拒付 in-policy part = half_up({} × {} ÷ {}) = {}",
            yuan(line.scp.max(0)),
            yuan(refused.amount),
            yuan(billed.amount),
            yuan(refused.scp)
        ));
        steps.push(fund_step(refused, paid, &line.setl_id));
        steps.push(loss_step(refused));
    }
    held_steps(line, &together, &mut steps);
    steps
}

/// The shares that cut, of findings with some effects.
fn cutting(line: &ExplainedLine, wanted: impl Fn(&str) -> bool) -> Vec<&LineShare> {
    let shares = line.shares.iter();
    shares.filter(|share| wanted(&share.effect) && share.cut().is_some()).collect()
}

fn share_step(share: &LineShare, billed: Billed) -> String {
    let LineShare { jr_id, rule_id, .. } = share;
    let Some(cut) = share.cut() else {
        return format!("{jr_id} {rule_id}: 佐证 evidence");
    };
    let only = Cuts::only(cut);
    let Allowed { text, .. } = allowed_text((only, 0), only.allowed(billed), billed);
    let [alone, credited, loss, held] = &share.money;
    let reviewed = share.reviewed.as_ref();
    let reviewed =
        reviewed.map_or_else(String::new, |most| format!("；复核至多 reviewed at most {most}"));
    let effect = match share.effect.as_str() {
        REFUSED if 0 < share.credited => format!("计入拒付 credited {credited}，损失 loss {loss}"),
        HELD if 0 < share.held => format!("待核 held {held}"),
        REFUSED | HELD => "不再增加 adds nothing".to_owned(),
        "dismissed" => "已撤销，不计 dismissed, counts for nothing".to_owned(),
        other => format!("不计 counts for nothing ({other})"),
    };
    format!("{jr_id} {rule_id}: {text}；单独 alone {alone}{reviewed}；{effect}")
}

/// What is refused, as an equation if it is what the cuts together come to.
fn refused_step(line: &ExplainedLine, together: &Allowed, refused: i128) -> String {
    let amount = i128::from(line.billed.amount);
    let allowed = i128::from(together.amount);
    if amount.saturating_sub(allowed) != refused {
        return format!(
            "拒付 refused: {}（另有所减，与合并所得不同 not what the cuts together come to: something \
             else changed it）",
            yuan(refused)
        );
    }
    if together.is_uncut {
        return format!("拒付 refused: {}", yuan(refused));
    }
    format!(
        "拒付 refused = 计费 billed − 准付 allowed = {} − {} = {}",
        yuan(amount),
        yuan(allowed),
        yuan(refused)
    )
}

/// The fund's part by the settlement's payment `f` and in-policy amount `s`, neither of which needs to
/// be above 0.
fn fund_step(refused: Refused, paid: Option<(i128, i128)>, setl_id: &str) -> String {
    let Refused { scp, fund, scp_before, .. } = refused;
    let none = |why: &str| format!("基金部分 fund part: {}（{why}）", yuan(fund));
    match paid {
        None if setl_id.is_empty() => none("明细未注明结算 the line names no settlement"),
        None => none("本月无此结算 its settlement is not in the month"),
        Some((f, _)) if f <= 0 => {
            none(&format!("基金支付 {f} 不大于零 the fund paid {f}, not above 0", f = yuan(f)))
        }
        Some((_, s)) if s <= 0 => none(&format!(
            "结算的政策范围内金额 {s} 不大于零 the settlement's in-policy amount is {s}, not above 0",
            s = yuan(s)
        )),
        Some((f, s)) => format!(
            "基金部分 fund part = half_up({f} × {after} ÷ {s}) − half_up({f} × {before} ÷ {s}) = {}",
            yuan(fund),
            f = yuan(f),
            s = yuan(s),
            before = yuan(scp_before),
            after = yuan(scp_before.saturating_add(scp)),
        ),
    }
}

fn loss_step(Refused { fund, loss, .. }: Refused) -> String {
    let why = if loss == 0 && 0 < fund {
        "（支付前审核，尚未支付 scored before payment: nothing is lost yet）"
    } else {
        ""
    };
    format!("基金损失 loss: {}{why}", yuan(loss))
}

/// What is at stake beyond what is refused.
fn held_steps(line: &ExplainedLine, together: &Allowed, steps: &mut Vec<String>) {
    let held: i128 = line.shares.iter().map(|share| share.held).sum();
    if held == 0 {
        return;
    }
    let all = cutting(line, |effect| effect == REFUSED || effect == HELD);
    let all = self::together(&all, line.billed);
    let (before, after) = (i128::from(together.amount), i128::from(all.amount));
    if before.saturating_sub(after) != held {
        steps.push(format!("待核 held: {}", yuan(held)));
        return;
    }
    steps.push(format!("连同待核 with what is held: {}", all.text));
    steps.push(format!("待核 held = {} − {} = {}", yuan(before), yuan(after), yuan(held)));
}

/// What cuts leave payable, and how that comes about.
struct Allowed {
    amount: i64,
    text: String,
    is_uncut: bool,
}

fn together(shares: &[&LineShare], billed: Billed) -> Allowed {
    let mut cuts = Joint::default();
    for share in shares {
        match (share.most, share.cut()) {
            (Some(most), Some(_)) if share.is_reduced => cuts.add_bounded(billed, most),
            (Some(most), Some(cut)) => cuts.add_at_most(cut, most),
            (None, Some(cut)) => cuts.add(cut),
            (_, None) => {}
        }
    }
    let (counting, less) = cuts.counting(billed);
    allowed_text((counting, less), cuts.allowed(billed), billed)
}

/// `allowed = min(360.00, (3 − 1) × 120) = 240.00`; what cuts that do not count refuse goes off that.
fn allowed_text((cuts, less): (Cuts, i64), amount: i64, billed: Billed) -> Allowed {
    if cuts.is_whole() {
        let text = format!("准付 allowed = {}（整条 whole line）", yuan(amount));
        return Allowed { amount, text, is_uncut: false };
    }
    let reviewed = |from: &str, most: i64| format!("{from} − 复核 reviewed {}", yuan(most));
    let mut terms = vec![yuan(billed.amount)];
    if cuts.units().is_some() || cuts.price().is_some() || cuts.amount().is_some() {
        let cnt = trimmed(billed.cnt, 4);
        let cnt = match cuts.units() {
            None => cnt,
            Some(units) if units <= billed.cnt => format!("({cnt} − {})", trimmed(units, 4)),
            Some(_) => "0".to_owned(),
        };
        let pric = trimmed(billed.pric, 6);
        let pric = match cuts.price() {
            None => pric,
            Some(price) => format!("min({pric}, {})", trimmed(price, 6)),
        };
        terms.push(format!("half_up({cnt} × {pric})"));
    }
    terms.extend(cuts.amount().map(|amount| yuan(amount.max(0))));
    if less != 0 {
        let others = match terms.as_slice() {
            [only] => only.clone(),
            _ => format!("min({})", terms.join(", ")),
        };
        terms = vec![reviewed(&others, less)];
    }
    terms.extend(cuts.reviewed(billed).map(|most| reviewed(&yuan(billed.amount), most)));
    let is_uncut = terms.len() == 1 && less == 0;
    let text = format!("准付 allowed = min({}) = {}", terms.join(", "), yuan(amount));
    Allowed { amount, text, is_uncut }
}
