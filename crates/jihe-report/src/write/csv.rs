//! A result table as CSV that no spreadsheet takes for formulas.
//!
//! UTF-8, header, comma, quotes where needed. A text that a spreadsheet would run gets an
//! apostrophe in front; numbers stay numbers. [`restored`] takes exactly that apostrophe away.

use std::borrow::Cow;
use std::ops::Range;

use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Int64Type};
use arrow_array::{Array, RecordBatch};
use jihe_terms::decimal_text;

use crate::frames::{BATCH_ROWS, Frames};
use crate::layout::{ResultColumn, ResultKind, ResultTable};
use crate::write::Cause;

/// The first line of a table.
pub(super) fn header(table: ResultTable) -> Result<Vec<u8>, Cause> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(table.columns().iter().map(|column| column.name))?;
    writer.into_inner().map_err(|failed| failed.into_error().into())
}

/// Some rows of a table.
pub(super) fn rows(
    frames: &Frames<'_>,
    table: ResultTable,
    rows: Range<usize>,
) -> Result<Vec<u8>, Cause> {
    let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
    for from in rows.clone().step_by(BATCH_ROWS) {
        let until = from.saturating_add(BATCH_ROWS).min(rows.end);
        let batch = frames.sheet(table, from..until).batch();
        for row in 0..batch.num_rows() {
            for (place, column) in table.columns().iter().enumerate() {
                writer.write_field(cell(&batch, place, row, column).as_bytes())?;
            }
            writer.write_record(None::<&[u8]>)?;
        }
    }
    writer.into_inner().map_err(|failed| failed.into_error().into())
}

fn cell<'b>(
    batch: &'b RecordBatch,
    place: usize,
    row: usize,
    column: &ResultColumn,
) -> Cow<'b, str> {
    let array = batch.column(place);
    if array.is_null(row) {
        return Cow::Borrowed("");
    }
    match column.kind {
        ResultKind::Text | ResultKind::Id => neutral(array.as_string::<i32>().value(row)),
        ResultKind::Money | ResultKind::Price | ResultKind::Quantity | ResultKind::Multiple => {
            let value = array.as_primitive::<Decimal128Type>().value(row);
            Cow::Owned(decimal_text(value, column.kind.scale()))
        }
        ResultKind::Count => Cow::Owned(array.as_primitive::<Int64Type>().value(row).to_string()),
    }
}

/// Puts an apostrophe before a text that a spreadsheet would run.
fn neutral(text: &str) -> Cow<'_, str> {
    if is_formula(text) { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

/// Takes the apostrophe of [`neutral`] away again.
pub(crate) fn restored(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if is_formula(rest) => rest,
        Some(_) | None => text,
    }
}

/// Whether a spreadsheet might run the text: after spaces (and apostrophes, so that reading back
/// is exact) it begins with a sign of a formula, ASCII or full-width, or with tab or line end.
fn is_formula(text: &str) -> bool {
    for sign in text.chars() {
        match sign {
            '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠' | '\t' | '\r' | '\n' => {
                return true;
            }
            '\'' => {}
            _ if sign.is_whitespace() => {}
            _ => return false,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_a_spreadsheet_would_run_gets_an_apostrophe_and_loses_it_again() {
        for text in [
            "=HYPERLINK(1)",
            "+1",
            "-5",
            "@x",
            "\tx",
            "\rx",
            "＝1+1",
            "－1",
            "＠",
            " =1",
            "'=1",
            "''-5",
        ] {
            assert_eq!(neutral(text), format!("'{text}"));
            assert_eq!(restored(&neutral(text)), text);
        }
        for text in ["", "A-1", "医保", "'quoted", "12", "x=1"] {
            assert_eq!(neutral(text), text);
            assert_eq!(restored(text), text);
        }
    }
}
