//! Columns of a header: of one row, or of two where cells of the upper one span several columns.

use crate::cell::{Cell, CodeOf, code, is_blank, narrow};
use crate::header::names::{Role, role_of};
use crate::sheet::SheetRow;

/// A column by its name without blanks, what it means, and all words above it.
pub(super) type Column = (String, Option<Role>, String);

/// The columns of one row.
pub(super) fn of_row(row: &SheetRow) -> Vec<Column> {
    let column = |cell: &Cell| {
        let name = tight(cell);
        let role = role_of(&narrow(&name));
        (name.clone(), role, name)
    };
    row.cells.iter().map(column).collect()
}

/// The columns of a row with the one below it, each named by the lower row where it has a word and
/// meaning what both say; none if the lower row is no part of the header.
pub(super) fn of_two_rows(upper: &SheetRow, lower: &SheetRow) -> Option<Vec<Column>> {
    let (above, below) = (of_row(upper), of_row(lower));
    if !lower.cells.iter().all(is_word) {
        return None;
    }
    let name =
        |columns: &[Column], at: usize| columns.get(at).map_or("", |(name, ..)| name).to_owned();
    let mut spanning = String::new();
    let (mut columns, mut names_any) = (Vec::new(), false);
    for at in 0..above.len().max(below.len()) {
        let (top, word) = (name(&above, at), name(&below, at));
        if !top.is_empty() {
            spanning.clone_from(&top);
        }
        let own = above.get(at).and_then(|&(_, role, _)| role);
        if word.is_empty() {
            columns.push((top.clone(), own, top));
            continue;
        }
        let next = at.saturating_add(1);
        let spans = name(&above, next).is_empty() && !name(&below, next).is_empty();
        if own.is_some() && !spans {
            return None;
        }
        let words = format!("{spanning}{word}");
        let both = role_of(&narrow(&words));
        let role = both.or_else(|| below.get(at).and_then(|&(_, role, _)| role));
        names_any |= role.is_some();
        columns.push((word, role, words));
    }
    names_any.then_some(columns)
}

/// Tells whether a cell may stand in a header: it is empty or words, no number, day or code.
fn is_word(cell: &Cell) -> bool {
    match cell {
        Cell::Empty => true,
        Cell::Text(text) => {
            !text.starts_with(|letter: char| letter.is_ascii_digit())
                && code(cell, CodeOf::Nation).is_err()
        }
        Cell::Number(_) | Cell::Date(_) => false,
    }
}

fn tight(cell: &Cell) -> String {
    cell.text().chars().filter(|&letter| !is_blank(letter)).collect()
}
