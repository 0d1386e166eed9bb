//! Days of medicine.

use crate::check::names::Subject;
use crate::check::typing::Wanted;
use crate::compile::{Compiled, Compiler};
use crate::parse::question::{Asked, Question, RawCase};
use crate::parse::sink::Fault;
use crate::plan::{Shape, SupplyCase};

const TESTS: [&str; 3] = ["over-supply", "early-refill", "over-dose"];

impl Compiler<'_> {
    pub(crate) fn supply(&self, question: &Question) -> Option<Compiled> {
        if let Asked::SupplyLimit { limits } = &question.asked {
            return self.supply_limits(question, limits);
        }
        let Asked::Test { word: Some(word), .. } = &question.asked else { return None };
        let shape = match word.value.as_str() {
            "over-supply" => Shape::OverSupply,
            "early-refill" => {
                let allowance = self.param("allowance_days", "day", word.spot);
                let chronic_allowance = self.param("chronic_allowance_days", "day", word.spot);
                Shape::EarlyRefill { allowance: allowance?, chronic_allowance: chronic_allowance? }
            }
            "over-dose" => Shape::OverDose,
            _ => return self.unknown_test(word, &TESTS),
        };
        Some(Compiled { shape, row: None })
    }

    /// Limits in their order: only the last one holds without a condition.
    fn supply_limits(&self, question: &Question, limits: &[RawCase]) -> Option<Compiled> {
        let Some((last, others)) = limits.split_last() else {
            let fault = Fault::new("missing", "limits are missing")
                .why("the rule compares days of medicine with them")
                .todo("write limits = [{ days = \"…\" }]");
            self.context.error(question.spot, fault);
            return None;
        };
        for case in others.iter().filter(|case| case.when.is_none()) {
            let fault = Fault::new("conflict", "a limit without a condition is not the last")
                .why("those after it would never hold")
                .todo("give it a when, or move it to the end");
            self.context.error(case.days.spot, fault);
        }
        if let Some(when) = &last.when {
            let fault = Fault::new("conflict", "the last limit has a condition")
                .why("every line of the scope has a limit; what has none is left out by the scope")
                .todo("add a last limit without when");
            self.context.error(when.spot, fault);
        }
        let case = |raw: &RawCase| {
            let when = raw.when.as_ref().map(|text| {
                let when = self.expr(text, Subject::Line, None, Wanted::Bool)?;
                self.not_constant(&when, text, "when");
                Some(when)
            });
            let days = self.not_negative(&raw.days, Subject::Line, None, Wanted::Number(0));
            let when = match when {
                None => None,
                Some(when) => Some(when?),
            };
            Some(SupplyCase { when, days: days? })
        };
        let limits: Option<Vec<SupplyCase>> = limits.iter().map(case).collect();
        Some(Compiled { shape: Shape::SupplyLimit { limits: limits? }, row: None })
    }
}
