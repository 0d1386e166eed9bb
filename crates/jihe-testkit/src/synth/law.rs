//! The rules that a city is judged by: which there are, and their numbers after all packs were laid
//! over each other.

use std::collections::{BTreeMap, BTreeSet};

use jihe_rules::Plan;
use jihe_rules::expr::Type;
use jihe_terms::Status;

use super::knowledge::decimal;

/// Rule files compiled in, for cities without a pack.
macro_rules! national {
    ($($family:literal / $name:literal),+ $(,)?) => {
        &[$((
            $name,
            include_str!(concat!("../../../../rules/national/", $family, "/", $name, ".toml")),
        )),+]
    };
}

/// The rules with numbers that a plant or label goes by.
const NATIONAL: &[(&str, &str)] = national![
    "limit" / "drug-kinds",
    "limit" / "frequent-purchases",
    "limit" / "frequent-stays",
    "limit" / "frequent-visits",
    "limit" / "herb-kinds",
    "limit" / "hours-over-day",
    "limit" / "same-class",
    "limit" / "stay-days",
    "limit" / "workload",
    "line" / "amount-mismatch",
    "line" / "approval-missing",
    "line" / "diagnosis-age",
    "line" / "late-upload",
    "line" / "prescription-stale",
    "ratio" / "class-ab-share",
    "ratio" / "class-share",
    "ratio" / "cost-per-day",
    "ratio" / "cost-per-stay",
    "ratio" / "cost-per-visit",
    "ratio" / "qualification",
    "ratio" / "readmission-rate",
    "ratio" / "self-pay-share",
    "stay" / "beds-over-capacity",
    "stay" / "empty-bed",
    "stay" / "low-standard",
    "stay" / "split-stay",
    "stay" / "two-places",
    "stock" / "never-bought",
    "stock" / "sold-over-stock",
    "supply" / "discharge-supply",
    "supply" / "early-refill",
];

/// A value with its first day and the day after its last.
type Dated = (i64, i64, i64);

/// Rules and numbers.
#[derive(Clone, Debug, Default)]
pub(super) struct Law {
    /// The rules that are judged; none given: all.
    judged: Option<BTreeSet<String>>,
    /// Values by rule and name, 10⁻⁶.
    values: BTreeMap<String, BTreeMap<String, Vec<Dated>>>,
}

impl Law {
    /// The national rules as they are.
    pub(super) fn national() -> Self {
        let mut law = Self::default();
        for (id, text) in NATIONAL {
            let rule: toml::Table = text.parse().unwrap_or_default();
            let params = rule.get("params").and_then(toml::Value::as_table);
            for (name, param) in params.into_iter().flatten() {
                let value = param.get("value").map(|value| {
                    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                    decimal(&text, 6).unwrap_or(0)
                });
                let held = value.map(|value| (i64::MIN, i64::MAX, value));
                let of_rule = law.values.entry((*id).to_owned()).or_default();
                of_rule.insert(name.clone(), held.into_iter().collect());
            }
        }
        law
    }

    /// What a checked pack says, lower packs included.
    pub(super) fn of_plan(plan: &Plan) -> Self {
        let mut law = Self { judged: Some(BTreeSet::new()), ..Self::default() };
        for rule in &plan.rules {
            if rule.status != Status::Draft {
                law.judged.get_or_insert_default().insert(rule.id.clone());
            }
            for param in &rule.params {
                let scale = match param.ty {
                    Type::Number(scale) => scale,
                    Type::Bool | Type::Code | Type::Day | Type::Moment => continue,
                };
                let factor = 10_i64.pow(6_u32.saturating_sub(scale));
                let values = param.values.iter().map(|(range, value)| {
                    let until = range.until().map_or(i64::MAX, |day| i64::from(day.epoch()));
                    (i64::from(range.from().epoch()), until, value * factor)
                });
                let of_rule = law.values.entry(rule.id.clone()).or_default();
                of_rule.insert(param.name.clone(), values.collect());
            }
        }
        law
    }

    /// Whether a rule is judged.
    pub(super) fn judges(&self, rule: &str) -> bool {
        self.judged.as_ref().is_none_or(|judged| judged.contains(rule))
    }

    /// The value of a parameter on a day, 10⁻⁶; of a rule that is not judged what is given.
    pub(super) fn micro(&self, (rule, name): (&str, &str), day: i64, otherwise: i64) -> i64 {
        let values = self.values.get(rule).and_then(|params| params.get(name));
        let held =
            values.into_iter().flatten().find(|(from, until, _)| *from <= day && day < *until);
        held.map_or(otherwise * 1_000_000, |(.., value)| *value)
    }

    /// The same as a whole number.
    pub(super) fn whole(&self, name: (&str, &str), day: i64, otherwise: i64) -> i64 {
        self.micro(name, day, otherwise) / 1_000_000
    }
}
