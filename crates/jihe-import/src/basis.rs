//! The two columns that every row gets from its place: its first day and its basis.

use std::collections::BTreeSet;

use jihe_terms::Day;

use crate::header::Role;
use crate::place::{Place, Refused};
use crate::point::Point;

/// The day the Regulation took effect (Order 735, art. 50): the first day of a row that has none.
const REGULATION_IN_FORCE: (i32, u32, u32) = (2021, 5, 1);

/// The file an import reads, and what its rows get where they are silent.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    /// Name of the file.
    pub(crate) file: String,
    /// First day of every row, if the caller says so.
    pub(crate) from: Option<Day>,
    /// Discount of operations, in millionths, if the caller says so.
    pub(crate) discount_ppm: Option<i64>,
    /// Sets of diagnoses of which one is no code.
    pub(crate) broken_sets: BTreeSet<String>,
}

impl Document {
    /// The first day of a point's rows, and the first on which they no longer hold.
    ///
    /// # Errors
    ///
    /// If one of the sheet's days is none, or the point ends before it begins.
    pub(crate) fn days(&self, point: &Point) -> Result<(Day, Option<Day>), Refused> {
        let from = self.first_day(point)?;
        let own = match point.text(Role::Until) {
            "" => None,
            _ => Some(day(point, Role::Until)?),
        };
        let until = match (own, point.replaced) {
            (Some(own), Some(replaced)) => Some(own.min(replaced)),
            (own, replaced) => own.or(replaced),
        };
        if until.is_some_and(|until| until <= from) {
            return Err(
                point.refuse(Role::Until, "it ends before it begins: correct one of the two days")
            );
        }
        Ok((from, until))
    }

    /// The first day of a point's rows.
    ///
    /// # Errors
    ///
    /// If its day of publication is none.
    pub(crate) fn first_day(&self, point: &Point) -> Result<Day, Refused> {
        if let Some(day) = self.from {
            return Ok(day);
        }
        if point.text(Role::Published).is_empty() {
            let (year, month, day) = REGULATION_IN_FORCE;
            return Ok(Day::from_civil(year, month, day).unwrap_or(Day::from_epoch(0)));
        }
        day(point, Role::Published)
    }

    /// Tells whether the first day of a point's rows is neither said nor published.
    pub(crate) fn is_silent(&self, point: &Point) -> bool {
        self.from.is_none() && point.text(Role::Published).is_empty()
    }

    /// Document and row, of the original where the sheet is a copy.
    pub(crate) fn basis(&self, point: &Point, place: &Place, remark: &str) -> String {
        let source = point.text(Role::Source);
        let mut text = if source.is_empty() {
            let Place { sheet, row } = place;
            if *sheet == self.file {
                format!("{} row {row}", self.file)
            } else {
                format!("{} {sheet} row {row}", self.file)
            }
        } else {
            format!("{source} row {}", point.text(Role::SourceRow))
        };
        if !remark.is_empty() {
            text.push_str("; ");
            text.push_str(remark);
        }
        text.push_str(&Marks::of_point(point).text());
        text.replace(['\n', '\r'], " ")
    }
}

/// Stands before the name of the knowledge point in a basis, which ends with it.
const KNOWLEDGE_POINT: &str = "; kp ";
/// Stands before the names of the points that the row's point replaces.
const REPLACES: &str = "; replaces ";
/// Stands before the names of the points that replace the row's point.
const REPLACED_BY: &str = "; replaced by ";

/// Names of points in a cell.
pub(crate) fn names(text: &str) -> impl Iterator<Item = &str> {
    let parts = text.split(['|', ',', '，', ';', '；', '、', '\n']);
    parts.map(str::trim).filter(|name| !name.is_empty())
}

/// The knowledge point of a basis; empty if it names none. A search for one sign is much faster than one for
/// the whole mark.
pub(crate) fn own(basis: &str) -> &str {
    let mut signs = basis.rmatch_indices(';');
    let id = signs.find_map(|(at, _)| basis.get(at..)?.strip_prefix(KNOWLEDGE_POINT));
    id.unwrap_or("")
}

/// Whether this is the knowledge point of a basis: thousands of rows may have one key.
pub(crate) fn is_own(basis: &str, point: &str) -> bool {
    if point.is_empty() {
        return own(basis).is_empty();
    }
    basis.strip_suffix(point).is_some_and(|rest| rest.ends_with(KNOWLEDGE_POINT))
}

/// What is said of points: the row's own, those it replaces, those that replace it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Marks<'a> {
    /// Its own; empty if it has none.
    pub(crate) own: &'a str,
    /// Those it replaces.
    pub(crate) replaces: Vec<&'a str>,
    /// Those that replace it.
    pub(crate) replaced_by: Vec<&'a str>,
}

impl<'a> Marks<'a> {
    /// Reads those of a basis.
    pub(crate) fn of_basis(basis: &'a str) -> Self {
        let after = |mark: &str| {
            let (_, rest) = basis.rsplit_once(mark)?;
            Some(rest.split("; ").next().unwrap_or(rest))
        };
        let list = |mark| after(mark).map_or_else(Vec::new, |text| text.split('|').collect());
        Self { own: own(basis), replaces: list(REPLACES), replaced_by: list(REPLACED_BY) }
    }

    fn of_point(point: &'a Point) -> Self {
        Self {
            own: point.text(Role::PointId),
            replaces: names(point.text(Role::Replaces)).collect(),
            replaced_by: names(point.text(Role::ReplacedBy)).collect(),
        }
    }

    /// Tells whether it speaks of other points.
    pub(crate) fn is_linked(&self) -> bool {
        !self.replaces.is_empty() || !self.replaced_by.is_empty()
    }

    /// The end of a basis that says so.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        for (mark, names) in [(REPLACES, &self.replaces), (REPLACED_BY, &self.replaced_by)] {
            if !names.is_empty() {
                text.push_str(mark);
                text.push_str(&names.join("|"));
            }
        }
        if !self.own.is_empty() {
            text.push_str(KNOWLEDGE_POINT);
            text.push_str(self.own);
        }
        text
    }
}

/// The day in a column: `2026-05-11`, `2026/5/11`, `2026年5月11日` or `20260511`.
fn day(point: &Point, role: Role) -> Result<Day, Refused> {
    let text = point.text(role);
    let date = text.split([' ', 'T']).next().unwrap_or(text).trim_end_matches('日');
    let parts: Vec<&str> = date.split(['-', '/', '.', '年', '月']).collect();
    let plain = match parts.as_slice() {
        [year, month, day] => format!("{year}-{month:0>2}-{day:0>2}"),
        [whole] if whole.len() == 8 && whole.bytes().all(|byte| byte.is_ascii_digit()) => {
            let (year, rest) = whole.split_at(4);
            let (month, day) = rest.split_at(2);
            format!("{year}-{month}-{day}")
        }
        _ => text.to_owned(),
    };
    Day::parse(&plain)
        .map_err(|_| point.refuse(role, "no such day: write it as 2026-05-11, or as a date cell"))
}
