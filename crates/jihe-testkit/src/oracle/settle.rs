//! From hits to money: cuts, credit, the fund's part (semantics, sections 3 to 5).

use std::collections::BTreeMap;

use super::context::{Cut, Hit};
use super::decimal::{fen_of, half_up};
use super::month::{Line, Settlement};
use super::net::NetMonth;
use super::outcome::{CutLine, Finding, Refusal, Review, Reviews, Stage};
use super::pack::{Grade, Pack, Status};

/// Gives what stays payable of a line under these cuts.
pub fn allowed(line: &Line, cuts: &[Cut]) -> i64 {
    let billed = line.det_item_fee_sumamt;
    // Nothing can be refused of a line that bills nothing: 0 <= refused <= billed.
    if cuts.iter().all(|cut| *cut == Cut::Nothing) || billed <= 0 {
        return billed;
    }
    let (mut units, mut price, mut payable) = (0, line.pric, billed);
    for cut in cuts {
        match cut {
            Cut::Units(cut) => units = units.max(*cut),
            Cut::Price(cut) => price = price.min(*cut),
            Cut::Amount(cut) => payable = payable.min(*cut),
            Cut::Whole => return 0,
            Cut::Nothing => {}
        }
    }
    payable.min(fen_of(line.cnt - units, price)).max(0)
}

/// The in-policy part of what is refused of a line.
pub fn refused_in_policy(line: &Line, refused: i64) -> i64 {
    let (in_policy, billed) = (line.in_policy(), line.det_item_fee_sumamt);
    if refused == billed {
        return in_policy;
    }
    half_up(i128::from(in_policy) * i128::from(refused), i128::from(billed))
}

/// Shares the fund's payment over the refused in-policy parts, in canonical order.
///
/// `fund` was paid for the in-policy total `total`. Where either is not above 0, nothing is due.
pub fn fund_parts(fund: i64, total: i64, refused_in_policy: &[i64]) -> Vec<i64> {
    if fund <= 0 || total <= 0 {
        return vec![0; refused_in_policy.len()];
    }
    cumulative(fund, total, refused_in_policy)
}

/// Splits `amount` by the running sum of `parts` over `total`: differences of rounded values.
pub fn cumulative(amount: i64, total: i64, parts: &[i64]) -> Vec<i64> {
    let (mut sum, mut before, mut shares) = (0_i128, 0, Vec::new());
    for part in parts {
        sum += i128::from(*part);
        let until = half_up(i128::from(amount) * sum, i128::from(total));
        shares.push(until - before);
        before = until;
    }
    shares
}

/// The in-policy total that a settlement's payment stands for.
pub fn in_policy_total(settlement: &Settlement, net: &NetMonth) -> i64 {
    let is_its = |line: &&Line| line.setl_id.as_ref() == Some(&settlement.setl_id);
    let of_lines: i64 = net.lines.iter().filter(is_its).map(Line::in_policy).sum();
    settlement.inscp_scp_amt.max(of_lines)
}

/// Findings with their money, and the refused lines.
pub fn settle(
    net: &NetMonth,
    pack: &Pack,
    (hits, reviews): (&[Hit], &Reviews<'_>),
    stage: Stage,
) -> (Vec<Finding>, Vec<Refusal>) {
    let mut findings: Vec<Finding> =
        hits.iter().map(|hit| finding_of(hit, net, pack, reviews)).collect();
    credit(&mut findings, net, pack, hits);
    let mut refusals = refusals_of(&findings, net, hits);
    pay(&mut refusals, net, stage);
    share_loss(&mut findings, &refusals, pack);
    for finding in &mut findings {
        finding.vola_amt = finding.lines.iter().map(|line| line.standalone).sum();
        finding.credited_amt = finding.lines.iter().map(|line| line.credited).sum();
        finding.loss_amt = finding.lines.iter().map(|line| line.loss).sum();
        finding.held_amt = finding.lines.iter().map(|line| line.held).sum();
    }
    (findings, refusals)
}

fn finding_of(hit: &Hit, net: &NetMonth, pack: &Pack, reviews: &Reviews<'_>) -> Finding {
    let is_active = pack.rules.get(&hit.rule_id).is_some_and(|rule| rule.status == Status::Active);
    let (psn_no, mdtrt_id, fixmedins_code) = hit.subject.clone();
    let lines = hit.cuts.iter().map(|(place, cut)| {
        let line = &net.lines[*place];
        let drop = line.det_item_fee_sumamt - allowed(line, &[*cut]);
        let standalone = if hit.grade == Grade::Indicator { 0 } else { drop };
        let bkkp_sn = line.bkkp_sn.clone();
        CutLine {
            bkkp_sn,
            cut: *cut,
            standalone,
            credited: 0,
            loss: 0,
            held: 0,
            most: None,
            beside: None,
        }
    });
    let lines: Vec<CutLine> = lines.collect();
    let cuts: Vec<(String, Cut)> =
        lines.iter().map(|line| (line.bkkp_sn.clone(), line.cut)).collect();
    let review = reviews(&hit.rule_id, &cuts);
    let may_refuse = hit.grade != Grade::Indicator;
    let is_sure = may_refuse && (hit.grade == Grade::Definite || review.is_some());
    let mut finding = Finding {
        rule_id: hit.rule_id.clone(),
        psn_no,
        mdtrt_id,
        fixmedins_code,
        sev_deg: hit.grade.sev_deg(),
        refuses: is_active && is_sure && review != Some(Review::Falls),
        is_idle: !is_active || review == Some(Review::Falls),
        lines,
        vola_amt: 0,
        credited_amt: 0,
        loss_amt: 0,
        held_amt: 0,
    };
    if let Some(Review::Stands(Some(most))) = review {
        bound(&mut finding, net, hit, most);
    }
    finding
}

/// Lets a finding refuse at most `most`: from the latest line back, as the latest are the excess.
fn bound(finding: &mut Finding, net: &NetMonth, hit: &Hit, most: i64) {
    let found: i64 = finding.lines.iter().map(|line| line.standalone).sum();
    let mut left = if found <= most { most - found } else { most };
    for (line, (place, cut)) in finding.lines.iter_mut().zip(&hit.cuts).rev() {
        if found <= most {
            let more = (part_of(&net.lines[*place], *cut) - line.standalone).max(0).min(left);
            left -= more;
            line.beside = finding.refuses.then_some(line.standalone + more);
        } else {
            let share = left.min(line.standalone);
            line.most = Some(share);
            left -= share;
        }
    }
}

/// The part of the billed amount that a cut by units or price takes, rounded up to the fen.
fn part_of(line: &Line, cut: Cut) -> i64 {
    let (part, whole) = match cut {
        Cut::Units(units) => (units.min(line.cnt), line.cnt),
        Cut::Price(price) => (line.pric - price.max(0), line.pric),
        Cut::Amount(_) | Cut::Whole | Cut::Nothing => return 0,
    };
    if part <= 0 || whole <= 0 {
        return 0;
    }
    let product = i128::from(line.det_item_fee_sumamt) * i128::from(part);
    let up = i128::from(whole) - 1;
    i64::try_from((product + up).div_euclid(i128::from(whole))).unwrap_or(i64::MAX)
}

/// A cut as a review leaves it.
#[derive(Clone, Copy)]
struct Reviewed {
    cut: Cut,
    most: Option<i64>,
    beside: Option<i64>,
}

impl Reviewed {
    fn of(cut: Cut, line: &CutLine) -> Self {
        Self { cut, most: line.most, beside: line.beside }
    }
}

/// What stays payable of a line under cuts, some of which a review bounds, and the quantity refused.
fn allowed_reviewed(line: &Line, cuts: &[Reviewed]) -> (i64, i64) {
    let is_whole = |cut: &&Reviewed| cut.most.is_none() && cut.beside.is_none();
    let free: Vec<Cut> = cuts.iter().filter(is_whole).map(|reviewed| reviewed.cut).collect();
    let besides: Vec<(Cut, i64)> =
        cuts.iter().filter_map(|reviewed| Some((reviewed.cut, reviewed.beside?))).collect();
    let most = cuts.iter().filter_map(|reviewed| reviewed.most).max().unwrap_or(0);
    best_way(line, free, &besides, (0, most))
}

/// Each cut that may add only so much counts, or is left out and refuses that: what pays the most.
fn best_way(
    line: &Line,
    cuts: Vec<Cut>,
    besides: &[(Cut, i64)],
    (left_out, most): (i64, i64),
) -> (i64, i64) {
    let Some(((cut, beside), besides)) = besides.split_first() else {
        let found = allowed(line, &cuts) - left_out;
        return (found.min(line.det_item_fee_sumamt - most), refused_cnt(line, &cuts));
    };
    let with = [cuts.as_slice(), &[*cut]].concat();
    let with = best_way(line, with, besides, (left_out, most));
    with.max(best_way(line, cuts, besides, (left_out + beside, most)))
}

/// The findings on a line in the order of the walk: refusing ones first, then holding ones.
fn walk_of(place: usize, findings: &[Finding], hits: &[Hit], order: &[String]) -> Vec<usize> {
    let is_on =
        |hit: &Hit| hit.grade != Grade::Indicator && hit.cuts.iter().any(|(on, _)| *on == place);
    let mut walk: Vec<usize> = (0..hits.len()).filter(|nth| is_on(&hits[*nth])).collect();
    walk.sort_by_key(|nth| {
        let rank = order.iter().position(|id| *id == findings[*nth].rule_id);
        (!findings[*nth].refuses, rank, *nth)
    });
    walk
}

fn credit(findings: &mut [Finding], net: &NetMonth, pack: &Pack, hits: &[Hit]) {
    let order = pack.walk();
    for (place, line) in net.lines.iter().enumerate() {
        let mut cuts = Vec::new();
        let mut left = line.det_item_fee_sumamt;
        for nth in walk_of(place, findings, hits, &order) {
            if findings[nth].is_idle {
                continue;
            }
            let refuses = findings[nth].refuses;
            for (at, (on, cut)) in hits[nth].cuts.iter().enumerate() {
                if *on != place {
                    continue;
                }
                cuts.push(Reviewed::of(*cut, &findings[nth].lines[at]));
                let (now, _) = allowed_reviewed(line, &cuts);
                let drop = left - now;
                left = now;
                let cut_line = &mut findings[nth].lines[at];
                if refuses {
                    cut_line.credited = drop;
                } else {
                    cut_line.held = drop;
                }
            }
        }
    }
}

fn refusals_of(findings: &[Finding], net: &NetMonth, hits: &[Hit]) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    for (place, line) in net.lines.iter().enumerate() {
        let mut cuts: Vec<Reviewed> = Vec::new();
        for (finding, hit) in findings.iter().zip(hits).filter(|(finding, _)| finding.refuses) {
            for ((on, cut), of_line) in hit.cuts.iter().zip(&finding.lines) {
                if *on == place {
                    cuts.push(Reviewed::of(*cut, of_line));
                }
            }
        }
        let (allowed, refused_cnt) = allowed_reviewed(line, &cuts);
        let refused = line.det_item_fee_sumamt - allowed;
        if refused <= 0 {
            continue;
        }
        refusals.push(Refusal {
            bkkp_sn: line.bkkp_sn.clone(),
            setl_id: line.setl_id.clone(),
            fixmedins_code: line.fixmedins_code.clone(),
            det_item_fee_sumamt: line.det_item_fee_sumamt,
            refused_cnt,
            refused_amt: refused,
            refused_scp_amt: refused_in_policy(line, refused),
            refused_fund_amt: 0,
            loss_amt: 0,
            rule_id: String::new(),
        });
    }
    refusals
}

fn refused_cnt(line: &Line, cuts: &[Cut]) -> i64 {
    let mut most = 0;
    for cut in cuts {
        match cut {
            Cut::Units(units) => most = most.max(*units),
            Cut::Whole => most = line.cnt,
            Cut::Price(_) | Cut::Amount(_) | Cut::Nothing => {}
        }
    }
    most
}

/// Gives every refused line its fund part and loss, settlement by settlement.
fn pay(refusals: &mut [Refusal], net: &NetMonth, stage: Stage) {
    for settlement in &net.settlements {
        let total = in_policy_total(settlement, net);
        let is_its = |refusal: &&mut Refusal| refusal.setl_id.as_ref() == Some(&settlement.setl_id);
        let mut its: Vec<&mut Refusal> = refusals.iter_mut().filter(is_its).collect();
        let parts: Vec<i64> = its.iter().map(|refusal| refusal.refused_scp_amt).collect();
        let shares = fund_parts(settlement.fund_pay_sumamt, total, &parts);
        for (refusal, share) in its.iter_mut().zip(shares) {
            refusal.refused_fund_amt = share;
            refusal.loss_amt = match stage {
                Stage::Before => 0,
                Stage::After => share,
            };
        }
    }
}

/// Splits each line's loss over its credits in the order of the walk.
fn share_loss(findings: &mut [Finding], refusals: &[Refusal], pack: &Pack) {
    let order = pack.walk();
    for refusal in refusals {
        let mut credited: Vec<&mut CutLine> = Vec::new();
        let mut walk: Vec<&mut Finding> =
            findings.iter_mut().filter(|finding| finding.refuses).collect();
        walk.sort_by_key(|finding| order.iter().position(|id| *id == finding.rule_id));
        for finding in walk {
            let of_line = |line: &&mut CutLine| line.bkkp_sn == refusal.bkkp_sn;
            credited.extend(finding.lines.iter_mut().filter(of_line));
        }
        let credits: Vec<i64> = credited.iter().map(|line| line.credited).collect();
        let losses = cumulative(refusal.loss_amt, refusal.refused_amt, &credits);
        for (line, loss) in credited.iter_mut().zip(losses) {
            line.loss = loss;
        }
    }
}

/// Names the rule with the largest credit on each refused line, of equals the first walked.
pub fn name_main_rules(refusals: &mut [Refusal], findings: &[Finding], pack: &Pack) {
    let order = pack.walk();
    for refusal in refusals {
        let mut by_rule: BTreeMap<&str, i64> = BTreeMap::new();
        for finding in findings.iter().filter(|finding| finding.refuses) {
            for line in finding.lines.iter().filter(|line| line.bkkp_sn == refusal.bkkp_sn) {
                *by_rule.entry(&finding.rule_id).or_default() += line.credited;
            }
        }
        let mut main: Option<(&str, i64)> = None;
        for id in &order {
            let Some(credited) = by_rule.get(id.as_str()).copied() else { continue };
            if main.is_none_or(|(_, most)| most < credited) {
                main = Some((id, credited));
            }
        }
        refusal.rule_id = main.map(|(id, _)| id.to_owned()).unwrap_or_default();
    }
}
