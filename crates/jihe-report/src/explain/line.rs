//! A line with the shares of its findings, as the tables have them.
//!
//! In: `finding_lines`, `findings`, `refusals` and `settlements`. Out: the lines asked for, each with
//! all its findings' shares in the order of the walk. Not here: the arithmetic in words (`steps`).
//! Cost: two reads of `finding_lines`, one of each of the others; at most [`LINES_SHOWN`] lines are
//! in memory.

use std::collections::{BTreeMap, BTreeSet};

use jihe_frame::Cut;
use jihe_settle::allowed::Billed;
use serde::Serialize;

use crate::error::ReportError;
use crate::explain::{LINES_SHOWN, steps};
use crate::layout::ResultTable;
use crate::read::{Cell, Folder, cut_of};
use crate::rulebook::RuleWords;
use crate::value::yuan;

/// A line with its findings' shares and its arithmetic.
#[derive(Clone, Debug, Serialize)]
pub struct ExplainedLine {
    /// Its key.
    pub bkkp_sn: String,
    /// Its settlement.
    pub setl_id: String,
    /// Its encounter: lines of several encounters may have one key.
    pub mdtrt_id: String,
    /// Item code and name.
    pub item: [String; 2],
    /// Time of service.
    pub fee_ocur_time: String,
    /// Shares of findings, those that refuse first, each in the order in which they were walked.
    pub shares: Vec<LineShare>,
    /// The arithmetic, one step a text.
    pub steps: Vec<String>,
    #[serde(skip)]
    pub(super) billed: Billed,
    #[serde(skip)]
    pub(super) scp: i64,
}

/// A finding's share in a line.
#[derive(Clone, Debug, Serialize)]
pub struct LineShare {
    /// The finding.
    pub jr_id: String,
    /// Its rule.
    pub rule_id: String,
    /// What becomes of the finding's money, as in `findings`.
    pub effect: String,
    /// `units`, `price`, `whole`, `amount`, or nothing for evidence.
    pub cut: String,
    /// Value of the cut.
    pub cut_value: String,
    /// Alone, credited, lost, held.
    pub money: [String; 4],
    /// The most that a review lets it refuse of the line.
    pub reviewed: Option<String>,
    #[serde(skip)]
    pub(super) most: Option<i64>,
    /// Whether that is less than its finding comes to alone.
    #[serde(skip)]
    pub(super) is_reduced: bool,
    #[serde(skip)]
    pub(super) credited: i128,
    #[serde(skip)]
    pub(super) held: i128,
}

impl LineShare {
    /// Its cut; nothing if it is evidence.
    pub(super) fn cut(&self) -> Option<Cut> {
        cut_of(&self.cut, &self.cut_value)
    }
}

/// Which lines.
#[derive(Clone, Copy)]
pub(super) enum Asked<'a> {
    /// Those of a finding: first those that it cuts.
    Finding(&'a str),
    /// Those of a key, of one encounter if it is named.
    Line(&'a str, Option<&'a str>),
}

/// Lines read, and how many were passed over.
pub(super) struct Read {
    pub(super) lines: Vec<ExplainedLine>,
    pub(super) n_more: u64,
}

/// What tells a line from all others: settlement and encounter beside the key.
type Key<'a> = [&'a str; 3];

/// Reads the lines asked for, at most [`LINES_SHOWN`], with all their findings' shares.
pub(super) fn read(
    folder: &Folder,
    rules: &[RuleWords],
    asked: Asked<'_>,
) -> Result<Read, ReportError> {
    folder.check(&folder.name_of(ResultTable::FindingLines))?;
    let mut read = choose(folder, asked)?;
    add_shares(folder, &mut read.lines)?;
    add_findings(folder, rules, &mut read.lines)?;
    settle(folder, &mut read.lines)?;
    Ok(read)
}

/// The lines asked for, without shares: as many as are shown, in the order of the table.
fn choose(folder: &Folder, asked: Asked<'_>) -> Result<Read, ReportError> {
    let mut seen: BTreeSet<[String; 3]> = BTreeSet::new();
    let (mut cut_lines, mut shown_lines) = (Vec::new(), Vec::new());
    let columns = [
        "jr_id",
        "cut",
        "bkkp_sn",
        "setl_id",
        "mdtrt_id",
        "hilist_code",
        "item_name",
        "fee_ocur_time",
        "cnt",
        "pric",
        "det_item_fee_sumamt",
        "inscp_scp_amt",
    ];
    folder.rows(ResultTable::FindingLines, columns, |row| {
        let [finding, cut, key, settlement, encounter, ..] = row.map(Cell::text);
        let is_wanted = match asked {
            Asked::Finding(own) => finding == own,
            Asked::Line(own, of) => key == own && of.is_none_or(|of| of == encounter),
        };
        if !is_wanted || !seen.insert([key, settlement, encounter].map(str::to_owned)) {
            return;
        }
        let is_shown = matches!(asked, Asked::Finding(_)) && cut.is_empty();
        let lines = if is_shown { &mut shown_lines } else { &mut cut_lines };
        if lines.len() < LINES_SHOWN {
            lines.push((seen.len(), line(&row)));
        }
    })?;
    let mut lines = cut_lines;
    lines.append(&mut shown_lines);
    lines.truncate(LINES_SHOWN);
    lines.sort_by_key(|&(nth, _)| nth);
    let n_more = seen.len().saturating_sub(lines.len());
    Ok(Read {
        lines: lines.into_iter().map(|(_, line)| line).collect(),
        n_more: u64::try_from(n_more).unwrap_or(u64::MAX),
    })
}

fn line(row: &[Cell<'_>; 12]) -> ExplainedLine {
    let [_, _, key, settlement, encounter, item, name, time, cnt, pric, amount, scp] = *row;
    ExplainedLine {
        bkkp_sn: key.text().to_owned(),
        setl_id: settlement.text().to_owned(),
        mdtrt_id: encounter.text().to_owned(),
        item: [item.text().to_owned(), name.text().to_owned()],
        fee_ocur_time: time.text().to_owned(),
        shares: Vec::new(),
        steps: Vec::new(),
        billed: Billed { cnt: small(cnt), pric: small(pric), amount: small(amount) },
        scp: small(scp),
    }
}

fn small(cell: Cell<'_>) -> i64 {
    i64::try_from(cell.number()).unwrap_or(0)
}

impl ExplainedLine {
    fn is(&self, key: Key<'_>) -> bool {
        [self.bkkp_sn.as_str(), self.setl_id.as_str(), self.mdtrt_id.as_str()] == key
    }
}

/// Adds the shares of all findings: a cut counts in a line whoever is asked for.
fn add_shares(folder: &Folder, lines: &mut [ExplainedLine]) -> Result<(), ReportError> {
    let columns = [
        "jr_id",
        "bkkp_sn",
        "setl_id",
        "mdtrt_id",
        "cut",
        "cut_value",
        "vola_amt",
        "credited_amt",
        "loss_amt",
        "held_amt",
        "reviewed_amt",
    ];
    folder.rows(ResultTable::FindingLines, columns, |row| {
        let [finding, key, settlement, encounter, cut, value, money @ .., reviewed] = row;
        let key = [key, settlement, encounter].map(Cell::text);
        let Some(line) = lines.iter_mut().find(|line| line.is(key)) else { return };
        let [_, credited, _, held] = money;
        let most = (reviewed != Cell::Missing).then(|| small(reviewed));
        line.shares.push(LineShare {
            jr_id: finding.text().to_owned(),
            rule_id: String::new(),
            effect: String::new(),
            cut: cut.text().to_owned(),
            cut_value: value.text().to_owned(),
            money: money.map(|money| yuan(money.number())),
            reviewed: most.map(|most| yuan(i128::from(most))),
            most,
            is_reduced: false,
            credited: credited.number(),
            held: held.number(),
        });
    })
}

/// Adds to the shares what their findings are, and puts them in the order of the walk.
fn add_findings(
    folder: &Folder,
    rules: &[RuleWords],
    lines: &mut [ExplainedLine],
) -> Result<(), ReportError> {
    folder.check(&folder.name_of(ResultTable::Findings))?;
    let shares = lines.iter().flat_map(|line| &line.shares);
    let mut findings: BTreeMap<String, Option<([String; 2], bool)>> =
        shares.map(|share| (share.jr_id.clone(), None)).collect();
    folder.rows(
        ResultTable::Findings,
        ["jr_id", "rule_id", "effect", "vola_amt", "review_amt"],
        |[finding, rule, effect, alone, review]| {
            if let Some(own) = findings.get_mut(finding.text()) {
                let is_reduced = review != Cell::Missing && review.number() < alone.number();
                *own = Some(([rule, effect].map(|cell| cell.text().to_owned()), is_reduced));
            }
        },
    )?;
    for line in lines {
        for share in &mut line.shares {
            let of_finding = findings.get(&share.jr_id).cloned().flatten();
            ([share.rule_id, share.effect], share.is_reduced) = of_finding.unwrap_or_default();
        }
        // Rules are listed by their precedence.
        let precedence = |share: &LineShare| rules.iter().position(|rule| rule.id == share.rule_id);
        line.shares.sort_by_cached_key(|share| {
            (share.effect != steps::REFUSED, precedence(share), share.jr_id.clone())
        });
    }
    Ok(())
}

/// What `refusals` says of a line, with the in-policy amounts refused before it.
#[derive(Clone, Copy, Default)]
pub(super) struct Refused {
    pub(super) amount: i128,
    pub(super) scp: i128,
    pub(super) fund: i128,
    pub(super) loss: i128,
    pub(super) scp_before: i128,
}

/// Writes the steps of the lines.
fn settle(folder: &Folder, lines: &mut [ExplainedLine]) -> Result<(), ReportError> {
    folder.check(&folder.name_of(ResultTable::Refusals))?;
    folder.check(&folder.name_of(ResultTable::Settlements))?;
    let mut refused = vec![Refused::default(); lines.len()];
    let mut done = vec![false; lines.len()];
    let columns = [
        "bkkp_sn",
        "setl_id",
        "mdtrt_id",
        "refused_amt",
        "refused_scp_amt",
        "refused_fund_amt",
        "loss_amt",
    ];
    folder.rows(ResultTable::Refusals, columns, |row| {
        let [key, settlement, encounter, amount, scp, fund, loss] = row;
        let key = [key, settlement, encounter].map(Cell::text);
        for ((line, own), done) in lines.iter().zip(&mut refused).zip(&mut done) {
            if line.is(key) {
                own.amount = amount.number();
                own.scp = scp.number();
                own.fund = fund.number();
                own.loss = loss.number();
                *done = true;
            } else if !*done && !line.setl_id.is_empty() && line.setl_id == settlement.text() {
                own.scp_before = own.scp_before.saturating_add(scp.number());
            }
        }
    })?;
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
        line.steps = steps::of(line, refused, paid);
    }
    Ok(())
}
