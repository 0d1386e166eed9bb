//! Contents of the few rows whose keys repeat, read a second time.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use ahash::RandomState;

use crate::chunk::RowNumbers;

type Map<K, V> = HashMap<K, V, RandomState>;

/// Hashes of the whole content of rows, by file and number.
#[derive(Debug)]
pub(crate) struct Contents {
    /// By file: the numbers of the rows asked for, ascending.
    wanted: Map<u32, Vec<u64>>,
    found: Mutex<Map<(u32, u64), u64>>,
}

fn fixed<K, V>() -> Map<K, V> {
    HashMap::with_hasher(RandomState::with_seeds(1, 2, 3, 4))
}

impl Contents {
    pub(crate) fn new(rows: impl Iterator<Item = (u32, u64)>) -> Self {
        let mut wanted: Map<u32, Vec<u64>> = fixed();
        for (file, row) in rows {
            wanted.entry(file).or_default().push(row);
        }
        #[expect(clippy::iter_over_hash_type, reason = "each list is sorted on its own")]
        for rows in wanted.values_mut() {
            rows.sort_unstable();
            rows.dedup();
        }
        Self { wanted, found: Mutex::new(fixed()) }
    }

    /// Tells whether nothing is asked for.
    pub(crate) fn is_empty(&self) -> bool {
        self.wanted.is_empty()
    }

    /// The numbers asked for among some rows of a file, ascending.
    pub(crate) fn wanted(&self, file: u32, rows: Range<u64>) -> &[u64] {
        let Some(wanted) = self.wanted.get(&file) else { return &[] };
        let place = |row: u64| wanted.partition_point(|&number| number < row);
        wanted.get(place(rows.start)..place(rows.end)).unwrap_or(&[])
    }

    /// Notes the rows of a batch that are asked for.
    pub(crate) fn note(&self, file: u32, rows: &RowNumbers, content: &[u64]) {
        let Some(wanted) = self.wanted.get(&file) else { return };
        let mut noted = Vec::new();
        for (row, &content) in content.iter().enumerate() {
            let number = rows.of(row);
            if wanted.binary_search(&number).is_ok() {
                noted.push(((file, number), content));
            }
        }
        self.found.lock().unwrap_or_else(PoisonError::into_inner).extend(noted);
    }

    /// What was noted.
    pub(crate) fn finish(self) -> Map<(u32, u64), u64> {
        self.found.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}
