//! The sentence of a finding, from the pieces of its rule and its own values.

use std::collections::BTreeMap;

use jihe_frame::{Evidence, Hit, N_VALUES, Value};
use jihe_rules::plan::{Piece, RatioUnit, Rule, Shape};
use jihe_terms::Day;

use crate::expression;
use crate::frames::{code_text, encounter_text, lines_of, rule_of, some};
use crate::scored::Scored;
use crate::value::{self, Meaning};

/// The language of a sentence.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Language {
    /// Chinese.
    Chinese,
    /// English.
    English,
}

impl Language {
    fn unknown(self) -> &'static str {
        match self {
            Self::Chinese => "未知",
            Self::English => "unknown",
        }
    }
}

/// The values of a finding as texts, for all its sentences.
pub(crate) struct Said {
    values: Vec<Option<String>>,
    /// Names that every finding has, in the order in which its sentences ask for them.
    basics: Vec<(&'static str, Option<String>)>,
}

const BASICS: [&str; 8] =
    ["hilist_code", "item_name", "fixmedins_code", "mdtrt_id", "day", "cnt", "pric", "amount"];

impl Said {
    /// Looks up what the sentences of a finding name.
    pub(crate) fn new(scored: &Scored<'_>, hit: &Hit) -> Self {
        let rule = rule_of(scored, hit.rule);
        let values = (0..rule.values.len().max(rule.shape.value_names().len()).min(N_VALUES))
            .map(|place| value_text(scored, rule, hit, place))
            .collect();
        let pieces = rule.message_zh.iter().chain(&rule.message_en);
        let mut basics: Vec<(&'static str, Option<String>)> = Vec::new();
        for piece in pieces {
            if let Piece::Basic(name) = piece
                && let Some(&known) = BASICS.iter().find(|&known| known == name)
                && basics.iter().all(|(other, _)| *other != known)
            {
                basics.push((known, basic(scored, hit, known)));
            }
        }
        Self { values, basics }
    }
}

/// Writes the sentence of a finding with its numbers.
pub(crate) fn render(scored: &Scored<'_>, hit: &Hit, said: &Said, language: Language) -> String {
    let rule = rule_of(scored, hit.rule);
    let pieces = match language {
        Language::Chinese => &rule.message_zh,
        Language::English => &rule.message_en,
    };
    let mut sentence = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => sentence.push_str(text),
            Piece::Value(place) => {
                let value = said.values.get(*place).and_then(Option::as_deref);
                sentence.push_str(value.unwrap_or_else(|| language.unknown()));
            }
            Piece::Basic(name) => {
                let value = said.basics.iter().find(|(known, _)| known == name);
                let value = value.and_then(|(_, value)| value.as_deref());
                sentence.push_str(value.unwrap_or_else(|| language.unknown()));
            }
        }
    }
    sentence
}

/// Writes the named values of a finding as one JSON object; values that are not known are null.
pub(crate) fn values_json(names: &[String], said: &Said) -> String {
    let mut values: BTreeMap<&str, Option<&str>> = BTreeMap::new();
    for (place, name) in names.iter().enumerate() {
        values.insert(name, said.values.get(place).and_then(Option::as_deref));
    }
    serde_json::to_string(&values).unwrap_or_default()
}

/// The names of the values of a rule's findings.
pub(crate) fn value_names(scored: &Scored<'_>, rule: &Rule) -> Vec<String> {
    (0..n_values(rule)).map(|place| value_name(scored, rule, place)).collect()
}

fn n_values(rule: &Rule) -> usize {
    let names = rule.shape.value_names();
    let n_values = if names.is_empty() { rule.values.len() } else { names.len() };
    n_values.min(N_VALUES)
}

fn value_name(scored: &Scored<'_>, rule: &Rule, place: usize) -> String {
    match rule.shape.value_names().get(place) {
        Some(name) => (*name).to_owned(),
        None => rule.values.get(place).map_or_else(String::new, |expr| {
            expression::text(expr, expression::names(scored.plan, rule))
        }),
    }
}

fn value_text(scored: &Scored<'_>, rule: &Rule, hit: &Hit, place: usize) -> Option<String> {
    let value = hit.values.get(place).copied().unwrap_or(Value::Missing);
    let meaning = match (rule.shape.value_names().get(place), rule.values.get(place)) {
        (Some(&"first_line"), _) => Meaning::Line,
        (Some(_), _) if shows_money(rule) => Meaning::Money,
        (Some(&("fund" | "paid" | "difference" | "in_policy")), _) => Meaning::Money,
        (Some(_), _) | (None, None) => Meaning::Plain,
        (None, Some(expr)) => value::meaning_of(expr),
    };
    value::text(scored, value, meaning)
}

/// Whether the numbers of a rule are money.
fn shows_money(rule: &Rule) -> bool {
    matches!(&rule.shape, Shape::Ratio(ratio) if ratio.unit == RatioUnit::Yuan)
}

/// A name that every finding has, of its first cut line (or first line, where none is cut).
#[expect(clippy::indexing_slicing, reason = "the row was placed by the month itself")]
fn basic(scored: &Scored<'_>, hit: &Hit, name: &str) -> Option<String> {
    let lines = lines_of(scored, hit);
    let cut = lines.iter().filter(|line| matches!(line.part, Evidence::Cut(_)));
    let first = cut.map(|line| line.line).min();
    let first = first.or_else(|| lines.iter().map(|line| line.line).min());
    let Some(line) = first else {
        return match name {
            "mdtrt_id" => encounter_text(scored, hit.encounter).map(str::to_owned),
            "fixmedins_code" => {
                some(hit.institution).map(|code| code_text(scored, code).to_owned())
            }
            _ => None,
        };
    };
    let (part, row) = scored.lines.place(line);
    let text = match name {
        "hilist_code" => code_text(scored, part.item[row]).to_owned(),
        "item_name" => (scored.item_name)(part.item[row], part.day[row]),
        "fixmedins_code" => code_text(scored, part.institution[row]).to_owned(),
        "mdtrt_id" => encounter_text(scored, part.encounter[row])?.to_owned(),
        "day" => Day::from_epoch(part.day[row]).to_string(),
        "cnt" => value::trimmed(part.cnt[row], 4),
        "pric" => value::trimmed(part.pric[row], 6),
        "amount" => value::yuan(part.amount[row]),
        _ => return None,
    };
    // An item without a name in the catalogue is called by its code.
    match (name, text.is_empty()) {
        ("item_name", true) => Some(code_text(scored, part.item[row]).to_owned()),
        _ => Some(text),
    }
}
