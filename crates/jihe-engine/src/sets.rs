//! Sets of a whole and its parts, found by a part.

use std::collections::BTreeMap;

use jihe_catalogue::Table;
use jihe_terms::NO_CODE;

use crate::run::bounds;
use crate::tables::CodedTable;

/// A set: its id and its whole.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct SetKey {
    /// Code of `set_id`.
    pub(crate) set: u32,
    /// Code of the whole.
    pub(crate) whole: u32,
}

/// Rows of a table with `set_id`, `whole`, `part`.
#[derive(Clone, Debug, Default)]
pub(crate) struct SplitIndex {
    by_part: BTreeMap<u32, Vec<u32>>,
    by_set: BTreeMap<SetKey, Vec<u32>>,
    sets: Vec<SetKey>,
    parts: Vec<u32>,
    ranges: Vec<(i32, i32)>,
}

impl SplitIndex {
    /// Indexes a table by what the run's dictionary made of it.
    pub(crate) fn new(table: &Table, coded: &CodedTable) -> Self {
        let column = |name: &str| coded.codes_of(table, name).to_vec();
        let (set, whole, parts) = (column("set_id"), column("whole"), column("part"));
        let keys = set.iter().zip(&whole).map(|(&set, &whole)| SetKey { set, whole });
        let mut index = Self {
            sets: keys.collect(),
            ranges: table.range.iter().map(|&range| bounds(range)).collect(),
            ..Self::default()
        };
        for ((row, &part), &key) in (0_u32..).zip(&parts).zip(&index.sets) {
            if part != NO_CODE {
                index.by_part.entry(part).or_default().push(row);
                index.by_set.entry(key).or_default().push(row);
            }
        }
        index.parts = parts;
        index
    }

    fn holds(&self, row: u32, day: i32) -> bool {
        let (from, until) = self.ranges[row as usize];
        from <= day && day < until
    }

    /// The sets that an item is a part of on a day.
    pub(crate) fn sets_of(&self, part: u32, day: i32) -> impl Iterator<Item = SetKey> + '_ {
        let rows = self.by_part.get(&part).into_iter().flatten().copied();
        rows.filter(move |&row| self.holds(row, day)).map(|row| self.sets[row as usize])
    }

    /// The parts of a set on a day, ascending by code, each with its row.
    pub(crate) fn parts(&self, set: SetKey, day: i32) -> Vec<(u32, u32)> {
        let rows = self.by_set.get(&set).into_iter().flatten().copied();
        let rows = rows.filter(|&row| self.holds(row, day));
        let mut parts: Vec<(u32, u32)> = rows.map(|row| (self.parts[row as usize], row)).collect();
        parts.sort_unstable();
        parts.dedup_by_key(|part| part.0);
        parts
    }

    /// All parts.
    pub(crate) fn items(&self) -> impl Iterator<Item = u32> + '_ {
        self.by_part.keys().copied()
    }
}
