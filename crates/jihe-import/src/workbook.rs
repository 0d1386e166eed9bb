//! Workbooks as sheets of cells.
//!
//! Cells of an xlsx are taken one by one, because one stray cell at the far corner would make the
//! dense range as large as the memory. A number keeps the shortest decimal text that reads back as
//! the same number, which is what the spreadsheet shows; no arithmetic is done on it.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use calamine::{Data, DataRef, Reader, Xls, Xlsx};

use crate::cell::Cell;
use crate::error::ImportError;
use crate::sheet::{Sheet, SheetRow};

/// Columns past this one are not part of any official sheet.
const MAX_COLUMNS: usize = 256;

type Bytes = Cursor<Vec<u8>>;
type Foreign = Box<dyn std::error::Error + Send + Sync>;

/// Reads an xlsx.
///
/// # Errors
///
/// If it is damaged or something else in a zip.
pub(crate) fn read_xlsx(path: &Path, bytes: Vec<u8>) -> Result<Vec<Sheet>, ImportError> {
    guarded(path, || xlsx_sheets(bytes))
}

/// Reads an xls.
///
/// # Errors
///
/// If it is damaged or something else of the same container.
pub(crate) fn read_xls(path: &Path, bytes: Vec<u8>) -> Result<Vec<Sheet>, ImportError> {
    guarded(path, || xls_sheets(bytes))
}

/// A damaged workbook must not stop the program, whatever the reader makes of it.
fn guarded(
    path: &Path,
    read: impl FnOnce() -> Result<Vec<Sheet>, Foreign>,
) -> Result<Vec<Sheet>, ImportError> {
    match catch_unwind(AssertUnwindSafe(read)) {
        Ok(Ok(sheets)) => Ok(sheets),
        Ok(Err(error)) => Err(ImportError::input("workbook is damaged", path).because(error)),
        Err(_) => Err(ImportError::input("workbook is damaged", path)),
    }
}

fn xlsx_sheets(bytes: Vec<u8>) -> Result<Vec<Sheet>, Foreign> {
    let mut book: Xlsx<Bytes> = Xlsx::new(Cursor::new(bytes))?;
    let mut sheets = Vec::new();
    for name in book.sheet_names() {
        let mut rows = BTreeMap::<u32, Vec<Cell>>::new();
        let mut cells = book.worksheet_cells_reader(&name)?;
        while let Some(cell) = cells.next_cell()? {
            let (row, column) = cell.get_position();
            put(rows.entry(row).or_default(), column, of_ref(cell.get_value()));
        }
        sheets.push(Sheet { name, rows: without_blanks(rows) });
    }
    Ok(sheets)
}

fn xls_sheets(bytes: Vec<u8>) -> Result<Vec<Sheet>, Foreign> {
    let mut book: Xls<Bytes> = Xls::new(Cursor::new(bytes))?;
    let mut sheets = Vec::new();
    for name in book.sheet_names() {
        let range = book.worksheet_range(&name)?;
        let (first_row, first_column) = range.start().unwrap_or((0, 0));
        let mut rows = BTreeMap::<u32, Vec<Cell>>::new();
        for (row, column, value) in range.used_cells() {
            let row = first_row.saturating_add(u32::try_from(row).unwrap_or(u32::MAX));
            let column = first_column.saturating_add(u32::try_from(column).unwrap_or(u32::MAX));
            put(rows.entry(row).or_default(), column, of_data(value));
        }
        sheets.push(Sheet { name, rows: without_blanks(rows) });
    }
    Ok(sheets)
}

fn put(row: &mut Vec<Cell>, column: u32, cell: Cell) {
    let column = usize::try_from(column).unwrap_or(usize::MAX);
    if cell.is_empty() || MAX_COLUMNS <= column {
        return;
    }
    if row.len() <= column {
        row.resize(column.saturating_add(1), Cell::Empty);
    }
    if let Some(slot) = row.get_mut(column) {
        *slot = cell;
    }
}

fn without_blanks(rows: BTreeMap<u32, Vec<Cell>>) -> Vec<SheetRow> {
    rows.into_iter()
        .filter(|(_, cells)| !cells.is_empty())
        .map(|(row, cells)| SheetRow { number: row.saturating_add(1), cells })
        .collect()
}

fn of_ref(value: &DataRef<'_>) -> Cell {
    match value {
        DataRef::Int(number) => Cell::Number(number.to_string()),
        DataRef::Float(number) => Cell::Number(number.to_string()),
        DataRef::String(text) => Cell::of_text(text),
        DataRef::SharedString(text) => Cell::of_text(text),
        DataRef::Empty => Cell::Empty,
        DataRef::Bool(_)
        | DataRef::DateTime(_)
        | DataRef::DateTimeIso(_)
        | DataRef::DurationIso(_)
        | DataRef::Error(_) => Cell::of_text(&Data::from(value.clone()).to_string()),
    }
}

fn of_data(value: &Data) -> Cell {
    match value {
        Data::Int(number) => Cell::Number(number.to_string()),
        Data::Float(number) => Cell::Number(number.to_string()),
        Data::String(text) => Cell::of_text(text),
        Data::Empty => Cell::Empty,
        Data::Bool(_)
        | Data::DateTime(_)
        | Data::DateTimeIso(_)
        | Data::DurationIso(_)
        | Data::Error(_) => Cell::of_text(&value.to_string()),
    }
}
