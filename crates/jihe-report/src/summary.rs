//! The summary of a run: what an auditor wants to see first.

use std::collections::BTreeMap;
use std::fmt::Write;

use jihe_settle::Fined;
use jihe_terms::Status;
use serde::Serialize;

use crate::frames::{code_text, rule_of};
use crate::manifest::stage_word;
use crate::scored::Scored;
use crate::value::yuan;

mod columns;
mod to_come;

use columns::Columns;
use to_come::to_come;

pub use to_come::ToCome;
pub(crate) use to_come::will;

/// Institutions and rules shown in the text; the JSON has all.
const SHOWN: usize = 10;

/// The summary of a run; money in yuan as text with two decimals.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// Version of the engine.
    pub version: String,
    /// Id of the pack.
    pub pack: String,
    /// `before` or `after` payment.
    pub stage: String,
    /// Sums of the run.
    pub totals: BTreeMap<&'static str, String>,
    /// Institutions with money refused or held, by money refused.
    pub institutions: Vec<InstitutionSummary>,
    /// Rules with findings, by money credited.
    pub rules: Vec<RuleSummary>,
    /// Lawful ranges of fines, by base.
    pub penalties: Vec<PenaltySummary>,
    /// Rows put aside, by table, file, column and reason.
    pub quarantine: Vec<QuarantineSummary>,
    /// Rules that could not judge all their subjects.
    pub not_evaluable: Vec<NotEvaluable>,
    /// Rules that hold only after the month.
    pub to_come: Vec<ToCome>,
    /// Rows put aside in all.
    pub n_quarantined: u64,
    /// Reversals without an original.
    pub n_reversals: u64,
}

/// Money of an institution.
#[derive(Clone, Debug, Serialize)]
pub struct InstitutionSummary {
    /// Code.
    pub fixmedins_code: String,
    /// Lines.
    pub n_lines: u64,
    /// Findings.
    pub n_findings: u64,
    /// Refused amount.
    pub refused_amt: String,
    /// The fund's part.
    pub refused_fund_amt: String,
    /// Loss.
    pub loss_amt: String,
    /// Held.
    pub held_amt: String,
}

/// Money of a rule.
#[derive(Clone, Debug, Serialize)]
pub struct RuleSummary {
    /// Id.
    pub rule_id: String,
    /// Chinese title.
    pub rule_name: String,
    /// Status.
    pub status: &'static str,
    /// Findings.
    pub n_findings: u64,
    /// As if it stood alone.
    pub vola_amt: String,
    /// Credited part of the refused amount.
    pub credited_amt: String,
    /// Credited loss.
    pub loss_amt: String,
    /// Held.
    pub held_amt: String,
}

/// A lawful range of fines.
#[derive(Clone, Debug, Serialize)]
pub struct PenaltySummary {
    /// Institution; of persons only that they are.
    pub subject: String,
    /// Article.
    pub article: String,
    /// Base.
    pub base_amt: String,
    /// Lowest fine.
    pub fine_low: String,
    /// Highest fine.
    pub fine_high: String,
}

/// Rows put aside for one reason.
#[derive(Clone, Debug, Serialize)]
pub struct QuarantineSummary {
    /// Table.
    pub table: String,
    /// File.
    pub file: String,
    /// Column.
    pub column: String,
    /// Reason.
    pub reason: String,
    /// Rows.
    pub n_rows: u64,
}

/// A rule with subjects that could not be judged.
#[derive(Clone, Debug, Serialize)]
pub struct NotEvaluable {
    /// Id.
    pub rule_id: String,
    /// Subjects in scope.
    pub n_judged: u64,
    /// Of them not judged.
    pub n_not_evaluable: u64,
    /// Why.
    pub reason: String,
    /// Their money.
    pub amt_not_evaluable: String,
}

impl Summary {
    /// Sums up a run.
    pub fn new(scored: &Scored<'_>) -> Self {
        let month = scored.month;
        Self {
            version: scored.version.to_owned(),
            pack: scored.plan.pack.clone(),
            stage: stage_word(scored.stage).to_owned(),
            totals: totals(scored),
            institutions: institutions(scored),
            rules: rules(scored),
            penalties: penalties(scored),
            quarantine: quarantine(scored),
            not_evaluable: not_evaluable(scored),
            to_come: to_come(scored),
            n_quarantined: count(month.quarantine.len()),
            n_reversals: count(month.reversals.len()),
        }
    }

    /// One JSON object.
    pub fn json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// Text for a terminal, in Chinese and English.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let total = |name: &str| self.totals.get(name).map_or("", String::as_str);
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "jihe {}  规则包 pack {}  阶段 stage {}",
            self.version, self.pack, self.stage
        );
        let mut columns = Columns::new(&["", ">"]);
        for (label, name) in [
            ("明细 lines", "n_lines"),
            ("疑点 findings", "n_findings"),
            ("有拒付的明细 refused lines", "n_refused_lines"),
            ("费用总额 billed", "medfee_sumamt"),
            ("基金支付 fund paid", "fund_pay_sumamt"),
            ("拒付金额 refused", "refused_amt"),
            ("其中基金 fund part", "refused_fund_amt"),
            ("基金损失 loss", "loss_amt"),
            ("待核金额 held", "held_amt"),
            ("豁免 exempt", "n_exempt"),
            ("已复核 reviewed", "n_reviewed"),
            ("处罚下限 fines from", "fine_low"),
            ("处罚上限 fines up to", "fine_high"),
        ] {
            columns.push([label, total(name)]);
        }
        text.push_str(&columns.text());
        self.institutions_text(&mut text);
        self.rules_text(&mut text);
        self.penalties_text(&mut text);
        self.not_evaluable_text(&mut text);
        self.to_come_text(&mut text);
        self.quarantine_text(&mut text);
        text
    }

    fn institutions_text(&self, text: &mut String) {
        let mut columns = Columns::new(&["", ">", ">", ">", ">"]);
        columns.push([
            "机构 institution",
            "疑点 findings",
            "拒付 refused",
            "损失 loss",
            "待核 held",
        ]);
        for money in self.institutions.iter().take(SHOWN) {
            let n_findings = money.n_findings.to_string();
            columns.push([
                money.fixmedins_code.as_str(),
                &n_findings,
                &money.refused_amt,
                &money.loss_amt,
                &money.held_amt,
            ]);
        }
        section(text, &columns, self.institutions.len());
    }

    fn rules_text(&self, text: &mut String) {
        let mut columns = Columns::new(&["", "", ">", ">", ">"]);
        columns.push(["规则 rule", "", "疑点 findings", "拒付 credited", "待核 held"]);
        for rule in self.rules.iter().take(SHOWN) {
            let n_findings = rule.n_findings.to_string();
            columns.push([
                rule.rule_id.as_str(),
                &rule.rule_name,
                &n_findings,
                &rule.credited_amt,
                &rule.held_amt,
            ]);
        }
        section(text, &columns, self.rules.len());
    }

    fn penalties_text(&self, text: &mut String) {
        let mut columns = Columns::new(&["", "", ">", ">", ">"]);
        columns.push(["处罚 penalty", "条款 article", "基数 base", "下限 low", "上限 high"]);
        for range in self.penalties.iter().take(SHOWN) {
            columns.push([
                range.subject.as_str(),
                &range.article,
                &range.base_amt,
                &range.fine_low,
                &range.fine_high,
            ]);
        }
        section(text, &columns, self.penalties.len());
    }

    fn not_evaluable_text(&self, text: &mut String) {
        let mut columns = Columns::new(&["", ">", ">", ">", ""]);
        columns.push(["无法判断 not evaluable", "未判 n", "共 of", "金额 amount", "原因 reason"]);
        for rule in &self.not_evaluable {
            let n_all = rule.n_judged.saturating_add(rule.n_not_evaluable).to_string();
            let n_not = rule.n_not_evaluable.to_string();
            columns.push([
                rule.rule_id.as_str(),
                &n_not,
                &n_all,
                &rule.amt_not_evaluable,
                &rule.reason,
            ]);
        }
        section(text, &columns, columns.n_rows());
    }

    fn quarantine_text(&self, text: &mut String) {
        let mut columns = Columns::new(&[">", "", "", "", ""]);
        columns.push(["隔离 quarantined", "表 table", "文件 file", "列 column", "原因 reason"]);
        for rows in self.quarantine.iter().take(SHOWN.saturating_mul(2)) {
            let n_rows = rows.n_rows.to_string();
            columns.push([n_rows.as_str(), &rows.table, &rows.file, &rows.column, &rows.reason]);
        }
        section(text, &columns, self.quarantine.len());
        if 0 < self.n_quarantined {
            let _ = writeln!(
                text,
                "\n隔离 {n} 行，见 quarantine 表；{n} rows quarantined, see the quarantine table",
                n = self.n_quarantined
            );
        }
    }
}

/// Adds a table with a header, if it has rows; says how many more there are.
fn section(text: &mut String, columns: &Columns, n_all: usize) {
    let n_shown = columns.n_rows().saturating_sub(1);
    if n_shown == 0 {
        return;
    }
    text.push('\n');
    text.push_str(&columns.text());
    let more = n_all.saturating_sub(n_shown.max(SHOWN));
    if n_shown < n_all && 0 < more {
        let _ = writeln!(text, "… 另有 {more} 项 more");
    }
}

fn totals(scored: &Scored<'_>) -> BTreeMap<&'static str, String> {
    let totals = &scored.ledger.totals;
    let fine = |of: fn(&jihe_settle::Penalty) -> i128| {
        yuan(scored.ledger.penalties.iter().map(of).fold(0, i128::saturating_add))
    };
    BTreeMap::from([
        ("n_lines", totals.n_lines.to_string()),
        ("n_findings", totals.n_findings.to_string()),
        ("n_refused_lines", totals.n_refused_lines.to_string()),
        ("medfee_sumamt", yuan(totals.medfee)),
        ("fund_pay_sumamt", yuan(totals.fund_pay)),
        ("refused_amt", yuan(totals.refused)),
        ("refused_fund_amt", yuan(totals.refused_fund)),
        ("loss_amt", yuan(totals.loss)),
        ("held_amt", yuan(totals.held)),
        ("n_exempt", count(scored.exempts.len()).to_string()),
        ("n_reviewed", count(scored.reviews.len()).to_string()),
        ("fine_low", fine(|penalty| penalty.fine_low)),
        ("fine_high", fine(|penalty| penalty.fine_high)),
    ])
}

fn institutions(scored: &Scored<'_>) -> Vec<InstitutionSummary> {
    let with_money = scored.ledger.institutions.iter();
    let mut with_money: Vec<_> =
        with_money.filter(|money| money.refused != 0 || money.held != 0).collect();
    // The ledger is in the order of codes, which equal amounts keep.
    with_money.sort_by_key(|money| std::cmp::Reverse((money.refused, money.held)));
    let summary = |money: &jihe_settle::InstitutionMoney| InstitutionSummary {
        fixmedins_code: code_text(scored, money.institution).to_owned(),
        n_lines: money.n_lines,
        n_findings: money.n_findings,
        refused_amt: yuan(money.refused),
        refused_fund_amt: yuan(money.refused_fund),
        loss_amt: yuan(money.loss),
        held_amt: yuan(money.held),
    };
    with_money.into_iter().map(summary).collect()
}

fn rules(scored: &Scored<'_>) -> Vec<RuleSummary> {
    let mut found: Vec<_> = scored.plan.rules.iter().zip(&scored.ledger.rules).collect();
    found.retain(|(rule, money)| 0 < money.n_findings && rule.status != Status::Draft);
    found.sort_by(|(rule, money), (other, others)| {
        let by_money = (others.credited, others.held).cmp(&(money.credited, money.held));
        by_money.then_with(|| rule.id.cmp(&other.id))
    });
    let summary = |(rule, money): (&jihe_rules::plan::Rule, &jihe_settle::RuleMoney)| RuleSummary {
        rule_id: rule.id.clone(),
        rule_name: rule.title.zh.clone(),
        status: rule.status.word(),
        n_findings: money.n_findings,
        vola_amt: yuan(money.standalone),
        credited_amt: yuan(money.credited),
        loss_amt: yuan(money.loss),
        held_amt: yuan(money.held),
    };
    found.into_iter().map(summary).collect()
}

fn penalties(scored: &Scored<'_>) -> Vec<PenaltySummary> {
    let mut penalties: Vec<_> = scored.ledger.penalties.iter().collect();
    // The ledger is in the order of institution and article, which equal bases keep.
    penalties.sort_by_key(|penalty| std::cmp::Reverse(penalty.base));
    let summary = |penalty: &jihe_settle::Penalty| PenaltySummary {
        // The ids of persons are in the table only.
        subject: match penalty.subject {
            Fined::Institution(code) => code_text(scored, code),
            Fined::Person(_) => "个人 person",
        }
        .to_owned(),
        article: penalty.article.key().to_owned(),
        base_amt: yuan(penalty.base),
        fine_low: yuan(penalty.fine_low),
        fine_high: yuan(penalty.fine_high),
    };
    penalties.into_iter().map(summary).collect()
}

fn quarantine(scored: &Scored<'_>) -> Vec<QuarantineSummary> {
    let mut rows: BTreeMap<(&str, &str, &str, &str), u64> = BTreeMap::new();
    for defect in scored.month.quarantine.iter() {
        let key = (defect.table.file(), defect.file, defect.column, defect.reason);
        let n_rows = rows.entry(key).or_default();
        *n_rows = n_rows.saturating_add(1);
    }
    let summary = |((table, file, column, reason), n_rows): ((&str, &str, &str, &str), u64)| {
        QuarantineSummary {
            table: table.to_owned(),
            file: file.to_owned(),
            column: column.to_owned(),
            reason: reason.to_owned(),
            n_rows,
        }
    };
    rows.into_iter().map(summary).collect()
}

fn not_evaluable(scored: &Scored<'_>) -> Vec<NotEvaluable> {
    let not = scored.coverage.iter().filter(|coverage| 0 < coverage.n_not_evaluable);
    let mut not: Vec<NotEvaluable> = not
        .map(|coverage| NotEvaluable {
            rule_id: rule_of(scored, coverage.rule).id.clone(),
            n_judged: coverage.n_judged,
            n_not_evaluable: coverage.n_not_evaluable,
            reason: coverage.reason(),
            amt_not_evaluable: yuan(coverage.amt_not_evaluable),
        })
        .collect();
    not.sort_by(|a, b| a.rule_id.cmp(&b.rule_id));
    not
}

fn count(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}
