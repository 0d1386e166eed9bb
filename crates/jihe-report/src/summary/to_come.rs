//! Rules that do not yet hold in the month: from when, and what they will do then.

use jihe_rules::plan::Rule;
use jihe_terms::{Day, Grade, Status};
use serde::Serialize;

use super::columns::Columns;
use super::{Summary, section};
use crate::scored::Scored;

/// A rule that holds only after the month.
#[derive(Clone, Debug, Serialize)]
pub struct ToCome {
    /// Id.
    pub rule_id: String,
    /// Chinese title.
    pub rule_name: String,
    /// What it will do: `refuse`, `hold` or `report`.
    pub will: &'static str,
    /// Its first day.
    pub from: String,
}

/// What a rule will do and from when, if its first day is after the last day of the month.
pub(crate) fn will(scored: &Scored<'_>, rule: &Rule) -> Option<(&'static str, Day)> {
    let last = scored.month.last_day.map(Day::from_epoch)?;
    let will = match (rule.status, rule.grade) {
        (Status::Draft, _) => return None,
        (Status::Active, Grade::Definite) => "refuse",
        (Status::Active, Grade::Likely | Grade::Possible) => "hold",
        (Status::Active, Grade::Indicator) | (Status::Shadow, _) => "report",
    };
    (last < rule.range.from()).then(|| (will, rule.range.from()))
}

/// The rules that hold only after the month, by their first day.
pub(super) fn to_come(scored: &Scored<'_>) -> Vec<ToCome> {
    let told = |rule: &Rule| {
        let (will, from) = will(scored, rule)?;
        let (rule_id, rule_name) = (rule.id.clone(), rule.title.zh.clone());
        Some(ToCome { rule_id, rule_name, will, from: from.to_string() })
    };
    let mut rules: Vec<ToCome> = scored.plan.rules.iter().filter_map(told).collect();
    rules.sort_by(|a, b| (&a.from, &a.rule_id).cmp(&(&b.from, &b.rule_id)));
    rules
}

impl Summary {
    pub(super) fn to_come_text(&self, text: &mut String) {
        let mut columns = Columns::new(&["", "", ""]);
        columns.push(["尚未生效 not yet in force", "", ""]);
        for rule in &self.to_come {
            let zh = match rule.will {
                "refuse" => "拒付",
                "hold" => "待核",
                _ => "报告",
            };
            let from = format!("自 {} 起{zh} will {} from then", rule.from, rule.will);
            columns.push([rule.rule_id.as_str(), &rule.rule_name, &from]);
        }
        section(text, &columns, columns.n_rows());
    }
}
