//! A file as sheets of cells: CSV here, workbooks in `workbook`.
//!
//! The format is told by the first bytes, not by the name of the file.

use std::path::{Path, PathBuf};

use jihe_terms::Day;

use crate::cell::Cell;
use crate::error::ImportError;
use crate::header;
use crate::lines::Lines;
use crate::quotes;
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

/// 1899-12-30, from which most spreadsheets count days.
pub(crate) const ZERO: Day = Day::from_epoch(-25_569);

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
    /// The day from which its number cells count days.
    pub(crate) zero: Day,
    /// Whether its cells have places of their own, which no sign in a text can shift.
    pub(crate) is_workbook: bool,
}

/// The sheets of a file.
#[derive(Debug)]
pub(crate) struct Sheets {
    /// In their order.
    pub(crate) sheets: Vec<Sheet>,
    /// What is worth saying of its letters.
    pub(crate) note: Option<&'static str>,
}

/// Reads every sheet of a file, or of the files of a folder: the sheets of a workbook saved one by one.
///
/// # Errors
///
/// If a file cannot be read, is damaged, or its letters are in none of the encodings known.
pub(crate) fn read(path: &Path, encoding: Encoding) -> Result<Sheets, ImportError> {
    if !path.is_dir() {
        return read_file(path, encoding);
    }
    let unread = |error| ImportError::input("folder cannot be read", path).because(error);
    let mut files: Vec<PathBuf> = Vec::new();
    for file in std::fs::read_dir(path).map_err(unread)? {
        let file = file.map_err(unread)?.path();
        let hidden = file.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if file.is_file() && !hidden {
            files.push(file);
        }
    }
    files.sort_unstable();
    let mut all = Sheets { sheets: Vec::new(), note: None };
    for file in files {
        let read = read_file(&file, encoding)?;
        all.sheets.extend(read.sheets);
        all.note = all.note.or(read.note);
    }
    Ok(all)
}

fn read_file(path: &Path, encoding: Encoding) -> Result<Sheets, ImportError> {
    let bytes = std::fs::read(path)
        .map_err(|error| ImportError::input("file cannot be read", path).because(error))?;
    if bytes.starts_with(b"PK\x03\x04") {
        return Ok(Sheets { sheets: workbook::read_xlsx(path, bytes)?, note: None });
    }
    if bytes.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) {
        return Ok(Sheets { sheets: workbook::read_xls(path, bytes)?, note: None });
    }
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    let (text, note) = decode(path, bytes, encoding)?;
    let sheet = read_csv(path, &text, &name.unwrap_or_default())?;
    Ok(Sheets { sheets: vec![sheet], note })
}

/// The text of a CSV file. UTF-8 and UTF-16 are known by their bytes; what is neither is GB18030,
/// which is said if it was not asked for.
fn decode(
    path: &Path,
    bytes: Vec<u8>,
    encoding: Encoding,
) -> Result<(String, Option<&'static str>), ImportError> {
    let marked = encoding_rs::Encoding::for_bom(&bytes).map(|(known, _)| known);
    if let Some(known) = marked.filter(|known| *known != encoding_rs::UTF_8) {
        let (text, _, lost) = known.decode(&bytes);
        if lost {
            return Err(ImportError::input("file is not the UTF-16 that it says", path));
        }
        return Ok((text.into_owned(), None));
    }
    let (text, note) = match String::from_utf8(bytes) {
        Ok(text) => (text, None),
        Err(error) => {
            let bytes = error.into_bytes();
            let text = encoding_rs::GB18030
                .decode_without_bom_handling_and_without_replacement(&bytes)
                .ok_or_else(|| ImportError::input("file is neither UTF-8 nor GB18030", path))?;
            let note = "file is not UTF-8: read as GB18030";
            (text.into_owned(), (encoding == Encoding::Utf8).then_some(note))
        }
    };
    if text.contains('\0') {
        return Err(ImportError::input("file is no CSV, xlsx or xls", path));
    }
    Ok((text, note))
}

/// Signs between fields, tried in this order until one gives a known header.
const DELIMITERS: [u8; 4] = [b',', b'\t', b';', b'|'];

/// Reads a CSV file by the sign between fields that gives a known header; by commas if none does.
fn read_csv(path: &Path, text: &str, name: &str) -> Result<Sheet, ImportError> {
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    let by = |delimiter| {
        let rows = csv_rows(path, body, delimiter)?;
        Ok(Sheet { name: name.to_owned(), rows, zero: ZERO, is_workbook: false })
    };
    let whole = |delimiter, n_fields| match quotes::fault(body, delimiter, n_fields) {
        Some(fault) => Err(ImportError::input(&fault, path)),
        None => Ok(()),
    };
    for delimiter in DELIMITERS {
        let sheet = by(delimiter)?;
        if let Some(headed) = header::find(&sheet) {
            return whole(delimiter, headed.width).map(|()| sheet);
        }
    }
    let [comma, ..] = DELIMITERS;
    whole(comma, 0)?;
    by(comma)
}

fn csv_rows(path: &Path, body: &str, delimiter: u8) -> Result<Vec<SheetRow>, ImportError> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(body.as_bytes());
    let mut lines = Lines::of(body.as_bytes());
    let mut rows = Vec::new();
    for record in reader.records() {
        let record =
            record.map_err(|error| ImportError::input("file is no CSV", path).because(error))?;
        let line = record.position().map_or(0, |place| lines.at(place.byte()));
        let cells: Vec<_> = record.iter().map(Cell::of_text).collect();
        if cells.iter().any(|cell| !cell.is_empty()) {
            rows.push(SheetRow { number: u32::try_from(line).unwrap_or(u32::MAX), cells });
        }
    }
    Ok(rows)
}
