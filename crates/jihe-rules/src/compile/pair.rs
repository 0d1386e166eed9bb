//! Lines together.

use crate::check::nearest::suggestion;
use crate::compile::{Compiled, Compiler};
use crate::parse::question::{Asked, Question};
use crate::parse::sink::Fault;
use crate::parse::source::Text;
use crate::plan::{PairKind, Shape};

impl Compiler<'_> {
    pub(crate) fn pair(&self, question: &Question) -> Option<Compiled> {
        let shape = match &question.asked {
            Asked::Pairs { kind, table } => self.of_pairs(*kind, table)?,
            Asked::Test { word, .. } => match word.as_ref()? {
                word if word.value == "same-line" => Shape::SameLine,
                word if word.value == "settled-twice" => Shape::SettledTwice,
                word => return self.unknown_test(word, &["same-line", "settled-twice"]),
            },
            Asked::Line { .. }
            | Asked::Sum { .. }
            | Asked::Count { .. }
            | Asked::Period { .. }
            | Asked::SupplyLimit { .. }
            | Asked::StaySums { .. }
            | Asked::EmptyBed { .. }
            | Asked::Ratio(_)
            | Asked::Conditions { .. } => return None,
        };
        Some(Compiled { shape, row: None })
    }

    fn of_pairs(&self, kind: PairKind, table: &Text) -> Option<Shape> {
        let known = PairKind::ALL.into_iter().find(|(it, ..)| *it == kind);
        let known = known.map_or(&[][..], |(.., tables)| tables);
        if !known.contains(&table.value.as_str()) {
            let fault = Fault::new("unknown-table", "table does not hold what is asked for")
                .why(format!("it stands in: {}", known.join(", ")))
                .todo(suggestion(&table.value, known));
            self.context.error(table.spot, fault);
            return None;
        }
        let table = table.value.clone();
        Some(match kind {
            PairKind::Contained => Shape::Contained { table },
            PairKind::Split => Shape::Split { table },
            PairKind::Discounted => Shape::Discounted { table },
            PairKind::Companion => Shape::Companion { table },
            PairKind::Incompatible => Shape::Incompatible { table },
        })
    }
}
