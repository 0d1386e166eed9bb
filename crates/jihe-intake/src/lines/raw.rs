//! A part as it lies on the shelf, unsealed: rows in the order in which batches came.

use std::io::Result;
use std::sync::Arc;

use jihe_frame::serials::Numbers;
use jihe_frame::{Codes, Serials};
use jihe_terms::NO_CODE;
use jihe_terms::schema::TableName;

use crate::layout::Keep;
use crate::lines::seal::{cut_short, is_absent, take, take_u32};
use crate::lines::shelf::Shelf;
use crate::lines::sink::{BY_ENCOUNTER, CARRIED, NO_VALUE};
use crate::lines::unseal::{pick, put, skip, unseal};
use crate::place::at;

/// A column of a part.
#[derive(Clone, Debug, Default)]
pub(crate) enum RawColumn {
    #[default]
    Absent,
    Ids(Vec<u32>),
    Numbers(Vec<i64>),
    Serial(Vec<u32>, Numbers),
}

impl RawColumn {
    pub(crate) fn ids(&self) -> &[u32] {
        match self {
            Self::Ids(ids) => ids,
            Self::Absent | Self::Numbers(_) | Self::Serial(..) => &[],
        }
    }

    pub(crate) fn numbers(&self) -> &[i64] {
        match self {
            Self::Numbers(numbers) => numbers,
            Self::Absent | Self::Ids(_) | Self::Serial(..) => &[],
        }
    }

    /// Keys; missing ones for a column that is absent.
    pub(crate) fn serials(&mut self, heads: &Arc<Codes>, n_rows: usize) -> Serials {
        match std::mem::take(self) {
            Self::Serial(head, number) => Serials::new(Arc::clone(heads), head, number),
            Self::Absent | Self::Ids(_) | Self::Numbers(_) => {
                Serials::new(Arc::clone(heads), vec![NO_CODE; n_rows], Numbers::zeros(n_rows))
            }
        }
    }
}

/// Rows of a batch, which came from one file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Batch {
    pub(crate) first: usize,
    pub(crate) file: u32,
    pub(crate) flags: u8,
}

impl Batch {
    pub(crate) fn is_carried(self) -> bool {
        self.flags & CARRIED != 0
    }

    pub(crate) fn by_encounter(self) -> bool {
        self.flags & BY_ENCOUNTER != 0
    }
}

/// Which rows of a batch are taken, and where they go.
#[derive(Clone, Copy)]
enum Take<'a> {
    /// All, one after the other: so many in all batches.
    All(usize),
    /// Some, one after the other.
    Rows(&'a [u32]),
    /// Each to its place among so many.
    To(&'a [u32], usize),
}

/// An unsealed part.
#[derive(Debug, Default)]
pub(crate) struct Raw {
    pub(crate) n_rows: usize,
    /// By place in the schema of lines; only those that were asked for.
    pub(crate) columns: Vec<RawColumn>,
    /// Numbers of rows in their files, if they were asked for.
    pub(crate) rows: Vec<u64>,
    pub(crate) batches: Vec<Batch>,
}

impl Raw {
    /// Unseals a part: columns that `wants` by their place, the numbers of rows if `numbered`.
    pub(crate) fn load(
        shelf: &Shelf,
        part: usize,
        keeps: &[Keep],
        wants: &dyn Fn(usize) -> bool,
        numbered: bool,
    ) -> Result<Self> {
        let mut raw = Self::default();
        raw.columns.resize_with(keeps.len(), RawColumn::default);
        let n_rows = shelf.n_rows(part);
        shelf.each(part, &mut |mut sealed| {
            while !sealed.is_empty() {
                raw.add(&mut sealed, keeps, wants, numbered, Take::All(n_rows))?;
            }
            Ok(())
        })?;
        Ok(raw)
    }

    /// Unseals some rows of a part, which are ascending.
    pub(crate) fn pick(
        shelf: &Shelf,
        part: usize,
        keeps: &[Keep],
        wants: &dyn Fn(usize) -> bool,
        rows: &[u32],
    ) -> Result<Self> {
        let mut raw = Self::default();
        raw.columns.resize_with(keeps.len(), RawColumn::default);
        let (mut first, mut rest) = (0_u32, rows);
        shelf.each(part, &mut |mut sealed| {
            while !sealed.is_empty() {
                let n = u32::from_le_bytes(
                    sealed.get(..4).and_then(|n| n.try_into().ok()).ok_or_else(cut_short)?,
                );
                let end = first.saturating_add(n);
                let (here, after) = rest.split_at(rest.partition_point(|&row| row < end));
                let picks: Vec<u32> = here.iter().map(|&row| row.saturating_sub(first)).collect();
                (first, rest) = (end, after);
                raw.add(&mut sealed, keeps, wants, false, Take::Rows(&picks))?;
            }
            Ok(())
        })?;
        Ok(raw)
    }

    /// Unseals a part with each row at its place: `to` gives the place of each row, `n` for those
    /// that have none, and `n` is the number of places.
    pub(crate) fn place(
        shelf: &Shelf,
        part: usize,
        keeps: &[Keep],
        wants: &dyn Fn(usize) -> bool,
        (to, n): (&[u32], usize),
    ) -> Result<Self> {
        let mut raw = Self::default();
        raw.columns.resize_with(keeps.len(), RawColumn::default);
        let mut rest = to;
        shelf.each(part, &mut |mut sealed| {
            while !sealed.is_empty() {
                let n_batch = sealed.get(..4).and_then(|n| n.try_into().ok());
                let n_batch = at(u32::from_le_bytes(n_batch.ok_or_else(cut_short)?));
                let (here, after) = rest.split_at_checked(n_batch).ok_or_else(cut_short)?;
                rest = after;
                raw.add(&mut sealed, keeps, wants, false, Take::To(here, n))?;
            }
            Ok(())
        })?;
        for column in &mut raw.columns {
            match column {
                RawColumn::Absent => {}
                RawColumn::Ids(ids) => ids.truncate(n),
                RawColumn::Numbers(numbers) => numbers.truncate(n),
                RawColumn::Serial(heads, numbers) => {
                    heads.truncate(n);
                    let (low, high) = numbers.halves_mut();
                    low.truncate(n);
                    high.truncate(n);
                }
            }
        }
        Ok(raw)
    }

    #[expect(clippy::too_many_arguments, reason = "what to take of which columns")]
    fn add(
        &mut self,
        sealed: &mut &[u8],
        keeps: &[Keep],
        wants: &dyn Fn(usize) -> bool,
        numbered: bool,
        which: Take<'_>,
    ) -> Result<()> {
        let n = at(take_u32(sealed)?);
        let rows = (n, which);
        let file = take_u32(sealed)?;
        let flags = take(sealed, 1)?.first().copied().unwrap_or(0);
        self.batches.push(Batch { first: self.n_rows, file, flags });
        // Ids lie in 32 bits; the missing one is no value.
        let id = |value: i64| u32::try_from(value & 0xffff_ffff).unwrap_or(NO_CODE);
        for (place, (keep, column)) in keeps.iter().zip(&mut self.columns).enumerate() {
            let wanted = wants(place);
            match keep {
                Keep::Check => {}
                Keep::Serial => {
                    if !wanted {
                        if skip(sealed, n)? {
                            skip(sealed, n)?;
                            skip(sealed, n)?;
                        }
                        continue;
                    }
                    if matches!(column, RawColumn::Absent) {
                        *column = RawColumn::Serial(Vec::new(), Numbers::default());
                    }
                    if let RawColumn::Serial(heads, numbers) = column {
                        let is_there = values(sealed, rows, NO_CODE, id, heads)?;
                        serial_numbers(sealed, rows, is_there, (heads.len(), numbers))?;
                    }
                }
                _ if !wanted => {
                    skip(sealed, n)?;
                }
                Keep::Code | Keep::Person | Keep::Encounter | Keep::Settlement => {
                    if matches!(column, RawColumn::Absent) {
                        *column = RawColumn::Ids(Vec::new());
                    }
                    if let RawColumn::Ids(ids) = column {
                        values(sealed, rows, NO_CODE, id, ids)?;
                    }
                }
                Keep::Number | Keep::Day | Keep::Text | Keep::Hash => {
                    if matches!(column, RawColumn::Absent) {
                        *column = RawColumn::Numbers(Vec::new());
                    }
                    let null = if *keep == Keep::Hash { 0 } else { NO_VALUE };
                    if let RawColumn::Numbers(numbers) = column {
                        values(sealed, rows, null, |value| value, numbers)?;
                    }
                }
            }
        }
        if numbered {
            values(sealed, rows, 0, i64::cast_unsigned, &mut self.rows)?;
        } else {
            skip(sealed, n)?;
        }
        self.n_rows = self.n_rows.saturating_add(match which {
            Take::Rows(picks) => picks.len(),
            Take::All(_) | Take::To(..) => n,
        });
        Ok(())
    }

    /// A column by its warehouse name.
    pub(crate) fn column(&self, name: &str) -> &RawColumn {
        static ABSENT: RawColumn = RawColumn::Absent;
        place(name).and_then(|place| self.columns.get(place)).unwrap_or(&ABSENT)
    }

    /// Takes a column out.
    pub(crate) fn take(&mut self, name: &str) -> RawColumn {
        let place = place(name).and_then(|place| self.columns.get_mut(place));
        place.map(std::mem::take).unwrap_or_default()
    }

    /// The batch of a row.
    pub(crate) fn batch(&self, row: usize) -> Batch {
        let after = self.batches.partition_point(|batch| batch.first <= row);
        let batch = after.checked_sub(1).and_then(|place| self.batches.get(place)).copied();
        batch.unwrap_or(Batch { first: 0, file: 0, flags: 0 })
    }

    /// For each row whether it is of the state; nothing where none is.
    pub(crate) fn carried(&self) -> Vec<bool> {
        let any = self.batches.iter().any(|batch| batch.is_carried());
        if any { self.flags(Batch::is_carried) } else { Vec::new() }
    }

    /// For each row what its batch says.
    pub(crate) fn flags<T: Clone>(&self, of: impl Fn(Batch) -> T) -> Vec<T> {
        let mut flags = Vec::with_capacity(self.n_rows);
        for (place, &batch) in self.batches.iter().enumerate() {
            let end =
                self.batches.get(place.saturating_add(1)).map_or(self.n_rows, |next| next.first);
            flags.resize(end, of(batch));
        }
        flags
    }
}

fn place(name: &str) -> Option<usize> {
    TableName::Lines.column(name)
}

/// The values of a sealed column of a batch; tells whether the file had it.
fn values<T: Copy>(
    sealed: &mut &[u8],
    (n, which): (usize, Take<'_>),
    null: T,
    of: impl Fn(i64) -> T + Copy,
    all: &mut Vec<T>,
) -> Result<bool> {
    match which {
        Take::All(n_rows) => {
            all.reserve(n_rows.saturating_sub(all.len()));
            unseal(sealed, n, null, of, all)
        }
        Take::Rows(picks) => pick(sealed, n, picks, null, of, all),
        Take::To(to, n_places) => {
            // One more slot takes the rows that have no place.
            all.resize(n_places.saturating_add(1), null);
            put(sealed, to, null, of, all)
        }
    }
}

/// The numbers of keys of a batch, whose file has keys or not; `n` is how many there are with them.
fn serial_numbers(
    sealed: &mut &[u8],
    rows: (usize, Take<'_>),
    is_there: bool,
    (n, numbers): (usize, &mut Numbers),
) -> Result<()> {
    let number = |value: i64| value.cast_unsigned();
    let (low, high) = numbers.halves_mut();
    let n_before = low.len();
    if !is_there {
        low.resize(n, 0);
        if !high.is_empty() {
            high.resize(n, 0);
        }
        return Ok(());
    }
    values(sealed, rows, 0, number, low)?;
    if is_absent(sealed) {
        skip(sealed, rows.0)?;
        if !high.is_empty() {
            high.resize(n, 0);
        }
        return Ok(());
    }
    // Batches before had no higher halves.
    high.resize(high.len().max(n_before), 0);
    values(sealed, rows, 0, number, high)?;
    Ok(())
}
