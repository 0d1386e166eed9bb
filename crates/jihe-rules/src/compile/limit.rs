//! Sums and counts in a window.

use jihe_catalogue::TableSpec;

use crate::check::names::Subject;
use crate::check::nearest::suggestion;
use crate::check::typing::Wanted;
use crate::compile::{Compiled, Compiler, UNITS, has_code};
use crate::parse::question::{Asked, Question};
use crate::parse::sink::Fault;
use crate::parse::source::{Spot, Text};
use crate::plan::{KeyPart, Lookup, Shape};

/// The words of a group's key.
const PARTS: [(&str, KeyPart); 7] = [
    ("psn_no", KeyPart::Person),
    ("mdtrt_id", KeyPart::Encounter),
    ("fixmedins_code", KeyPart::Institution),
    ("hilist_code", KeyPart::Item),
    ("day", KeyPart::Day),
    ("row.per", KeyPart::RowPer),
    ("row.window", KeyPart::RowWindow),
];

impl Compiler<'_> {
    pub(crate) fn limit(&self, question: &Question) -> Option<Compiled> {
        match &question.asked {
            Asked::Sum { table, matching, per, max } => {
                let spec = table.as_ref().map(|table| self.item_table(table));
                if matches!(spec, Some(None)) {
                    return None;
                }
                let spec = spec.flatten();
                let matching = self.matching(matching.as_ref(), spec.as_ref());
                let per = self.per(per, spec.as_ref(), question.spot);
                let max = max
                    .as_ref()
                    .and_then(|text| self.expr(text, Subject::Line, spec.as_ref(), UNITS));
                let matching = matching?;
                let lookup = spec.map(|spec| Lookup { table: spec.name, matching });
                let shape = Shape::SumLimit { lookup, per: per?, max: max? };
                Some(Compiled { shape, row: None })
            }
            Asked::Period { table, per, days, max_count } => {
                self.period(table.as_ref(), per, days.as_ref(), max_count.as_ref())
            }
            Asked::Line { .. }
            | Asked::Contained { .. }
            | Asked::Test { .. }
            | Asked::StaySums { .. }
            | Asked::EmptyBed { .. }
            | Asked::Ratio(_) => None,
        }
    }

    fn period(
        &self,
        table: Option<&Text>,
        per: &[Text],
        days: Option<&Text>,
        max_count: Option<&Text>,
    ) -> Option<Compiled> {
        if let Some(first) = per.first() {
            let words: Vec<&str> = per.iter().map(|text| text.value.as_str()).collect();
            if words != ["psn_no", "hilist_code"] {
                let fault = Fault::new("bad-value", "a period is counted per person and item")
                    .why("other keys are not supported")
                    .todo("write per = [\"psn_no\", \"hilist_code\"], or leave it out");
                self.context.error(first.spot, fault);
            }
        }
        let spec = self.item_table(table?)?;
        let whole = |text: &Text| self.expr(text, Subject::Line, Some(&spec), Wanted::Number(0));
        let (days, max_count) = (days.and_then(whole), max_count.and_then(whole));
        let lookup = Lookup { table: spec.name.clone(), matching: None };
        let shape = Shape::Period { lookup, days: days?, max_count: max_count? };
        Some(Compiled { shape, row: None })
    }

    /// The condition on rows; the outer `None` after a fault.
    #[expect(clippy::option_option, reason = "no condition is not a fault")]
    fn matching(
        &self,
        text: Option<&Text>,
        spec: Option<&TableSpec>,
    ) -> Option<Option<crate::expr::Expr>> {
        let Some(text) = text else { return Some(None) };
        if spec.is_none() {
            let fault = Fault::new("conflict", "match is given without a table")
                .why("match is asked of the rows of a table")
                .todo("name the table, or remove match");
            self.context.error(text.spot, fault);
            return None;
        }
        self.expr(text, Subject::RowOnly, spec, Wanted::Bool).map(Some)
    }

    fn per(&self, words: &[Text], spec: Option<&TableSpec>, spot: Spot) -> Option<Vec<KeyPart>> {
        let mut parts = Vec::new();
        let mut good = true;
        for word in words {
            match self.part(word, spec) {
                Some(part) if parts.contains(&part) => {
                    let fault = Fault::new("clash", format!("part is given twice: {}", word.value))
                        .why("one is enough")
                        .todo("remove it");
                    self.context.error(word.spot, fault);
                }
                Some(part) => parts.push(part),
                None => good = false,
            }
        }
        if good && spec.is_some() && !parts.contains(&KeyPart::Item) {
            let fault = Fault::new("bad-value", "per does not name hilist_code")
                .why("the limit stands in the row of an item")
                .todo("add \"hilist_code\"");
            self.context.error(spot, fault);
        }
        if good && parts.is_empty() {
            let fault = Fault::new("bad-value", "per is empty")
                .why("a sum over everything judges nobody")
                .todo("say what is summed over: [\"psn_no\", \"hilist_code\", \"day\"]");
            self.context.error(spot, fault);
        }
        good.then_some(parts)
    }

    fn part(&self, word: &Text, spec: Option<&TableSpec>) -> Option<KeyPart> {
        let known: Vec<&str> = PARTS.iter().map(|&(name, _)| name).collect();
        let Some(&(name, part)) = PARTS.iter().find(|&&(name, _)| name == word.value) else {
            let shown: String = word.value.chars().take(60).collect();
            let fault = Fault::new("unknown-name", format!("per knows no such part: {shown}"))
                .why("groups are keyed by a few fixed parts")
                .todo(suggestion(&word.value, &known));
            self.context.error(word.spot, fault);
            return None;
        };
        let column = name.strip_prefix("row.");
        if column.is_some_and(|column| !spec.is_some_and(|spec| has_code(spec, column))) {
            let fault = Fault::new("unknown-name", format!("the table has no such column: {name}"))
                .why("the row says per whom and in which window it limits")
                .todo("use a table with that column");
            self.context.error(word.spot, fault);
            return None;
        }
        Some(part)
    }
}
