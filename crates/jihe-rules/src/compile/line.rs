//! One line against tables.

use jihe_catalogue::TableSpec;

use crate::check::names::Subject;
use crate::check::typing::Wanted;
use crate::compile::{Compiled, Compiler, UNITS};
use crate::parse::question::{Asked, Question, RawCut};
use crate::parse::source::Text;
use crate::plan::{CutRule, Lookup, Shape};

impl Compiler<'_> {
    pub(crate) fn line(&self, question: &Question) -> Option<Compiled> {
        let Asked::Line { table, matching, test, none_of, unlisted, cut } = &question.asked else {
            return None;
        };
        let spec = table.as_ref().map(|table| self.item_table(table));
        // Without a usable table every row name would be reported again.
        let broken = matches!(spec, Some(None));
        let spec = spec.flatten();
        if broken {
            return None;
        }
        let row = spec.as_ref();
        let matching =
            matching.as_ref().map(|text| self.expr(text, Subject::Line, row, Wanted::Bool));
        let test_expr = test.as_ref().and_then(|text| {
            let expr = self.expr(text, Subject::Line, row, Wanted::Bool)?;
            self.not_constant(&expr, text, "the test");
            Some(expr)
        });
        // No row was met, so that none can be shown or cut to.
        let shown = if *none_of { None } else { spec.clone() };
        let cut = self.cut(cut, shown.as_ref());
        let matching = match matching {
            None => None,
            Some(matching) => Some(matching?),
        };
        let lookup = spec.map(|spec| Lookup { table: spec.name, matching });
        let shape = Shape::LineTest {
            lookup,
            test: test_expr?,
            none_of: *none_of,
            unlisted: *unlisted,
            cut: cut?,
        };
        Some(Compiled { shape, row: shown })
    }

    fn cut(&self, cut: &RawCut, row: Option<&TableSpec>) -> Option<CutRule> {
        let number = |text: &Text, wanted| self.not_negative(text, Subject::Line, row, wanted);
        match cut {
            RawCut::Whole => Some(CutRule::Whole),
            RawCut::None => Some(CutRule::None),
            RawCut::Price(text) => number(text, Wanted::Number(6)).map(CutRule::Price),
            RawCut::Amount(text) => number(text, Wanted::Number(2)).map(CutRule::Amount),
            RawCut::Units(text) => number(text, UNITS).map(CutRule::Units),
            RawCut::Broken => None,
        }
    }
}
