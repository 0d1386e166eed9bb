//! The net month: what is left to judge after reading, quarantine and netting.

use std::collections::BTreeMap;

use jihe_terms::Texts;
use jihe_terms::schema::TableName;

use crate::codes::Codes;
use crate::defect::{Counts, Defects, InputFile, Reversal};
use crate::lines::Lines;
use crate::relation::Relation;
use crate::serials::Serials;

/// Persons, encounters or settlements: every id that any row of the month mentions, sorted by its
/// bytes; those of rows that left are not `listed`.
///
/// The index of an entity is therefore the rank of its id.
#[derive(Clone, Debug)]
pub struct Entities {
    /// Ids in ascending order of bytes.
    pub ids: Texts,
    /// Whether the entity has a row of its own table, and not only others' mention.
    pub listed: Vec<bool>,
    /// Index of the person; `NO_CODE` if no table says. For persons: themselves.
    pub person: Vec<u32>,
    /// Index of the encounter (settlements), themselves (encounters), or `NO_CODE`.
    pub encounter: Vec<u32>,
    /// True if the row came from the carried state.
    pub carried: Vec<bool>,
    /// The file of its row, where some file of the table lacks a column that another has; else empty.
    pub file: Vec<u32>,
    /// The columns of its table; missing values where not listed.
    pub rows: Relation,
}

impl Entities {
    /// The number of entities.
    pub fn len(&self) -> usize {
        self.listed.len()
    }

    /// Tells whether there is none.
    pub fn is_empty(&self) -> bool {
        self.listed.is_empty()
    }
}

/// Diagnoses by encounter.
#[derive(Clone, Debug)]
pub struct Diagnoses {
    /// Index of the encounter, ascending; rows of one encounter in the order of `diag_srt_no`, then
    /// code.
    pub encounter: Vec<u32>,
    /// The columns of the table.
    pub rows: Relation,
}

/// Uses of drug trace codes by lines, as a table of trace codes tells them; codes in a column of the
/// lines stay with the lines.
#[derive(Clone, Debug, Default)]
pub struct Traces {
    /// Canonical number of the line, ascending.
    pub line: Vec<u32>,
    /// The trace code.
    pub code: Serials,
    /// Whether the pack was split (`trdn_flag = 1`), so that its code may come again.
    pub split: Vec<bool>,
    /// Whether it is known that the line used a pack that must not come again.
    pub doubt: Vec<Doubt>,
    /// Rows of the month that name no line yet, if its state is to tell of them.
    pub early: EarlyTraces,
}

/// Rows of trace codes before their lines.
#[derive(Clone, Debug, Default)]
pub struct EarlyTraces {
    /// The key of the line.
    pub key: Serials,
    /// The trace code.
    pub code: Serials,
    /// The hash of the settlement of the line, 0 where the row has none.
    pub settlement: Vec<u64>,
    /// As in [`Traces`].
    pub split: Vec<bool>,
    /// Whether the file of the row lacks `trdn_flag`.
    pub lacks_flag: Vec<bool>,
}

/// Why it is not known that a line used a pack whose code must not come again.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Doubt {
    /// It is known.
    None,
    /// Only tables without `trdn_flag` tell of it: the pack may have been split.
    NoFlag,
    /// The row names several lines.
    NoLine,
}

impl Doubt {
    /// What a state has for `trdn_flag` where no file told it ([`Doubt::NoFlag`]).
    pub const UNTOLD_FLAG: &str = "?";
}

/// A month ready to be judged.
#[derive(Clone, Debug)]
pub struct NetMonth {
    /// The engine's codes, and those that only this month has.
    pub codes: Codes,
    /// Persons.
    pub persons: Entities,
    /// Encounters.
    pub encounters: Entities,
    /// Settlements that stand.
    pub settlements: Entities,
    /// Settlements that were cancelled and their refunds, for the state that the month leaves.
    pub cancelled: Option<Entities>,
    /// Diagnoses, if the table is there.
    pub diagnoses: Option<Diagnoses>,
    /// Trace codes of tables; none if neither a column of the lines nor a table has any.
    pub traces: Option<Traces>,
    /// Net lines.
    pub lines: Lines,
    /// The last day of service of a line.
    pub last_day: Option<i32>,
    /// Which tables the files had.
    pub present: Vec<TableName>,
    /// By table of persons, encounters, settlements or lines that the month has: places of the columns that
    /// none of its own files has, whatever a carried state has of them.
    pub lacks: BTreeMap<TableName, Vec<usize>>,
    /// By such a table and file, those of the state first: places of the columns that the file lacks and
    /// another of the month's own files has, of one of the state another at all. Nothing of a table whose
    /// files have the same columns.
    pub gaps: BTreeMap<TableName, Vec<Vec<usize>>>,
    /// Whether every row of lines is one that the state has already, or void.
    pub is_held: bool,
    /// Whether keys of lines differ only inside their encounter (`feedetl_sn`).
    pub by_encounter: bool,
    /// Rows read, judged, netted, quarantined, by table.
    pub counts: BTreeMap<TableName, Counts>,
    /// Rows put aside, in the order of table, file and row.
    pub quarantine: Defects,
    /// Reversals without an original, sorted by key.
    pub reversals: Vec<Reversal>,
    /// What was read.
    pub inputs: Vec<InputFile>,
}

impl NetMonth {
    /// Whether a table of the month itself lacks a column, so that its own rows tell nothing of it.
    pub fn lacks(&self, table: TableName, place: usize) -> bool {
        self.lacks.get(&table).is_some_and(|places| places.contains(&place))
    }

    /// Whether some file of a table lacks a column that another has.
    pub fn has_gaps(&self, table: TableName, place: usize) -> bool {
        self.gaps.get(&table).is_some_and(|files| files.iter().any(|gaps| gaps.contains(&place)))
    }

    /// Whether the file of a row lacks a column that another file of its table has; `files` are those of
    /// all rows.
    pub fn is_gap(&self, table: TableName, place: usize, (files, row): (&[u32], u32)) -> bool {
        let gaps = || {
            let file = files.get(usize::try_from(row).ok()?)?;
            self.gaps.get(&table)?.get(usize::try_from(*file).ok()?)
        };
        gaps().is_some_and(|gaps| gaps.contains(&place))
    }

    /// A month without rows or tables, over the codes of an engine.
    pub fn empty(codes: Codes) -> Self {
        let entities = |table| Entities {
            ids: Texts::default(),
            listed: Vec::new(),
            person: Vec::new(),
            encounter: Vec::new(),
            carried: Vec::new(),
            file: Vec::new(),
            rows: Relation::empty(table),
        };
        Self {
            codes,
            persons: entities(TableName::Persons),
            encounters: entities(TableName::Encounters),
            settlements: entities(TableName::Settlements),
            cancelled: None,
            diagnoses: None,
            traces: None,
            lines: Lines::of_parts(Vec::new()),
            last_day: None,
            present: Vec::new(),
            lacks: BTreeMap::new(),
            gaps: BTreeMap::new(),
            is_held: false,
            by_encounter: false,
            counts: BTreeMap::new(),
            quarantine: Defects::default(),
            reversals: Vec::new(),
            inputs: Vec::new(),
        }
    }
}
