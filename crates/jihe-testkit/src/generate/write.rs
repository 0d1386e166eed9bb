//! Writes months, reference and knowledge tables as the CSV files of the interface.

use std::fs;
use std::path::Path;

use crate::oracle::month::Line;
use crate::oracle::pack::Tables;
use crate::oracle::reference::Reference;
use crate::oracle::side::Month;
use crate::oracle::table::Record;

use super::knowledge::COLUMNS;

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
    write_lines(month, folder)?;
    write_records(folder, Some(&month.settlements))?;
    write_records(folder, month.encounters.as_ref())?;
    write_records(folder, month.diagnoses.as_ref())?;
    write_records(folder, month.persons.as_ref())?;
    write_records(folder, month.trace_codes.as_ref())
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
    let mut writer = csv::Writer::from_path(folder.join("lines.csv"))?;
    writer.write_record(&columns)?;
    for line in &month.lines {
        writer.write_record(&line.write()[..n_columns])?;
    }
    Ok(writer.flush()?)
}

fn write_records<T: Record>(folder: &Path, rows: Option<&Vec<T>>) -> Result<(), csv::Error> {
    let Some(rows) = rows else { return Ok(()) };
    let mut writer = csv::Writer::from_path(folder.join(format!("{}.csv", T::NAME)))?;
    writer.write_record(T::COLUMNS)?;
    for row in rows {
        writer.write_record(row.write())?;
    }
    Ok(writer.flush()?)
}
