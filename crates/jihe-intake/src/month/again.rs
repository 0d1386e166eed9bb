//! Rows whose keys come more than once, read a second time for their contents.

use std::sync::Arc;

use jihe_frame::{Codes, Defects, timed};
use jihe_terms::schema::TableName;

use super::Reader;
use crate::error::IntakeError;
use crate::layout::{Keep, Layout};
use crate::lines::contents::Contents;
use crate::lines::leaving::Leaving;
use crate::lines::sink::{Shelved, cannot_spill};
use crate::lines::unique::{Candidate, Candidates, Repeats};
use crate::place::id;
use crate::read::{Sink, Task};
use crate::rows::Rows;

/// Asks for the contents of lines whose keys repeat; what the state has is known by what it tells.
fn want(contents: &mut Contents, candidates: &Candidates) {
    let is_new =
        |group: &&[Candidate]| group.first().is_some_and(|first| !candidates.is_carried(first));
    for one in candidates.groups().filter(is_new).flatten() {
        contents.want(one.file, one.number);
    }
}

impl Reader<'_> {
    /// Decides over lines whose keys come more than once; notes those that are put aside.
    pub(super) fn repeats(
        &self,
        (shelved, layouts, heads): (&Shelved, &[Layout], &Arc<Codes>),
        n_carried_files: u32,
        n_lines: u64,
        defects: &mut Defects,
    ) -> Result<Leaving, IntakeError> {
        let options = self.options;
        let repeats = timed(options.profile, "net / repeats", || {
            Repeats::find(shelved, n_carried_files, n_lines, options.scratch_bytes())
        });
        let repeats = repeats.map_err(cannot_spill)?;
        let candidates = |round: u64| {
            let found = timed(options.profile, "net / repeats", || repeats.candidates(round));
            found.map_err(cannot_spill)
        };
        let mut leaving = Leaving::default();
        if repeats.n_rounds == 0 {
            return Ok(leaving);
        }
        let mut contents = Contents::default();
        // Those of an only round are looked for once.
        let mut last = Candidates::default();
        for round in 0..repeats.n_rounds {
            last = candidates(round)?;
            want(&mut contents, &last);
        }
        shelved.shelf.make_room(contents.n_bytes()).map_err(cannot_spill)?;
        self.read_contents(&mut contents, TableName::Lines, n_carried_files)?;
        for round in 0..repeats.n_rounds {
            if 1 < repeats.n_rounds {
                last = candidates(round)?;
            }
            leaving.settle(&last, &contents, (layouts, heads), defects);
        }
        Ok(leaving)
    }

    /// Reads the contents of rows of the month whose keys repeat.
    pub(super) fn contents_of(
        &self,
        rows: &Rows,
        repeated: &[(u32, u32)],
    ) -> Result<Contents, IntakeError> {
        let mut contents = Contents::default();
        for &(_, row) in repeated.iter().filter(|&&(_, row)| !rows.is_carried(row)) {
            if let Some((file, number)) = rows.origin(row) {
                contents.want(id(file), number);
            }
        }
        self.read_contents(&mut contents, rows.table, id(rows.n_carried_files()))?;
        Ok(contents)
    }

    /// Reads the contents that are asked for; files of the state come first, and are passed over.
    fn read_contents(
        &self,
        contents: &mut Contents,
        table: TableName,
        n_carried_files: u32,
    ) -> Result<(), IntakeError> {
        if !contents.begin() {
            return Ok(());
        }
        let keeps: Vec<Keep> = table.columns().iter().map(|_| Keep::Check).collect();
        let task = self.task(table, &keeps, Sink::Contents(contents));
        self.table(Task { file: n_carried_files, ..task })?;
        Ok(())
    }
}
