//! What to read, and how.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use arrow_array::RecordBatch;
use jihe_frame::{Codes, Profile};
use jihe_terms::Texts;
use jihe_terms::schema::TableName;

use crate::place::{at, id};

/// The encoding of text files.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark.
    #[default]
    Utf8,
    /// GB18030, which holds GBK and GB2312.
    Gb18030,
}

/// Where a month comes from.
#[derive(Clone, Debug)]
pub enum MonthSource {
    /// A folder of tables.
    Folder(PathBuf),
    /// Arrow batches by table.
    Batches(BTreeMap<TableName, Vec<RecordBatch>>),
}

/// The optional columns that are kept; all others are only checked.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Table and warehouse name.
    pub columns: BTreeSet<(TableName, String)>,
}

impl Wanted {
    /// Keeps every column.
    pub fn all() -> Self {
        let columns = TableName::ALL.iter().flat_map(|&table| {
            table.columns().iter().map(move |column| (table, column.name.to_owned()))
        });
        Self { columns: columns.collect() }
    }

    /// Tells whether a column is kept.
    pub fn has(&self, table: TableName, name: &str) -> bool {
        self.columns.contains(&(table, name.to_owned()))
    }
}

/// Rows of a trace code table before they are joined to lines.
#[derive(Clone, Debug, Default)]
pub struct TraceRows {
    /// The trace code.
    pub code: Texts,
    /// The key of the line (`bkkp_sn`).
    pub line_key: Texts,
    /// Whether the pack was split (`trdn_flag = 1`).
    pub split: Vec<bool>,
    /// The settlement of the line; empty where a row does not say.
    pub settlement: Texts,
    /// Whether the file of a row lacks `trdn_flag`; empty if none does.
    pub lacks_flag: Vec<bool>,
    /// The rows in the order of their line keys, once a claim asked.
    pub(crate) by_key: OnceLock<Vec<u32>>,
}

impl TraceRows {
    /// Rows without an order yet.
    pub(crate) fn new(code: Texts, line_key: Texts, settlement: Texts) -> Self {
        Self { code, line_key, settlement, ..Self::default() }
    }

    /// The rows of a line key. Cost: the first call sorts all rows, the others search.
    pub(crate) fn of_line(&self, key: &[u8]) -> &[u32] {
        let key_of = |&row: &u32| self.line_key.bytes(at(row));
        let all = self.by_key.get_or_init(|| {
            let mut all: Vec<u32> = (0..id(self.line_key.len())).collect();
            // No task of a pool: it might take up another claim, which waits for this order.
            all.sort_by_key(key_of);
            all
        });
        let from = all.partition_point(|row| key_of(row) < key);
        let of_key = all.get(from..).unwrap_or(&[]);
        let n = of_key.partition_point(|row| key_of(row) == key);
        of_key.get(..n).unwrap_or(&[])
    }

    /// Some of the rows.
    pub(crate) fn some(&self, rows: &[u32]) -> Self {
        let gather = |texts: &Texts| texts.gather(rows.iter().map(|&row| at(row)));
        let is =
            |flags: &[bool]| rows.iter().map(|&row| flags.get(at(row)) == Some(&true)).collect();
        Self {
            split: is(&self.split),
            lacks_flag: is(&self.lacks_flag),
            ..Self::new(gather(&self.code), gather(&self.line_key), gather(&self.settlement))
        }
    }
}

/// How far reading is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Progress {
    /// What is done now: `reading`, `netting`, `sorting`.
    pub stage: &'static str,
    /// The table, while reading.
    pub table: Option<TableName>,
    /// Rows of this stage and table since the last call.
    pub n_rows: u64,
}

/// How to read a month.
#[derive(Clone, Copy)]
pub struct IntakeOptions<'a> {
    /// Encoding of CSV files.
    pub encoding: Encoding,
    /// Codes that are known already; the month's dictionary begins with them.
    pub base: &'a Arc<Codes>,
    /// Ids in `base` of the institutions in the reference table, ascending; none: not checked.
    pub institutions: Option<&'a [u32]>,
    /// Optional columns that are kept.
    pub wanted: &'a Wanted,
    /// Folder of the state that an earlier month left; it may be missing.
    pub state: Option<&'a Path>,
    /// Trace codes from the reference folder.
    pub traces: Option<&'a TraceRows>,
    /// Bytes of memory that the run may take; none: as many as it needs.
    pub memory: Option<u64>,
    /// Lines of a part at least, about; nothing of the result depends on it.
    pub part_lines: u64,
    /// Whether lines may be asked for when all is judged.
    pub keeps_judged: bool,
    /// Where the time of each step is added up.
    pub profile: Option<&'a Profile>,
    /// Told now and then how far reading is.
    pub progress: Option<&'a (dyn Fn(Progress) + Sync)>,
}

impl<'a> IntakeOptions<'a> {
    /// Reads UTF-8 and checks no institution.
    pub fn new(base: &'a Arc<Codes>, wanted: &'a Wanted) -> Self {
        Self {
            encoding: Encoding::Utf8,
            base,
            institutions: None,
            wanted,
            state: None,
            traces: None,
            memory: None,
            part_lines: 1 << 15,
            keeps_judged: true,
            profile: None,
            progress: None,
        }
    }

    /// Whether trace codes of a month are wanted: a rule asks for them, or a state is to tell the next
    /// month of them.
    pub(crate) fn asks_traces(&self) -> bool {
        self.keeps_judged || self.wanted.has(TableName::Lines, "drug_trac_codg")
    }

    /// Bytes that one step may take for a while.
    pub(crate) fn scratch_bytes(&self) -> usize {
        self.memory.map_or(1 << 30, |bytes| usize::try_from(bytes.div_euclid(8)).unwrap_or(1 << 30))
    }

    pub(crate) fn tell(&self, stage: &'static str, table: Option<TableName>, n_rows: u64) {
        if let Some(progress) = self.progress {
            progress(Progress { stage, table, n_rows });
        }
    }
}

impl fmt::Debug for IntakeOptions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IntakeOptions")
            .field("encoding", &self.encoding)
            .field("institutions", &self.institutions.map(<[u32]>::len))
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}
