//! One block of rows after its own checks: what may be judged, and what was put aside and why.
//!
//! In: normalised columns. Out: the rows that stand, without void ones, rows of unknown
//! institutions and rows whose amounts contradict each other.
//! Not here: everything that needs another row (`net`).

use std::ops::Range;

use jihe_frame::{Codes, Defect, Defects};
use jihe_terms::schema::{Kind, TableName};
use jihe_terms::{NO_CODE, NO_NUMBER, decimal_text};

use crate::cells::{Cells, Names, keep};
use crate::normalise::{Fault, Normaliser, fault_column};
use crate::packed::Packed;
use crate::place::{at, count, id};

/// What a chunk's rows must pass.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gate<'a> {
    /// Known institutions: the dictionary and the ascending ids.
    pub(crate) institutions: Option<(&'a Codes, &'a [u32])>,
    /// Rows of the state were judged before; they pass.
    pub(crate) carried: bool,
}

/// The row numbers of a chunk in its file.
#[derive(Clone, Debug, Default)]
pub(crate) struct RowNumbers {
    pub(crate) base: u64,
    /// Distance from `base`; none if that is the place of the row itself.
    pub(crate) list: Option<Vec<u32>>,
}

impl RowNumbers {
    #[inline]
    pub(crate) fn of(&self, row: usize) -> u64 {
        let distance = match &self.list {
            Some(list) => list.get(row).map_or(0, |&distance| u64::from(distance)),
            None => count(row),
        };
        self.base.saturating_add(distance)
    }

    fn gather(&self, rows: &[u32]) -> Self {
        let list = match &self.list {
            Some(list) => rows.iter().map(|&row| list.get(at(row)).copied().unwrap_or(0)).collect(),
            None => rows.to_vec(),
        };
        Self { base: self.base, list: Some(list) }
    }
}

/// A block of rows of one file.
#[derive(Debug, Default)]
pub(crate) struct Chunk {
    pub(crate) rows: RowNumbers,
    pub(crate) n_read: u64,
    pub(crate) n_void: u64,
    pub(crate) n_rows: usize,
    pub(crate) columns: Vec<Cells>,
    /// The columns, of a table that nobody reads before all lines are read.
    pub(crate) packed: Vec<Packed>,
    pub(crate) content: Vec<u64>,
    pub(crate) names: Names,
    pub(crate) defects: Defects,
}

/// Closes a block: puts aside what cannot be judged and drops void rows. Names stay with the sheet.
pub(crate) fn finish(sheet: &mut Normaliser<'_>, rows: RowNumbers, gate: Gate<'_>) -> Chunk {
    let n_read = sheet.n_rows;
    let void = void_rows(sheet);
    if !gate.carried {
        let faults = contradictions(sheet, &void, gate);
        for fault in faults {
            if let Some(bad) = sheet.bad.get_mut(at(fault.row))
                && !*bad
            {
                *bad = true;
                sheet.faults.push(fault);
            }
        }
    }
    let leaves = |row: usize| sheet.bad.get(row) == Some(&true) || void.get(row) == Some(&true);
    let all_stay = !void.contains(&true) && !sheet.bad.contains(&true);
    let kept: Vec<u32> = if all_stay {
        Vec::new()
    } else {
        (0..n_read).filter(|&row| !leaves(row)).map(id).collect()
    };
    let n_kept = if all_stay { n_read } else { kept.len() };
    let n_void = (0..void.len())
        .filter(|&row| void.get(row) == Some(&true) && sheet.bad.get(row) != Some(&true))
        .count();
    let mut defects = Defects::default();
    for fault in &sheet.faults {
        note_defect(&mut defects, sheet, &rows, fault);
    }
    let mut columns = std::mem::take(&mut sheet.columns);
    let mut content = std::mem::take(&mut sheet.content);
    let mut rows = rows;
    if !all_stay {
        let runs = runs(&kept);
        for cells in &mut columns {
            cells.keep(&runs);
        }
        keep(&mut content, &runs);
        rows = rows.gather(&kept);
    }
    default_scope(sheet.layout.table, &mut columns);
    Chunk {
        rows,
        n_read: count(n_read),
        n_void: count(n_void),
        n_rows: n_kept,
        columns,
        packed: Vec::new(),
        content,
        names: Names::default(),
        defects,
    }
}

/// Ascending rows as runs of neighbours.
fn runs(rows: &[u32]) -> Vec<Range<usize>> {
    let neighbours = rows.chunk_by(|&row, &next| row.checked_add(1) == Some(next));
    let run = |run: &[u32]| {
        let first = run.first().map_or(0, |&row| at(row));
        first..first.saturating_add(run.len())
    };
    neighbours.map(run).collect()
}

fn note_defect(all: &mut Defects, sheet: &Normaliser<'_>, rows: &RowNumbers, fault: &Fault) {
    all.push(Defect {
        table: sheet.layout.table,
        file: &sheet.layout.file,
        row: rows.of(at(fault.row)),
        column: &fault_column(sheet.layout, fault.column),
        reason: fault.reason,
        value: &fault.value,
    });
}

fn cells<'s>(sheet: &'s Normaliser<'_>, name: &str) -> &'s Cells {
    static ABSENT: Cells = Cells::Absent;
    let place = sheet.layout.table.column(name);
    place.and_then(|place| sheet.columns.get(place)).unwrap_or(&ABSENT)
}

/// Marks good rows whose `vali_flag` is given and not 1; no marks if there is none.
fn void_rows(sheet: &Normaliser<'_>) -> Vec<bool> {
    let valid = sheet.codes.texts.get(b"1");
    let flags = cells(sheet, "vali_flag").ids();
    let is_void = |&flag: &u32| flag != NO_CODE && Some(flag) != valid;
    // Most batches have none.
    if flags.iter().any(is_void) { flags.iter().map(is_void).collect() } else { Vec::new() }
}

/// Faults between the cells of one row, at most one for each good row.
fn contradictions(sheet: &mut Normaliser<'_>, void: &[bool], gate: Gate<'_>) -> Vec<Fault> {
    let mut seen = std::mem::take(&mut sheet.institutions);
    let mut faults = unknown_institutions(sheet, &mut seen, gate);
    sheet.institutions = seen;
    if sheet.layout.table == TableName::Lines {
        faults.extend(line_amounts(sheet));
    }
    faults.retain(|fault| {
        void.get(at(fault.row)) != Some(&true) && sheet.bad.get(at(fault.row)) != Some(&true)
    });
    faults
}

/// Why a row of an institution that nobody knows is put aside.
pub(crate) const UNKNOWN_INSTITUTION: &str = "institution is not in the reference table";

fn unknown_institutions(
    sheet: &Normaliser<'_>,
    seen: &mut Vec<Option<bool>>,
    gate: Gate<'_>,
) -> Vec<Fault> {
    let checked = matches!(
        sheet.layout.table,
        TableName::Lines | TableName::Settlements | TableName::Encounters
    );
    let (true, Some((base, known)), Some(column)) =
        (checked, gate.institutions, sheet.layout.table.column("fixmedins_code"))
    else {
        return Vec::new();
    };
    let texts = &sheet.codes.texts;
    let is_known = |code: u32| {
        base.get(texts.bytes(code)).is_some_and(|code| known.binary_search(&code).is_ok())
    };
    // Institutions of a file are few: each is looked up when it first comes. Neighbours are mostly of
    // one.
    seen.resize(texts.len(), None);
    let rows = cells(sheet, "fixmedins_code").ids().iter().enumerate();
    let mut last = (NO_CODE, None);
    let mut is_unknown = |code: u32| {
        if last.0 != code {
            let slot = seen.get_mut(at(code));
            last = (code, slot.map(|slot| !*slot.get_or_insert_with(|| is_known(code))));
        }
        last.1
    };
    rows.filter(|&(_, &code)| is_unknown(code) == Some(true))
        .map(|(row, &code)| Fault {
            row: id(row),
            column,
            reason: UNKNOWN_INSTITUTION,
            value: texts.text(code).to_owned(),
        })
        .collect()
}

fn line_amounts<'s>(sheet: &'s Normaliser<'_>) -> Vec<Fault> {
    let [cnt, pric, amount, scope] = ["cnt", "pric", "det_item_fee_sumamt", "inscp_scp_amt"]
        .map(|name| cells(sheet, name).numbers());
    let scopes = if scope.len() == amount.len() { scope } else { amount };
    let some = |values: &'s [i64]| values.chunks(64);
    let blocks = some(cnt).zip(some(pric)).zip(some(amount)).zip(some(scopes));
    let mut faults = Vec::new();
    for (first, (((cnt, pric), amount), scopes)) in (0..).step_by(64).zip(blocks) {
        let rows = cnt.iter().zip(pric).zip(amount).zip(scopes);
        // Nearly all lines: nothing of them is negative, and they say all.
        let signs = rows
            .clone()
            .fold(0, |signs, (((cnt, pric), amount), scope)| signs | cnt | pric | amount | scope);
        if 0 <= signs {
            continue;
        }
        for (row, (((&cnt, &pric), &amount), &scope)) in (first..).zip(rows) {
            let scope = if scope == NO_NUMBER { amount } else { scope };
            if let Some((name, value, reason)) = line_fault(cnt, pric, amount, scope) {
                faults.push(amount_fault(sheet, row, name, value, reason));
            }
        }
    }
    faults
}

/// What amounts of a line contradict: the column, its value and why.
pub(crate) fn line_fault(
    cnt: i64,
    pric: i64,
    amount: i64,
    scope: i64,
) -> Option<(&'static str, i64, &'static str)> {
    const AMOUNT: &str = "det_item_fee_sumamt";
    const SCOPE: &str = "inscp_scp_amt";
    if pric < 0 {
        return Some(("pric", pric, "negative price"));
    }
    match cnt.signum() {
        -1 if 0 < amount => Some((AMOUNT, amount, "reversal with a positive amount")),
        -1 if 0 < scope => Some((SCOPE, scope, "reversal with a positive amount")),
        1 if amount < 0 => Some((AMOUNT, amount, "negative amount on a positive line")),
        1 if scope < 0 => Some((SCOPE, scope, "negative in-policy amount")),
        _ => None,
    }
}

fn amount_fault(
    sheet: &Normaliser<'_>,
    row: usize,
    name: &str,
    value: i64,
    reason: &'static str,
) -> Fault {
    let column = sheet.layout.table.column(name).unwrap_or(usize::MAX);
    let scale = match sheet.column(column).map(|column| column.kind) {
        Some(Kind::Number { scale, .. }) => scale,
        Some(_) | None => 0,
    };
    Fault { row: id(row), column, reason, value: decimal_text(i128::from(value), scale) }
}

/// The in-policy amount of a line that does not say is the amount of the line.
fn default_scope(table: TableName, columns: &mut [Cells]) {
    if table != TableName::Lines {
        return;
    }
    let place = |name| table.column(name).unwrap_or(usize::MAX);
    let Some(mut scopes) = columns.get_mut(place("inscp_scp_amt")).map(std::mem::take) else {
        return;
    };
    if let Some(amounts) = columns.get(place("det_item_fee_sumamt")) {
        if let Cells::Number(scopes) = &mut scopes {
            for (scope, &amount) in scopes.iter_mut().zip(amounts.numbers()) {
                if *scope == NO_NUMBER {
                    *scope = amount;
                }
            }
        } else {
            scopes.clone_from(amounts);
        }
    }
    if let Some(place) = columns.get_mut(place("inscp_scp_amt")) {
        *place = scopes;
    }
}
