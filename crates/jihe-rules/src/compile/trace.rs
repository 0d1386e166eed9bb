//! Trace codes.

use crate::compile::{Compiled, Compiler};
use crate::parse::question::{Asked, Question};
use crate::plan::Shape;

impl Compiler<'_> {
    pub(crate) fn trace(&self, question: &Question) -> Option<Compiled> {
        let Asked::Test { word: Some(word), .. } = &question.asked else { return None };
        match word.value.as_str() {
            "reused" => Some(Compiled { shape: Shape::TraceReused, row: None }),
            _ => self.unknown_test(word, &["reused"]),
        }
    }
}
