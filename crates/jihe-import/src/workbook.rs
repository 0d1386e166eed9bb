//! Workbooks as sheets of cells.
//!
//! Cells of an xlsx are taken one by one, because one stray cell at the far corner would make the
//! dense range as large as the memory. A number keeps the shortest decimal text that reads back as
//! the same number, which is what the spreadsheet shows; no arithmetic is done on it. A number that
//! the workbook formats as a date is a day; days are counted from 1900 or 1904, as the workbook says.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use calamine::{Data, DataRef, ExcelDateTime, Reader, Xls, Xlsx};
use jihe_terms::Day;

use crate::cell::Cell;
use crate::error::ImportError;
use crate::sheet::{Sheet, SheetRow, ZERO};

/// Columns past this one are not part of any official sheet.
const MAX_COLUMNS: usize = 256;
/// 1904-01-01, from which workbooks of old spreadsheets count days.
const ZERO_OF_1904: Day = Day::from_epoch(-24_107);

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
    let zero = if book.has_1904_epoch() { ZERO_OF_1904 } else { ZERO };
    let mut sheets = Vec::new();
    for name in book.sheet_names() {
        let mut rows = BTreeMap::<u32, Vec<Cell>>::new();
        let mut cells = book.worksheet_cells_reader(&name)?;
        while let Some(cell) = cells.next_cell()? {
            let (row, column) = cell.get_position();
            put(rows.entry(row).or_default(), column, of_ref(cell.get_value()));
        }
        sheets.push(Sheet { name, rows: without_blanks(rows), zero, is_workbook: true });
    }
    Ok(sheets)
}

fn xls_sheets(bytes: Vec<u8>) -> Result<Vec<Sheet>, Foreign> {
    let mut book: Xls<Bytes> = Xls::new(Cursor::new(bytes))?;
    let zero = if book.has_1904_epoch() { ZERO_OF_1904 } else { ZERO };
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
        sheets.push(Sheet { name, rows: without_blanks(rows), zero, is_workbook: true });
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
        DataRef::SharedString(text) => Cell::of_text(text),
        DataRef::Int(_)
        | DataRef::Float(_)
        | DataRef::String(_)
        | DataRef::Empty
        | DataRef::Bool(_)
        | DataRef::DateTime(_)
        | DataRef::DateTimeIso(_)
        | DataRef::DurationIso(_)
        | DataRef::Error(_) => of_data(&Data::from(value.clone())),
    }
}

fn of_data(value: &Data) -> Cell {
    match value {
        Data::Int(number) => Cell::Number(number.to_string()),
        Data::Float(number) => Cell::Number(number.to_string()),
        Data::String(text) => Cell::of_text(text),
        Data::Empty => Cell::Empty,
        Data::DateTime(moment) => of_moment(*moment),
        Data::DateTimeIso(text) => match text.split('T').next() {
            Some(day) if day.contains('-') => Cell::Date(day.to_owned()),
            Some(_) | None => Cell::of_text(text),
        },
        Data::Bool(_) | Data::DurationIso(_) | Data::Error(_) => Cell::of_text(&value.to_string()),
    }
}

/// The day of a moment; hours without a day stay the number that they are.
fn of_moment(moment: ExcelDateTime) -> Cell {
    if moment.is_duration() || moment.as_f64() < 1.0 {
        return Cell::of_text(&moment.to_string());
    }
    let (year, month, day, ..) = moment.to_ymd_hms_milli();
    Cell::Date(format!("{year:04}-{month:02}-{day:02}"))
}

#[cfg(test)]
mod tests {
    use calamine::ExcelDateTimeType::{DateTime, TimeDelta};

    use super::*;

    #[test]
    fn a_date_cell_is_the_day_that_its_workbook_shows() {
        let day = |text: &str| Cell::Date(text.to_owned());
        for (value, kind, is_1904, expected) in [
            (46_068.0, DateTime, false, day("2026-02-15")),
            (46_068.999, DateTime, false, day("2026-02-15")),
            (44_606.0, DateTime, true, day("2026-02-15")),
            (0.5, DateTime, false, Cell::of_text("0.5")),
            (46_068.0, TimeDelta, false, Cell::of_text("46068")),
        ] {
            let moment = ExcelDateTime::new(value, kind, is_1904);
            assert_eq!(of_data(&Data::DateTime(moment)), expected, "{value}");
        }
        for (text, expected) in [
            ("2026-02-15T10:00:00", day("2026-02-15")),
            ("2026-02-15", day("2026-02-15")),
            ("T10:00:00", Cell::of_text("T10:00:00")),
        ] {
            assert_eq!(of_data(&Data::DateTimeIso(text.to_owned())), expected, "{text}");
        }
    }
}
