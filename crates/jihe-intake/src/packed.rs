//! Columns that nobody reads for a while, in as few bytes as their values need.
//!
//! In: columns of a chunk. Out: the same, opened one at a time; meanwhile they lie sealed, in memory or
//! in the file of the lines. Cost: two passes over the values, and one more to open them.

use std::io::Result;

use jihe_frame::serials::Numbers;
use jihe_terms::{NO_CODE, NO_DAY, NO_NUMBER};

use crate::cells::Cells;
use crate::lines::seal::{Form, Runs, Value, cut_short};
use crate::lines::sealed::Sealed;
use crate::lines::shelf::Shelf;
use crate::lines::unseal::unseal;

/// So many values are sealed in one form.
const STRETCH: usize = 1 << 16;

/// A column of a chunk; texts, and what is not in the file, stay as they are.
#[derive(Debug)]
pub(crate) struct Packed {
    like: Cells,
    n_rows: usize,
    /// Whether it has keys whose numbers have higher halves.
    pub(crate) is_far: bool,
    sealed: Sealed,
}

impl Packed {
    pub(crate) fn new(cells: Cells) -> Self {
        let (mut is_far, mut bytes) = (false, Vec::new());
        let n_rows = match &cells {
            Cells::Absent | Cells::Text(_) => {
                return Self { like: cells, n_rows: 0, is_far, sealed: Sealed::default() };
            }
            Cells::Code(values) | Cells::Entity(_, values) => seal(values, NO_CODE, &mut bytes),
            Cells::Number(values) => seal(values, NO_NUMBER, &mut bytes),
            Cells::Day(values) => seal(values, NO_DAY, &mut bytes),
            Cells::Hash(values) => seal(values, 0, &mut bytes),
            Cells::Serial(heads, numbers) => {
                let (low, high) = numbers.halves();
                is_far = !high.is_empty();
                // No half of a number is as large as the missing one.
                seal(low, u64::MAX, &mut bytes);
                seal(high, u64::MAX, &mut bytes);
                seal(heads, NO_CODE, &mut bytes)
            }
        };
        Self { like: cells.like(), n_rows, is_far, sealed: bytes.into() }
    }

    /// An empty column of the same type.
    pub(crate) fn like(&self) -> Cells {
        self.like.like()
    }

    /// Puts the bytes on disk if the run has no memory left.
    pub(crate) fn make_room(&mut self, file: &Shelf) -> Result<()> {
        self.sealed.make_room(file)
    }

    /// The column.
    pub(crate) fn open(self, file: &Shelf) -> Result<Cells> {
        let bytes = self.sealed.bytes(file)?;
        let (mut cells, mut sealed, n) = (self.like, &*bytes, self.n_rows);
        let id = |value: i64| u32::try_from(value).unwrap_or(NO_CODE);
        match &mut cells {
            Cells::Absent | Cells::Text(_) => {}
            Cells::Code(all) | Cells::Entity(_, all) => open(&mut sealed, n, NO_CODE, id, all)?,
            Cells::Number(all) => open(&mut sealed, n, NO_NUMBER, |value| value, all)?,
            Cells::Day(all) => {
                let day = |value: i64| i32::try_from(value).unwrap_or(NO_DAY);
                open(&mut sealed, n, NO_DAY, day, all)?;
            }
            Cells::Hash(all) => open(&mut sealed, n, 0, i64::cast_unsigned, all)?,
            Cells::Serial(heads, numbers) => {
                let [mut low, mut high] = [const { Vec::new() }; 2];
                open(&mut sealed, n, u64::MAX, i64::cast_unsigned, &mut low)?;
                let n_high = if self.is_far { n } else { 0 };
                open(&mut sealed, n_high, u64::MAX, i64::cast_unsigned, &mut high)?;
                *numbers = Numbers::of_halves(low, high);
                open(&mut sealed, n, NO_CODE, id, heads)?;
            }
        }
        if sealed.is_empty() { Ok(cells) } else { Err(cut_short()) }
    }
}

/// Seals values, of which the missing one is an end of its type; tells how many there are.
fn seal<T: Value>(values: &[T], null: T, bytes: &mut Vec<u8>) -> usize {
    let mut scratch = Runs::default();
    for values in values.chunks(STRETCH) {
        let form = Form::of(values, null, values.iter().copied());
        form.seal(values.iter().copied(), &mut scratch, bytes);
    }
    values.len()
}

/// Opens so many values.
fn open<T: Copy>(
    sealed: &mut &[u8],
    n: usize,
    null: T,
    of: impl Fn(i64) -> T + Copy,
    all: &mut Vec<T>,
) -> Result<()> {
    all.reserve_exact(n);
    for first in (0..n).step_by(STRETCH) {
        let n = n.saturating_sub(first).min(STRETCH);
        if !unseal(sealed, n, null, of, all)? {
            return Err(cut_short());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use jihe_terms::Texts;

    use super::*;
    use crate::cells::Entity;
    use crate::memory::{Bound, Room};

    #[test]
    fn every_column_comes_back_from_memory_and_from_disk() {
        let numbers = |step: u128| -> Numbers { (0..70_000_u128).map(|n| n * step).collect() };
        let heads: Vec<u32> = (0..70_000).map(|n| if n % 7 == 0 { NO_CODE } else { 3 }).collect();
        let all = || {
            [
                Cells::Absent,
                Cells::Code(heads.clone()),
                Cells::Entity(Entity::Person, (0..70_000).rev().collect()),
                Cells::Number(vec![NO_NUMBER, -5, i64::MAX, 70_000]),
                Cells::Day(vec![NO_DAY, 0, i32::MAX]),
                Cells::Hash(vec![u64::MAX, 0, 1, 1]),
                Cells::Serial(heads.clone(), numbers(977)),
                Cells::Serial(heads.clone(), numbers(1 << 90)),
                Cells::Text([&b"a"[..], b"", b"b"].into_iter().collect::<Texts>()),
            ]
        };
        let room = || Room { of_process: Bound::new(1), ..Room::BOUNDLESS };
        for room in [Room::BOUNDLESS, room()] {
            let is_bound = room.of_process.is_some();
            let shelf = Shelf::new(1, room, std::env::temp_dir());
            for (cells, wanted) in all().into_iter().zip(all()) {
                let is_sealed = !matches!(cells, Cells::Absent | Cells::Text(_));
                let mut packed = Packed::new(cells);
                packed.make_room(&shelf).unwrap();
                let is_away = matches!(packed.sealed, Sealed::Away { .. });
                assert_eq!(is_away, is_sealed && is_bound);
                assert_eq!(format!("{:?}", packed.open(&shelf).unwrap()), format!("{wanted:?}"));
            }
        }
    }

    #[test]
    fn what_was_cut_is_an_error() {
        let shelf = Shelf::new(1, Room::BOUNDLESS, std::env::temp_dir());
        let mut packed = Packed::new(Cells::Code(vec![1, 70_000, 3]));
        if let Sealed::Here(bytes) = &mut packed.sealed {
            *bytes = bytes.iter().copied().chain([0]).collect();
        }
        assert!(packed.open(&shelf).is_err());
    }
}
