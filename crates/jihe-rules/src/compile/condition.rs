//! Conditions of institutions.

use crate::check::names::Subject;
use crate::check::typing::Wanted;
use crate::compile::{Compiled, Compiler};
use crate::expr::{Expr, Type};
use crate::parse::question::{RawCondition, RawSum};
use crate::parse::sink::Fault;
use crate::parse::source::{Spot, Text};
use crate::plan::{Condition, Conditions, Shape, StaySum};

impl Compiler<'_> {
    pub(crate) fn conditions(
        &self,
        counts: &[RawSum],
        conditions: &[RawCondition],
        spot: Spot,
    ) -> Option<Compiled> {
        if conditions.is_empty() {
            let fault = Fault::new("missing-key", "there is no condition")
                .why("the rule would ask nothing")
                .todo("add [[ratio.conditions]] with name, title and hit");
            self.context.error(spot, fault);
        }
        self.no_exceptions();
        self.names_apart(conditions);
        let count = |raw: &RawSum| {
            let when = self.expr(&raw.when, Subject::Practitioner, None, Wanted::Bool)?;
            Some(StaySum { name: raw.name.value.clone(), of: raw.of, when })
        };
        let counts: Vec<Option<StaySum>> = counts.iter().map(count).collect();
        let conditions: Vec<Option<Condition>> =
            conditions.iter().map(|raw| self.condition(raw)).collect();
        let all = Conditions {
            counts: counts.into_iter().collect::<Option<_>>()?,
            conditions: conditions.into_iter().collect::<Option<_>>()?,
        };
        let is_asked = !all.conditions.is_empty();
        is_asked.then(|| Compiled { shape: Shape::Conditions(Box::new(all)), row: None })
    }

    fn condition(&self, raw: &RawCondition) -> Option<Condition> {
        let hit = self.expr(&raw.hit, Subject::Institution, None, Wanted::Bool);
        if let Some(hit) = &hit {
            self.not_constant(hit, &raw.hit, "hit");
        }
        let shown = |text: &Option<Text>| text.as_ref().map(|text| self.number(text));
        let (value, limit) = (shown(&raw.value), shown(&raw.limit));
        Some(Condition {
            name: raw.name.value.clone(),
            title: raw.title.clone(),
            hit: hit?,
            value: value.map_or(Some(None), |value| value.map(Some))?,
            limit: limit.map_or(Some(None), |limit| limit.map(Some))?,
        })
    }

    /// What a sentence shows: a number.
    fn number(&self, text: &Text) -> Option<Expr> {
        let expr = self.expr(text, Subject::Institution, None, Wanted::Any)?;
        if matches!(expr.ty(), Type::Number(_)) {
            return Some(expr);
        }
        let fault = Fault::new("type", "a condition shows numbers")
            .why("value is what the institution has, limit what it needs")
            .todo("write a count, a number column or a parameter");
        self.context.error(text.spot, fault);
        None
    }

    fn no_exceptions(&self) {
        if let Some(first) = self.rule.exceptions.first() {
            let fault = Fault::new("conflict", "conditions of institutions have no exceptions")
                .why("whom a condition does not concern is said in the condition itself")
                .todo("add it to the hit of each condition");
            self.context.error(first.name.spot, fault);
        }
    }

    fn names_apart(&self, conditions: &[RawCondition]) {
        for (place, one) in conditions.iter().enumerate() {
            let before = conditions.iter().take(place);
            if before.into_iter().any(|other| other.name.value == one.name.value) {
                let what = format!("condition is named twice: {}", one.name.value);
                let fault = Fault::new("duplicate", what)
                    .why("two findings of one institution are told apart by the name")
                    .todo("name one of the two otherwise");
                self.context.error(one.name.spot, fault);
            }
        }
    }
}
