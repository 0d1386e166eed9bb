//! Writes months, reference and knowledge tables as the CSV files of the interface.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::oracle::month::Line;
use crate::oracle::pack::Tables;
use crate::oracle::reference::Reference;
use crate::oracle::side::Month;
use crate::oracle::table::Record;

use super::knowledge::COLUMNS;

/// Tables and columns of theirs that are not written.
type Absent = BTreeSet<(&'static str, &'static str)>;

/// Writes `month/`, `reference/` and `tables/` under `folder`; a missing table has no file.
///
/// # Errors
///
/// If a folder or file cannot be written.
pub fn write_csv(
    month: &Month,
    reference: &Reference,
    tables: &Tables,
    folder: &Path,
) -> Result<(), csv::Error> {
    write_month(month, &folder.join("month"))?;
    write_reference(reference, &folder.join("reference"))?;
    write_tables(tables, &folder.join("tables"))
}

/// Writes the tables of a month.
///
/// # Errors
///
/// If a folder or file cannot be written.
pub fn write_month(month: &Month, folder: &Path) -> Result<(), csv::Error> {
    fs::create_dir_all(folder)?;
    let absent = &month.absent;
    write_lines(month, folder)?;
    write_present(folder, Some(&month.settlements), absent)?;
    write_present(folder, month.encounters.as_ref(), absent)?;
    write_present(folder, month.diagnoses.as_ref(), absent)?;
    write_present(folder, month.persons.as_ref(), absent)?;
    write_present(folder, month.trace_codes.as_ref(), absent)
}

/// Writes the reference tables.
///
/// # Errors
///
/// If a folder or file cannot be written.
pub fn write_reference(reference: &Reference, folder: &Path) -> Result<(), csv::Error> {
    fs::create_dir_all(folder)?;
    write_records(folder, reference.institutions.as_ref())?;
    write_records(folder, reference.catalogue.as_ref())?;
    write_records(folder, reference.price_limits.as_ref())?;
    write_records(folder, reference.selfpay.as_ref())?;
    write_records(folder, reference.inventory.as_ref())?;
    write_records(folder, reference.practitioners.as_ref())?;
    write_records(folder, reference.item_map.as_ref())?;
    write_records(folder, reference.trace_codes.as_ref())
}

/// Writes the knowledge tables.
///
/// # Errors
///
/// If a folder or file cannot be written.
pub fn write_tables(tables: &Tables, folder: &Path) -> Result<(), csv::Error> {
    fs::create_dir_all(folder)?;
    for (name, own_columns) in COLUMNS {
        let Some(rows) = tables.get(*name) else { continue };
        let columns: Vec<&str> =
            own_columns.iter().copied().chain(["begndate", "enddate", "basis"]).collect();
        let mut writer = csv::Writer::from_path(folder.join(format!("{name}.csv")))?;
        writer.write_record(&columns)?;
        for row in rows {
            let cell = |column: &&str| row.get(*column).map_or("", String::as_str);
            writer.write_record(columns.iter().map(cell))?;
        }
        writer.flush()?;
    }
    Ok(())
}

/// Writes the lines; the last column, the trace code, only if the month has it.
fn write_lines(month: &Month, folder: &Path) -> Result<(), csv::Error> {
    let n_columns = Line::COLUMNS.len() - usize::from(!month.lines_have_trace);
    let mut columns: Vec<&str> = Line::COLUMNS[..n_columns].to_vec();
    if month.key_with_encounter {
        columns[0] = "feedetl_sn";
    }
    write_columns(folder, &columns, &month.lines, &month.absent)
}

fn write_records<T: Record>(folder: &Path, rows: Option<&Vec<T>>) -> Result<(), csv::Error> {
    write_present(folder, rows, &BTreeSet::new())
}

fn write_present<T: Record>(
    folder: &Path,
    rows: Option<&Vec<T>>,
    absent: &Absent,
) -> Result<(), csv::Error> {
    rows.map_or(Ok(()), |rows| write_columns(folder, T::COLUMNS, rows, absent))
}

/// Writes the first columns of a table under these names, but those that are absent.
fn write_columns<T: Record>(
    folder: &Path,
    columns: &[&str],
    rows: &[T],
    absent: &Absent,
) -> Result<(), csv::Error> {
    let is_there = |place: &usize| !absent.contains(&(T::NAME, T::COLUMNS[*place]));
    let places: Vec<usize> = (0..columns.len()).filter(is_there).collect();
    let mut writer = csv::Writer::from_path(folder.join(format!("{}.csv", T::NAME)))?;
    writer.write_record(places.iter().map(|&place| columns[place]))?;
    for row in rows {
        let cells = row.write();
        writer.write_record(places.iter().map(|&place| &cells[place]))?;
    }
    Ok(writer.flush()?)
}
