//! Columns of a table while it is read, and the dictionaries their ids belong to.

use std::ops::Range;
use std::sync::Arc;

use jihe_frame::codes::AHEAD;
use jihe_frame::serials::Numbers;
use jihe_frame::{Codes, Column};
use jihe_terms::{NO_CODE, NO_DAY, NO_NUMBER, Texts};
use xxhash_rust::xxh3::xxh3_64;

use crate::place::at;
use crate::words::is_plain;

/// The values of one column.
#[derive(Clone, Debug, Default)]
pub(crate) enum Cells {
    /// Not in the file, or not stored.
    #[default]
    Absent,
    /// Ids of the dictionary of codes.
    Code(Vec<u32>),
    /// Ids of the dictionary of persons, encounters or settlements.
    Entity(Entity, Vec<u32>),
    /// Integers.
    Number(Vec<i64>),
    /// Days.
    Day(Vec<i32>),
    /// Texts.
    Text(Texts),
    /// Keys as heads and numbers; the head of a missing key is `NO_CODE`.
    Serial(Vec<u32>, Numbers),
    /// Hashes; 0 is missing.
    Hash(Vec<u64>),
}

/// Whose ids a column holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Entity {
    Person,
    Encounter,
    Settlement,
}

impl Cells {
    /// Adds a row of the missing value.
    pub(crate) fn push_missing(&mut self) {
        match self {
            Self::Absent => {}
            Self::Code(values) | Self::Entity(_, values) => values.push(NO_CODE),
            Self::Number(values) => values.push(NO_NUMBER),
            Self::Day(values) => values.push(NO_DAY),
            Self::Text(values) => values.push(b""),
            Self::Serial(heads, numbers) => {
                heads.push(NO_CODE);
                numbers.push(0);
            }
            Self::Hash(values) => values.push(0),
        }
    }

    /// Makes room for so many more rows.
    pub(crate) fn reserve(&mut self, n_rows: usize) {
        match self {
            Self::Absent | Self::Text(_) => {}
            Self::Code(values) | Self::Entity(_, values) => values.reserve(n_rows),
            Self::Number(values) => values.reserve(n_rows),
            Self::Day(values) => values.reserve(n_rows),
            Self::Serial(heads, numbers) => {
                heads.reserve(n_rows);
                numbers.reserve_exact(n_rows);
            }
            Self::Hash(values) => values.reserve(n_rows),
        }
    }

    /// Takes all rows out; their room stays.
    pub(crate) fn clear(&mut self) {
        match self {
            Self::Absent => {}
            Self::Code(values) | Self::Entity(_, values) => values.clear(),
            Self::Number(values) => values.clear(),
            Self::Day(values) => values.clear(),
            Self::Text(values) => *values = Texts::default(),
            Self::Serial(heads, numbers) => {
                heads.clear();
                numbers.clear();
            }
            Self::Hash(values) => values.clear(),
        }
    }

    /// An empty column of the same type.
    pub(crate) fn like(&self) -> Self {
        match self {
            Self::Absent => Self::Absent,
            Self::Code(_) => Self::Code(Vec::new()),
            Self::Entity(entity, _) => Self::Entity(*entity, Vec::new()),
            Self::Number(_) => Self::Number(Vec::new()),
            Self::Day(_) => Self::Day(Vec::new()),
            Self::Text(_) => Self::Text(Texts::default()),
            Self::Serial(..) => Self::Serial(Vec::new(), Numbers::default()),
            Self::Hash(_) => Self::Hash(Vec::new()),
        }
    }

    /// Keeps the rows of ascending runs, in their place in memory.
    pub(crate) fn keep(&mut self, runs: &[Range<usize>]) {
        match self {
            Self::Absent => {}
            Self::Code(values) | Self::Entity(_, values) => keep(values, runs),
            Self::Number(values) => keep(values, runs),
            Self::Day(values) => keep(values, runs),
            Self::Text(values) => {
                let rows: Vec<usize> = runs.iter().cloned().flatten().collect();
                *values = values.gather(rows.into_iter());
            }
            Self::Serial(heads, numbers) => {
                keep(heads, runs);
                let (low, high) = numbers.halves_mut();
                keep(low, runs);
                // Where there is none it stays so.
                keep(high, runs);
            }
            Self::Hash(values) => keep(values, runs),
        }
    }

    /// The rows at `rows`, in that order.
    #[expect(clippy::indexing_slicing, reason = "rows are of this column")]
    pub(crate) fn gather(&self, rows: &[u32]) -> Self {
        let places = rows.iter().map(|&row| at(row));
        match self {
            Self::Absent => Self::Absent,
            Self::Code(values) => Self::Code(places.map(|row| values[row]).collect()),
            Self::Entity(entity, values) => {
                Self::Entity(*entity, places.map(|row| values[row]).collect())
            }
            Self::Number(values) => Self::Number(places.map(|row| values[row]).collect()),
            Self::Day(values) => Self::Day(places.map(|row| values[row]).collect()),
            Self::Text(values) => Self::Text(values.gather(places)),
            Self::Serial(heads, numbers) => {
                Self::Serial(places.clone().map(|row| heads[row]).collect(), numbers.gather(places))
            }
            Self::Hash(values) => Self::Hash(places.map(|row| values[row]).collect()),
        }
    }

    /// The column as the rest of the engine knows it: ids of entities and hashes are not in it.
    pub(crate) fn into_column(self) -> Column {
        match self {
            Self::Absent | Self::Entity(..) | Self::Serial(..) | Self::Hash(_) => Column::Absent,
            Self::Code(values) => Column::Code(values),
            Self::Number(values) => Column::Number(values),
            Self::Day(values) => Column::Day(values),
            Self::Text(values) => Column::Text(values),
        }
    }

    /// Ids of codes or entities; none if absent.
    pub(crate) fn ids(&self) -> &[u32] {
        match self {
            Self::Code(values) | Self::Entity(_, values) => values,
            Self::Absent
            | Self::Number(_)
            | Self::Day(_)
            | Self::Text(_)
            | Self::Serial(..)
            | Self::Hash(_) => &[],
        }
    }

    /// The list of ids of codes or entities, if it is one.
    pub(crate) fn ids_mut(&mut self) -> Option<&mut Vec<u32>> {
        match self {
            Self::Code(values) | Self::Entity(_, values) => Some(values),
            Self::Absent
            | Self::Number(_)
            | Self::Day(_)
            | Self::Text(_)
            | Self::Serial(..)
            | Self::Hash(_) => None,
        }
    }

    /// Integers; none if absent.
    pub(crate) fn numbers(&self) -> &[i64] {
        match self {
            Self::Number(values) => values,
            Self::Absent
            | Self::Code(_)
            | Self::Entity(..)
            | Self::Day(_)
            | Self::Text(_)
            | Self::Serial(..)
            | Self::Hash(_) => &[],
        }
    }

    /// Texts, if they are there.
    pub(crate) fn texts(&self) -> Option<&Texts> {
        match self {
            Self::Text(texts) => Some(texts),
            Self::Absent
            | Self::Code(_)
            | Self::Entity(..)
            | Self::Number(_)
            | Self::Day(_)
            | Self::Serial(..)
            | Self::Hash(_) => None,
        }
    }
}

/// The hash that stands for a text; 0 for none. A state has the hash itself, as `#` and 16 digits.
pub(crate) fn hash_of_text(text: &[u8]) -> u64 {
    match text {
        [] => 0,
        [b'#', digits @ ..] if digits.len() == 16 => {
            let hash = std::str::from_utf8(digits).ok().filter(|digits| !digits.starts_with('+'));
            let hash = hash.and_then(|digits| u64::from_str_radix(digits, 16).ok());
            hash.unwrap_or_else(|| xxh3_64(text)).max(1)
        }
        _ => xxh3_64(text).max(1),
    }
}

/// Keeps the values of ascending runs; a column that has none stays empty.
pub(crate) fn keep<T: Copy>(values: &mut Vec<T>, runs: &[Range<usize>]) {
    let mut n_kept = 0_usize;
    for run in runs {
        let run = run.start..run.end.min(values.len());
        if run.is_empty() {
            continue;
        }
        let n = run.len();
        values.copy_within(run, n_kept);
        n_kept = n_kept.saturating_add(n);
    }
    values.truncate(n_kept);
}

/// The dictionaries of a run or of a chunk.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    pub(crate) codes: Codes,
    pub(crate) persons: Codes,
    pub(crate) encounters: Codes,
    pub(crate) settlements: Codes,
    /// Heads of keys of tables; those of lines are the line sink's.
    pub(crate) heads: Codes,
}

/// What ids of a run stand for once all lines are read: only codes are looked for any more.
#[derive(Debug, Default)]
pub(crate) struct Listed {
    pub(crate) codes: Codes,
    pub(crate) persons: Texts,
    pub(crate) encounters: Texts,
    pub(crate) settlements: Texts,
}

/// A dictionary of one file or row group; the hash of a text is made when it is first asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dictionary {
    pub(crate) texts: Codes,
    /// Whether it stands over names that other tables go by, in an order that may be this one's.
    is_over: bool,
    /// The id that was asked for last.
    last: u32,
    /// Texts that are no good names, ascending: descriptions may hold what names may not. That one of
    /// them is known says nothing of another column.
    no_names: Vec<u32>,
    hashes: Vec<u64>,
}

impl Dictionary {
    /// A dictionary over names that are known and good.
    pub(crate) fn over(known: Arc<Codes>) -> Self {
        let last = u32::MAX;
        Self { texts: Codes::over(known), is_over: true, last, ..Self::default() }
    }

    /// The same, where no order is to be expected, and some of those that are known are no good names.
    pub(crate) fn in_no_order(known: Arc<Codes>, no_names: Vec<u32>) -> Self {
        Self { is_over: false, no_names, ..Self::over(known) }
    }

    /// The id of a text that is known or fit to be a code.
    pub(crate) fn intern(&mut self, text: &[u8]) -> Result<u32, &'static str> {
        let id = self.intern_if(text, || check_name(text).map(|()| true))?;
        Ok(id.unwrap_or(NO_CODE))
    }

    /// As [`Codes::intern_if`]; a text that is known behind the last is found at once, and one that is
    /// known but no good name must be good as well.
    #[inline]
    pub(crate) fn intern_if<E>(
        &mut self,
        text: &[u8],
        is_good: impl FnOnce() -> Result<bool, E>,
    ) -> Result<Option<u32>, E> {
        if let Some(id) = self.known_behind_the_last(text) {
            return Ok(Some(id));
        }
        let n_known = self.texts.len();
        let mut is_good = Some(is_good);
        let mut ask = || is_good.take().map_or(Ok(true), |is_good| is_good());
        let mut id = self.texts.intern_if(text, &mut ask)?;
        let is_new = n_known < self.texts.len();
        match id {
            Some(new) if is_new && check_name(text).is_err() => self.no_names.push(new),
            Some(known) if !is_new && self.is_no_name(known) && !ask()? => id = None,
            _ => {}
        }
        self.last = id.unwrap_or(self.last);
        Ok(id)
    }

    /// Adds the ids of texts to a list, as [`Self::intern_if`] gives one of them; [`NO_CODE`] for
    /// those that are neither known nor good.
    pub(crate) fn intern_all<E>(
        &mut self,
        texts: &[&[u8]],
        ids: &mut Vec<u32>,
        mut is_good: impl FnMut(&[u8]) -> Result<bool, E>,
    ) -> Result<(), E> {
        for texts in texts.chunks(AHEAD) {
            let first = ids.len();
            if self.is_over {
                self.texts.get_all_behind(&mut self.last, texts, ids);
            } else {
                self.texts.get_all(texts, ids);
            }
            for (id, text) in ids.iter_mut().skip(first).zip(texts) {
                if *id == NO_CODE || self.is_no_name(*id) {
                    *id = self.intern_if(text, || is_good(text))?.unwrap_or(NO_CODE);
                }
            }
            self.last = ids.last().copied().filter(|&id| id != NO_CODE).unwrap_or(self.last);
        }
        Ok(())
    }

    fn is_no_name(&self, id: u32) -> bool {
        !self.no_names.is_empty() && self.no_names.binary_search(&id).is_ok()
    }

    /// The id of a text that is known, and good, and stands behind the last that was asked for.
    #[inline]
    fn known_behind_the_last(&mut self, text: &[u8]) -> Option<u32> {
        if !self.is_over {
            return None;
        }
        self.last = self.texts.get_behind(self.last, text)?;
        Some(self.last)
    }

    /// The hash of a text of the dictionary.
    pub(crate) fn hash(&mut self, id: u32) -> u64 {
        while self.hashes.len() <= at(id) && self.hashes.len() < self.texts.len() {
            let next = crate::place::id(self.hashes.len());
            self.hashes.push(xxh3_64(self.texts.bytes(next)));
        }
        self.hashes.get(at(id)).copied().unwrap_or(0)
    }
}

/// The longest code or key that is read.
pub(crate) const LONGEST_NAME: usize = 200;

/// Refuses codes and keys that are too long, hold control characters or are no text.
#[inline]
pub(crate) fn check_name(text: &[u8]) -> Result<(), &'static str> {
    if LONGEST_NAME < text.len() {
        return Err("longer than 200 bytes");
    }
    if is_plain(text) {
        return Ok(());
    }
    if text.iter().any(|&byte| byte < 0x20 || byte == 0x7f) {
        return Err("control character");
    }
    check_utf8(text)
}

/// Refuses bytes that columns of bytes may hold, and texts not.
pub(crate) fn check_utf8(text: &[u8]) -> Result<(), &'static str> {
    std::str::from_utf8(text).map(|_| ()).map_err(|_| "bytes that are no UTF-8")
}
