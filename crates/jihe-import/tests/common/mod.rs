//! What tests of imports share: sheets to read, and what is said of them.

use std::fs;
use std::path::{Path, PathBuf};

use jihe_import::{ImportOptions, ImportReport, Kind, import};
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};

pub(crate) fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/import").join(name)
}

pub(crate) fn options(kind: &str, file: &Path, into: &Path) -> ImportOptions {
    ImportOptions::new(Kind::from_word(kind).unwrap(), file, into)
}

pub(crate) fn run(kind: &str, file: &Path, into: &Path) -> ImportReport {
    let report = import(&options(kind, file, into)).unwrap();
    assert_eq!(report.read, report.taken + report.unchanged + report.refused_rows);
    report
}

/// The rows of a table without header and basis.
pub(crate) fn rows(into: &Path, table: &str) -> Vec<String> {
    let text = fs::read_to_string(into.join(table)).unwrap_or_default();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let cut = |record: csv::StringRecord| {
        record.iter().take(record.len() - 1).collect::<Vec<_>>().join(",")
    };
    reader.records().map(|record| cut(record.unwrap())).collect()
}

pub(crate) fn reasons(report: &ImportReport) -> Vec<(u32, &str)> {
    report.refused.iter().map(|refused| (refused.row, refused.reason.as_str())).collect()
}

/// A workbook of sheets; a cell that begins with `#` is a number, with `@` a date.
pub(crate) fn workbook(folder: &Path, name: &str, sheets: &[(&str, &[&[&str]])]) -> PathBuf {
    let mut book = Workbook::new();
    for (sheet_name, grid) in sheets {
        let sheet = book.add_worksheet();
        sheet.set_name(*sheet_name).unwrap();
        for (row, cells) in (0..).zip(*grid) {
            for (column, cell) in (0..).zip(*cells) {
                let plain = cell.trim_start_matches(['#', '@']);
                if cell.starts_with('#') {
                    sheet.write_number(row, column, plain.parse::<f64>().unwrap()).unwrap();
                } else if cell.starts_with('@') {
                    let day = ExcelDateTime::parse_from_str(plain).unwrap();
                    let format = Format::new().set_num_format("yyyy\"年\"m\"月\"d\"日\"");
                    sheet.write_datetime_with_format(row, column, &day, &format).unwrap();
                } else {
                    sheet.write_string(row, column, *cell).unwrap();
                }
            }
        }
    }
    let path = folder.join(name);
    book.save(&path).unwrap();
    path
}
