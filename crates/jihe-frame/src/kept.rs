//! The lines that findings name, beside the month they are of.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use crate::lines::LinePart;

/// Lines that findings name, by canonical number.
#[derive(Clone, Debug)]
pub struct KeptLines {
    numbers: Vec<u32>,
    rows: LinePart,
    /// Made when a line is first looked for.
    ranks: OnceLock<Ranks>,
}

impl Default for KeptLines {
    fn default() -> Self {
        Self::of(Vec::new(), LinePart::empty(0, 0..0))
    }
}

/// The rank of each line among those that are kept: a bit for each line between the first and the last
/// of them, and before each 32 how many were set. A few lines far from the others have none: they are
/// searched.
#[derive(Clone, Debug)]
struct Ranks {
    /// The first word.
    from: usize,
    words: Vec<(u32, u32)>,
}

impl Ranks {
    fn new(numbers: &[u32]) -> Self {
        let n_far = numbers.len().div_euclid(32);
        let near = numbers.get(n_far..numbers.len().saturating_sub(n_far)).unwrap_or(&[]);
        let (from, until) = match (near.first(), near.last()) {
            (Some(&first), Some(&last)) => (word(first), word(last).saturating_add(1)),
            _ => (0, 0),
        };
        let mut words = vec![(0_u32, 0_u32); until.saturating_sub(from)];
        let mut before = 0_u32;
        for &number in numbers {
            let place = word(number);
            if place < from {
                before = before.saturating_add(1);
            } else if let Some((bits, _)) = words.get_mut(place.saturating_sub(from)) {
                *bits |= 1 << (number & 31);
            }
        }
        for (bits, n_before) in &mut words {
            *n_before = before;
            before = before.saturating_add(bits.count_ones());
        }
        Self { from, words }
    }

    #[inline]
    fn of(&self, number: u32, numbers: &[u32]) -> Option<usize> {
        let near = word(number).checked_sub(self.from).and_then(|place| self.words.get(place));
        let Some(&(bits, n_before)) = near else { return numbers.binary_search(&number).ok() };
        let bit = 1_u32 << (number & 31);
        let lower = bits & bit.wrapping_sub(1);
        let rank = n_before.saturating_add(lower.count_ones());
        (bits & bit != 0).then(|| usize::try_from(rank).unwrap_or(usize::MAX))
    }
}

fn word(number: u32) -> usize {
    usize::try_from(number >> 5).unwrap_or(usize::MAX)
}

/// The rows of a part that have these numbers.
fn rows_in(part: &LinePart, numbers: &[u32]) -> Vec<u32> {
    numbers.iter().map(|number| number.saturating_sub(part.first)).collect()
}

impl KeptLines {
    /// Lines by their canonical numbers, ascending and each once, with a row for each.
    pub fn of(numbers: Vec<u32>, rows: LinePart) -> Self {
        Self { numbers, rows, ranks: OnceLock::new() }
    }

    /// Some lines of a part: canonical numbers ascending, each once.
    pub fn pick(part: &LinePart, numbers: Vec<u32>) -> Self {
        let rows = rows_in(part, &numbers);
        Self::of(numbers, part.named(&rows))
    }

    /// As [`KeptLines::pick`], of a part that is given up unless somebody else has it, too.
    pub fn take(part: Arc<LinePart>, numbers: Vec<u32>) -> Self {
        match Arc::try_unwrap(part) {
            Ok(part) => {
                let rows = rows_in(&part, &numbers);
                Self::of(numbers, part.into_named(&rows))
            }
            Err(part) => Self::pick(&part, numbers),
        }
    }

    /// Adds lines whose numbers are all above those that are there.
    pub fn append(&mut self, other: Self) {
        if self.numbers.is_empty() {
            *self = other;
            return;
        }
        if other.numbers.is_empty() {
            return;
        }
        debug_assert!(self.numbers.last() < other.numbers.first(), "lines out of order");
        self.extend(other);
    }

    /// The lines of parts that follow one another.
    pub fn concat(parts: Vec<Self>) -> Self {
        let n_lines = parts.iter().map(Self::len).sum();
        let mut parts = parts.into_iter().filter(|part| !part.is_empty());
        let Some(mut all) = parts.next() else { return Self::default() };
        all.reserve(n_lines);
        parts.for_each(|part| all.append(part));
        all
    }

    /// Makes room for so many lines in all.
    pub(crate) fn reserve(&mut self, n_lines: usize) {
        fn to<T>(values: &mut Vec<T>, n: usize) {
            values.reserve_exact(n.saturating_sub(values.len()));
        }
        let rows = &mut self.rows;
        to(&mut self.numbers, n_lines);
        rows.key.reserve(n_lines.saturating_sub(rows.key.len()));
        to(&mut rows.person, n_lines);
        to(&mut rows.encounter, n_lines);
        to(&mut rows.settlement, n_lines);
        to(&mut rows.institution, n_lines);
        to(&mut rows.item, n_lines);
        to(&mut rows.time, n_lines);
        to(&mut rows.day, n_lines);
        to(&mut rows.cnt, n_lines);
        to(&mut rows.pric, n_lines);
        to(&mut rows.amount, n_lines);
        to(&mut rows.scp, n_lines);
        to(&mut rows.carried, n_lines);
    }

    /// Adds lines, whatever their order; each of their columns is given up when it is copied.
    fn extend(&mut self, other: Self) {
        fn add<T>(values: &mut Vec<T>, mut more: Vec<T>) {
            values.append(&mut more);
        }
        self.ranks = OnceLock::new();
        let (rows, more) = (&mut self.rows, other.rows);
        add(&mut self.numbers, other.numbers);
        rows.key.append(more.key);
        add(&mut rows.person, more.person);
        add(&mut rows.encounter, more.encounter);
        add(&mut rows.settlement, more.settlement);
        add(&mut rows.institution, more.institution);
        add(&mut rows.item, more.item);
        add(&mut rows.time, more.time);
        add(&mut rows.day, more.day);
        add(&mut rows.cnt, more.cnt);
        add(&mut rows.pric, more.pric);
        add(&mut rows.amount, more.amount);
        add(&mut rows.scp, more.scp);
        add(&mut rows.order_no, more.order_no);
        add(&mut rows.carried, more.carried);
        if let (Some(codes), Some(more)) = (&mut rows.trace, more.trace) {
            codes.append(more);
        }
        rows.optional.append(&more.optional);
    }

    /// Only the lines of these numbers, ascending; those that were not kept are left out.
    #[must_use]
    pub fn only(&self, numbers: &[u32]) -> Self {
        let rows = numbers.iter().filter_map(|line| self.numbers.binary_search(line).ok());
        let rows: Vec<u32> = rows.map(|row| u32::try_from(row).unwrap_or(u32::MAX)).collect();
        let number = |&row: &u32| self.numbers.get(usize::try_from(row).unwrap_or(usize::MAX));
        let numbers = rows.iter().filter_map(number).copied().collect();
        Self::of(numbers, self.rows.named(&rows))
    }

    /// The lines whose numbers are in a range.
    #[must_use]
    pub fn between(&self, lines: Range<u32>) -> Self {
        let place = |line: u32| self.numbers.partition_point(|&number| number < line);
        let (from, until) = (place(lines.start), place(lines.end));
        let numbers = self.numbers.get(from..until).unwrap_or(&[]).to_vec();
        let row = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
        let rows: Vec<u32> = (row(from)..row(until)).collect();
        Self::of(numbers, self.rows.named(&rows))
    }

    /// All lines of both, each once, with what results say of them.
    #[must_use]
    pub fn merge(self, mut other: Self) -> Self {
        if other.is_empty() {
            return self;
        }
        other.rows = other.rows.without_optional();
        if self.is_empty() {
            return other;
        }
        let mut numbers = Vec::with_capacity(self.len().saturating_add(other.len()));
        let mut rows: Vec<u32> = Vec::with_capacity(numbers.capacity());
        let n_own = u32::try_from(self.len()).unwrap_or(u32::MAX);
        let mut others = other.numbers.iter().copied().zip(n_own..).peekable();
        for (number, row) in self.numbers.iter().copied().zip(0_u32..) {
            while let Some((less, row)) = others.next_if(|&(other, _)| other < number) {
                numbers.push(less);
                rows.push(row);
            }
            let _ = others.next_if(|&(other, _)| other == number);
            numbers.push(number);
            rows.push(row);
        }
        for (number, row) in others {
            numbers.push(number);
            rows.push(row);
        }
        if numbers.len() == self.len() {
            return self;
        }
        let mut all = self;
        all.extend(other);
        Self::of(numbers, all.rows.into_named(&rows))
    }

    /// The number of lines.
    pub fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Tells whether there is none.
    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// Canonical numbers, ascending.
    pub fn numbers(&self) -> &[u32] {
        &self.numbers
    }

    /// The columns of the lines, one row for each of [`KeptLines::numbers`].
    pub fn rows(&self) -> &LinePart {
        &self.rows
    }

    /// The columns and row of a line, if it was kept.
    #[inline]
    pub fn find(&self, line: u32) -> Option<(&LinePart, usize)> {
        let ranks = self.ranks.get_or_init(|| Ranks::new(&self.numbers));
        ranks.of(line, &self.numbers).map(|row| (&self.rows, row))
    }

    /// The row of a line.
    ///
    /// # Panics
    ///
    /// If it was not kept.
    #[inline]
    pub fn row(&self, line: u32) -> u32 {
        let (_, row) = self.place(line);
        u32::try_from(row).expect("rows are counted by 32 bits, as lines are")
    }

    /// The columns and row of a line.
    ///
    /// # Panics
    ///
    /// If it was not kept.
    #[inline]
    pub fn place(&self, line: u32) -> (&LinePart, usize) {
        self.find(line).expect("every line that a finding names is kept")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kept_line_is_found_whether_near_the_others_or_far() {
        let near = (1_000..9_000_u32).filter(|number| number % 7 < 3);
        let numbers: Vec<u32> = [3, 40, 500].into_iter().chain(near).chain([1 << 30]).collect();
        let n = numbers.len();
        let rows = LinePart {
            key: numbers.iter().map(ToString::to_string).collect(),
            person: numbers.clone(),
            encounter: vec![0; n],
            settlement: vec![0; n],
            institution: vec![0; n],
            item: vec![0; n],
            time: vec![0; n],
            day: vec![0; n],
            cnt: vec![0; n],
            pric: vec![0; n],
            amount: vec![0; n],
            scp: vec![0; n],
            carried: vec![false; n],
            ..LinePart::empty(0, 0..0)
        };
        let kept = KeptLines::of(numbers.clone(), rows);
        for line in (0..10_000).chain([1 << 30, u32::MAX]) {
            let found = kept.find(line).map(|(part, row)| part.person[row]);
            assert_eq!(found, numbers.contains(&line).then_some(line));
        }
        assert_eq!(kept.between(40..1_002).numbers(), [40, 500, 1_001]);
        assert!(kept.between(0..0).is_empty() && KeptLines::default().find(0).is_none());
    }
}
