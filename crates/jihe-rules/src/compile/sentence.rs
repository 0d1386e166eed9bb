//! The sentences of a finding: holes to values.

use jihe_catalogue::TableSpec;

use crate::check::names::Subject;
use crate::check::nearest::suggestion;
use crate::check::typing::Wanted;
use crate::compile::{Compiled, Compiler, spec_of};
use crate::expr::Expr;
use crate::parse::question::Asked;
use crate::parse::sentence::{RawPiece, pieces};
use crate::parse::sink::Fault;
use crate::parse::source::{Spot, Text};
use crate::plan::{Piece, Shape};

/// Names known for every finding.
const BASIC: [&str; 8] =
    ["hilist_code", "item_name", "fixmedins_code", "mdtrt_id", "day", "cnt", "pric", "amount"];

/// Expressions that the sentences of a line test may show.
const MAX_VALUES: usize = 4;

/// Pieces in Chinese, in English, and the expressions that they show.
pub(crate) type Sentences = (Vec<Piece>, Vec<Piece>, Vec<Expr>);

impl Compiler<'_> {
    /// Reads both sentences.
    pub(crate) fn sentences(&self, compiled: &Compiled, subject: Subject) -> Option<Sentences> {
        let mut values = Vec::new();
        let zh = self.rule.zh.as_ref().map(|text| self.one(text, compiled, subject, &mut values));
        let en = self.rule.en.as_ref().map(|text| self.one(text, compiled, subject, &mut values));
        Some((zh??, en??, values))
    }

    /// Reads the sentences of a rule whose question has faults, so that theirs are told as well.
    pub(crate) fn lone_sentences(&self, subject: Subject) {
        let asked = self.rule.question.as_ref().map(|question| &question.asked);
        let table = match asked {
            Some(Asked::Line { table, none_of: false, .. }) => Some(table.as_ref()),
            Some(Asked::Line { none_of: true, .. }) => Some(None),
            _ => None,
        };
        let row = table.flatten().and_then(|table| spec_of(&table.value));
        for text in [&self.rule.zh, &self.rule.en].into_iter().flatten() {
            let raw = pieces(&text.value).unwrap_or_else(|(spot, fault)| {
                self.context.error(text.locate(spot), fault);
                Vec::new()
            });
            // Without a good question only the sentences of lines have values that are known.
            if table.is_none() || table.flatten().is_some() && row.is_none() {
                continue;
            }
            for piece in raw {
                if let RawPiece::Hole(name, spot) = piece
                    && !BASIC.contains(&name.as_str())
                {
                    self.expr(&hole(text, &name, spot), subject, row.as_ref(), Wanted::Any);
                }
            }
        }
    }

    fn one(
        &self,
        text: &Text,
        compiled: &Compiled,
        subject: Subject,
        values: &mut Vec<Expr>,
    ) -> Option<Vec<Piece>> {
        let raw = match pieces(&text.value) {
            Ok(raw) => raw,
            Err((spot, fault)) => {
                self.context.error(text.locate(spot), fault);
                return None;
            }
        };
        let read: Vec<_> = raw
            .into_iter()
            .map(|piece| match piece {
                RawPiece::Text(words) => Some(Piece::Text(words)),
                RawPiece::Hole(name, spot) => {
                    if let Some(basic) = BASIC.into_iter().find(|&basic| basic == name) {
                        return Some(Piece::Basic(basic));
                    }
                    let hole = hole(text, &name, spot);
                    if matches!(compiled.shape, Shape::LineTest { .. } | Shape::StaySums { .. }) {
                        self.shown(&hole, compiled.row.as_ref(), subject, values)
                    } else {
                        self.named(&hole, &compiled.shape)
                    }
                }
            })
            .collect();
        read.into_iter().collect()
    }

    /// A value that findings of this shape carry.
    fn named(&self, hole: &Text, shape: &Shape) -> Option<Piece> {
        let names = shape.value_names();
        if let Some(place) = names.iter().position(|name| *name == hole.value) {
            return Some(Piece::Value(place));
        }
        let known: Vec<&str> = names.iter().copied().chain(BASIC).collect();
        let shown: String = hole.value.chars().take(60).collect();
        let fault = Fault::new("unknown-name", format!("findings have no such value: {shown}"))
            .why("a sentence shows the numbers of its finding")
            .todo(suggestion(&hole.value, &known));
        self.context.error(hole.spot, fault);
        None
    }

    /// An expression over the hit line.
    fn shown(
        &self,
        hole: &Text,
        row: Option<&TableSpec>,
        subject: Subject,
        values: &mut Vec<Expr>,
    ) -> Option<Piece> {
        let expr = self.expr(hole, subject, row, Wanted::Any)?;
        if let Some(place) = values.iter().position(|other| *other == expr) {
            return Some(Piece::Value(place));
        }
        if MAX_VALUES <= values.len() {
            let fault = Fault::new("too-large", format!("more than {MAX_VALUES} values are shown"))
                .why("a sentence is read by people")
                .todo("show fewer values");
            self.context.error(hole.spot, fault);
            return None;
        }
        values.push(expr);
        values.len().checked_sub(1).map(Piece::Value)
    }
}

/// The text in a hole, with its place in the file.
fn hole(text: &Text, name: &str, spot: Spot) -> Text {
    let base = text.base.map(|base| base.saturating_add(spot.start));
    Text { value: name.to_owned(), spot: text.locate(spot), base }
}
