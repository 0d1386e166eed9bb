//! Settlements against the benefit policy.

use crate::compile::{Compiled, Compiler, spec_of};
use crate::parse::question::{Asked, Question};
use crate::plan::Shape;

impl Compiler<'_> {
    pub(crate) fn benefit(&self, question: &Question) -> Option<Compiled> {
        let Asked::Test { word: Some(word), .. } = &question.asked else { return None };
        if word.value != "settlement" {
            return self.unknown_test(word, &["settlement"]);
        }
        let tolerance = self.param("tolerance", "yuan", word.spot)?;
        Some(Compiled { shape: Shape::Settlement { tolerance }, row: spec_of("benefit_kind") })
    }
}
