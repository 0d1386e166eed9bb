//! Indicators of institutions.

use crate::check::names::Subject;
use crate::check::nearest::suggestion;
use crate::check::specs;
use crate::check::typing::Wanted;
use crate::compile::{Compiled, Compiler};
use crate::expr::{Expr, Type};
use crate::parse::question::{Asked, Question, RawRatio};
use crate::parse::sink::Fault;
use crate::parse::source::{Spot, Text};
use crate::plan::{Over, Ratio, RatioUnit, Shape, Side};

/// The table of targets by institution or level.
pub(crate) const TARGETS: &str = "indicator_target";

impl Compiler<'_> {
    pub(crate) fn ratio(&self, question: &Question) -> Option<Compiled> {
        if let Asked::Conditions { counts, conditions } = &question.asked {
            return self.conditions(counts, conditions, question.spot);
        }
        let Asked::Ratio(raw) = &question.asked else { return None };
        let over = self.word(raw.over.as_ref(), &Over::ALL);
        let side = self.word(raw.too.as_ref(), &[("high", Side::High), ("low", Side::Low)]);
        let units = [("percent", RatioUnit::Percent), ("yuan", RatioUnit::Yuan)];
        let unit = self.word(raw.unit.as_ref(), &units);
        let distance = self.param("distance", "ratio", question.spot);
        let peers = self.param("peers", "count", question.spot);
        let over = over?;
        let subject = subject_of(over);
        let number = |text: &Option<Text>| self.side(text.as_ref()?, subject);
        let (above, below) = (number(&raw.above), number(&raw.below));
        let part = raw.part.as_ref().map(|text| self.expr(text, subject, None, Wanted::Bool));
        let classes = raw.classes.as_ref().map(|text| self.classes(text, over, raw));
        let part = match part {
            None => None,
            Some(part) => Some(part?),
        };
        let classes = match classes {
            None => None,
            Some(classes) => Some(classes?),
        };
        let ratio = Ratio {
            over,
            above: above?,
            below: below?,
            part,
            classes,
            side: side?,
            unit: unit?,
            distance: distance?,
            peers: peers?,
        };
        if ratio.scale().is_none() {
            self.too_fine(question.spot);
            return None;
        }
        Some(Compiled { shape: Shape::Ratio(Box::new(ratio)), row: None })
    }

    fn too_fine(&self, spot: Spot) {
        let fault = Fault::new("type", "the sums have too many decimals")
            .why("a rate has six decimals")
            .todo("sum amounts, quantities or whole numbers");
        self.context.error(spot, fault);
    }

    /// What is summed: a number.
    fn side(&self, text: &Text, subject: Subject) -> Option<Expr> {
        let expr = self.expr(text, subject, None, Wanted::Any)?;
        if matches!(expr.ty(), Type::Number(_)) {
            return Some(expr);
        }
        let fault = Fault::new("type", "a sum adds numbers")
            .why("above and below are sums over what the institution billed")
            .todo("write an amount, a quantity, or 1 to count");
        self.context.error(text.spot, fault);
        None
    }

    fn classes(&self, text: &Text, over: Over, raw: &RawRatio) -> Option<String> {
        if over != Over::Lines || raw.part.is_some() {
            let fault = Fault::new("conflict", "classes are of lines, and take the place of part")
                .why("a line counts above for each class that it belongs to")
                .todo("write over = \"lines\" and leave out part, or leave out classes");
            self.context.error(text.spot, fault);
            return None;
        }
        if text.value == specs::CLASSES {
            return Some(text.value.clone());
        }
        let shown: String = text.value.chars().take(60).collect();
        let fault = Fault::new("unknown-table", format!("table has no classes of lines: {shown}"))
            .why("a class names kinds of items, kinds of charges or beginnings of item codes")
            .todo(format!("write \"{}\"", specs::CLASSES));
        self.context.error(text.spot, fault);
        None
    }

    /// One of a few words; what is missing was reported.
    fn word<T: Copy>(&self, text: Option<&Text>, known: &[(&'static str, T)]) -> Option<T> {
        let text = text?;
        if let Some(&(_, value)) = known.iter().find(|&&(word, _)| word == text.value) {
            return Some(value);
        }
        let words: Vec<&str> = known.iter().map(|&(word, _)| word).collect();
        let shown: String = text.value.chars().take(60).collect();
        let fault = Fault::new("bad-value", format!("word is unknown: {shown}"))
            .why(format!("it is one of: {}", words.join(", ")))
            .todo(suggestion(&text.value, &words));
        self.context.error(text.spot, fault);
        None
    }
}

/// What the expressions of a ratio are asked of.
pub(crate) fn subject_of(over: Over) -> Subject {
    match over {
        Over::Lines => Subject::Line,
        Over::Settlements => Subject::Settlement,
        Over::Encounters => Subject::Encounter,
        Over::Stays => Subject::StayPair,
    }
}
