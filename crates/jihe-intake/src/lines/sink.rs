//! Checked batches of lines to sealed rows on the shelf, dealt to parts by person.
//!
//! Persons are dealt by their id as bytes, at cuts that are chosen before lines are read; so a part
//! holds whole neighbouring persons whatever the order of the file.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use jihe_frame::Codes;
use jihe_terms::schema::TableName;
use jihe_terms::{NO_CODE, NO_DAY, NO_NUMBER};

use crate::cells::{Cells, Dictionary, Entity, Listed, Names, check_name};
use crate::chunk::Chunk;
use crate::error::IntakeError;
use crate::layout::Keep;
use crate::lines::cuts::Cuts;
use crate::lines::seal::{Form, Runs, Value, seal_absent};
use crate::lines::shelf::Shelf;
use crate::normalise::{Normaliser, is_missing};
use crate::place::{at, count, id};
use crate::read::Task;

/// How a missing number is sealed.
pub(crate) const NO_VALUE: i64 = NO_NUMBER;

/// Batch flags: rows of the state; keys that are unique only inside their encounter.
pub(crate) const CARRIED: u8 = 1;
pub(crate) const BY_ENCOUNTER: u8 = 2;

/// A dictionary that all threads may ask and add to.
#[derive(Debug)]
struct Book {
    known: Arc<Codes>,
    all: Mutex<Codes>,
}

impl Book {
    fn new(known: Codes) -> Self {
        let known = Arc::new(known);
        Self { all: Mutex::new(Codes::over(Arc::clone(&known))), known }
    }

    /// Extends the map from ids of `local`, which stands over the names that are known, to ids of
    /// the run: those that it added come to names that others may have added too.
    fn resolve_added(&self, local: &Codes, map: &mut Vec<u32>) {
        let n_known = self.known.len();
        let first = id(n_known.saturating_add(map.len()));
        if first < id(local.len()) {
            let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
            all.adopt(local, first, map);
        }
    }

    fn finish(self) -> Codes {
        drop(self.known);
        self.all.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ids of the run for the ids of one sheet.
#[derive(Debug, Default)]
pub(crate) struct Maps {
    /// Of codes, persons, encounters and settlements that were not known before lines were read.
    codes: Vec<u32>,
    persons: Vec<u32>,
    encounters: Vec<u32>,
    settlements: Vec<u32>,
    heads: Vec<u32>,
    /// By person that was not known before: its part.
    parts: Vec<u32>,
    scratch: Scratch,
    /// Rows of a batch by part, before they go to the shelf.
    sealed: Vec<Vec<u8>>,
}

/// Keys of a batch that only ascend: head, least and greatest number.
pub(crate) type Ascent = (u32, u64, u64);

/// Takes batches of lines.
#[derive(Debug)]
pub(crate) struct LineSink<'a> {
    keeps: &'a [Keep],
    codes: Book,
    /// Codes that are known and would be no good in a line.
    no_names: Vec<u32>,
    persons: Book,
    encounters: Book,
    settlements: Book,
    heads: Book,
    cuts: Cuts,
    shelf: Shelf,
    /// How many threads read at once.
    n_readers: usize,
    has: Vec<AtomicBool>,
    ascents: Mutex<Vec<Ascent>>,
    is_ascending: AtomicBool,
}

/// What is known once all lines are on the shelf.
#[derive(Debug)]
pub(crate) struct Shelved {
    pub(crate) names: Listed,
    pub(crate) heads: Codes,
    pub(crate) shelf: Shelf,
    pub(crate) keeps: Vec<Keep>,
    /// Which columns some file has.
    pub(crate) has: Vec<bool>,
    pub(crate) cuts: Vec<Vec<u8>>,
    /// The persons that were known before, in the order of their ids as bytes.
    pub(crate) in_order: Vec<u32>,
    /// Whether the keys of all lines are known to be different.
    pub(crate) is_unique: bool,
}

impl<'a> LineSink<'a> {
    pub(crate) fn new(
        keeps: &'a [Keep],
        names: Names,
        cuts: Cuts,
        (shelf, n_readers): (Shelf, usize),
    ) -> Self {
        let is_no_name = |&code: &u32| {
            let text = names.codes.bytes(code);
            is_missing(text) || check_name(text).is_err()
        };
        Self {
            keeps,
            no_names: (0..id(names.codes.len())).filter(is_no_name).collect(),
            codes: Book::new(names.codes),
            persons: Book::new(names.persons),
            encounters: Book::new(names.encounters),
            settlements: Book::new(names.settlements),
            heads: Book::new(Codes::default()),
            cuts,
            shelf,
            n_readers,
            has: keeps.iter().map(|_| AtomicBool::new(false)).collect(),
            ascents: Mutex::new(Vec::new()),
            is_ascending: AtomicBool::new(true),
        }
    }

    /// The number of parts that lines are dealt to.
    pub(crate) fn n_parts(&self) -> usize {
        self.shelf.n_parts()
    }

    /// How many threads read at once.
    pub(crate) fn n_readers(&self) -> usize {
        self.n_readers
    }

    /// Tells whether so many bytes more for each thread that reads would be too many for the process now.
    pub(crate) fn is_short_of(&self, n_bytes: u64) -> bool {
        let n_bytes = n_bytes.saturating_mul(count(self.n_readers));
        n_bytes != 0 && self.shelf.is_short_of(n_bytes)
    }

    pub(crate) fn finish(self) -> Shelved {
        let mut ascents = self.ascents.into_inner().unwrap_or_else(PoisonError::into_inner);
        ascents.sort_unstable();
        let is_apart = ascents.windows(2).all(|pair| match pair {
            [a, b] => a.0 != b.0 || a.2 < b.1,
            _ => true,
        });
        Shelved {
            names: Listed {
                codes: self.codes.finish(),
                persons: self.persons.finish().into_texts(),
                encounters: self.encounters.finish().into_texts(),
                settlements: self.settlements.finish().into_texts(),
            },
            heads: self.heads.finish(),
            shelf: self.shelf,
            keeps: self.keeps.to_vec(),
            has: self.has.into_iter().map(AtomicBool::into_inner).collect(),
            cuts: self.cuts.firsts,
            in_order: self.cuts.in_order,
            is_unique: self.is_ascending.into_inner() && is_apart,
        }
    }

    /// Has a sheet know persons, encounters, settlements and codes by their ids in the run.
    pub(crate) fn introduce(&self, sheet: &mut Normaliser<'_>) {
        let known = Arc::clone(&self.codes.known);
        sheet.codes = Dictionary::in_no_order(known, self.no_names.clone());
        sheet.persons = Dictionary::over(Arc::clone(&self.persons.known));
        sheet.encounters = Dictionary::over(Arc::clone(&self.encounters.known));
        sheet.settlements = Dictionary::over(Arc::clone(&self.settlements.known));
    }

    /// Puts the rows of a batch on the shelf.
    pub(crate) fn take(
        &self,
        chunk: &mut Chunk,
        sheet: &Normaliser<'_>,
        maps: &mut Maps,
        task: Task<'_>,
    ) -> Result<(), IntakeError> {
        self.learn(sheet, maps);
        let columns = &chunk.columns;
        for (has, found) in self.has.iter().zip(&sheet.layout.columns) {
            if found.is_some() {
                has.store(true, Ordering::Relaxed);
            }
        }
        // The in-policy amount stands for itself where the file does not say it.
        if let Some(place) = TableName::Lines.column("inscp_scp_amt")
            && let Some(has) = self.has.get(place)
        {
            has.store(true, Ordering::Relaxed);
        }
        if chunk.n_rows == 0 {
            return Ok(());
        }
        self.note_keys(columns, maps);
        let deal = Deal::new(columns, (self, maps), chunk.n_rows);
        let (mut scratch, mut sealed) =
            (std::mem::take(&mut maps.scratch), std::mem::take(&mut maps.sealed));
        sealed.resize_with(sealed.len().max(deal.n_parts()), Vec::new);
        let of_parts = sealed.get_mut(..deal.n_parts()).unwrap_or(&mut []);
        let mut flags = if task.gate.carried { CARRIED } else { 0 };
        if sheet.layout.by_encounter {
            flags |= BY_ENCOUNTER;
        }
        for (sealed, rows) in of_parts.iter_mut().zip(deal.runs()) {
            sealed.clear();
            sealed.reserve(rows.len().saturating_mul(40));
            sealed.extend_from_slice(&id(rows.len()).to_le_bytes());
            sealed.extend_from_slice(&task.file.to_le_bytes());
            sealed.push(flags);
        }
        for (cells, keep) in columns.iter().zip(self.keeps) {
            if *keep != Keep::Check {
                deal.seal(cells, (self, maps), &mut scratch, of_parts);
            }
        }
        deal.seal_rows(chunk, &mut scratch, of_parts);
        for ((&part, sealed), rows) in deal.parts.iter().zip(&*of_parts).zip(deal.runs()) {
            self.shelf.push(at(part), sealed, rows.len());
        }
        (maps.scratch, maps.sealed) = (scratch, sealed);
        chunk.rows.list = None;
        self.shelf.make_room(0).map_err(cannot_spill)
    }

    fn learn(&self, sheet: &Normaliser<'_>, maps: &mut Maps) {
        self.codes.resolve_added(&sheet.codes.texts, &mut maps.codes);
        self.encounters.resolve_added(&sheet.encounters.texts, &mut maps.encounters);
        self.settlements.resolve_added(&sheet.settlements.texts, &mut maps.settlements);
        self.heads.resolve_added(&sheet.heads, &mut maps.heads);
        let persons = &sheet.persons.texts;
        self.persons.resolve_added(persons, &mut maps.persons);
        let n_known = self.persons.known.len();
        for person in id(n_known.saturating_add(maps.parts.len()))..id(persons.len()) {
            maps.parts.push(self.cuts.part_of(persons.bytes(person)));
        }
    }

    /// Notes whether the keys of a batch ascend under one head: then they differ from each other.
    fn note_keys(&self, columns: &[Cells], maps: &Maps) {
        let Some(Cells::Serial(heads, numbers)) = columns.first() else { return };
        let (numbers, high) = numbers.halves();
        let (Some(&head), Some(&first), Some(&last)) =
            (heads.first(), numbers.first(), numbers.last())
        else {
            return;
        };
        // Keys with higher halves are made up, and come in no order.
        let only_up = high.is_empty()
            && heads.iter().all(|&other| other == head)
            && numbers.windows(2).all(|pair| pair.first() < pair.last());
        if !only_up {
            self.is_ascending.store(false, Ordering::Relaxed);
            return;
        }
        let head = maps.heads.get(at(head)).copied().unwrap_or(NO_CODE);
        let mut ascents = self.ascents.lock().unwrap_or_else(PoisonError::into_inner);
        ascents.push((head, first, last));
    }
}

pub(crate) fn cannot_spill(error: std::io::Error) -> IntakeError {
    let advice = "give more memory, or a temporary folder with more room (TMPDIR)";
    let what = format!("lines cannot be put on disk: {error}");
    let folder = std::env::temp_dir();
    IntakeError::spill(&what, &folder.display().to_string(), advice).because(error)
}

/// Rows of a batch in the order of their parts.
struct Deal {
    /// Parts that have rows.
    parts: Vec<u32>,
    /// Where the rows of each of them end.
    ends: Vec<usize>,
    /// Rows by part.
    order: Vec<u32>,
}

impl Deal {
    fn new(columns: &[Cells], (sink, maps): (&LineSink<'_>, &Maps), n_rows: usize) -> Self {
        let n_parts = sink.shelf.n_parts();
        let persons = TableName::Lines.column("psn_no").and_then(|place| columns.get(place));
        let persons = persons.map_or(&[][..], Cells::ids);
        let known = &sink.cuts.part_of_known;
        let part = |person: u32| {
            if let Some(&part) = known.get(at(person)) {
                return usize::from(part);
            }
            let added = at(person).wrapping_sub(sink.persons.known.len());
            maps.parts.get(added).map_or(0, |&part| at(part))
        };
        // Rows of one person mostly come together: their part is looked up once.
        let mut stays: Vec<(usize, u32)> = Vec::new();
        let mut counts = vec![0_u32; n_parts];
        for stay in persons.chunk_by(|a, b| a == b) {
            let (part, n) = (stay.first().map_or(0, |&person| part(person)), id(stay.len()));
            if let Some(count) = counts.get_mut(part) {
                *count = count.wrapping_add(n);
            }
            stays.push((part, n));
        }
        let parts: Vec<u32> =
            (0_u32..).zip(&counts).filter(|&(_, &count)| 0 < count).map(|(part, _)| part).collect();
        if parts.len() <= 1 {
            return Self {
                parts: vec![parts.first().copied().unwrap_or(0)],
                ends: vec![n_rows],
                order: (0..id(n_rows)).collect(),
            };
        }
        let mut starts = Vec::with_capacity(n_parts);
        let mut ends = Vec::with_capacity(parts.len());
        let mut end = 0_u32;
        for &count in &counts {
            starts.push(at(end));
            end = end.wrapping_add(count);
            if 0 < count {
                ends.push(at(end));
            }
        }
        let mut order = vec![0_u32; n_rows];
        let mut row = 0_u32;
        for (part, n) in stays {
            if let Some(start) = starts.get_mut(part) {
                let end = start.saturating_add(at(n));
                let slots = order.get_mut(*start..end).unwrap_or(&mut []);
                slots.iter_mut().zip(row..).for_each(|(slot, row)| *slot = row);
                *start = end;
            }
            row = row.wrapping_add(n);
        }
        Self { parts, ends, order }
    }

    fn n_parts(&self) -> usize {
        self.parts.len()
    }

    /// The rows of each part.
    fn runs(&self) -> impl Iterator<Item = &[u32]> + '_ {
        let mut start = 0;
        self.ends
            .iter()
            .map(move |&end| self.order.get(std::mem::replace(&mut start, end)..end).unwrap_or(&[]))
    }

    /// Seals one column for every part.
    fn seal(
        &self,
        cells: &Cells,
        (sink, maps): (&LineSink<'_>, &Maps),
        scratch: &mut Scratch,
        sealed: &mut [Vec<u8>],
    ) {
        let Scratch { renewed, ids, numbers, days, words } = scratch;
        // Ids below `n_known` are those of the run.
        let mut renew = |all: &[u32], n_known: usize, map: &[u32], sealed: &mut [Vec<u8>]| {
            let is_new = |id: u32| n_known <= at(id) && id != NO_CODE;
            let mut all = all;
            if all.iter().fold(false, |any, &id| any | is_new(id)) {
                let name = |&id: &u32| match at(id).checked_sub(n_known) {
                    None => id,
                    Some(added) => map.get(added).copied().unwrap_or(NO_CODE),
                };
                renewed.clear();
                renewed.extend(all.iter().map(name));
                all = renewed;
            }
            self.seal_values(all, NO_CODE, ids, sealed);
        };
        match cells {
            Cells::Absent | Cells::Text(_) => sealed.iter_mut().for_each(seal_absent),
            Cells::Code(ids) => renew(ids, sink.codes.known.len(), &maps.codes, sealed),
            Cells::Entity(entity, ids) => {
                let (book, map) = match entity {
                    Entity::Person => (&sink.persons, &maps.persons),
                    Entity::Encounter => (&sink.encounters, &maps.encounters),
                    Entity::Settlement => (&sink.settlements, &maps.settlements),
                };
                renew(ids, book.known.len(), map, sealed);
            }
            Cells::Number(values) => self.seal_values(values, NO_VALUE, numbers, sealed),
            Cells::Day(values) => self.seal_values(values, NO_DAY, days, sealed),
            Cells::Hash(values) => self.seal_values(values, 0, words, sealed),
            Cells::Serial(heads, numbers) => {
                renew(heads, 0, &maps.heads, sealed);
                let (low, high) = numbers.halves();
                self.seal_values(low, u64::MAX, words, sealed);
                if high.is_empty() {
                    sealed.iter_mut().for_each(seal_absent);
                } else {
                    self.seal_values(high, u64::MAX, words, sealed);
                }
            }
        }
    }

    /// Seals values, of which the missing one is an end of its type.
    fn seal_values<T: Value>(
        &self,
        values: &[T],
        null: T,
        scratch: &mut Runs<T>,
        sealed: &mut [Vec<u8>],
    ) {
        let form = Form::of(values, null, at_rows(values, &self.order));
        for (rows, sealed) in self.runs().zip(sealed) {
            form.seal(at_rows(values, rows), scratch, sealed);
        }
    }

    /// Seals the numbers of rows in their file.
    fn seal_rows(&self, chunk: &Chunk, scratch: &mut Scratch, sealed: &mut [Vec<u8>]) {
        let number = |row: usize| i64::try_from(chunk.rows.of(row)).unwrap_or(i64::MAX);
        // Rows ascend.
        let last = chunk.n_rows.saturating_sub(1);
        let form = Form::between(number(0), number(last), NO_VALUE, &self.order);
        for (rows, sealed) in self.runs().zip(sealed) {
            form.seal(rows.iter().map(|&row| number(at(row))), &mut scratch.numbers, sealed);
        }
    }
}

/// Room for columns of a batch while they are sealed.
#[derive(Debug, Default)]
struct Scratch {
    /// Ids of the run.
    renewed: Vec<u32>,
    ids: Runs<u32>,
    numbers: Runs<i64>,
    days: Runs<i32>,
    words: Runs<u64>,
}

#[expect(clippy::indexing_slicing, reason = "an order names the rows of its own batch")]
fn at_rows<'v, T: Copy>(values: &'v [T], rows: &'v [u32]) -> impl ExactSizeIterator<Item = T> + 'v {
    rows.iter().map(|&row| values[at(row)])
}
