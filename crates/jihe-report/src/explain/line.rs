//! The arithmetic of a line: billed, cut, allowed, refused, and the fund's part.

use jihe_frame::Cut;
use jihe_settle::allowed::{Billed, Cuts};
use serde::Serialize;

use crate::error::ReportError;
use crate::layout::ResultTable;
use crate::read::{Cell, Folder, number};
use crate::value::{trimmed, yuan};

/// A line with its findings' shares and its arithmetic.
#[derive(Clone, Debug, Serialize)]
pub struct ExplainedLine {
    /// Its key.
    pub bkkp_sn: String,
    /// Its settlement.
    pub setl_id: String,
    /// Item code and name.
    pub item: [String; 2],
    /// Time of service.
    pub fee_ocur_time: String,
    /// Shares of findings.
    pub shares: Vec<LineShare>,
    /// The arithmetic, one step a text.
    pub steps: Vec<String>,
    #[serde(skip)]
    billed: Money,
}

/// A finding's share in a line.
#[derive(Clone, Debug, Serialize)]
pub struct LineShare {
    /// The finding.
    pub jr_id: String,
    /// `units`, `price`, `whole`, `amount`, or nothing for evidence.
    pub cut: String,
    /// Value of the cut.
    pub cut_value: String,
    /// Alone, credited, lost, held.
    pub money: [String; 4],
    /// The most that a review lets it refuse of the line.
    pub reviewed: Option<String>,
    #[serde(skip)]
    most: Option<i64>,
    #[serde(skip)]
    refuses: bool,
    #[serde(skip)]
    holds: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Money {
    cnt: i64,
    pric: i64,
    amount: i64,
    scp: i64,
}

/// Lines read, and how many were passed over.
pub(super) struct Read {
    pub(super) lines: Vec<ExplainedLine>,
    pub(super) n_more: u64,
}

/// Reads the wanted lines (by finding and line key), at most `n_lines` of them.
pub(super) fn read(
    folder: &Folder,
    wanted: impl Fn(&str, &str) -> bool,
    n_lines: usize,
) -> Result<Read, ReportError> {
    folder.check(&folder.name_of(ResultTable::FindingLines))?;
    let mut read = Read { lines: Vec::new(), n_more: 0 };
    folder.rows(
        ResultTable::FindingLines,
        [
            "jr_id",
            "bkkp_sn",
            "cut",
            "cut_value",
            "vola_amt",
            "credited_amt",
            "loss_amt",
            "held_amt",
            "setl_id",
            "hilist_code",
            "item_name",
            "fee_ocur_time",
            "cnt",
            "pric",
            "det_item_fee_sumamt",
            "inscp_scp_amt",
            "reviewed_amt",
        ],
        |row| {
            let [finding, line, ..] = row;
            if wanted(finding.text(), line.text()) {
                take(&mut read, &row, n_lines);
            }
        },
    )?;
    Ok(read)
}

fn take(read: &mut Read, row: &[Cell<'_>; 17], n_lines: usize) {
    let [finding, key, cut, cut_value, alone, credited, loss, held, rest @ ..] = *row;
    let [settlement, item, name, time, cnt, pric, amount, scp, reviewed] = rest;
    let small = |cell: Cell<'_>| i64::try_from(cell.number()).unwrap_or(0);
    let most = (reviewed != Cell::Missing).then(|| small(reviewed));
    let share = LineShare {
        jr_id: finding.text().to_owned(),
        cut: cut.text().to_owned(),
        cut_value: cut_value.text().to_owned(),
        money: [alone, credited, loss, held].map(|money| yuan(money.number())),
        reviewed: most.map(|most| yuan(i128::from(most))),
        most,
        refuses: 0 < credited.number(),
        holds: 0 < held.number(),
    };
    // Lines of several encounters may have one key.
    let is_it = |line: &&mut ExplainedLine| {
        (line.bkkp_sn.as_str(), line.setl_id.as_str()) == (key.text(), settlement.text())
    };
    if let Some(line) = read.lines.iter_mut().find(is_it) {
        line.shares.push(share);
        return;
    }
    if n_lines <= read.lines.len() {
        read.n_more = read.n_more.saturating_add(1);
        return;
    }
    read.lines.push(ExplainedLine {
        bkkp_sn: key.text().to_owned(),
        setl_id: settlement.text().to_owned(),
        item: [item.text().to_owned(), name.text().to_owned()],
        fee_ocur_time: time.text().to_owned(),
        shares: vec![share],
        steps: Vec::new(),
        billed: Money {
            cnt: small(cnt),
            pric: small(pric),
            amount: small(amount),
            scp: small(scp),
        },
    });
}

/// What `refusals` says of a line, with the in-policy amounts refused before it.
#[derive(Clone, Copy, Default)]
struct Refused {
    amount: i128,
    scp: i128,
    fund: i128,
    loss: i128,
    scp_before: i128,
}

/// Writes the steps of the lines.
pub(super) fn settle(folder: &Folder, lines: &mut [ExplainedLine]) -> Result<(), ReportError> {
    folder.check(&folder.name_of(ResultTable::Refusals))?;
    folder.check(&folder.name_of(ResultTable::Settlements))?;
    let mut refused = vec![Refused::default(); lines.len()];
    let mut done = vec![false; lines.len()];
    folder.rows(
        ResultTable::Refusals,
        ["bkkp_sn", "setl_id", "refused_amt", "refused_scp_amt", "refused_fund_amt", "loss_amt"],
        |[key, settlement, amount, scp, fund, loss]| {
            for ((line, own), done) in lines.iter().zip(&mut refused).zip(&mut done) {
                if line.bkkp_sn == key.text() && line.setl_id == settlement.text() {
                    own.amount = amount.number();
                    own.scp = scp.number();
                    own.fund = fund.number();
                    own.loss = loss.number();
                    *done = true;
                } else if !*done && !line.setl_id.is_empty() && line.setl_id == settlement.text() {
                    own.scp_before = own.scp_before.saturating_add(scp.number());
                }
            }
        },
    )?;
    let mut paid = vec![None; lines.len()];
    folder.rows(
        ResultTable::Settlements,
        ["setl_id", "fund_pay_sumamt", "inscp_scp_amt"],
        |[key, fund, scp]| {
            for (line, paid) in lines.iter().zip(&mut paid) {
                if line.setl_id == key.text() {
                    *paid = Some((fund.number(), scp.number()));
                }
            }
        },
    )?;
    for ((line, refused), paid) in lines.iter_mut().zip(refused).zip(paid) {
        line.steps = steps(line, refused, paid);
    }
    Ok(())
}

fn steps(line: &ExplainedLine, refused: Refused, paid: Option<(i128, i128)>) -> Vec<String> {
    let money = line.billed;
    let billed = Billed { cnt: money.cnt, pric: money.pric, amount: money.amount };
    let mut steps = vec![format!(
        "计费 billed: {} × {}，金额 amount {}，政策范围内 in-policy {}",
        trimmed(money.cnt, 4),
        trimmed(money.pric, 6),
        yuan(money.amount),
        yuan(money.scp)
    )];
    for share in &line.shares {
        steps.push(share_step(share, billed));
    }
    let refusing: Vec<&LineShare> = line.shares.iter().filter(|share| share.refuses).collect();
    if !refusing.is_empty() {
        steps.push(format!("合并 together: {}", formula(&refusing, billed)));
    }
    let Refused { amount: refused, scp, fund, loss, scp_before } = refused;
    if refused == 0 {
        steps.push("拒付 refused: 0.00".to_owned());
        return steps;
    }
    let allowed = i128::from(money.amount).saturating_sub(refused);
    steps.push(format!(
        "拒付 refused = 计费 billed − 准付 allowed = {} − {} = {}",
        yuan(money.amount),
        yuan(allowed),
        yuan(refused)
    ));
    steps.push(format!(
        "政策范围内拒付 in-policy part = half_up({} × {} ÷ {}) = {}",
        yuan(money.scp),
        yuan(refused),
        yuan(money.amount),
        yuan(scp)
    ));
    steps.push(match paid {
        Some((fund_paid, total)) => format!(
            "基金部分 fund part = half_up({f} × {after} ÷ {s}) − half_up({f} × {before} ÷ {s}) = {}",
            yuan(fund),
            f = yuan(fund_paid),
            s = yuan(total),
            before = yuan(scp_before),
            after = yuan(scp_before.saturating_add(scp)),
        ),
        None => "基金部分 fund part: 0.00（无结算 no settlement in the month）".to_owned(),
    });
    steps.push(format!("基金损失 loss: {}", yuan(loss)));
    steps
}

fn share_step(share: &LineShare, billed: Billed) -> String {
    let [alone, credited, loss, held] = &share.money;
    let id = &share.jr_id;
    if cut_of(share).is_none() {
        return format!("{id}: 佐证 evidence");
    }
    let effect = match (share.refuses, share.holds) {
        (true, _) => format!("计入拒付 credited {credited}，损失 loss {loss}"),
        (false, true) => format!("待核 held {held}"),
        (false, false) => "不再增加 adds nothing".to_owned(),
    };
    let formula = formula(&[share], billed);
    format!("{id}: {formula}；单独 alone {alone}；{effect}")
}

/// `allowed = min(360.00, (3 − 1) × 120) = 240.00`.
fn formula(shares: &[&LineShare], billed: Billed) -> String {
    let mut cuts = Cuts::default();
    let (mut units, mut price, mut amount) = (None, None, None);
    let mut reviewed: Option<i64> = None;
    for share in shares {
        let Some(part) = cut_of(share) else { continue };
        if let Some(most) = share.most {
            cuts.add_bounded(billed, most);
            reviewed = reviewed.max(Some(most));
            continue;
        }
        cuts.add(part);
        match part {
            Cut::Whole => return "准付 allowed = 0.00（整条 whole line）".to_owned(),
            Cut::Units(value) => units = units.max(Some(value)),
            Cut::Price(value) => price = Some(price.map_or(value, |other: i64| other.min(value))),
            Cut::Amount(value) => {
                amount = Some(amount.map_or(value, |other: i64| other.min(value)));
            }
        }
    }
    let allowed = yuan(cuts.allowed(billed));
    let mut terms = vec![yuan(billed.amount)];
    if units.is_some() || price.is_some() {
        let cnt = trimmed(billed.cnt, 4);
        let cnt = units.map_or(cnt.clone(), |units| format!("({cnt} − {})", trimmed(units, 4)));
        let pric = trimmed(billed.pric, 6);
        let pric =
            price.map_or(pric.clone(), |price| format!("min({pric}, {})", trimmed(price, 6)));
        terms.push(format!("half_up({cnt} × {pric})"));
    }
    terms.extend(amount.map(yuan));
    // A review bounds what is refused: the rest is paid.
    terms.extend(
        reviewed.map(|most| format!("{} − 复核 reviewed {}", yuan(billed.amount), yuan(most))),
    );
    format!("准付 allowed = min({}) = {allowed}", terms.join(", "))
}

fn cut_of(share: &LineShare) -> Option<Cut> {
    let value = |scale| number(&share.cut_value, scale).and_then(|value| i64::try_from(value).ok());
    match share.cut.as_str() {
        "units" => value(4).map(Cut::Units),
        "price" => value(6).map(Cut::Price),
        "whole" => Some(Cut::Whole),
        "amount" => value(2).map(Cut::Amount),
        _ => None,
    }
}
