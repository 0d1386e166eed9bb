//! A month from its files to the net month, step by step as `docs/semantics.md` §1 orders them.

#![expect(clippy::wildcard_enum_match_arm, reason = "only three tables besides lines have a key")]

mod again;
mod size;

use std::collections::BTreeMap;
use std::sync::Arc;

use jihe_frame::{Codes, Defects, InputFile, Lines, NetMonth, Reversal, Traces, timed};
use jihe_terms::schema::TableName;
use jihe_terms::{Moment, NO_CODE};
use rayon::prelude::*;

use crate::cells::{Listed, Names};
use crate::chunk::Gate;
use crate::error::IntakeError;
use crate::join::{self, Rolls};
use crate::layout::{Keep, Layout, gaps, keeps, lacking};
use crate::lines::cuts::{Cuts, persons_of};
use crate::lines::load::{Part, Store};
use crate::lines::net::{self, Ground};
use crate::lines::reverse::reverse_across;
use crate::lines::shelf::Shelf;
use crate::lines::sink::{LineSink, Shelved, cannot_spill};
use crate::memory::Room;
use crate::net::{cancel, foreign, repeat};
use crate::options::{IntakeOptions, MonthSource};
use crate::place::{at, count, id};
use crate::read::folder::{Shard, check_folder, check_tables, shards, state_at};
use crate::read::{BLOCK_BYTES, FileRead, Sink, Task, arrow, read_shard};
use crate::rows::Rows;
use crate::traces::Traced;

/// The tables of a month beside its lines, in the order in which they are read.
const TABLES: [TableName; 5] = [
    TableName::Persons,
    TableName::Encounters,
    TableName::Diagnoses,
    TableName::Settlements,
    TableName::TraceCodes,
];

/// The most parts of a month.
const MOST_PARTS: u16 = 1024;
/// So many parts are enough, as long as each stays small enough.
const PARTS_ENOUGH: u64 = 192;

/// The number of parts that lines are dealt to. Each has `least` lines at least; where there are enough
/// parts each has up to four times as many, as the rows of a batch for one part must not become too few.
fn n_parts(n_lines: u64, least: u64) -> u16 {
    let n_most = n_lines.div_euclid(least.max(1));
    let n_parts = n_most.div_euclid(4).max(PARTS_ENOUGH).min(n_most);
    u16::try_from(n_parts).unwrap_or(u16::MAX).clamp(1, MOST_PARTS)
}

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
    match source {
        MonthSource::Folder(dir) => check_folder(dir)?,
        MonthSource::Batches(batches) => check_tables(batches.keys(), &TABLES)?,
    }
    let reader = Reader { source, options };
    let profile = options.profile;
    let mut tables = timed(profile, "tables", || reader.tables())?;
    options.tell("netting", None, 0);
    let gone = tables.net(&reader)?;
    let lines = timed(profile, "lines", || reader.lines(&mut tables))?;
    options.tell("sorting", None, 0);
    timed(profile, "net", || tables.link(options, lines, gone, &reader))
}

/// Reads the tables of one month.
struct Reader<'a> {
    source: &'a MonthSource,
    options: &'a IntakeOptions<'a>,
}

/// The tables of a month beside its lines.
struct Tables {
    names: Names,
    rows: BTreeMap<TableName, Rows>,
    reversals: Vec<Reversal>,
    inputs: Vec<InputFile>,
    present: Vec<TableName>,
}

/// Lines on the shelf.
struct ReadLines {
    shelved: Shelved,
    counts: jihe_frame::Counts,
    defects: Defects,
    layouts: Vec<Layout>,
    n_rows: u64,
}

/// Files of a table that were read.
struct Files {
    read: Vec<FileRead>,
    /// How many of them are of the state; they come first.
    n_carried: usize,
    /// Whether the month itself has the table.
    is_there: bool,
}

impl Reader<'_> {
    fn task<'t>(&'t self, table: TableName, keeps: &'t [Keep], sink: Sink<'t>) -> Task<'t> {
        let institutions = self.options.institutions.map(|known| (&**self.options.base, known));
        Task {
            table,
            keeps,
            encoding: self.options.encoding,
            gate: Gate { institutions, carried: false },
            block_bytes: BLOCK_BYTES,
            sink,
            file: 0,
            profile: self.options.profile,
        }
    }

    fn tables(&self) -> Result<Tables, IntakeError> {
        let codes = Codes::over(Arc::clone(self.options.base));
        let mut tables = Tables {
            names: Names { codes, ..Names::default() },
            rows: BTreeMap::new(),
            reversals: Vec::new(),
            inputs: Vec::new(),
            present: Vec::new(),
        };
        let read = |&table: &TableName| {
            let keeps = keeps(table, self.options.wanted);
            self.files(self.task(table, &keeps, Sink::Chunks))
        };
        let files: Result<Vec<Files>, IntakeError> =
            TABLES.par_iter().with_max_len(1).map(read).collect();
        for (table, files) in TABLES.into_iter().zip(files?) {
            self.note(table, &files, &mut tables)?;
            if !files.read.is_empty() {
                let rows = Rows::join(table, files.read, files.n_carried, &mut tables.names)?;
                tables.rows.insert(table, rows);
            }
        }
        Ok(tables)
    }

    /// Reads the files of a table, those of the state first.
    fn files(&self, task: Task<'_>) -> Result<Files, IntakeError> {
        let mut files = self.state(task)?;
        let n_carried = files.len();
        let month = self.table(Task { file: id(n_carried), ..task })?;
        let is_there = month.is_some();
        files.extend(month.unwrap_or_default());
        Ok(Files { read: files, n_carried, is_there })
    }

    /// Notes what was read of a table.
    fn note(
        &self,
        table: TableName,
        files: &Files,
        tables: &mut Tables,
    ) -> Result<(), IntakeError> {
        if files.is_there {
            tables.present.push(table);
        } else if matches!(table, TableName::Lines | TableName::Settlements) {
            let advice = "a month needs the tables lines and settlements";
            return Err(IntakeError::missing("table is missing", table.file(), advice));
        }
        let n_rows = files.read.iter().map(|file| file.input.n_rows).sum();
        tables.inputs.extend(files.read.iter().map(|file| file.input.clone()));
        self.options.tell("reading", Some(table), n_rows);
        Ok(())
    }

    fn table(&self, task: Task<'_>) -> Result<Option<Vec<FileRead>>, IntakeError> {
        match self.source {
            MonthSource::Folder(dir) => {
                let read = |number: usize, shard: &Shard| {
                    let file = task.file.saturating_add(id(number));
                    read_shard(shard, Task { file, ..task })
                };
                let files = read_all(&shards(dir, task.table)?, task, &read)?;
                Ok(Some(files).filter(|files| !files.is_empty()))
            }
            MonthSource::Batches(batches) => {
                // A table without a batch has no columns: it is not there.
                let batches = batches.get(&task.table).filter(|batches| !batches.is_empty());
                batches.map(|batches| arrow::read_batches(batches, task)).transpose()
            }
        }
    }

    /// Reads a table of the state; its rows were judged before, so that a bad one means damage.
    fn state(&self, task: Task<'_>) -> Result<Vec<FileRead>, IntakeError> {
        let Some(dir) = state_at(self.options.state)? else { return Ok(Vec::new()) };
        let task = Task { gate: Gate { institutions: None, carried: true }, ..task };
        let read = |number: usize, shard: &Shard| {
            let shard = Shard { file: format!("state/{}", shard.file), ..shard.clone() };
            let file = read_shard(&shard, Task { file: id(number), ..task })?;
            if file.chunks.iter().any(|chunk| !chunk.defects.is_empty()) {
                let advice = "take the state that an earlier run left, or none";
                return Err(IntakeError::unreadable("state has bad rows", &shard.file, advice));
            }
            Ok(file)
        };
        read_all(&shards(dir, task.table)?, task, &read)
    }

    fn lines(&self, tables: &mut Tables) -> Result<ReadLines, IntakeError> {
        let keeps = keeps(TableName::Lines, self.options.wanted);
        let (n_lines, n_page_bytes) = self.size_of_lines()?;
        let n_parts = n_parts(n_lines, self.options.part_lines);
        let mut names = std::mem::take(&mut tables.names);
        tables.names.heads = std::mem::take(&mut names.heads);
        let cuts = Cuts::new(&names.persons, n_parts);
        let room = Room::new(self.options, n_lines);
        let n_readers = room.n_readers(n_page_bytes);
        let piles = Shelf::new(cuts.n_parts(), room, std::env::temp_dir());
        let mut apart = tables.rows.values_mut().map(|rows| &mut rows.apart);
        apart.try_for_each(|apart| apart.make_room(&piles)).map_err(cannot_spill)?;
        let sink = LineSink::new(&keeps, names, cuts, (piles, n_readers));
        let read = self.files(self.task(TableName::Lines, &keeps, Sink::Lines(&sink)))?;
        self.note(TableName::Lines, &read, tables)?;
        let Files { read: files, n_carried, .. } = read;
        let shelved = sink.finish();
        let n_rows = files.iter().map(|file| file.input.n_rows).fold(0, u64::saturating_add);
        let (counts, defects, layouts) = Rows::set_aside(files, n_carried);
        Ok(ReadLines { shelved, counts, defects, layouts, n_rows })
    }
}

/// Reads files side by side, or one after the other where not all threads may read at once.
fn read_all(
    shards: &[Shard],
    task: Task<'_>,
    read: &(dyn Fn(usize, &Shard) -> Result<FileRead, IntakeError> + Sync),
) -> Result<Vec<FileRead>, IntakeError> {
    if task.n_readers() < rayon::current_num_threads() {
        return shards.iter().enumerate().map(|(number, shard)| read(number, shard)).collect();
    }
    shards.par_iter().enumerate().map(|(number, shard)| read(number, shard)).collect()
}

impl Tables {
    /// Takes out entities that are not to be judged; tells the settlements that were cancelled.
    fn net(&mut self, reader: &Reader<'_>) -> Result<Vec<bool>, IntakeError> {
        let names = &self.names;
        for (&table, rows) in &mut self.rows {
            let n_ids = match table {
                TableName::Persons => names.persons.len(),
                TableName::Encounters => names.encounters.len(),
                TableName::Settlements => names.settlements.len(),
                _ => continue,
            };
            let repeated = repeat::repeated(rows, n_ids);
            let contents = reader.contents_of(rows, &repeated)?;
            repeat::entities(rows, names, (&repeated, &contents));
        }
        let Some(settlements) = self.rows.get_mut(&TableName::Settlements) else {
            return Ok(Vec::new());
        };
        let (gone, refunds) = cancel::settlements(settlements, names);
        self.reversals.extend(refunds);
        Ok(gone)
    }

    /// Nets the lines and joins all that is left.
    #[expect(clippy::too_many_lines, reason = "the order of the steps is the point")]
    #[expect(clippy::panic_in_result_fn, reason = "a lost row is a bug and must not pass")]
    fn link(
        mut self,
        options: &IntakeOptions<'_>,
        lines: ReadLines,
        gone: Vec<bool>,
        reader: &Reader<'_>,
    ) -> Result<NetMonth, IntakeError> {
        let ReadLines { mut shelved, mut counts, mut defects, layouts, n_rows } = lines;
        let n_carried_files =
            id(layouts.iter().take_while(|one| one.file.starts_with("state/")).count());
        let heads = Arc::new(std::mem::take(&mut shelved.heads));
        let leaving =
            reader.repeats((&shelved, &layouts, &heads), n_carried_files, n_rows, &mut defects)?;
        let persons = std::mem::take(&mut shelved.in_order);
        let asks_traces = options.asks_traces();
        let trace_table = self.rows.get_mut(&TableName::TraceCodes).filter(|_| asks_traces);
        let given_traces = options.traces.filter(|_| asks_traces);
        let has_trace_table = trace_table.is_some();
        let room = Traced::room(trace_table.as_deref(), given_traces);
        shelved.shelf.make_room(room).map_err(cannot_spill)?;
        let table_heads = std::mem::take(&mut self.names.heads);
        let rolls =
            || timed(options.profile, "net / order ids", || Rolls::new(&shelved.names, persons));
        let table = || {
            let trace_table = trace_table.map(|table| (table, &shelved.shelf));
            timed(options.profile, "net / trace codes", || {
                let codes = (&shelved.names.codes, options.keeps_judged);
                Traced::new(trace_table, given_traces, (table_heads, &heads), codes)
            })
        };
        // Both at once take more memory.
        let (rolls, by_table) =
            if options.memory.is_some() { (rolls(), table()) } else { rayon::join(rolls, table) };
        let owners = |table, n_ids| foreign::owners(self.rows.get(&table), n_ids);
        let by_encounter = layouts.iter().any(|layout| layout.by_encounter);
        let lines_lack = lacking(layouts.get(at(n_carried_files)..).unwrap_or(&[]));
        let is_kept =
            |place: usize| shelved.keeps.get(place).is_some_and(|&keep| keep != Keep::Check);
        let lines_gaps = gaps(&layouts, at(n_carried_files), is_kept);
        let has_gaps = !lines_gaps.is_empty();
        let encounters = owners(TableName::Encounters, shelved.names.encounters.len());
        let settlements = owners(TableName::Settlements, shelved.names.settlements.len());
        let ground = Ground {
            layouts: &layouts,
            heads: Arc::clone(&heads),
            ranks: rolls.ranks(),
            all_listed: !encounters.contains(&NO_CODE) && !settlements.contains(&NO_CODE),
            encounters,
            settlements,
            gone,
            keeps_netted: options.keeps_judged,
            leaving,
            traced: by_table.map_err(cannot_spill)?,
            shelved: &shelved,
        };
        let mut parts =
            timed(options.profile, "net / parts", || ground.net()).map_err(cannot_spill)?;
        reverse_across(&ground, &mut parts).map_err(cannot_spill)?;
        let firsts = net::firsts(&parts);
        let has_column = |name: &str| {
            TableName::Lines.column(name).is_some_and(|place| {
                shelved.has.get(place) == Some(&true)
                    && shelved.keeps.get(place) == Some(&Keep::Serial)
            })
        };
        let is_traced = has_trace_table || given_traces.is_some() || has_column("drug_trac_codg");
        let n_held = ground.leaving.n_held;
        let Ground { traced, .. } = ground;
        let finish = || -> std::io::Result<Traces> {
            shelved.shelf.make_room(room)?;
            let file = (&shelved.shelf, &mut parts[..]);
            traced.finish(file, (&firsts, by_encounter), &shelved.names.settlements)
        };
        let traces = timed(options.profile, "net / trace codes", || {
            is_traced.then(finish).transpose().map_err(cannot_spill)
        })?;
        for part in &mut parts {
            defects.append(&std::mem::take(&mut part.defects));
            self.reversals.append(&mut part.reversals);
            counts.netted = counts.netted.saturating_add(part.n_netted);
            counts.judged = counts.judged.saturating_add(part.n_standing);
        }
        self.reversals.sort_unstable();
        counts.quarantined = count(defects.len());
        let n_netted = parts.iter().fold(0, |sum: u64, part| sum.saturating_add(part.n_netted));
        let is_held = counts.judged == 0 && 0 < n_held && n_netted == n_held;
        let accounted =
            counts.judged.saturating_add(counts.netted).saturating_add(counts.quarantined);
        assert_eq!(counts.read, accounted, "a row of lines was lost");
        let mut all_counts = BTreeMap::from([(TableName::Lines, counts)]);
        let mut quarantine = defects;
        for rows in self.rows.values_mut() {
            if self.present.contains(&rows.table) {
                all_counts.insert(rows.table, rows.counts());
            }
            quarantine.append(&std::mem::take(&mut rows.defects));
        }
        quarantine.sort();
        let Shelved { names, shelf, keeps, has, cuts, .. } = shelved;
        let Listed { codes, persons, encounters, settlements } = names;
        let tables = [TableName::Persons, TableName::Encounters, TableName::Settlements];
        let own = |table: &TableName| self.rows.get(table).filter(|_| self.present.contains(table));
        let lacks = tables.iter().filter_map(|table| Some((*table, own(table)?.month_lacks())));
        let of_lines = std::iter::once((TableName::Lines, lines_lack));
        let lacks: BTreeMap<TableName, Vec<usize>> = lacks.chain(of_lines).collect();
        let gaps = tables.iter().filter_map(|table| Some((*table, own(table)?.gaps())));
        let gaps = gaps.chain(std::iter::once((TableName::Lines, lines_gaps)));
        let gaps = gaps.filter(|(_, gaps)| !gaps.is_empty()).collect();
        let [of_persons, of_encounters, of_settlements] =
            tables.map(|table| self.rows.remove(&table));
        let cancelled = of_settlements.as_ref().filter(|_| options.keeps_judged);
        let cancelled = cancelled.and_then(|rows| join::cancelled(rows, &rolls, &settlements));
        let of = |table, rows, names| join::entities(table, rows, &rolls, names);
        let (mut settlements, (persons, mut encounters)) = rayon::join(
            || of(TableName::Settlements, of_settlements, settlements),
            || {
                rayon::join(
                    || of(TableName::Persons, of_persons, persons),
                    || of(TableName::Encounters, of_encounters, encounters),
                )
            },
        );
        join::infer(&rolls, &parts, &mut encounters, &mut settlements);
        let diagnoses = self.rows.remove(&TableName::Diagnoses);
        let diagnoses = diagnoses.map(|rows| join::diagnoses(rows, &rolls, &codes));
        self.inputs.sort_unstable();
        self.present.sort_unstable();
        let last = parts.iter().filter_map(|part| part.last).max();
        let last_day = last.map(|(_, last)| Moment::from_seconds(last).day().epoch());
        let persons_of = persons_of(&persons.ids, &cuts);
        let ranks = rolls.ranks();
        drop(rolls);
        let stored = parts.iter_mut().zip(&firsts).zip(persons_of);
        let parts = stored.map(|((net, &first), persons)| Part::new(net, first, persons)).collect();
        let keeps_judged = options.keeps_judged;
        let store = Store { shelf, keeps, has, heads, ranks, parts, has_gaps, keeps_judged };
        Ok(NetMonth {
            codes,
            persons,
            encounters,
            settlements,
            cancelled,
            diagnoses,
            traces,
            lines: Lines::stored(Arc::new(store), firsts),
            last_day,
            present: self.present,
            lacks,
            gaps,
            is_held,
            by_encounter,
            counts: all_counts,
            quarantine,
            reversals: self.reversals,
            inputs: self.inputs,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::n_parts;

    #[test]
    fn large_months_have_larger_parts() {
        let least = 1 << 15;
        assert_eq!([0, least - 1, least].map(|n| n_parts(n, least)), [1, 1, 1]);
        assert_eq!(n_parts(61 * least, least), 61);
        assert_eq!(n_parts(305 * least, least), 192);
        assert_eq!(n_parts(1_600 * least, least), 400);
        assert_eq!([n_parts(u64::MAX, least), n_parts(u64::MAX, 0)], [1024, 1024]);
    }
}
