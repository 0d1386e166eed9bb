//! Items for some diagnoses: a set of diagnoses for each wording.
//!
//! Official sheets word an indication and give no codes. All items of one wording get one set, whose
//! name is the wording; where the sheet has codes of diagnoses beside it, the set gets them. A set
//! without codes says nothing until its pack has rows of `diagnosis_set`: no code is guessed.

use std::collections::BTreeSet;

use jihe_terms::Day;

use crate::basis::Document;
use crate::cell::{Cell, is_blank, narrow};
use crate::class::Class;
use crate::entry::{Entry, Outcome};
use crate::header::Role;
use crate::place::Refused;
use crate::point::Point;
use crate::shape;

/// The name of a point's set: its wording without blanks and full stop.
///
/// # Errors
///
/// If the point has no wording.
pub(crate) fn set(point: &Point) -> Result<String, Refused> {
    let tight: String =
        point.text(Role::Wording).chars().filter(|&letter| !is_blank(letter)).collect();
    let name = narrow(&tight);
    let bare = name.trim_end_matches(['。', ';', '.']);
    if bare.is_empty() {
        return Err(point.refuse(Role::Wording, "indication is missing"));
    }
    Ok(bare.to_owned())
}

/// The diagnoses of a point's set; nothing where the sheet has no column of them. Where one of its
/// set is no code, none is taken: part of a set would speak against patients with the rest.
pub(crate) fn diagnoses(
    point: &Point,
    document: &Document,
    (from, until): (Day, Option<Day>),
) -> Vec<Outcome> {
    let Ok(set) = set(point) else { return Vec::new() };
    let cells = codes_of(point);
    let is_whole = !document.broken_sets.contains(&set);
    let entry = |code: &str| {
        let entry = Entry {
            shape: &shape::DIAGNOSIS_SET,
            key: vec![set.clone(), code.to_owned()],
            values: vec![Vec::new()],
            from,
            until,
            basis: document.basis(point, &point.place, ""),
            place: point.place.clone(),
        };
        let unfit =
            |reason: &str| point.place.refuse(point.header.name(Role::Diagnoses), reason, code);
        match diagnosis(code) {
            Err(reason) => Err(unfit(reason)),
            Ok(()) if !is_whole => Err(unfit("another diagnosis of the set is not taken: none is")),
            Ok(()) => Ok(entry),
        }
    };
    // Codes with an asterisk begin with what stands before it, and so do those that it may stand for.
    let begin = |cell: &Cell| match cell.text().strip_suffix('*') {
        Some(begin) => entry(begin.trim_end_matches(['*', '.'])),
        None => entry(cell.text()),
    };
    cells.iter().map(begin).collect()
}

/// The cells of the codes of a point.
fn codes_of(point: &Point) -> Vec<Cell> {
    let codes = point.text(Role::Diagnoses).split(['|', '\n', ';', '；', '、', ',', '，']);
    codes.map(Cell::of_text).filter(|cell| !cell.is_empty()).collect()
}

/// The sets of which some code, in whatever row, is none.
pub(crate) fn broken_sets(points: &[Point]) -> BTreeSet<String> {
    let is_broken = |point: &&Point| {
        point.class == Class::Indication
            && codes_of(point).iter().any(|cell| diagnosis(cell.text()).is_err())
    };
    points.iter().filter(is_broken).filter_map(|point| set(point).ok()).collect()
}

/// Tells whether a text is a code of ICD-10, or the beginning of one: `I10`, `E11.900x001`, `C`.
fn diagnosis(code: &str) -> Result<(), &'static str> {
    let Some((&first, rest)) = code.as_bytes().split_first() else {
        return Err("code is missing");
    };
    if code.contains(['-', '~', '—', '至']) {
        return Err("a range of diagnoses: name each beginning");
    }
    let fits = |byte: &u8| byte.is_ascii_digit() || b".x+*".contains(byte);
    let good = first.is_ascii_uppercase() && rest.len() < 20 && rest.iter().all(fits);
    if good { Ok(()) } else { Err("not a code of ICD-10") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diagnosis_is_a_code_or_its_beginning() {
        for (code, good) in [
            ("I10", true),
            ("O", true),
            ("E11.900x001", true),
            ("M07.0*", true),
            ("C00-C97", false),
            ("高血压", false),
            ("i10", false),
        ] {
            assert_eq!(diagnosis(code).is_ok(), good, "{code}");
        }
    }
}
