//! The reference folder: dated tables that change slowly.
//!
//! In: a folder of tables. Out: each as a [`Table`] whose rows have their days, with the rows that
//! could not be read. Not here: which row holds on a day (`jihe_catalogue::InForce`).

#![expect(clippy::wildcard_enum_match_arm, reason = "tables without a key are the rest")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use jihe_catalogue::Table;
use jihe_catalogue::table::{Cells, ColumnSpec, Origin, TableSpec};
use jihe_frame::{Counts, Defect, Defects, InputFile};
use jihe_terms::schema::{Kind, TableName};
use jihe_terms::{Day, DayRange, Malformed, NO_NUMBER};
use rayon::prelude::*;

use crate::error::IntakeError;
use crate::normalise::{is_missing, read_text};
use crate::options::{Encoding, TraceRows};
use crate::place::{at, count, id};
use crate::read::folder::{Shard, check_folder, shards};
use crate::read::plain::{self, PlainRow, PlainRows, TakeRows};
use crate::stock::{self, Moves, Stock};

/// The reference tables of a run.
#[derive(Debug, Default)]
pub struct Reference {
    /// Tables that the folder has, by name.
    pub tables: BTreeMap<TableName, Table>,
    /// What institutions had of each item, if the folder has an inventory.
    pub stock: Option<Stock>,
    /// Trace codes, if the folder has them; joined to lines by [`crate::read_month`].
    pub trace_codes: Option<TraceRows>,
    /// Rows put aside, in the order of table, file and row.
    pub quarantine: Defects,
    /// What was read.
    pub inputs: Vec<InputFile>,
    /// Rows read and put aside, by table.
    pub counts: BTreeMap<TableName, Counts>,
    /// What rows put aside are about, by table: that the others do not name it says nothing.
    pub aside: BTreeMap<TableName, Aside>,
}

/// What rows of a table that were put aside are about.
#[derive(Clone, Debug, Default)]
pub struct Aside {
    /// The values of the columns that tell it: an item; a practitioner; an institution and an item, or a code
    /// of its own.
    pub names: BTreeSet<Vec<String>>,
    /// Whether of some row nobody knows.
    pub has_nameless: bool,
}

/// The columns that tell what a row is about, where what no row names is held against somebody.
fn named_by(table: TableName) -> &'static [&'static str] {
    match table {
        TableName::Catalogue => &["hilist_code"],
        TableName::Practitioners => &["prac_psn_code"],
        TableName::Inventory => &["fixmedins_code", "med_list_codg"],
        TableName::ItemMap => &["fixmedins_code", "medins_list_codg"],
        _ => &[],
    }
}

const TABLES: [TableName; 7] = [
    TableName::Institutions,
    TableName::Practitioners,
    TableName::Catalogue,
    TableName::PriceLimits,
    TableName::SelfPay,
    TableName::ItemMap,
    TableName::Inventory,
];

/// Reads all tables of a reference folder that are there.
///
/// # Errors
///
/// If the folder is missing, or a file cannot be read as its table.
///
/// # Panics
///
/// If a row was lost: that is a bug of this crate.
pub fn read_reference(dir: &Path, encoding: Encoding) -> Result<Reference, IntakeError> {
    check_folder(dir)?;
    let mut reference = Reference::default();
    let read = |&name: &TableName| -> Result<Option<ReadTable>, IntakeError> {
        let shards = shards(dir, name)?;
        if shards.is_empty() { Ok(None) } else { read_table(name, &shards, encoding).map(Some) }
    };
    let names: Vec<TableName> =
        TABLES.into_iter().chain(std::iter::once(TableName::TraceCodes)).collect();
    let tables: Result<Vec<_>, IntakeError> = names.par_iter().with_max_len(1).map(read).collect();
    for (name, read) in names.iter().zip(tables?) {
        let Some(read) = read else { continue };
        reference.quarantine.append(&read.quarantine);
        reference.inputs.extend(read.inputs);
        reference.counts.insert(*name, read.counts);
        if 0 < read.counts.quarantined && !named_by(*name).is_empty() {
            reference.aside.insert(*name, read.aside);
        }
        if *name == TableName::TraceCodes {
            reference.trace_codes = Some(trace_rows(&read.table, &read.has));
        } else if *name == TableName::Inventory {
            reference.stock = read.stock;
        } else {
            reference.tables.insert(*name, read.table);
        }
    }
    reference.quarantine.sort();
    reference.inputs.sort_unstable();
    Ok(reference)
}

/// A table and what was put aside of it.
struct ReadTable {
    name: TableName,
    table: Table,
    /// Rows of the inventory: only their sums are asked for, and the rows are many.
    moves: Moves,
    /// Those of files without any fault, which are read another way.
    whole: Vec<Moves>,
    stock: Option<Stock>,
    /// By file: whether it has each column.
    has: Vec<Vec<bool>>,
    quarantine: Defects,
    aside: Aside,
    inputs: Vec<InputFile>,
    counts: Counts,
}

fn read_table(
    name: TableName,
    shards: &[Shard],
    encoding: Encoding,
) -> Result<ReadTable, IntakeError> {
    let mut read = ReadTable {
        name,
        table: Table::new(spec(name)),
        moves: Moves::default(),
        whole: Vec::new(),
        stock: None,
        has: Vec::new(),
        quarantine: Defects::default(),
        aside: Aside::default(),
        inputs: Vec::new(),
        counts: Counts::default(),
    };
    for shard in shards {
        read.table.files.push(shard.file.clone());
        let whole = if name == TableName::Inventory { stock::read(shard) } else { None };
        let found = match whole {
            Some((moves, found)) => {
                read.counts.read = read.counts.read.saturating_add(found.input.n_rows);
                read.counts.judged = read.counts.judged.saturating_add(found.input.n_rows);
                read.whole.extend(moves);
                found
            }
            None => plain::read(shard, name, encoding, &mut read)?,
        };
        for (has, &found) in read.table.has.iter_mut().zip(&found.has) {
            *has |= found;
        }
        read.has.push(found.has);
        read.inputs.push(found.input);
    }
    read.leave_void();
    if name == TableName::PriceLimits {
        level_by_type(&mut read.table, &read.has);
    }
    if name == TableName::Inventory {
        let (mut parts, mut rest) =
            (std::mem::take(&mut read.whole), std::mem::take(&mut read.moves));
        rest.add(&read.table.spec, &read.table.cells);
        parts.push(rest);
        read.stock = Some(Stock::sum(parts));
    }
    check_counts(name, read.counts);
    Ok(read)
}

impl ReadTable {
    /// Takes void rows out; they count as netted.
    fn leave_void(&mut self) {
        let Some(valid) = valid_rows(&self.table.cells, &self.table.spec) else { return };
        self.net(self.table.len().saturating_sub(valid.len()));
        self.table.keep(&valid);
    }

    fn net(&mut self, n_void: usize) {
        self.counts.judged = self.counts.judged.saturating_sub(count(n_void));
        self.counts.netted = self.counts.netted.saturating_add(count(n_void));
    }

    /// Notes what a row is about that is put aside for the value of a column.
    fn note_aside(&mut self, row: &PlainRow<'_>, column: &str) {
        let value = |&name: &&str| {
            let place = self.table.column(name)?;
            let text = row.values.get(place).map(|text| text.trim())?;
            let is_bad = row.trouble.is_some() || name == column || is_missing(text.as_bytes());
            (!is_bad).then(|| text.to_owned())
        };
        match named_by(self.name).iter().map(value).collect() {
            Some(names) => drop(self.aside.names.insert(names)),
            None => self.aside.has_nameless = true,
        }
    }

    /// The place of the file that is being read.
    fn file(&self) -> u32 {
        id(self.table.files.len().saturating_sub(1))
    }
}

impl TakeRows for ReadTable {
    fn row(&mut self, row: PlainRow<'_>) {
        self.counts.read = self.counts.read.saturating_add(1);
        let file = self.file();
        match push(&mut self.table, file, &row) {
            Ok(()) => self.counts.judged = self.counts.judged.saturating_add(1),
            Err((column, reason, value)) => {
                self.counts.quarantined = self.counts.quarantined.saturating_add(1);
                self.note_aside(&row, &column);
                self.quarantine.push(Defect {
                    table: self.name,
                    file: self.table.files.last().map_or("", String::as_str),
                    row: row.number,
                    column: &column,
                    reason: &reason,
                    value: &value.chars().take(200).collect::<String>(),
                });
            }
        }
    }

    fn rows(&mut self, rows: PlainRows) {
        let n_rows = count(rows.range.len());
        self.counts.read = self.counts.read.saturating_add(n_rows);
        self.counts.judged = self.counts.judged.saturating_add(n_rows);
        if self.name == TableName::Inventory {
            let mut columns = rows.columns;
            if let Some(valid) = valid_rows(&columns, &self.table.spec) {
                self.net(rows.range.len().saturating_sub(valid.len()));
                for cells in &mut columns {
                    cells.keep(&valid);
                }
            }
            return self.moves.add(&self.table.spec, &columns);
        }
        let file = self.file();
        let origin = (0..rows.range.len()).map(|row| {
            let row = u32::try_from(rows.numbers.of(row)).unwrap_or(u32::MAX);
            Origin { file, row }
        });
        self.table.append(rows.columns, rows.range, rows.basis, origin);
    }
}

/// The rows that are not void (`vali_flag` given and not 1); none if all are valid.
fn valid_rows(columns: &[Cells], spec: &TableSpec) -> Option<Vec<usize>> {
    let place = spec.columns.iter().position(|column| column.name == "vali_flag")?;
    let Some(Cells::Text(flags)) = columns.get(place) else { return None };
    let is_valid = |flag: &[u8]| flag == b"1" || is_missing(flag);
    if flags.iter().all(is_valid) {
        return None;
    }
    let flags = flags.iter().enumerate();
    Some(flags.filter(|&(_, flag)| is_valid(flag)).map(|(row, _)| row).collect())
}

/// Whether the file of each row lacks a column; nothing if no file does.
fn lacking(table: &Table, has: &[Vec<bool>], name: &str) -> Vec<bool> {
    let Some(place) = table.column(name) else { return Vec::new() };
    let lacks = |file: &Vec<bool>| file.get(place) != Some(&true);
    if !has.iter().any(lacks) {
        return Vec::new();
    }
    table.origin.iter().map(|origin| has.get(at(origin.file)).is_none_or(lacks)).collect()
}

/// Where a file of price limits has no column of levels, as on the platform, a row is of the level that
/// its type says, where that is one: 1, 2 or 3, after a zero or not.
fn level_by_type(table: &mut Table, has: &[Vec<bool>]) {
    let lacking = lacking(table, has, "lmtpric_hosp_lv");
    let Some(place) = table.column("lmtpric_hosp_lv").filter(|_| lacking.contains(&true)) else {
        return;
    };
    let level = |kind: &[u8]| match kind.strip_prefix(b"0").unwrap_or(kind) {
        b"1" => 1,
        b"2" => 2,
        b"3" => 3,
        _ => NO_NUMBER,
    };
    let Some(types) = table.texts("hilist_lmtpric_type") else { return };
    let levels: Vec<i64> = types.iter().map(level).collect();
    let is_told = levels.iter().zip(&lacking).any(|(&level, &lacks)| lacks && level != NO_NUMBER);
    if let (Some(Cells::Number(own)), Some(has)) =
        (table.cells.get_mut(place), table.has.get_mut(place))
    {
        *has |= is_told;
        for (own, (level, _)) in
            own.iter_mut().zip(levels.into_iter().zip(lacking)).filter(|(_, (_, lacks))| *lacks)
        {
            *own = level;
        }
    }
}

fn check_counts(name: TableName, counts: Counts) {
    let accounted = counts.judged.saturating_add(counts.netted).saturating_add(counts.quarantined);
    assert_eq!(counts.read, accounted, "a row of {} was lost", name.file());
}

/// Column, reason and value.
type Trouble = (String, String, String);

fn push(table: &mut Table, file: u32, row: &PlainRow<'_>) -> Result<(), Trouble> {
    if let Some((reason, column)) = row.trouble {
        let value = row.values.first().copied().unwrap_or_default();
        return Err((column.to_owned(), reason.to_owned(), value.to_owned()));
    }
    let day = |name: &str, text: &str| match text {
        "" | "null" | "NULL" => Ok(None),
        text => Day::parse(text)
            .map(Some)
            .map_err(|why| (name.to_owned(), why.reason().to_owned(), text.to_owned())),
    };
    let from = day("begndate", row.begin)?;
    let until = day("enddate", row.end)?;
    let range = match from {
        Some(from) => DayRange::new(from, until),
        None => DayRange::new(DayRange::ALWAYS.from(), until),
    };
    let Some(range) = range else {
        let reason = "the range of days is empty".to_owned();
        return Err(("enddate".to_owned(), reason, row.end.to_owned()));
    };
    for (column, text) in table.spec.columns.iter().zip(row.values) {
        let is_name = matches!(column.kind, Kind::Code | Kind::Key);
        if let (true, Err(reason)) = (is_name, crate::cells::check_name(text.as_bytes())) {
            return Err((column.name.clone(), reason.to_owned(), (*text).to_owned()));
        }
        let is_negative = |value: i64| value < 0 && value != NO_NUMBER;
        if plain::is_price(&column.name)
            && read_text(column.kind, text.trim().as_bytes()).is_ok_and(is_negative)
        {
            let reason = "negative price".to_owned();
            return Err((column.name.clone(), reason, (*text).to_owned()));
        }
    }
    let origin = Origin { file, row: u32::try_from(row.number).unwrap_or(u32::MAX) };
    table.push(row.values, range, row.basis, origin).map_err(|faults| {
        faults.into_iter().next().map_or_else(
            || (String::new(), Malformed::NotPlain.reason().to_owned(), String::new()),
            |fault| (fault.column, fault.why.reason().to_owned(), fault.value),
        )
    })
}

/// The shape of a reference table; its key tells rows apart that hold on the same day.
fn spec(name: TableName) -> TableSpec {
    let key: &[&str] = match name {
        TableName::Institutions => &["fixmedins_code"],
        TableName::Practitioners => &["prac_psn_code", "fixmedins_code"],
        TableName::Catalogue => &["hilist_code"],
        TableName::PriceLimits => &["hilist_code", "hilist_lmtpric_type", "lmtpric_hosp_lv"],
        TableName::SelfPay => &["hilist_code", "selfpay_prop_psn_type", "selfpay_prop_type"],
        TableName::ItemMap => &["fixmedins_code", "medins_list_codg"],
        _ => &[],
    };
    let columns = name.columns().iter().map(|column| ColumnSpec {
        name: column.name.to_owned(),
        kind: column.kind,
        required: column.required,
    });
    TableSpec {
        name: name.file().to_owned(),
        columns: columns.collect(),
        key: key.iter().map(|&name| name.to_owned()).collect(),
    }
}

fn trace_rows(table: &Table, has: &[Vec<bool>]) -> TraceRows {
    let texts = |name| table.texts(name).cloned().unwrap_or_default();
    let (code, line_key) = (texts("drug_trac_codg"), texts("bkkp_sn"));
    let settlement = texts("setl_id");
    let split = texts("trdn_flag").iter().map(|flag| flag == b"1").collect::<Vec<_>>();
    assert_eq!(count(code.len()), count(split.len()), "a trace code lost its flag");
    let lacks_flag = lacking(table, has, "trdn_flag");
    TraceRows { split, lacks_flag, ..TraceRows::new(code, line_key, settlement) }
}
