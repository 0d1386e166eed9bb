//! Expression text to tokens.

use winnow::Parser;
use winnow::combinator::{alt, preceded, repeat};
use winnow::stream::{LocatingSlice, Location, Stream};
use winnow::token::{any, none_of, one_of, take_while};

use crate::parse::source::Spot;

/// What a token is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    /// A name, a dotted name or a keyword.
    Word(String),
    /// A text in single quotes, without them.
    Text(String),
    /// Digits, perhaps with a point.
    Number(String),
    /// A sign.
    Sign(&'static str),
}

/// A token and its place in the expression.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) spot: Spot,
}

type Input<'a> = LocatingSlice<&'a str>;
type Failure = winnow::error::ContextError;

/// Splits a text into tokens.
///
/// # Errors
///
/// The place of the first byte that begins no token.
pub(crate) fn tokens(text: &str) -> Result<Vec<Token>, Spot> {
    let mut input = LocatingSlice::new(text);
    let mut found = Vec::new();
    loop {
        spaces(&mut input);
        if input.is_empty() {
            return Ok(found);
        }
        let start = input.current_token_start();
        let Ok((kind, range)) = token.with_span().parse_next(&mut input) else {
            let width = text.get(start..).and_then(|rest| rest.chars().next());
            let width = width.map_or(1, char::len_utf8);
            return Err(Spot::new(start, start.saturating_add(width)));
        };
        found.push(Token { kind, spot: Spot::new(range.start, range.end) });
    }
}

fn spaces(input: &mut Input<'_>) {
    let blank = |letter: char| matches!(letter, ' ' | '\t' | '\r' | '\n');
    let n_blank = input.chars().take_while(|&letter| blank(letter)).count();
    let _ = input.next_slice(n_blank);
}

fn token(input: &mut Input<'_>) -> Result<Kind, Failure> {
    alt((word, text, number, sign)).parse_next(input)
}

fn word(input: &mut Input<'_>) -> Result<Kind, Failure> {
    let rest = take_while(0.., |letter: char| {
        letter.is_ascii_alphanumeric() || letter == '_' || letter == '.'
    });
    (one_of(|letter: char| letter.is_ascii_alphabetic() || letter == '_'), rest)
        .take()
        .map(|name: &str| Kind::Word(name.to_owned()))
        .parse_next(input)
}

fn text(input: &mut Input<'_>) -> Result<Kind, Failure> {
    let letter = alt((preceded('\'', '\''), none_of('\'')));
    (any.verify(|&quote| quote == '\''), repeat(0.., letter), '\'')
        .map(|(_, letters, _): (char, String, char)| Kind::Text(letters))
        .parse_next(input)
}

fn number(input: &mut Input<'_>) -> Result<Kind, Failure> {
    let digits = || take_while(1.., |letter: char| letter.is_ascii_digit());
    alt(((digits(), '.', digits()).take(), digits().take()))
        .map(|number: &str| Kind::Number(number.to_owned()))
        .parse_next(input)
}

fn sign(input: &mut Input<'_>) -> Result<Kind, Failure> {
    let comparison = alt((
        "<>".value("<>"),
        "<=".value("<="),
        ">=".value(">="),
        "<".value("<"),
        ">".value(">"),
        "=".value("="),
    ));
    let other = alt((
        "+".value("+"),
        "-".value("-"),
        "*".value("*"),
        "(".value("("),
        ")".value(")"),
        ",".value(","),
    ));
    alt((comparison, other)).map(Kind::Sign).parse_next(input)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_keep_doubled_quotes_and_places() {
        let found = tokens("a.b<>'it''s 医' 12.50").unwrap();
        let kinds: Vec<_> = found.iter().map(|token| token.kind.clone()).collect();
        assert_eq!(
            kinds,
            [
                Kind::Word("a.b".into()),
                Kind::Sign("<>"),
                Kind::Text("it's 医".into()),
                Kind::Number("12.50".into())
            ]
        );
        assert_eq!(found[2].spot, Spot::new(5, 16));
    }

    #[test]
    fn a_stray_sign_or_open_text_is_no_token() {
        for (text, start) in [("a ; b", 2), ("'open", 0), ("“a”", 0), ("a = 1 # b", 6)] {
            assert_eq!(tokens(text).unwrap_err().start, start, "{text}");
        }
    }
}
