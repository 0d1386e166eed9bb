//! Lines by their key.

use jihe_terms::Texts;
use rayon::prelude::*;
use xxhash_rust::xxh3::xxh3_64;

use crate::place::at;
use crate::rows::Rows;

/// An index of line keys: the upper half of each entry is a hash, the lower half the row.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    entries: Vec<u64>,
}

const LOW: u64 = 0xffff_ffff;

/// The key as it was delivered, without the encounter that was put behind it.
pub(crate) fn plain(key: &[u8]) -> &[u8] {
    match memchr::memchr(0, key) {
        Some(end) => key.get(..end).unwrap_or(key),
        None => key,
    }
}

/// Tells whether keys have their encounter behind them.
pub(crate) fn named_by_encounter(lines: &Rows) -> bool {
    let texts = lines.column("bkkp_sn").texts();
    let first = texts.zip(lines.standing().next());
    first.is_some_and(|(texts, row)| texts.bytes(at(row)).contains(&0))
}

impl Keys {
    /// Indexes all lines that stand by their keys as delivered.
    pub(crate) fn of_plain(lines: &Rows) -> Self {
        let Some(texts) = lines.column("bkkp_sn").texts() else { return Self::default() };
        let entry = |row: u32| (xxh3_64(plain(texts.bytes(at(row)))) & !LOW) | u64::from(row);
        let mut entries: Vec<u64> = lines.standing().map(entry).collect();
        entries.par_sort_unstable();
        Self { entries }
    }

    /// Indexes all lines that stand.
    pub(crate) fn new(lines: &Rows) -> Self {
        let Some(texts) = lines.column("bkkp_sn").texts() else { return Self::default() };
        let rows: Vec<u32> = lines.standing().collect();
        let entry = |&row: &u32| (xxh3_64(texts.bytes(at(row))) & !LOW) | u64::from(row);
        let mut entries: Vec<u64> = rows.par_iter().map(entry).collect();
        entries.par_sort_unstable();
        Self { entries }
    }

    /// The rows whose key is `key`, ascending.
    pub(crate) fn find<'k>(
        &'k self,
        texts: &'k Texts,
        key: &'k [u8],
    ) -> impl Iterator<Item = u32> + 'k {
        let hash = xxh3_64(key) & !LOW;
        let first = self.entries.partition_point(|&entry| entry < hash);
        let same = self.entries.get(first..).unwrap_or(&[]).iter();
        same.take_while(move |&&entry| entry & !LOW == hash)
            .map(|&entry| row(entry))
            .filter(move |&row| texts.bytes(at(row)) == key || plain(texts.bytes(at(row))) == key)
    }

    /// Groups of two or more rows with the same key, each ascending.
    pub(crate) fn repeated(&self, texts: &Texts) -> Vec<Vec<u32>> {
        let mut groups = Vec::new();
        for run in self.entries.chunk_by(|a, b| a & !LOW == b & !LOW) {
            if run.len() < 2 {
                continue;
            }
            let mut rows: Vec<u32> = run.iter().map(|&entry| row(entry)).collect();
            let key = |&row: &u32| texts.bytes(at(row));
            rows.sort_unstable_by(|a, b| (key(a), a).cmp(&(key(b), b)));
            let same = rows.chunk_by(|a, b| key(a) == key(b));
            groups.extend(same.filter(|group| 1 < group.len()).map(<[u32]>::to_vec));
        }
        groups
    }
}

fn row(entry: u64) -> u32 {
    u32::try_from(entry & LOW).unwrap_or(u32::MAX)
}
