//! Net fee lines in canonical order, in parts of whole persons.
//!
//! Parts are loaded when they are asked for: a month may be larger than memory. What was found keeps
//! the lines it names ([`KeptLines`]).

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crate::kept::KeptLines;
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
    /// The file of the line, where some file of lines lacks a column that another has; else empty.
    pub file: Vec<u32>,
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
            file: Vec::new(),
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
            file: if self.file.is_empty() { Vec::new() } else { gather(&self.file, rows) },
            trace: self.trace.as_ref().map(|codes| codes.gather(rows)),
            optional: self.optional.gather(rows),
            ..self.named(rows)
        }
    }

    /// Without the columns that only rules read.
    pub(crate) fn without_optional(self) -> Self {
        let optional = Relation::none(jihe_terms::schema::TableName::Lines);
        Self { order_no: Vec::new(), file: Vec::new(), trace: None, optional, ..self }
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

    /// As [`LinePart::named`], column by column: each is given up when its lines are picked.
    #[must_use]
    pub(crate) fn into_named(self, rows: &[u32]) -> Self {
        let all = self.without_optional();
        let Self { first, persons, key, person, encounter, settlement, institution, .. } = all;
        let Self { item, time, day, cnt, pric, amount, scp, carried, .. } = all;
        let named = key.gather(rows);
        drop(key);
        Self {
            key: named,
            person: moved(person, rows),
            encounter: moved(encounter, rows),
            settlement: moved(settlement, rows),
            institution: moved(institution, rows),
            item: moved(item, rows),
            time: moved(time, rows),
            day: moved(day, rows),
            cnt: moved(cnt, rows),
            pric: moved(pric, rows),
            amount: moved(amount, rows),
            scp: moved(scp, rows),
            carried: moved(carried, rows),
            ..Self::empty(first, persons)
        }
    }
}

/// The values at `rows` of a column that is given up.
fn moved<T: Copy>(column: Vec<T>, rows: &[u32]) -> Vec<T> {
    let named = gather(&column, rows);
    drop(column);
    named
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

    /// Brings a part to memory as it was delivered: with the lines that netting took out, reversals
    /// among them, and with nothing taken from any.
    ///
    /// # Errors
    ///
    /// As [`LineStore::load`].
    fn delivered(&self, part: usize) -> std::io::Result<Arc<LinePart>> {
        self.load(part)
    }

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

    /// The parts: those with more than twice as many lines as they have in the mean come first, the largest
    /// before all others.
    pub fn large_first(&self) -> Vec<usize> {
        let first = |part: usize| self.firsts.get(part).copied().unwrap_or(0);
        let n_lines = |part: usize| first(part.saturating_add(1)).saturating_sub(first(part));
        let mean = self.len().checked_div(self.n_parts()).unwrap_or(0);
        let large = |&part: &usize| {
            let n_lines = usize::try_from(n_lines(part)).unwrap_or(usize::MAX);
            if mean < n_lines / 2 { n_lines } else { 0 }
        };
        let mut parts: Vec<usize> = (0..self.n_parts()).collect();
        parts.sort_by_cached_key(|part| std::cmp::Reverse(large(part)));
        parts
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

    /// Brings a part to memory as it was delivered, in no order ([`LineStore::delivered`]).
    ///
    /// # Errors
    ///
    /// As [`Lines::load`].
    pub fn delivered(&self, part: usize) -> std::io::Result<Arc<LinePart>> {
        self.store.delivered(part)
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
            let is_first = kept.is_empty();
            kept.append(KeptLines::of(own.to_vec(), rows));
            if is_first {
                kept.reserve(numbers.len());
            }
        }
        Ok(kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_very_many_lines_comes_before_others_which_keep_their_order() {
        let order = |firsts: &[u32]| {
            let parts = firsts.iter().map(|&first| LinePart::empty(first, 0..0)).collect();
            Lines::of_parts(parts).large_first()
        };
        assert_eq!(order(&[]), []);
        assert_eq!(order(&[0]), [0]);
        assert_eq!(order(&[0, 10, 22, 30, 40]), [0, 1, 2, 3, 4]);
        // 10, 10, 90, 10, 10, 70 and no line.
        assert_eq!(order(&[0, 10, 20, 110, 120, 130, 200]), [2, 5, 0, 1, 3, 4, 6]);
    }
}
