//! Net fee lines in canonical order, in parts of whole persons.
//!
//! Parts are loaded when they are asked for: a month may be larger than memory. What was found keeps
//! the lines it names ([`KeptLines`]).

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use crate::relation::{Column, Relation};
use crate::serials::Serials;

/// The lines of some neighbouring persons, in canonical order: person, time, line key.
///
/// All columns have the same length. The canonical number of a line in the whole month is
/// `first + row`.
#[derive(Clone, Debug)]
pub struct LinePart {
    /// The canonical number of the first line.
    pub first: u32,
    /// Persons whose lines these are; the parts of a month share out all its persons.
    pub persons: Range<u32>,
    /// Line keys (`bkkp_sn`).
    pub key: Serials,
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
    /// Hash of `rx_drord_no`; 0 without one. Empty if no file has the column.
    pub order_no: Vec<u64>,
    /// True for a line of the carried state: it counts, but refuses nothing again.
    pub carried: Vec<bool>,
    /// The drug trace code that the line itself names; none if no file has the column.
    pub trace: Option<Serials>,
    /// The optional columns that the plan reads, by place in the schema of `lines`.
    pub optional: Relation,
}

impl LinePart {
    /// A part without lines.
    pub fn empty(first: u32, persons: Range<u32>) -> Self {
        Self {
            first,
            persons,
            key: Serials::default(),
            person: Vec::new(),
            encounter: Vec::new(),
            settlement: Vec::new(),
            institution: Vec::new(),
            item: Vec::new(),
            time: Vec::new(),
            day: Vec::new(),
            cnt: Vec::new(),
            pric: Vec::new(),
            amount: Vec::new(),
            scp: Vec::new(),
            order_no: Vec::new(),
            carried: Vec::new(),
            trace: None,
            optional: Relation::none(jihe_terms::schema::TableName::Lines),
        }
    }

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

    /// The hash of the order number of a row, 0 without one.
    pub fn order_of(&self, row: usize) -> u64 {
        self.order_no.get(row).copied().unwrap_or(0)
    }

    /// The lines at `rows`, in that order; `first` no longer numbers them.
    ///
    /// # Panics
    ///
    /// If one of them is not there.
    #[must_use]
    pub fn gather(&self, rows: &[u32]) -> Self {
        Self {
            order_no: if self.order_no.is_empty() {
                Vec::new()
            } else {
                gather(&self.order_no, rows)
            },
            trace: self.trace.as_ref().map(|codes| codes.gather(rows)),
            optional: self.optional.gather(rows),
            ..self.named(rows)
        }
    }

    /// Without the columns that only rules read.
    fn without_optional(self) -> Self {
        let optional = Relation::none(jihe_terms::schema::TableName::Lines);
        Self { order_no: Vec::new(), trace: None, optional, ..self }
    }

    /// What results say of the lines at `rows`: all columns but those that only rules read.
    ///
    /// # Panics
    ///
    /// If one of them is not there.
    #[must_use]
    pub fn named(&self, rows: &[u32]) -> Self {
        Self {
            first: self.first,
            persons: self.persons.clone(),
            key: self.key.gather(rows),
            person: gather(&self.person, rows),
            encounter: gather(&self.encounter, rows),
            settlement: gather(&self.settlement, rows),
            institution: gather(&self.institution, rows),
            item: gather(&self.item, rows),
            time: gather(&self.time, rows),
            day: gather(&self.day, rows),
            cnt: gather(&self.cnt, rows),
            pric: gather(&self.pric, rows),
            amount: gather(&self.amount, rows),
            scp: gather(&self.scp, rows),
            carried: gather(&self.carried, rows),
            ..Self::empty(self.first, self.persons.clone())
        }
    }
}

#[expect(clippy::indexing_slicing, reason = "documented panic of the callers")]
fn gather<T: Copy>(values: &[T], rows: &[u32]) -> Vec<T> {
    rows.iter().map(|&row| values[usize::try_from(row).unwrap_or(usize::MAX)]).collect()
}

/// Where the parts of a month are kept.
pub trait LineStore: Send + Sync + fmt::Debug {
    /// Brings a part to memory.
    ///
    /// # Errors
    ///
    /// If a part that was put on disk cannot be read back.
    fn load(&self, part: usize) -> std::io::Result<Arc<LinePart>>;

    /// Puts lines on disk if so many bytes more would be too many for the run.
    ///
    /// # Errors
    ///
    /// If they cannot be written.
    fn make_room(&self, _n_bytes: u64) -> std::io::Result<()> {
        Ok(())
    }

    /// Bytes that the run may take beside what it holds now; none where it is not bounded.
    fn room_left(&self) -> Option<u64> {
        None
    }

    /// All is judged: lines that nobody will ask for again may be given up.
    fn judged(&self) {}

    /// Puts bytes on disk if the run has no memory left for them and so many more; tells where they
    /// are then.
    ///
    /// # Errors
    ///
    /// If they cannot be written.
    fn put_away(&self, _bytes: &[u8], _n_more: u64) -> std::io::Result<Option<u64>> {
        Ok(None)
    }

    /// Brings back so many bytes from where they were put.
    ///
    /// # Errors
    ///
    /// If they are not there.
    fn bring_back(&self, _place: u64, _n_bytes: usize) -> std::io::Result<Vec<u8>> {
        Err(std::io::Error::other("nothing was put away"))
    }

    /// Brings some rows of a part to memory, in the order asked for.
    ///
    /// # Errors
    ///
    /// As [`LineStore::load`].
    fn rows(&self, part: usize, rows: &[u32]) -> std::io::Result<LinePart> {
        Ok(self.load(part)?.gather(rows))
    }
}

/// Parts that are in memory.
#[derive(Debug)]
struct InMemory(Vec<Arc<LinePart>>);

impl LineStore for InMemory {
    fn load(&self, part: usize) -> std::io::Result<Arc<LinePart>> {
        let part = self.0.get(part).map(Arc::clone);
        part.ok_or_else(|| std::io::Error::other("no such part"))
    }
}

/// All net lines of a month.
#[derive(Clone, Debug)]
pub struct Lines {
    store: Arc<dyn LineStore>,
    /// Canonical number of the first line of each part, and one past the last line.
    firsts: Vec<u32>,
}

impl Lines {
    /// Takes parts in canonical order.
    pub fn of_parts(parts: Vec<LinePart>) -> Self {
        let mut firsts: Vec<u32> = parts.iter().map(|part| part.first).collect();
        let last = parts.last().map_or(0, |part| {
            part.first.saturating_add(u32::try_from(part.len()).unwrap_or(u32::MAX))
        });
        firsts.push(last);
        Self { store: Arc::new(InMemory(parts.into_iter().map(Arc::new).collect())), firsts }
    }

    /// Takes a store whose parts begin at these canonical numbers; the last one is past the end.
    pub fn stored(store: Arc<dyn LineStore>, firsts: Vec<u32>) -> Self {
        Self { store, firsts }
    }

    /// The number of parts.
    pub fn n_parts(&self) -> usize {
        self.firsts.len().saturating_sub(1)
    }

    /// The number of lines.
    pub fn len(&self) -> usize {
        usize::try_from(self.firsts.last().copied().unwrap_or(0)).unwrap_or(usize::MAX)
    }

    /// Tells whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Brings a part to memory.
    ///
    /// # Errors
    ///
    /// If a part that was put on disk cannot be read back.
    pub fn load(&self, part: usize) -> std::io::Result<Arc<LinePart>> {
        self.store.load(part)
    }

    /// Puts lines on disk if so many bytes more would be too many for the run.
    ///
    /// # Errors
    ///
    /// If they cannot be written.
    pub fn make_room(&self, n_bytes: u64) -> std::io::Result<()> {
        self.store.make_room(n_bytes)
    }

    /// Bytes that the run may take beside what it holds now; none where it is not bounded.
    pub fn room_left(&self) -> Option<u64> {
        self.store.room_left()
    }

    /// Says that all is judged: a store that is not to be asked again gives its lines up.
    pub fn judged(&self) {
        self.store.judged();
    }

    /// Puts bytes on disk if the run has no memory left for them and so many more; tells where they
    /// are then.
    ///
    /// # Errors
    ///
    /// If they cannot be written.
    pub fn put_away(&self, bytes: &[u8], n_more: u64) -> std::io::Result<Option<u64>> {
        self.store.put_away(bytes, n_more)
    }

    /// Brings back so many bytes from where they were put.
    ///
    /// # Errors
    ///
    /// If they cannot be read back.
    pub fn bring_back(&self, place: u64, n_bytes: usize) -> std::io::Result<Vec<u8>> {
        self.store.bring_back(place, n_bytes)
    }

    /// The part that holds a canonical number.
    pub fn part_of(&self, line: u32) -> usize {
        self.firsts.partition_point(|&first| first <= line).saturating_sub(1)
    }

    /// All parts, for small months.
    ///
    /// # Errors
    ///
    /// As [`Lines::load`].
    pub fn all(&self) -> std::io::Result<Vec<Arc<LinePart>>> {
        (0..self.n_parts()).map(|part| self.load(part)).collect()
    }

    /// The lines of these canonical numbers, ascending and each once.
    ///
    /// # Errors
    ///
    /// As [`Lines::load`].
    pub fn fetch(&self, numbers: &[u32]) -> std::io::Result<KeptLines> {
        self.fetched(numbers, |rows| rows)
    }

    /// As [`Lines::fetch`], without the columns that only rules read.
    ///
    /// # Errors
    ///
    /// As [`Lines::fetch`].
    pub fn fetch_named(&self, numbers: &[u32]) -> std::io::Result<KeptLines> {
        self.fetched(numbers, LinePart::without_optional)
    }

    fn fetched(
        &self,
        numbers: &[u32],
        of_part: impl Fn(LinePart) -> LinePart,
    ) -> std::io::Result<KeptLines> {
        let mut kept = KeptLines::default();
        for own in numbers.chunk_by(|&a, &b| self.part_of(a) == self.part_of(b)) {
            let Some(&line) = own.first() else { continue };
            let part = self.part_of(line);
            let first = self.firsts.get(part).copied().unwrap_or(0);
            let rows: Vec<u32> = own.iter().map(|&line| line.saturating_sub(first)).collect();
            let rows = of_part(self.store.rows(part, &rows)?);
            kept.append(KeptLines::of(own.to_vec(), rows));
            kept.reserve(numbers.len());
        }
        Ok(kept)
    }
}

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

impl KeptLines {
    /// Lines by their canonical numbers, ascending and each once, with a row for each.
    pub fn of(numbers: Vec<u32>, rows: LinePart) -> Self {
        Self { numbers, rows, ranks: OnceLock::new() }
    }

    /// Adds lines of a part: canonical numbers ascending, each once, above those that are there.
    pub fn add(&mut self, part: &LinePart, numbers: &[u32]) {
        let rows: Vec<u32> =
            numbers.iter().map(|number| number.saturating_sub(part.first)).collect();
        let more = part.named(&rows);
        self.append(Self::of(numbers.to_vec(), more));
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
    fn reserve(&mut self, n_lines: usize) {
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

    /// Adds lines, whatever their order.
    fn extend(&mut self, mut other: Self) {
        self.ranks = OnceLock::new();
        let (rows, more) = (&mut self.rows, &mut other.rows);
        self.numbers.append(&mut other.numbers);
        rows.key.append(&more.key);
        rows.person.append(&mut more.person);
        rows.encounter.append(&mut more.encounter);
        rows.settlement.append(&mut more.settlement);
        rows.institution.append(&mut more.institution);
        rows.item.append(&mut more.item);
        rows.time.append(&mut more.time);
        rows.day.append(&mut more.day);
        rows.cnt.append(&mut more.cnt);
        rows.pric.append(&mut more.pric);
        rows.amount.append(&mut more.amount);
        rows.scp.append(&mut more.scp);
        rows.order_no.append(&mut more.order_no);
        rows.carried.append(&mut more.carried);
        if let (Some(codes), Some(more)) = (&mut rows.trace, &more.trace) {
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
        Self::of(numbers, all.rows.named(&rows))
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

    /// The columns and row of a line.
    ///
    /// # Panics
    ///
    /// If it was not kept.
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
