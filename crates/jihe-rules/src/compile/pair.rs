//! Lines together.

use crate::check::nearest::suggestion;
use crate::compile::{Compiled, Compiler};
use crate::parse::question::{Asked, Question};
use crate::parse::sink::Fault;
use crate::plan::Shape;

/// The tables of pairs: services in services, consumables in services.
const PAIRS: [&str; 2] = ["contained", "contained_consumable"];

impl Compiler<'_> {
    pub(crate) fn pair(&self, question: &Question) -> Option<Compiled> {
        let shape = match &question.asked {
            Asked::Contained { table } if PAIRS.contains(&table.value.as_str()) => {
                Shape::Contained { table: table.value.clone() }
            }
            Asked::Contained { table } => {
                let fault = Fault::new("unknown-table", "table has no pairs of items")
                    .why("pairs stand in a table with item_a, item_b and window")
                    .todo(suggestion(&table.value, &PAIRS));
                self.context.error(table.spot, fault);
                return None;
            }
            Asked::Test { word, .. } => match word.as_ref()? {
                word if word.value == "same-line" => Shape::SameLine,
                word => return self.unknown_test(word, &["same-line"]),
            },
            Asked::Line { .. }
            | Asked::Sum { .. }
            | Asked::Period { .. }
            | Asked::StaySums { .. }
            | Asked::EmptyBed { .. }
            | Asked::Ratio(_) => return None,
        };
        Some(Compiled { shape, row: None })
    }
}
