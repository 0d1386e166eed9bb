//! What the kernels found, before money is settled.

use std::fmt;

use jihe_terms::Grade;
use jihe_terms::schema::TableName;

use crate::value::{Value, Values};

/// What of a line is not payable.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Cut {
    /// That many units, 10⁻⁴.
    Units(i64),
    /// A unit above this price, 10⁻⁶ yuan.
    Price(i64),
    /// All of it.
    Whole,
    /// Whatever is above this amount, fen.
    Amount(i64),
}

/// The part a line plays in a finding.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Evidence {
    /// `vola_item_type` 1: refused or held.
    Cut(Cut),
    /// `vola_item_type` 2: involved.
    Shown,
}

/// A line of a finding.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct HitLine {
    /// Canonical number.
    pub line: u32,
    kind: EvidenceKind,
    value: i64,
}

/// The kinds of [`Evidence`], without values: with them a line of a finding would take half as much again.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum EvidenceKind {
    Units,
    Price,
    Whole,
    Amount,
    Shown,
}

impl HitLine {
    /// A line by its canonical number, and its part.
    pub fn new(line: u32, part: Evidence) -> Self {
        let (kind, value) = match part {
            Evidence::Cut(Cut::Units(units)) => (EvidenceKind::Units, units),
            Evidence::Cut(Cut::Price(price)) => (EvidenceKind::Price, price),
            Evidence::Cut(Cut::Whole) => (EvidenceKind::Whole, 0),
            Evidence::Cut(Cut::Amount(amount)) => (EvidenceKind::Amount, amount),
            Evidence::Shown => (EvidenceKind::Shown, 0),
        };
        Self { line, kind, value }
    }

    /// Whether it is refused or held.
    pub fn is_cut(self) -> bool {
        self.kind != EvidenceKind::Shown
    }

    /// Its part.
    pub fn part(self) -> Evidence {
        match self.kind {
            EvidenceKind::Units => Evidence::Cut(Cut::Units(self.value)),
            EvidenceKind::Price => Evidence::Cut(Cut::Price(self.value)),
            EvidenceKind::Whole => Evidence::Cut(Cut::Whole),
            EvidenceKind::Amount => Evidence::Cut(Cut::Amount(self.value)),
            EvidenceKind::Shown => Evidence::Shown,
        }
    }
}

/// The id of a finding (`jr_id`): 128 bits, written as 32 lower-case hexadecimal digits; it sorts as
/// its text does.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct FindingId(u128);

impl FindingId {
    /// Takes the first 16 bytes of a hash.
    pub fn of_hash(hash: &[u8; 32]) -> Self {
        let [first, ..] = hash.as_chunks::<16>().0 else { return Self::default() };
        Self(u128::from_be_bytes(*first))
    }

    /// Reads an id as it is written; none if the text is no id.
    pub fn parse(text: &str) -> Option<Self> {
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let is_id = text.len() == 32 && text.bytes().all(is_digit);
        is_id.then(|| u128::from_str_radix(text, 16).ok().map(Self)).flatten()
    }

    /// The digits as they are written.
    pub fn digits(self) -> [u8; 32] {
        let mut digits = [0; 32];
        let bytes = self.0.to_be_bytes();
        let eights = digits.as_chunks_mut::<8>().0.iter_mut();
        for (eight, four) in eights.zip(bytes.as_chunks::<4>().0) {
            *eight = eight_digits(u32::from_be_bytes(*four));
        }
        digits
    }

    /// Its first 64 bits.
    pub fn high(self) -> u64 {
        u64::try_from(self.0 >> 64).unwrap_or(u64::MAX)
    }
}

/// Eight hexadecimal digits: halves of bytes side by side in one word.
fn eight_digits(number: u32) -> [u8; 8] {
    let mut halves = u64::from(number);
    halves = (halves | halves << 16) & 0x0000_ffff_0000_ffff;
    halves = (halves | halves << 8) & 0x00ff_00ff_00ff_00ff;
    halves = (halves | halves << 4) & 0x0f0f_0f0f_0f0f_0f0f;
    // One where a digit is a letter, which stands 39 above where a tenth digit would.
    let letters = (halves.wrapping_add(0x0606_0606_0606_0606) >> 4) & 0x0101_0101_0101_0101;
    let digits = halves.wrapping_add(0x3030_3030_3030_3030);
    digits.wrapping_add(letters.wrapping_mul(39)).to_be_bytes()
}

impl fmt::Display for FindingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// One match of a rule.
#[derive(Clone, Debug)]
pub struct Hit {
    /// Index of the rule in the plan.
    pub rule: u16,
    /// How sure.
    pub grade: Grade,
    /// Index of the person, or `NO_CODE`.
    pub person: u32,
    /// Index of the encounter, or `NO_CODE`.
    pub encounter: u32,
    /// Code of the institution, or `NO_CODE`.
    pub institution: u32,
    /// Row of the rule's table that it rests on, or `NO_CODE`.
    pub row: u32,
    /// First of its lines in [`Hits::lines`].
    pub lines_from: u32,
    /// One past its last line.
    pub lines_until: u32,
    /// First of its values in [`Hits::values`].
    pub values_from: u32,
    /// How many bytes its values take.
    pub n_value_bytes: u8,
    /// Bit n: the rule's exception n could not be shown for want of a value.
    pub unknown_exceptions: u32,
}

impl Hit {
    /// How many lines it names.
    pub fn n_lines(&self) -> usize {
        usize::try_from(self.lines_until.saturating_sub(self.lines_from)).unwrap_or(usize::MAX)
    }
}

/// A subject that a named exception or a dated exemption took out.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Exempt {
    /// Index of the rule in the plan.
    pub rule: u16,
    /// Index of the exception in the rule; `u16::MAX` if a row of the table `exemption` took it out.
    pub exception: u16,
    /// Canonical number of the line, or `NO_CODE` for a stay.
    pub line: u32,
    /// Index of the encounter.
    pub encounter: u32,
    /// Row of the table `exemption`, or `NO_CODE` for an exception of the rule.
    pub row: u32,
}

/// All matches of some rules, with their lines.
#[derive(Clone, Debug, Default)]
pub struct Hits {
    /// The matches.
    pub hits: Vec<Hit>,
    /// Their lines, end to end.
    pub lines: Vec<HitLine>,
    /// Values of their sentences, packed, end to end.
    pub values: Vec<u8>,
}

impl Hits {
    /// The lines of one of the matches.
    ///
    /// # Panics
    ///
    /// If it is a match of others.
    #[expect(clippy::indexing_slicing, reason = "documented panic")]
    pub fn lines_of(&self, hit: &Hit) -> &[HitLine] {
        let place = |at: u32| usize::try_from(at).unwrap_or(usize::MAX);
        &self.lines[place(hit.lines_from)..place(hit.lines_until)]
    }

    /// The values of the sentence of one of the matches, in the order of the shape's names; missing ones at the
    /// end are left out.
    ///
    /// # Panics
    ///
    /// If it is a match of others.
    pub fn values_of(&self, hit: &Hit) -> Values<'_> {
        Values::of(self.packed_values_of(hit))
    }

    /// The same, packed.
    ///
    /// # Panics
    ///
    /// If it is a match of others.
    #[expect(clippy::indexing_slicing, reason = "documented panic")]
    pub fn packed_values_of(&self, hit: &Hit) -> &[u8] {
        let from = usize::try_from(hit.values_from).unwrap_or(usize::MAX);
        &self.values[from..from.saturating_add(usize::from(hit.n_value_bytes))]
    }

    /// Adds a match with its lines and values, wherever those of `hit` are; missing values at the end are
    /// left out.
    ///
    /// # Panics
    ///
    /// If there are more lines or bytes of values than 32 bits count.
    pub fn push(&mut self, hit: &Hit, lines: &[HitLine], values: &[Value]) {
        let n_values = values.iter().rposition(|value| *value != Value::Missing);
        let n_values = n_values.map_or(0, |place| place.saturating_add(1));
        let values_from = self.values.len();
        values.iter().take(n_values).for_each(|value| value.pack(&mut self.values));
        self.add(hit, lines, values_from);
    }

    /// Adds a match of others with some lines.
    ///
    /// # Panics
    ///
    /// As [`Hits::push`].
    pub fn push_of(&mut self, others: &Self, hit: &Hit, lines: &[HitLine]) {
        self.push_packed(hit, lines, others.packed_values_of(hit));
    }

    /// Adds a match with its lines, and its values as [`Hits::packed_values_of`] gives them.
    ///
    /// # Panics
    ///
    /// As [`Hits::push`].
    pub fn push_packed(&mut self, hit: &Hit, lines: &[HitLine], values: &[u8]) {
        let values_from = self.values.len();
        self.values.extend_from_slice(values);
        self.add(hit, lines, values_from);
    }

    /// Adds a match whose values are there.
    fn add(&mut self, hit: &Hit, lines: &[HitLine], values_from: usize) {
        let lines_from = at(self.lines.len());
        self.lines.extend_from_slice(lines);
        let n_value_bytes = self.values.len().saturating_sub(values_from);
        self.hits.push(Hit {
            lines_from,
            lines_until: at(self.lines.len()),
            values_from: at(values_from),
            n_value_bytes: u8::try_from(n_value_bytes).expect("a sentence has few values"),
            ..hit.clone()
        });
    }

    /// Adds all of others.
    ///
    /// # Panics
    ///
    /// If there are more lines or bytes of values than 32 bits count.
    pub fn append(&mut self, other: Self) {
        if other.hits.is_empty() {
            return;
        }
        if self.hits.is_empty() {
            *self = other;
            return;
        }
        let (n_lines, n_values) = (self.lines.len(), self.values.len());
        let further = |from: u32, n: usize| {
            at(usize::try_from(from).map_or(usize::MAX, |at| at.saturating_add(n)))
        };
        self.lines.extend(other.lines);
        self.values.extend(other.values);
        self.hits.extend(other.hits.into_iter().map(|hit| Hit {
            lines_from: further(hit.lines_from, n_lines),
            lines_until: further(hit.lines_until, n_lines),
            values_from: further(hit.values_from, n_values),
            ..hit
        }));
    }
}

/// The place of a line or of the values of a finding.
fn at(place: usize) -> u32 {
    u32::try_from(place)
        .expect("findings have fewer than four thousand million lines and bytes of values")
}

/// Why a rule could not judge something.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Lack {
    /// What a judge says itself.
    Said(&'static str),
    /// A table that is not there.
    Table(TableName),
    /// A column that is not there.
    Column(TableName, &'static str),
    /// A column that some files of a table lack.
    Gaps(TableName, &'static str),
    /// Cells of a column.
    Cells(TableName, &'static str),
    /// Every place of trace codes.
    Traces,
    /// Diagnoses of a visit.
    Diagnoses,
    /// What rows of a table say that were put aside.
    Aside(TableName),
}

impl Lack {
    /// Whether only some rows lack it.
    pub fn is_of_rows(self) -> bool {
        matches!(self, Self::Gaps(..) | Self::Cells(..) | Self::Diagnoses | Self::Aside(_))
    }

    fn words(self) -> String {
        match self {
            Self::Said(words) => words.to_owned(),
            Self::Table(table) => format!("table {} is missing", table.file()),
            Self::Column(table, column) => format!("column {}.{column} is missing", table.file()),
            Self::Gaps(table, column) => {
                format!("column {}.{column} is missing in some files", table.file())
            }
            Self::Cells(table, column) => format!("{}.{column} is missing in rows", table.file()),
            Self::Aside(table) => format!("rows of {} were put aside", table.file()),
            Self::Traces => "drug_trac_codg and table trace_codes are missing".to_owned(),
            Self::Diagnoses => "diagnoses.diag_code is missing for visits".to_owned(),
        }
    }
}

/// What one rule looked at.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Coverage {
    /// Index of the rule in the plan.
    pub rule: u16,
    /// Lines (or stays) that got an answer: hit, clear or exempt.
    pub n_judged: u64,
    /// Findings.
    pub n_hit: u64,
    /// Subjects exempt by a named exception.
    pub n_exempt: u64,
    /// Subjects that could not be judged.
    pub n_not_evaluable: u64,
    /// Why, as it was found.
    pub lacks: Vec<Lack>,
    /// Their money, fen.
    pub amt_not_evaluable: i128,
}

impl Coverage {
    /// Why subjects could not be judged, sorted and joined by `; `; empty if all could.
    pub fn reason(&self) -> String {
        let mut reasons: Vec<String> = self.lacks.iter().map(|lack| lack.words()).collect();
        reasons.sort_unstable();
        reasons.dedup();
        reasons.join("; ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_written_and_read_as_32_digits_and_sort_as_text() {
        let mut hash = [0; 32];
        for (place, byte) in (0_u8..).zip(&mut hash) {
            *byte = place.wrapping_mul(37).wrapping_add(9);
        }
        let id = FindingId::of_hash(&hash);
        assert_eq!(id.to_string(), "092e53789dc2e70c31567ba0c5ea0f34");
        assert_eq!(id.digits(), id.to_string().as_bytes());
        assert_eq!(FindingId::parse(&id.to_string()), Some(id));
        let other = FindingId::parse("0a2e53789dc2e70c31567ba0c5ea0f34").unwrap();
        assert_eq!(id < other, id.to_string() < other.to_string());
        for text in
            ["", "aa01", "092E53789dc2e70c31567ba0c5ea0f34", "+92e53789dc2e70c31567ba0c5ea0f34"]
        {
            assert_eq!(FindingId::parse(text), None);
        }
    }
}
