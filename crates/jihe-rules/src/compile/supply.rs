//! Days of medicine.

use crate::compile::{Compiled, Compiler};
use crate::parse::question::{Asked, Question};
use crate::plan::Shape;

impl Compiler<'_> {
    pub(crate) fn supply(&self, question: &Question) -> Option<Compiled> {
        let Asked::Test { word: Some(word), .. } = &question.asked else { return None };
        let shape = match word.value.as_str() {
            "over-supply" => Shape::OverSupply,
            "early-refill" => {
                let allowance = self.param("allowance_days", "day", word.spot);
                let chronic_allowance = self.param("chronic_allowance_days", "day", word.spot);
                Shape::EarlyRefill { allowance: allowance?, chronic_allowance: chronic_allowance? }
            }
            _ => return self.unknown_test(word, &["over-supply", "early-refill"]),
        };
        Some(Compiled { shape, row: None })
    }
}
