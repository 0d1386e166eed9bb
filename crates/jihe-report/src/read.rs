//! A result folder read back, for checking and explaining.

use std::fs::{self, File};
use std::io::{self, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Int64Type};
use arrow_array::{Array, RecordBatch};
use jihe_frame::Cut;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::error::ReportError;
use crate::layout::{Format, ResultKind, ResultTable};
use crate::manifest::{MANIFEST, Manifest, RULES};
use crate::rulebook::RuleWords;
use crate::write::csv::restored;

/// A result folder with its manifest.
pub(crate) struct Folder {
    path: PathBuf,
    /// The manifest as read.
    pub(crate) manifest: Manifest,
    /// Its bytes.
    pub(crate) manifest_bytes: Vec<u8>,
    format: Format,
}

/// A value of a result row.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Cell<'a> {
    /// Nothing there.
    Missing,
    /// Text.
    Text(&'a str),
    /// A number in the smallest units of its column.
    Number(i128),
}

impl<'a> Cell<'a> {
    /// The text; empty if missing.
    pub(crate) fn text(self) -> &'a str {
        match self {
            Self::Text(text) => text,
            Self::Missing | Self::Number(_) => "",
        }
    }

    /// The number; 0 if missing.
    pub(crate) fn number(self) -> i128 {
        match self {
            Self::Number(number) => number,
            Self::Missing | Self::Text(_) => 0,
        }
    }
}

impl Folder {
    /// Reads the manifest of a folder.
    pub(crate) fn open(path: &Path) -> Result<Self, ReportError> {
        let file = path.join(MANIFEST);
        let bytes = fs::read(&file)
            .map_err(|cause| ReportError::input("manifest cannot be read", &file, cause))?;
        let manifest: Manifest = serde_json::from_slice(&bytes)
            .map_err(|cause| ReportError::input("manifest is not one of jihe", &file, cause))?;
        let Some(format) = manifest.format() else {
            return Err(ReportError::damaged("manifest names no format of jihe", &file));
        };
        Ok(Self { path: path.to_owned(), manifest, manifest_bytes: bytes, format })
    }

    /// The folder.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The name of a table's file.
    pub(crate) fn name_of(&self, table: ResultTable) -> String {
        self.format.name_of(table)
    }

    /// The bytes of a small file whose hash is as the manifest says.
    pub(crate) fn checked_bytes(&self, name: &str) -> Result<Vec<u8>, ReportError> {
        self.check(name)?;
        let path = self.path.join(name);
        fs::read(&path).map_err(|cause| ReportError::input("file cannot be read", &path, cause))
    }

    /// Compares the hash of a file with the manifest's.
    pub(crate) fn check(&self, name: &str) -> Result<(), ReportError> {
        let path = self.path.join(name);
        let named = self.manifest.results.iter().find(|result| result.file == name);
        let Some(named) = named else {
            return Err(ReportError::damaged("file is not in the manifest", &path));
        };
        let (blake3, _) = digest(&path)
            .map_err(|cause| ReportError::input("file cannot be read", &path, cause))?;
        if blake3 == named.blake3 {
            Ok(())
        } else {
            Err(ReportError::damaged("file was changed after it was written", &path))
        }
    }

    /// The rules as they were applied.
    pub(crate) fn rules(&self) -> Result<Vec<RuleWords>, ReportError> {
        let bytes = self.checked_bytes(RULES)?;
        serde_json::from_slice(&bytes).map_err(|cause| {
            ReportError::input("rules cannot be read", &self.path.join(RULES), cause)
        })
    }

    /// Calls `each` with the named columns of every row, in the order of the file.
    pub(crate) fn rows<const N: usize>(
        &self,
        table: ResultTable,
        columns: [&'static str; N],
        mut each: impl FnMut([Cell<'_>; N]),
    ) -> Result<(), ReportError> {
        let path = self.path.join(self.name_of(table));
        // Decoders may panic on damaged bytes; to the caller that is a damaged file.
        let read = catch_unwind(AssertUnwindSafe(|| match self.format {
            Format::Parquet => parquet_rows(&path, table, columns, &mut each),
            Format::Csv => csv_rows(&path, table, columns, &mut each),
        }));
        read.unwrap_or_else(|_| Err("damaged beyond reading".into()))
            .map_err(|cause| ReportError::input("result table cannot be read", &path, cause))
    }
}

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// BLAKE3 and length of a file.
pub(crate) fn digest(path: &Path) -> io::Result<(String, u64)> {
    let mut file = File::open(path)?;
    let mut hasher = blake3::Hasher::new();
    let mut buffer = vec![0_u8; 1 << 18];
    let mut n_bytes = 0_u64;
    loop {
        let n_read = match file.read(&mut buffer) {
            Ok(0) => return Ok((hasher.finalize().to_hex().to_string(), n_bytes)),
            Ok(n_read) => n_read,
            Err(cause) if cause.kind() == io::ErrorKind::Interrupted => continue,
            Err(cause) => return Err(cause),
        };
        hasher.update(buffer.get(..n_read).unwrap_or(&[]));
        n_bytes = n_bytes.saturating_add(u64::try_from(n_read).unwrap_or(u64::MAX));
    }
}

fn kind_of(table: ResultTable, name: &str) -> ResultKind {
    let column = table.columns().iter().find(|column| column.name == name);
    column.map_or(ResultKind::Text, |column| column.kind)
}

fn parquet_rows<const N: usize>(
    path: &Path,
    table: ResultTable,
    columns: [&'static str; N],
    each: &mut impl FnMut([Cell<'_>; N]),
) -> Result<(), Cause> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path)?)?;
    let mask = ProjectionMask::columns(reader.parquet_schema(), columns);
    for batch in reader.with_projection(mask).with_batch_size(8_192).build()? {
        let batch = batch?;
        let mut arrays = Vec::with_capacity(N);
        for name in columns {
            let array = batch.column_by_name(name).ok_or("a column is missing")?;
            let expected = array.data_type();
            let kind = kind_of(table, name);
            if !fits(kind, expected) {
                return Err("a column has another type".into());
            }
            arrays.push((array, kind));
        }
        emit(&batch, &arrays, each);
    }
    Ok(())
}

fn emit<const N: usize>(
    batch: &RecordBatch,
    arrays: &[(&arrow_array::ArrayRef, ResultKind)],
    each: &mut impl FnMut([Cell<'_>; N]),
) {
    for row in 0..batch.num_rows() {
        let cell = |place: usize| match arrays.get(place) {
            Some((array, _)) if array.is_null(row) => Cell::Missing,
            Some((array, ResultKind::Text | ResultKind::Id)) => {
                Cell::Text(array.as_string::<i32>().value(row))
            }
            Some((array, ResultKind::Count)) => {
                Cell::Number(i128::from(array.as_primitive::<Int64Type>().value(row)))
            }
            Some((array, _)) => Cell::Number(array.as_primitive::<Decimal128Type>().value(row)),
            None => Cell::Missing,
        };
        each(std::array::from_fn(cell));
    }
}

fn fits(kind: ResultKind, found: &arrow_schema::DataType) -> bool {
    use arrow_schema::DataType;

    match kind {
        ResultKind::Text | ResultKind::Id => *found == DataType::Utf8,
        ResultKind::Count => *found == DataType::Int64,
        ResultKind::Money | ResultKind::Price | ResultKind::Quantity | ResultKind::Multiple => {
            matches!(found, DataType::Decimal128(_, scale) if u32::try_from(*scale) == Ok(kind.scale()))
        }
    }
}

fn csv_rows<const N: usize>(
    path: &Path,
    table: ResultTable,
    columns: [&'static str; N],
    each: &mut impl FnMut([Cell<'_>; N]),
) -> Result<(), Cause> {
    let mut reader = csv::Reader::from_path(path)?;
    let header = reader.headers()?.clone();
    let mut places = Vec::with_capacity(N);
    for name in columns {
        let place = header.iter().position(|other| other == name).ok_or("a column is missing")?;
        places.push((place, kind_of(table, name)));
    }
    let mut record = csv::StringRecord::new();
    while reader.read_record(&mut record)? {
        let mut cells = [Cell::Missing; N];
        for (cell, &(place, kind)) in cells.iter_mut().zip(&places) {
            let text = record.get(place).unwrap_or("");
            *cell = match kind {
                _ if text.is_empty() => Cell::Missing,
                ResultKind::Text | ResultKind::Id => Cell::Text(restored(text)),
                ResultKind::Money
                | ResultKind::Price
                | ResultKind::Quantity
                | ResultKind::Multiple
                | ResultKind::Count => {
                    Cell::Number(number(text, kind.scale()).ok_or("a number is malformed")?)
                }
            };
        }
        each(cells);
    }
    Ok(())
}

/// A cut as `finding_lines` writes it; nothing for evidence.
pub(crate) fn cut_of(cut: &str, value: &str) -> Option<Cut> {
    let value = |scale| number(value, scale).and_then(|value| i64::try_from(value).ok());
    match cut {
        "units" => value(4).map(Cut::Units),
        "price" => value(6).map(Cut::Price),
        "whole" => Some(Cut::Whole),
        "amount" => value(2).map(Cut::Amount),
        _ => None,
    }
}

/// Reads decimal text with exactly `scale` decimals.
pub(crate) fn number(text: &str, scale: u32) -> Option<i128> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let (whole, fraction) = match (digits.split_once('.'), scale) {
        (None, _) => (digits, ""),
        (Some(parts), 1..) => parts,
        (Some(_), 0) => return None,
    };
    let n_decimals = u32::try_from(fraction.len()).ok()?;
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !plain(whole) || !plain(fraction) || scale < n_decimals {
        return None;
    }
    let missing = 10_i128.checked_pow(scale.checked_sub(n_decimals)?)?;
    let value = format!("{whole}{fraction}").parse::<i128>().ok()?.checked_mul(missing)?;
    if negative { value.checked_neg() } else { Some(value) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimal_text_is_read_exactly_or_not_at_all() {
        for (text, scale, value) in [
            ("12.34", 2, Some(1_234)),
            ("-0.05", 2, Some(-5)),
            ("7", 2, Some(700)),
            ("7", 0, Some(7)),
            ("1.234", 2, None),
            ("1e3", 2, None),
            ("", 2, None),
            ("-", 2, None),
            ("1.5", 0, None),
        ] {
            assert_eq!(number(text, scale), value, "{text}");
        }
    }
}
