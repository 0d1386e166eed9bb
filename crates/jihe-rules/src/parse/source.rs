//! A text file of a pack and places in it.

use std::sync::OnceLock;

use unicode_width::UnicodeWidthStr;

use crate::diagnostic::Excerpt;

/// Bytes `start..end` of a file.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Spot {
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Spot {
    pub(crate) fn new(start: usize, end: usize) -> Self {
        Self { start, end: end.max(start) }
    }

    /// From the beginning of this to the end of `other`.
    pub(crate) fn to(self, other: Self) -> Self {
        Self::new(self.start, other.end)
    }

    /// The same piece in a text that begins at `base`.
    pub(crate) fn shifted(self, base: usize) -> Self {
        Self::new(self.start.saturating_add(base), self.end.saturating_add(base))
    }
}

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct At<T> {
    pub(crate) value: T,
    pub(crate) spot: Spot,
}

/// A text of a TOML file, perhaps an expression or a sentence.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    pub(crate) value: String,
    /// The value with its quotes.
    pub(crate) spot: Spot,
    /// Where the text itself begins, if the file holds it without escapes.
    pub(crate) base: Option<usize>,
}

impl Text {
    /// The place of a piece of the text in the file.
    pub(crate) fn locate(&self, piece: Spot) -> Spot {
        self.base.map_or(self.spot, |base| piece.shifted(base))
    }
}

/// A file that was read.
#[derive(Debug)]
pub(crate) struct SourceFile {
    /// Its name in messages: the pack folder as given and the name inside.
    pub(crate) shown: String,
    /// Its name inside the pack, with `/`.
    pub(crate) inner: String,
    pub(crate) text: String,
    /// Where lines begin: asked for where there is a fault.
    line_starts: OnceLock<Vec<usize>>,
}

/// Bytes of a line beyond which nothing of it is shown.
const MAX_LINE: usize = 64 * 1024;

/// Characters of a long line that are shown.
const EXCERPT_CHARS: usize = 120;

impl SourceFile {
    pub(crate) fn new(shown: String, inner: String, text: String) -> Self {
        Self { shown, inner, text, line_starts: OnceLock::new() }
    }

    fn line_starts(&self) -> &[usize] {
        self.line_starts.get_or_init(|| {
            let ends = self.text.match_indices('\n');
            let starts = ends.map(|(place, _)| place.saturating_add(1));
            std::iter::once(0).chain(starts).collect()
        })
    }

    /// Line and column (in characters) of a byte, both from 1.
    pub(crate) fn place(&self, offset: usize) -> (u32, u32) {
        let (line, start) = self.line_of(offset);
        let before = self.text.get(start..self.boundary(offset)).unwrap_or("");
        let number = |count: usize| u32::try_from(count.saturating_add(1)).unwrap_or(u32::MAX);
        (number(line), number(before.chars().count()))
    }

    /// The place of a line in `line_starts`, and its first byte.
    fn line_of(&self, offset: usize) -> (usize, usize) {
        let starts = self.line_starts();
        let line = starts.partition_point(|&start| start <= offset).saturating_sub(1);
        (line, starts.get(line).copied().unwrap_or(0))
    }

    /// The nearest beginning of a character at or before a byte.
    fn boundary(&self, offset: usize) -> usize {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset = offset.saturating_sub(1);
        }
        offset
    }

    /// The line around a place, ready to be shown; `None` for an empty file.
    pub(crate) fn excerpt(&self, spot: Spot) -> Option<Excerpt> {
        let (_, line_start) = self.line_of(spot.start);
        let line = self.text.get(line_start..)?.lines().next()?;
        if MAX_LINE < line.len() {
            return None;
        }
        let place = self.boundary(spot.start).saturating_sub(line_start).min(line.len());
        let end = self.boundary(spot.end).saturating_sub(line_start).clamp(place, line.len());
        let n_before = line.get(..place)?.chars().count();
        let n_skipped = n_before.saturating_sub(EXCERPT_CHARS.saturating_div(2));
        let shown = |text: &str| -> String {
            text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
        };
        let text: String = line.chars().skip(n_skipped).take(EXCERPT_CHARS).collect();
        let before: String = line.get(..place)?.chars().skip(n_skipped).collect();
        let marked: String = line.get(place..end)?.chars().take(EXCERPT_CHARS).collect();
        Some(Excerpt {
            text: shown(&text),
            before: shown(&before).width(),
            width: shown(&marked).width().max(1),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_counts_characters_and_the_mark_counts_columns() {
        let text = "a = 1\nzh = \"医保x\"\n".to_owned();
        let start = text.find('x').unwrap();
        let file = SourceFile::new("f".into(), "f".into(), text);
        assert_eq!(file.place(start), (2, 9));
        let excerpt = file.excerpt(Spot::new(start, start + 1)).unwrap();
        assert_eq!((excerpt.before, excerpt.width), (10, 1));
        assert_eq!(file.place(9_999).0, 3);
    }
}
