//! Stock.

use crate::compile::{Compiled, Compiler};
use crate::parse::question::{Asked, Question};
use crate::plan::Shape;

impl Compiler<'_> {
    pub(crate) fn stock(&self, question: &Question) -> Option<Compiled> {
        let Asked::Test { word: Some(word), .. } = &question.asked else { return None };
        if word.value != "sold-over" {
            return self.unknown_test(word, &["sold-over"]);
        }
        let tolerance = self.param("tolerance", "ratio", word.spot)?;
        Some(Compiled { shape: Shape::SoldOverStock { tolerance }, row: None })
    }
}
