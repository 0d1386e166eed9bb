//! A file as sheets of cells: CSV here, workbooks in `workbook`.
//!
//! The format is told by the first bytes, not by the name of the file.

use std::path::Path;

use crate::cell::Cell;
use crate::error::ImportError;
use crate::workbook;

/// The letters of a CSV file.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark.
    #[default]
    Utf8,
    /// GB18030, and with it GBK and GB2312.
    Gb18030,
}

impl Encoding {
    /// Reads `utf-8`, `gb18030`, `gbk` or `gb2312`.
    pub fn from_word(word: &str) -> Option<Self> {
        match word.trim().to_ascii_lowercase().as_str() {
            "utf-8" | "utf8" => Some(Self::Utf8),
            "gb18030" | "gbk" | "gb2312" => Some(Self::Gb18030),
            _ => None,
        }
    }
}

/// A row with something in it.
#[derive(Clone, Debug)]
pub(crate) struct SheetRow {
    /// Row of the sheet, or line of the file, from 1.
    pub(crate) number: u32,
    /// Its cells.
    pub(crate) cells: Vec<Cell>,
}

impl SheetRow {
    /// A cell by column.
    pub(crate) fn cell(&self, column: usize) -> &Cell {
        self.cells.get(column).unwrap_or(&Cell::Empty)
    }
}

/// A sheet without its blank rows.
#[derive(Clone, Debug)]
pub(crate) struct Sheet {
    /// Its name; the file name for CSV.
    pub(crate) name: String,
    /// Its rows in order.
    pub(crate) rows: Vec<SheetRow>,
}

/// Reads every sheet of a file.
///
/// # Errors
///
/// If the file cannot be read, is damaged, or its letters are not in `encoding`.
pub(crate) fn read(path: &Path, encoding: Encoding) -> Result<Vec<Sheet>, ImportError> {
    let bytes = std::fs::read(path)
        .map_err(|error| ImportError::input("file cannot be read", path).because(error))?;
    if bytes.starts_with(b"PK\x03\x04") {
        return workbook::read_xlsx(path, bytes);
    }
    if bytes.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) {
        return workbook::read_xls(path, bytes);
    }
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    let rows = read_csv(path, &decode(path, bytes, encoding)?)?;
    Ok(vec![Sheet { name: name.unwrap_or_default(), rows }])
}

fn decode(path: &Path, bytes: Vec<u8>, encoding: Encoding) -> Result<String, ImportError> {
    let text = match encoding {
        Encoding::Utf8 => String::from_utf8(bytes).map_err(|error| {
            ImportError::input("file is not UTF-8, say --encoding gb18030 if it is", path)
                .because(error)
        })?,
        Encoding::Gb18030 => encoding_rs::GB18030
            .decode_without_bom_handling_and_without_replacement(&bytes)
            .ok_or_else(|| ImportError::input("file is not GB18030", path))?
            .into_owned(),
    };
    if text.contains('\0') {
        return Err(ImportError::input("file is no CSV, xlsx or xls", path));
    }
    Ok(text)
}

fn read_csv(path: &Path, text: &str) -> Result<Vec<SheetRow>, ImportError> {
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(body.as_bytes());
    let mut rows = Vec::new();
    for record in reader.records() {
        let record =
            record.map_err(|error| ImportError::input("file is no CSV", path).because(error))?;
        let line = record.position().map_or(0, csv::Position::line);
        let cells: Vec<_> = record.iter().map(Cell::of_text).collect();
        if cells.iter().any(|cell| !cell.is_empty()) {
            rows.push(SheetRow { number: u32::try_from(line).unwrap_or(u32::MAX), cells });
        }
    }
    Ok(rows)
}
