//! Stock.

use crate::compile::{Compiled, Compiler};
use crate::parse::question::{Asked, Question};
use crate::plan::Shape;

impl Compiler<'_> {
    pub(crate) fn stock(&self, question: &Question) -> Option<Compiled> {
        if let Asked::Line { .. } = &question.asked {
            return self.line(question);
        }
        let Asked::Test { word: Some(word), .. } = &question.asked else { return None };
        let shape = match word.value.as_str() {
            "sold-over" => {
                Shape::SoldOverStock { tolerance: self.param("tolerance", "ratio", word.spot)? }
            }
            "never-bought" => Shape::NeverBought { days: self.param("days", "day", word.spot)? },
            _ => return self.unknown_test(word, &["sold-over", "never-bought"]),
        };
        Some(Compiled { shape, row: None })
    }
}
