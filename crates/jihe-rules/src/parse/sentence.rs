//! Sentences with holes: `项目 {hilist_code} 限 {max}`; `{{` and `}}` are braces.

use crate::parse::sink::Fault;
use crate::parse::source::Spot;

/// A piece of a sentence.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum RawPiece {
    /// Words.
    Text(String),
    /// What stands in a hole, and where in the sentence.
    Hole(String, Spot),
}

/// Splits a sentence.
///
/// # Errors
///
/// A brace without its partner.
pub(crate) fn pieces(text: &str) -> Result<Vec<RawPiece>, (Spot, Fault)> {
    let mut pieces = Vec::new();
    let mut words = String::new();
    let mut letters = text.char_indices().peekable();
    while let Some((place, letter)) = letters.next() {
        let doubled = letters.peek().is_some_and(|&(_, next)| next == letter);
        match letter {
            '{' | '}' if doubled => {
                words.push(letter);
                letters.next();
            }
            '{' => {
                let start = place.saturating_add(1);
                let rest = text.get(start..).unwrap_or("");
                let Some(length) = rest.find('}') else {
                    return Err((Spot::new(place, text.len()), brace("hole is not closed: {")));
                };
                let end = start.saturating_add(length);
                if !words.is_empty() {
                    pieces.push(RawPiece::Text(std::mem::take(&mut words)));
                }
                let hole = text.get(start..end).unwrap_or("").to_owned();
                pieces.push(RawPiece::Hole(hole, Spot::new(start, end)));
                while letters.next_if(|&(at, _)| at <= end).is_some() {}
            }
            '}' => {
                let spot = Spot::new(place, place.saturating_add(1));
                return Err((spot, brace("brace closes nothing: }")));
            }
            _ => words.push(letter),
        }
    }
    if !words.is_empty() {
        pieces.push(RawPiece::Text(words));
    }
    Ok(pieces)
}

fn brace(what: &str) -> Fault {
    Fault::new("sentence", what)
        .why("{name} stands for a value of the finding")
        .todo("close the hole, or double the brace to mean the sign itself")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_and_doubled_braces_are_told_apart() {
        let found = pieces("限{max}，{{注}} {day}").unwrap();
        assert_eq!(
            found,
            [
                RawPiece::Text("限".into()),
                RawPiece::Hole("max".into(), Spot::new(4, 7)),
                RawPiece::Text("，{注} ".into()),
                RawPiece::Hole("day".into(), Spot::new(20, 23)),
            ]
        );
        assert!(pieces("a {b").is_err() && pieces("a } b").is_err());
    }
}
