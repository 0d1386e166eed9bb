//! Net fee lines in canonical order, in parts of whole persons.

use jihe_terms::Texts;

use crate::relation::{Column, Relation};

/// The lines of some neighbouring persons, in canonical order: person, time, line key.
///
/// All columns have the same length. The canonical number of a line in the whole month is
/// `first + row`.
#[derive(Clone, Debug)]
pub struct LinePart {
    /// The canonical number of the first line.
    pub first: u32,
    /// Line keys (`bkkp_sn`).
    pub key: Texts,
    /// Index into the month's persons.
    pub person: Vec<u32>,
    /// Index into the month's encounters.
    pub encounter: Vec<u32>,
    /// Index into the month's settlements; `NO_CODE` without one.
    pub settlement: Vec<u32>,
    /// Code of the institution.
    pub institution: Vec<u32>,
    /// Code of the item (`hilist_code`).
    pub item: Vec<u32>,
    /// `fee_ocur_time` in seconds.
    pub time: Vec<i64>,
    /// Its day.
    pub day: Vec<i32>,
    /// Net quantity, 10⁻⁴ unit; 0 is judged by no rule.
    pub cnt: Vec<i64>,
    /// Unit price, 10⁻⁶ yuan.
    pub pric: Vec<i64>,
    /// Net amount, fen.
    pub amount: Vec<i64>,
    /// Net in-policy amount, fen.
    pub scp: Vec<i64>,
    /// Hash of `rx_drord_no`; 0 without one.
    pub order_no: Vec<u64>,
    /// True for a line of the carried state: it counts, but refuses nothing again.
    pub carried: Vec<bool>,
    /// The optional columns that the plan reads, by place in the schema of `lines`.
    pub optional: Relation,
}

impl LinePart {
    /// The number of lines.
    pub fn len(&self) -> usize {
        self.person.len()
    }

    /// Tells whether there is none.
    pub fn is_empty(&self) -> bool {
        self.person.is_empty()
    }

    /// An optional column by its warehouse name.
    pub fn column(&self, name: &str) -> &Column {
        self.optional.column(name)
    }
}

/// All net lines of a month.
#[derive(Clone, Debug, Default)]
pub struct Lines {
    /// In canonical order, a person never in two parts.
    pub parts: Vec<LinePart>,
}

impl Lines {
    /// The number of lines.
    pub fn len(&self) -> usize {
        self.parts.iter().map(LinePart::len).sum()
    }

    /// Tells whether there is none.
    pub fn is_empty(&self) -> bool {
        self.parts.iter().all(LinePart::is_empty)
    }

    /// The part and row of a canonical number.
    ///
    /// # Panics
    ///
    /// If there is no such line.
    #[expect(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        reason = "the part found begins at or before the line"
    )]
    pub fn place(&self, line: u32) -> (&LinePart, usize) {
        let after = self.parts.partition_point(|part| part.first <= line);
        assert!(0 < after, "line before the first part");
        let part = &self.parts[after - 1];
        let row = usize::try_from(line - part.first).unwrap_or(usize::MAX);
        assert!(row < part.len(), "line after the last part");
        (part, row)
    }
}
