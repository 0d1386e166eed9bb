//! What to say about an expression that does not parse.

use crate::parse::sink::Fault;
use crate::parse::source::Spot;
use crate::parse::syntax::MAX_DEPTH;
use crate::parse::token::{Kind, Token};

pub(crate) fn stray(text: &str, spot: Spot) -> Fault {
    let piece = text.get(spot.start..spot.end).unwrap_or("");
    let todo = match piece {
        "'" => "close the text with a single quote; a quote inside is doubled",
        "\"" | "“" | "”" | "‘" | "’" => "texts stand in plain single quotes: '103'",
        "!" => "write <> for unequal, not for negation",
        "/" => "there is no division; multiply the other side",
        "%" => "a % stands only at the end of a like pattern",
        _ => "use names, numbers, 'texts', = <> < <= > >=, and or not, in, between, like, + - *",
    };
    let what = format!("character does not belong here: {}", piece.escape_debug());
    Fault::new("syntax", what).why("expressions are SQL's scalar syntax").todo(todo)
}

pub(crate) fn expected(what: &str, found: Option<&Token>) -> Fault {
    let found = found.map_or_else(
        || "the end".to_owned(),
        |token| match &token.kind {
            Kind::Word(word) => word.chars().take(40).collect(),
            Kind::Text(text) => format!("'{}'", text.chars().take(40).collect::<String>()),
            Kind::Number(number) => number.chars().take(40).collect(),
            Kind::Sign(sign) => (*sign).to_owned(),
        },
    );
    Fault::new("syntax", format!("expected {what}, found: {found}"))
        .why("expressions are SQL's scalar syntax")
        .todo("complete the expression, or put parentheses where they are missing")
}

pub(crate) fn too_deep() -> Fault {
    Fault::new("too-deep", format!("expression is nested deeper than {MAX_DEPTH}"))
        .why("deep nesting is unreadable and would exhaust the stack")
        .todo("drop needless parentheses, or split the rule")
}
