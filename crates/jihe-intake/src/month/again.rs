//! Rows whose keys come more than once, read a second time for their contents.

use std::collections::BTreeMap;

use jihe_terms::schema::TableName;

use super::Reader;
use crate::error::IntakeError;
use crate::layout::Keep;
use crate::lines::contents::Contents;
use crate::lines::unique::Candidate;
use crate::net::repeat;
use crate::place::id;
use crate::read::{Sink, Task};
use crate::rows::Rows;

impl Reader<'_> {
    /// Reads the contents of lines whose keys repeat.
    pub(super) fn contents(
        &self,
        candidates: &[Candidate],
        n_carried_files: u32,
    ) -> Result<BTreeMap<(u32, u64), u64>, IntakeError> {
        let rows = candidates.iter().filter(|one| !one.is_carried);
        let rows = rows.map(|one| (one.file, one.number));
        self.contents_at(TableName::Lines, rows, n_carried_files)
    }

    /// Reads the contents of rows of the month whose keys repeat.
    pub(super) fn contents_of(
        &self,
        rows: &Rows,
        repeated: &[(u32, u32)],
    ) -> Result<repeat::Contents, IntakeError> {
        let month = repeated.iter().filter(|&&(_, row)| !rows.is_carried(row));
        let origin = |&(_, row): &(u32, u32)| {
            rows.origin(row).map(|(file, number)| (row, (id(file), number)))
        };
        let origins: Vec<(u32, (u32, u64))> = month.filter_map(origin).collect();
        let places = origins.iter().map(|&(_, place)| place);
        let found = self.contents_at(rows.table, places, id(rows.n_carried_files()))?;
        let content = |(row, place): (u32, (u32, u64))| Some((row, *found.get(&place)?));
        Ok(origins.into_iter().filter_map(content).collect())
    }

    /// Reads the contents of rows by file and number; files of the state come first, and are passed
    /// over.
    fn contents_at(
        &self,
        table: TableName,
        rows: impl Iterator<Item = (u32, u64)>,
        n_carried_files: u32,
    ) -> Result<BTreeMap<(u32, u64), u64>, IntakeError> {
        let contents = Contents::new(rows);
        if contents.is_empty() {
            return Ok(BTreeMap::new());
        }
        let keeps: Vec<Keep> = table.columns().iter().map(|_| Keep::Check).collect();
        let task = self.task(table, &keeps, Sink::Contents(&contents));
        self.table(Task { file: n_carried_files, ..task })?;
        Ok(contents.finish().into_iter().collect())
    }
}
