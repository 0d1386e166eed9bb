//! Contents of the rows whose keys repeat, read a second time.

use std::num::NonZeroU64;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::chunk::RowNumbers;
use crate::place::{at, count};

/// Hashes of the whole content of rows, by file and number: 16 bytes a row.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    files: Vec<File>,
}

#[derive(Debug, Default)]
struct File {
    /// The numbers of the rows asked for, ascending once all are.
    wanted: Vec<u64>,
    /// What was found of each.
    found: Mutex<Vec<Option<NonZeroU64>>>,
}

impl File {
    fn found(&self) -> MutexGuard<'_, Vec<Option<NonZeroU64>>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Contents {
    /// Asks for a row.
    pub(crate) fn want(&mut self, file: u32, row: u64) {
        let file = at(file);
        if self.files.len() <= file {
            self.files.resize_with(file.saturating_add(1), File::default);
        }
        if let Some(file) = self.files.get_mut(file) {
            file.wanted.push(row);
        }
    }

    /// The bytes that will hold what is found.
    pub(crate) fn n_bytes(&self) -> u64 {
        let n_rows = self.files.iter().map(|file| count(file.wanted.len()));
        n_rows.fold(0, u64::saturating_add).saturating_mul(8)
    }

    /// Closes the list of rows that are asked for; tells whether there is any.
    pub(crate) fn begin(&mut self) -> bool {
        for file in &mut self.files {
            file.wanted.sort_unstable();
            file.wanted.dedup();
            *file.found() = vec![None; file.wanted.len()];
        }
        !self.files.is_empty()
    }

    /// The numbers asked for among some rows of a file, ascending.
    pub(crate) fn wanted(&self, file: u32, rows: Range<u64>) -> &[u64] {
        let Some(file) = self.files.get(at(file)) else { return &[] };
        let place = |row: u64| file.wanted.partition_point(|&number| number < row);
        file.wanted.get(place(rows.start)..place(rows.end)).unwrap_or(&[])
    }

    /// Notes the rows of a batch that are asked for; numbers ascend.
    pub(crate) fn note(&self, file: u32, rows: &RowNumbers, content: &[u64]) {
        let Some(file) = self.files.get(at(file)) else { return };
        let first = rows.of(0);
        let mut place = file.wanted.partition_point(|&number| number < first);
        let mut found = file.found();
        for (row, &content) in content.iter().enumerate() {
            let number = rows.of(row);
            while file.wanted.get(place).is_some_and(|&wanted| wanted < number) {
                place = place.saturating_add(1);
            }
            if file.wanted.get(place) == Some(&number)
                && let Some(found) = found.get_mut(place)
            {
                *found = Some(NonZeroU64::new(content).unwrap_or(NonZeroU64::MAX));
            }
        }
    }

    /// What was noted of a row.
    pub(crate) fn get(&self, file: u32, row: u64) -> Option<NonZeroU64> {
        let file = self.files.get(at(file))?;
        let place = file.wanted.binary_search(&row).ok()?;
        file.found().get(place).copied().flatten()
    }
}
