//! Sealed batches of lines by part, in memory until the budget is used up, then in a file.
//!
//! The file has no name: it is gone with the process, however that ends. Batches of a part are
//! written together; what is read back is what was written, or an error.

use std::fs::File;
use std::io::{Result, Write};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};

use crate::memory::{OF_JUDGED, OF_THREAD, Room};

/// What a part holds.
#[derive(Debug, Default)]
struct Pile {
    n_rows: usize,
    sealed: Vec<Box<[u8]>>,
    /// Place and length of what was written out.
    written: Vec<(u64, usize)>,
}

/// Parts of sealed lines.
#[derive(Debug)]
pub(crate) struct Shelf {
    piles: Vec<Mutex<Pile>>,
    n_bytes: AtomicUsize,
    is_given_up: AtomicBool,
    room: Room,
    /// Folder for the file.
    folder: PathBuf,
    file: RwLock<Option<File>>,
    /// Bytes in the file; held while writing.
    end: Mutex<u64>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shelf {
    pub(crate) fn new(n_parts: usize, room: Room, folder: PathBuf) -> Self {
        Self {
            piles: (0..n_parts).map(|_| Mutex::default()).collect(),
            n_bytes: AtomicUsize::new(0),
            is_given_up: AtomicBool::new(false),
            room,
            folder,
            file: RwLock::new(None),
            end: Mutex::new(0),
        }
    }

    pub(crate) fn n_parts(&self) -> usize {
        self.piles.len()
    }

    /// The rows of a part.
    pub(crate) fn n_rows(&self, part: usize) -> usize {
        self.piles.get(part).map_or(0, |pile| lock(pile).n_rows)
    }

    /// Adds a batch of so many rows to a part.
    pub(crate) fn push(&self, part: usize, sealed: &[u8], n_rows: usize) {
        if let Some(pile) = self.piles.get(part) {
            let mut pile = lock(pile);
            pile.n_rows = pile.n_rows.saturating_add(n_rows);
            pile.sealed.push(sealed.into());
            self.n_bytes.fetch_add(sealed.len(), Ordering::Relaxed);
        }
    }

    /// Drops all batches: nobody may ask for them again.
    pub(crate) fn give_up(&self) {
        self.is_given_up.store(true, Ordering::Relaxed);
        for pile in &self.piles {
            *lock(pile) = Pile::default();
        }
        self.n_bytes.store(0, Ordering::Relaxed);
    }

    /// Writes all parts out if lines have more memory than they may, or if the process has no room for
    /// `more` bytes.
    pub(crate) fn make_room(&self, more: u64) -> Result<()> {
        if self.is_small_enough(more) {
            return Ok(());
        }
        let mut end = lock(&self.end);
        // Another thread may have written while this one waited.
        if self.is_small_enough(more) {
            return Ok(());
        }
        let file = self.opened()?;
        let Some(mut file) = file.as_ref() else { return Ok(()) };
        for pile in &self.piles {
            let mut pile = lock(pile);
            let n_bytes: usize = pile.sealed.iter().map(|sealed| sealed.len()).sum();
            if n_bytes == 0 {
                continue;
            }
            let mut together = Vec::with_capacity(n_bytes);
            pile.sealed.drain(..).for_each(|sealed| together.extend_from_slice(&sealed));
            file.write_all(&together)?;
            pile.written.push((*end, n_bytes));
            *end = end.saturating_add(u64::try_from(n_bytes).unwrap_or(u64::MAX));
            self.n_bytes.fetch_sub(n_bytes, Ordering::Relaxed);
        }
        Ok(())
    }

    /// The same for a part of so many rows that is to be judged, if it needs more than its thread has.
    pub(crate) fn make_room_for_part(&self, n_rows: usize) -> Result<()> {
        let n_rows = u64::try_from(n_rows).unwrap_or(u64::MAX);
        let more = n_rows.saturating_mul(OF_JUDGED).saturating_sub(OF_THREAD);
        if more == 0 { Ok(()) } else { self.make_room(more) }
    }

    /// The file, made when first asked for.
    fn opened(&self) -> Result<RwLockReadGuard<'_, Option<File>>> {
        {
            let mut file = self.file.write().unwrap_or_else(PoisonError::into_inner);
            if file.is_none() {
                *file = Some(tempfile::tempfile_in(&self.folder)?);
            }
        }
        Ok(self.file.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Writes bytes to the file if the process has no room for them and so many more; tells where.
    pub(crate) fn put_away(&self, bytes: &[u8], n_more: u64) -> Result<Option<u64>> {
        let n_bytes = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if !self.room.is_short_of(n_bytes.saturating_add(n_more)) {
            return Ok(None);
        }
        let mut end = lock(&self.end);
        let file = self.opened()?;
        let Some(mut file) = file.as_ref() else { return Ok(None) };
        file.write_all(bytes)?;
        let place = *end;
        *end = end.saturating_add(n_bytes);
        Ok(Some(place))
    }

    /// Tells whether so many bytes more would be too many for the process now.
    pub(crate) fn is_short_of(&self, n_bytes: u64) -> bool {
        self.room.is_short_of(n_bytes)
    }

    /// Bytes that the process may take beside what it holds; none where it is not bounded.
    pub(crate) fn room_left(&self) -> Option<u64> {
        self.room.left()
    }

    /// Reads bytes that were put away.
    pub(crate) fn bring_back(&self, place: u64, n_bytes: usize) -> Result<Vec<u8>> {
        let file = self.file.read().unwrap_or_else(PoisonError::into_inner);
        let file = file.as_ref().ok_or_else(super::seal::cut_short)?;
        let mut bytes = vec![0; n_bytes];
        file.read_exact_at(&mut bytes, place)?;
        Ok(bytes)
    }

    fn is_small_enough(&self, more: u64) -> bool {
        let n_bytes = self.n_bytes.load(Ordering::Relaxed);
        n_bytes <= self.room.of_lines
            && (n_bytes <= self.room.least_written || !self.room.is_short_of(more))
    }

    /// Calls `each` with every run of batches of a part.
    pub(crate) fn each(
        &self,
        part: usize,
        each: &mut dyn FnMut(&[u8]) -> Result<()>,
    ) -> Result<()> {
        if self.is_given_up.load(Ordering::Relaxed) {
            return Err(std::io::Error::other("lines were given up when all was judged"));
        }
        self.make_room(0)?;
        let Some(pile) = self.piles.get(part) else { return Ok(()) };
        let pile = lock(pile);
        if !pile.written.is_empty() {
            let file = self.file.read().unwrap_or_else(PoisonError::into_inner);
            let file = file.as_ref().ok_or_else(super::seal::cut_short)?;
            let mut together = Vec::new();
            for &(place, n_bytes) in &pile.written {
                together.resize(n_bytes, 0);
                file.read_exact_at(&mut together, place)?;
                each(&together)?;
            }
        }
        pile.sealed.iter().try_for_each(|sealed| {
            // Read for its own sake: the whole batch comes into the cache at once, not column by column.
            std::hint::black_box(sealed.iter().step_by(64).fold(0, |seen, byte| seen ^ byte));
            each(sealed)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_out_comes_back_with_the_rest() {
        let room = Room { of_lines: 4, ..Room::BOUNDLESS };
        let shelf = Shelf::new(2, room, std::env::temp_dir());
        for byte in 0..5 {
            shelf.push(usize::from(byte % 2), &[byte; 3], 1);
            shelf.make_room(0).unwrap();
        }
        for part in 0..2_u8 {
            let mut all = Vec::new();
            shelf
                .each(part.into(), &mut |sealed| {
                    all.extend_from_slice(sealed);
                    Ok(())
                })
                .unwrap();
            let wanted: Vec<u8> =
                (0..5).filter(|byte| byte % 2 == part).flat_map(|b| [b; 3]).collect();
            assert_eq!(all, wanted);
            assert_eq!(shelf.n_rows(part.into()), wanted.len() / 3);
        }
    }
}
