//! The story of a line, a finding or a settlement, from a result folder alone.
//!
//! In: the folder. Out: law, rule, table row, values and the arithmetic step by step, in Chinese and
//! English. The files used must be as the manifest says. No id of a person is shown.
//! Cost: a few reads of the tables of findings, lines and refusals.

mod benefit;
mod exempt;
mod line;
mod settlement;
mod steps;
mod words;

use std::collections::BTreeSet;
use std::path::Path;

use jihe_rules::plan::Family;
use serde::Serialize;

use crate::error::ReportError;
use crate::layout::ResultTable;
use crate::read::{Cell, Folder};
use crate::rulebook::RuleWords;

pub use benefit::{ExplainedBenefit, ExplainedPart};
pub use line::{ExplainedLine, LineShare};
pub use settlement::ExplainedSettlement;

use benefit::Asked;

/// What a result folder says of a line or finding.
#[derive(Clone, Debug, Serialize)]
pub struct Explanation {
    /// The line asked for, or nothing if something else was asked for.
    pub bkkp_sn: Option<String>,
    /// Findings, in the order of the folder.
    pub findings: Vec<ExplainedFinding>,
    /// The lines asked for with the arithmetic, at most [`LINES_SHOWN`]: those of the finding, or of
    /// each encounter that has a line of this key. Every finding's share is there.
    pub lines: Vec<ExplainedLine>,
    /// Lines beyond those.
    pub n_more_lines: u64,
    /// Rules and exceptions that took the line out, or the whole encounter that it is of, as
    /// `rule: exception`, a dated exemption with its reason, the day on which it ends, and its row.
    pub exempt: Vec<String>,
    /// Encounters that were taken out whole, if nothing in the results tells which one the line is of:
    /// it may be of one of them.
    pub n_exempt_encounters: u64,
    /// The settlement asked for, or nothing if something else was asked for.
    pub settlement: Option<ExplainedSettlement>,
    /// Settlements by the benefit policy: the one asked for, the line's, or those of a finding about
    /// what was paid, at most [`LINES_SHOWN`]. Nothing where the policy does not speak of them.
    pub benefits: Vec<ExplainedBenefit>,
    /// Settlements beyond those.
    pub n_more_benefits: u64,
}

/// Lines that are shown with their arithmetic, and settlements.
pub const LINES_SHOWN: usize = 20;

/// A finding in words.
#[derive(Clone, Debug, Serialize)]
pub struct ExplainedFinding {
    /// Its id.
    pub jr_id: String,
    /// Its rule.
    pub rule_id: String,
    /// Version of the rule.
    pub rule_ver: String,
    /// Titles in Chinese and English.
    pub title: [String; 2],
    /// Grade.
    pub grade: String,
    /// What becomes of its money: `refused`, `held`, `dismissed`, `shadow` or `indicator`.
    pub effect: String,
    /// What the rule says.
    pub what: [String; 2],
    /// Why it is there.
    pub why: [String; 2],
    /// Its question.
    pub test: Vec<String>,
    /// Article as cited, and its key.
    pub article: [String; 2],
    /// Day on which the article was last read by the pack's author.
    pub article_checked: Option<String>,
    /// Table row that it rests on.
    pub rule_row: String,
    /// Sentences in Chinese and English.
    pub sentence: [String; 2],
    /// Named values.
    pub values: Vec<[String; 2]>,
    /// Parameters: name, values with days, citation.
    pub params: Vec<[String; 3]>,
    /// Exceptions: name, condition, and whether it did not apply or could not be shown.
    pub exceptions: Vec<[String; 3]>,
    /// Gross, credited, lost, held.
    pub money: [String; 4],
    /// Decision, amount and reason of a review.
    pub review: Option<[String; 3]>,
}

/// Explains all findings of a line, in every encounter that has a line of this key.
///
/// # Errors
///
/// If the folder cannot be read or was changed.
pub fn explain_line(path: &Path, bkkp_sn: &str) -> Result<Explanation, ReportError> {
    of_line(path, bkkp_sn, None)
}

/// Explains all findings of the line that has this key in an encounter.
///
/// # Errors
///
/// As [`explain_line`].
pub fn explain_line_of(
    path: &Path,
    bkkp_sn: &str,
    mdtrt_id: &str,
) -> Result<Explanation, ReportError> {
    of_line(path, bkkp_sn, Some(mdtrt_id))
}

fn of_line(
    path: &Path,
    bkkp_sn: &str,
    encounter: Option<&str>,
) -> Result<Explanation, ReportError> {
    let folder = Folder::open(path)?;
    let rules = folder.rules()?;
    let read = line::read(&folder, &rules, line::Asked::Line(bkkp_sn, encounter))?;
    let shares = read.lines.iter().flat_map(|line| &line.shares);
    let ids: BTreeSet<&str> = shares.map(|share| share.jr_id.as_str()).collect();
    let findings = findings(&folder, &rules, |jr_id| ids.contains(jr_id))?;
    let encounters = read.lines.iter().map(|line| line.mdtrt_id.clone());
    let exempt = exempt::read(&folder, bkkp_sn, encounter, encounters.collect())?;
    let settlements = read.lines.iter().map(|line| line.setl_id.as_str());
    let settlements: Vec<&str> = settlements.filter(|id| !id.is_empty()).collect();
    let mut benefits = benefit::read(&folder, &Asked::Line(bkkp_sn, settlements.clone()))?;
    if encounter.is_some() {
        // Only the line's findings tell the settlement of the encounter.
        benefits.retain(|benefit| settlements.contains(&benefit.setl_id.as_str()));
    }
    let n_more_benefits = benefits.len().saturating_sub(LINES_SHOWN);
    benefits.truncate(LINES_SHOWN);
    Ok(Explanation {
        bkkp_sn: Some(bkkp_sn.to_owned()),
        findings,
        lines: read.lines,
        n_more_lines: read.n_more,
        exempt: exempt.texts,
        n_exempt_encounters: exempt.n_elsewhere,
        settlement: None,
        benefits,
        n_more_benefits: u64::try_from(n_more_benefits).unwrap_or(u64::MAX),
    })
}

/// Explains a finding.
///
/// # Errors
///
/// If there is no such finding, or the folder cannot be read or was changed.
pub fn explain_finding(path: &Path, jr_id: &str) -> Result<Explanation, ReportError> {
    let folder = Folder::open(path)?;
    let rules = folder.rules()?;
    let findings = findings(&folder, &rules, |other| other == jr_id)?;
    if findings.is_empty() {
        return Err(ReportError::unknown("no such finding in these results", jr_id));
    }
    let read = line::read(&folder, &rules, line::Asked::Finding(jr_id))?;
    let is_of_benefit = |finding: &ExplainedFinding| {
        rules.iter().any(|rule| rule.id == finding.rule_id && rule.family == Family::Benefit.word())
    };
    let benefits = if findings.iter().any(is_of_benefit) {
        let settlements = read.lines.iter().map(|line| line.setl_id.as_str()).collect();
        benefit::read(&folder, &Asked::Settlements(settlements))?
    } else {
        Vec::new()
    };
    Ok(Explanation {
        bkkp_sn: None,
        findings,
        lines: read.lines,
        n_more_lines: read.n_more,
        exempt: Vec::new(),
        n_exempt_encounters: 0,
        settlement: None,
        benefits,
        n_more_benefits: 0,
    })
}

/// Explains a settlement: what the fund paid and what of that is refused, and, if the benefit policy
/// speaks of it, what was due, with its lines.
///
/// # Errors
///
/// If there is no such settlement, or the folder cannot be read or was changed.
pub fn explain_settlement(path: &Path, setl_id: &str) -> Result<Explanation, ReportError> {
    let folder = Folder::open(path)?;
    let benefits = benefit::read(&folder, &Asked::Settlement(setl_id))?;
    let Some(settlement) = settlement::read(&folder, setl_id, !benefits.is_empty())? else {
        return Err(ReportError::unknown("no such settlement in these results", setl_id));
    };
    Ok(Explanation {
        bkkp_sn: None,
        findings: Vec::new(),
        lines: Vec::new(),
        n_more_lines: 0,
        exempt: Vec::new(),
        n_exempt_encounters: 0,
        settlement: Some(settlement),
        benefits,
        n_more_benefits: 0,
    })
}

impl Explanation {
    /// One JSON object.
    pub fn json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// Text for a terminal.
    pub fn text(&self) -> String {
        words::text(self)
    }
}

fn findings(
    folder: &Folder,
    rules: &[RuleWords],
    wanted: impl Fn(&str) -> bool,
) -> Result<Vec<ExplainedFinding>, ReportError> {
    folder.check(&folder.name_of(ResultTable::Findings))?;
    let mut findings = Vec::new();
    folder.rows(
        ResultTable::Findings,
        [
            "jr_id",
            "rule_id",
            "rule_ver",
            "rule_name",
            "article",
            "grade",
            "effect",
            "rule_row",
            "vola_cont",
            "vola_cont_en",
            "values",
            "unknown_exceptions",
            "vola_amt",
            "credited_amt",
            "loss_amt",
            "held_amt",
            "review",
            "review_amt",
            "review_reason",
        ],
        |row| {
            if row.first().is_some_and(|jr_id| wanted(jr_id.text())) {
                findings.push(finding(rules, &row));
            }
        },
    )?;
    Ok(findings)
}

fn finding(rules: &[RuleWords], row: &[Cell<'_>; 19]) -> ExplainedFinding {
    let [jr_id, rule_id, rule_ver, rule_name, article, grade, effect, rest @ ..] = *row;
    let [rule_row, zh, en, values, unknown, gross, credited, loss, held, review @ ..] = rest;
    let rule = rules.iter().find(|rule| rule.id == rule_id.text());
    let of_rule = |text: fn(&RuleWords) -> &str| rule.map_or("", text).to_owned();
    let unknown: Vec<&str> = unknown.text().split(';').collect();
    let exceptions = rule.map_or_else(Vec::new, |rule| {
        let exceptions = rule.exceptions.iter();
        exceptions
            .map(|exception| {
                let shown = if unknown.contains(&exception.name.as_str()) {
                    "无法证明 could not be shown"
                } else {
                    "不适用 does not apply"
                };
                [exception.name.clone(), exception.when.clone(), shown.to_owned()]
            })
            .collect()
    });
    let params = rule.map_or_else(Vec::new, |rule| {
        let params = rule.params.iter();
        params
            .map(|param| {
                let values = format!("{} {}", param.values.join("; "), param.unit);
                [param.name.clone(), values, param.cite.clone()]
            })
            .collect()
    });
    ExplainedFinding {
        jr_id: jr_id.text().to_owned(),
        rule_id: rule_id.text().to_owned(),
        rule_ver: rule_ver.text().to_owned(),
        title: [rule_name.text().to_owned(), of_rule(|rule| &rule.title_en)],
        grade: grade.text().to_owned(),
        effect: effect.text().to_owned(),
        what: [of_rule(|rule| &rule.what_zh), of_rule(|rule| &rule.what_en)],
        why: [of_rule(|rule| &rule.why_zh), of_rule(|rule| &rule.why_en)],
        test: rule.map_or_else(Vec::new, |rule| rule.test.clone()),
        article: [of_rule(|rule| &rule.article_zh), article.text().to_owned()],
        article_checked: rule.and_then(|rule| rule.article_checked.clone()),
        rule_row: rule_row.text().to_owned(),
        sentence: [zh.text().to_owned(), en.text().to_owned()],
        values: named_values(values.text()),
        params,
        exceptions,
        money: [gross, credited, loss, held].map(|money| crate::value::yuan(money.number())),
        review: reviewed(review),
    }
}

/// Decision, amount and reason of a review, if there was one.
fn reviewed([decision, amount, reason]: [Cell<'_>; 3]) -> Option<[String; 3]> {
    let amount = match amount {
        Cell::Missing => String::new(),
        Cell::Number(_) | Cell::Text(_) => crate::value::yuan(amount.number()),
    };
    let there = decision != Cell::Missing;
    there.then(|| [decision.text().to_owned(), amount, reason.text().to_owned()])
}

fn named_values(json: &str) -> Vec<[String; 2]> {
    let values: std::collections::BTreeMap<String, Option<String>> =
        serde_json::from_str(json).unwrap_or_default();
    // A value that a finding of this kind does not have, such as a class, is told like one not known.
    let unknown = || "无或未知 none or unknown".to_owned();
    values.into_iter().map(|(name, value)| [name, value.unwrap_or_else(unknown)]).collect()
}
