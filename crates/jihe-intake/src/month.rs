//! A month from its files to the net month, step by step as `docs/semantics.md` §1 orders them.

#![expect(clippy::wildcard_enum_match_arm, reason = "only three tables besides lines have a key")]

use std::collections::BTreeMap;

use jihe_frame::{InputFile, NetMonth};
use jihe_terms::schema::TableName;
use rayon::prelude::*;

use crate::cells::Names;
use crate::chunk::Gate;
use crate::error::IntakeError;
use crate::join::{self, Rolls};
use crate::layout::keeps;
use crate::link;
use crate::net::keys::{self, Keys};
use crate::net::{cancel, foreign, repeat, reverse};
use crate::options::{IntakeOptions, MonthSource};
use crate::read::folder::{check_folder, shards};
use crate::read::{BLOCK_BYTES, FileRead, Task, arrow, read_shard};
use crate::rows::Rows;
use crate::traces::Uses;

/// The tables of a month, small ones first.
const TABLES: [TableName; 6] = [
    TableName::Persons,
    TableName::Encounters,
    TableName::Diagnoses,
    TableName::Settlements,
    TableName::TraceCodes,
    TableName::Lines,
];

/// Reads a month and leaves what is to be judged, with the quarantine.
///
/// # Errors
///
/// If a required table or column is missing, or a file cannot be read as its table.
///
/// # Panics
///
/// If a row was lost between reading and judging: that is a bug of this crate.
pub fn read_month(
    source: &MonthSource,
    options: &IntakeOptions<'_>,
) -> Result<NetMonth, IntakeError> {
    read_in_blocks(source, options, BLOCK_BYTES)
}

pub(crate) fn read_in_blocks(
    source: &MonthSource,
    options: &IntakeOptions<'_>,
    block_bytes: usize,
) -> Result<NetMonth, IntakeError> {
    let mut tables = Tables::read(source, options, block_bytes)?;
    options.tell("netting", None, 0);
    tables.net();
    Ok(tables.link(options))
}

/// The tables of a month while rows leave them.
struct Tables {
    names: Names,
    rows: BTreeMap<TableName, Rows>,
    lines: Rows,
    keys: Keys,
    /// Ids of persons by their bytes, and the rank of each.
    persons: (Vec<u32>, Vec<u32>),
    reversals: Vec<jihe_frame::Reversal>,
    inputs: Vec<InputFile>,
    present: Vec<TableName>,
}

impl Tables {
    fn read(
        source: &MonthSource,
        options: &IntakeOptions<'_>,
        block_bytes: usize,
    ) -> Result<Self, IntakeError> {
        if let MonthSource::Folder(dir) = source {
            check_folder(dir)?;
        }
        let mut names = Names { codes: options.base.clone(), ..Names::default() };
        let mut rows = BTreeMap::new();
        let (mut inputs, mut present) = (Vec::new(), Vec::new());
        for table in TABLES {
            let keeps = keeps(table, options.wanted);
            let institutions = options.institutions.map(|known| (options.base, known));
            let gate = Gate { institutions, carried: false };
            let task = Task { table, keeps: &keeps, encoding: options.encoding, gate, block_bytes };
            let mut files = read_state(options, task)?;
            let n_carried = files.len();
            let month = read_table(source, task)?;
            match &month {
                Some(_) => present.push(table),
                None if matches!(table, TableName::Lines | TableName::Settlements) => {
                    let advice = "a month needs the tables lines and settlements";
                    return Err(IntakeError::missing("table is missing", table.file(), advice));
                }
                None => {}
            }
            files.extend(month.unwrap_or_default());
            let n_rows = files.iter().map(|file| file.input.n_rows).sum();
            inputs.extend(files.iter().map(|file| file.input.clone()));
            if !files.is_empty() {
                rows.insert(table, Rows::join(table, files, n_carried, &mut names)?);
            }
            options.tell("reading", Some(table), n_rows);
        }
        present.sort_unstable();
        let lines = rows.remove(&TableName::Lines).ok_or_else(|| {
            IntakeError::missing("table is missing", "lines", "a month needs its lines")
        })?;
        let keys = Keys::new(&lines);
        let persons = join::person_ranks(&names);
        Ok(Self { names, rows, lines, keys, persons, reversals: Vec::new(), inputs, present })
    }

    /// Takes out everything that is not to be judged.
    fn net(&mut self) {
        let names = &self.names;
        let (n_encounters, n_settlements) = (names.encounters.len(), names.settlements.len());
        for (&table, rows) in &mut self.rows {
            match table {
                TableName::Persons => repeat::entities(rows, names, names.persons.len()),
                TableName::Encounters => repeat::entities(rows, names, n_encounters),
                TableName::Settlements => repeat::entities(rows, names, n_settlements),
                _ => {}
            }
        }
        repeat::lines(&mut self.lines, &self.keys);
        self.lines.content = Vec::new();
        let mut gone = Vec::new();
        if let Some(settlements) = self.rows.get_mut(&TableName::Settlements) {
            let (left, refunds) = cancel::settlements(settlements, names);
            gone = left;
            self.reversals.extend(refunds);
        }
        let owners = |table, n_ids| foreign::owners(self.rows.get(&table), n_ids);
        let encounters = owners(TableName::Encounters, n_encounters);
        let settlements = owners(TableName::Settlements, n_settlements);
        foreign::lines(&mut self.lines, &encounters, &settlements, names);
        cancel::lines(&mut self.lines, &gone);
        let lost = reverse::lines(&mut self.lines, &self.keys, names, &self.persons.1);
        self.reversals.extend(lost);
        self.reversals.sort_unstable();
    }

    /// Joins what is left.
    fn link(mut self, options: &IntakeOptions<'_>) -> NetMonth {
        if keys::named_by_encounter(&self.lines) {
            self.keys = Keys::of_plain(&self.lines);
        }
        let mut uses = Uses::default();
        uses.add_column(&self.lines);
        if let Some(given) = options.traces {
            uses.add_reference(given, &self.lines, &self.keys);
        }
        if let Some(rows) = self.rows.get(&TableName::TraceCodes) {
            uses.add_table(rows, &self.lines, &self.keys, &self.names.codes);
        }
        self.keys = Keys::default();
        let mut counts = BTreeMap::new();
        let mut quarantine = Vec::new();
        for rows in self.rows.values_mut().chain(std::iter::once(&mut self.lines)) {
            if self.present.contains(&rows.table) {
                counts.insert(rows.table, rows.counts());
            }
            quarantine.append(&mut rows.defects);
        }
        quarantine.sort_unstable();
        let mentions: Vec<&Rows> = self
            .rows
            .values()
            .filter(|rows| rows.table != TableName::TraceCodes)
            .chain(std::iter::once(&self.lines))
            .collect();
        let rolls = Rolls::new(&mentions, &self.names, &self.persons.0);
        let names = &self.names;
        let mut of = |table| join::entities(table, self.rows.remove(&table), &rolls, names);
        let persons = of(TableName::Persons);
        let mut encounters = of(TableName::Encounters);
        let mut settlements = of(TableName::Settlements);
        join::infer(&rolls, &self.lines, &mut encounters, &mut settlements);
        let diagnoses = self.rows.remove(&TableName::Diagnoses);
        let diagnoses = diagnoses.map(|rows| join::diagnoses(rows, &rolls, names));
        options.tell("sorting", None, 0);
        let n_rows = self.lines.n_rows;
        let (lines, orders) = link::lines(&mut self.lines, &rolls);
        let traces = uses.finish(n_rows, &lines, &orders);
        self.inputs.sort_unstable();
        NetMonth {
            codes: self.names.codes,
            persons,
            encounters,
            settlements,
            diagnoses,
            traces,
            lines,
            present: self.present,
            counts,
            quarantine,
            reversals: self.reversals,
            inputs: self.inputs,
        }
    }
}

fn read_table(source: &MonthSource, task: Task<'_>) -> Result<Option<Vec<FileRead>>, IntakeError> {
    match source {
        MonthSource::Folder(dir) => {
            let shards = shards(dir, task.table)?;
            let files: Result<Vec<_>, _> =
                shards.par_iter().map(|shard| read_shard(shard, task)).collect();
            Ok(Some(files?).filter(|files| !files.is_empty()))
        }
        MonthSource::Batches(batches) => {
            batches.get(&task.table).map(|batches| arrow::read_batches(batches, task)).transpose()
        }
    }
}

/// Reads a table of the state; its rows were judged before, so that a bad one means damage.
fn read_state(options: &IntakeOptions<'_>, task: Task<'_>) -> Result<Vec<FileRead>, IntakeError> {
    let Some(dir) = options.state.filter(|dir| dir.exists()) else { return Ok(Vec::new()) };
    let task = Task { gate: Gate { institutions: None, carried: true }, ..task };
    let read = |mut shard: crate::read::folder::Shard| {
        shard.file = format!("state/{}", shard.file);
        let file = read_shard(&shard, task)?;
        if file.chunks.iter().any(|chunk| !chunk.defects.is_empty()) {
            let advice = "take the state that an earlier run left, or none";
            return Err(IntakeError::unreadable("state has bad rows", &shard.file, advice));
        }
        Ok(file)
    };
    shards(dir, task.table)?.into_par_iter().map(read).collect()
}
