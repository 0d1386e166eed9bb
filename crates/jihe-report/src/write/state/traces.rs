//! Trace codes in the state: those of its lines, and rows of the month that name no line yet.
//!
//! Only the latter have `vali_flag` 1. They may name a line of the next month; those that the state had
//! already and that still name none are left out.

use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema};
use jihe_frame::{Doubt, LinePart, NetMonth};
use jihe_terms::NO_CODE;

use super::{Keeps, id};

/// Codes of the lines' own column and of tables. A row that may mean other lines is not carried.
pub(super) fn of_part(month: &NetMonth, part: &LinePart, _: Keeps) -> RecordBatch {
    let mut rows = Rows::default();
    let table = month.traces.as_ref();
    for row in 0..part.len() {
        let line = part.first.saturating_add(u32::try_from(row).unwrap_or(u32::MAX));
        let own = part.trace.as_ref().filter(|own| !own.is_missing(row)).map(|own| own.text(row));
        let mut told = Vec::new();
        if let Some(table) = table {
            let from = table.line.partition_point(|&other| other < line);
            let of_line = table.line.iter().enumerate().skip(from);
            for (idx, _) in of_line.take_while(|&(_, &other)| other == line) {
                let code = table.code.text(idx);
                let doubt = table.doubt.get(idx);
                if doubt == Some(&Doubt::NoLine) && own.as_ref() != Some(&code) {
                    continue;
                }
                let is_split = table.split.get(idx) == Some(&true);
                told.push((code, flag(is_split, doubt == Some(&Doubt::NoFlag))));
            }
        }
        if let Some(code) = own.filter(|own| told.iter().all(|(code, _)| code != own)) {
            told.push((code, "0"));
        }
        let settlement = part.settlement.get(row).copied().unwrap_or(NO_CODE);
        for (code, flag) in told {
            let settlement = id(&month.settlements, settlement);
            rows.push([Some(&code), Some(&part.key.text(row)), settlement, Some(flag), None]);
        }
    }
    rows.finish()
}

/// Rows that name no line yet, by key, code and what else they say; none if there is none.
pub(super) fn early(month: &NetMonth) -> Option<RecordBatch> {
    let early = &month.traces.as_ref()?.early;
    let row = |row: usize| {
        let settlement = early.settlement.get(row).copied().filter(|&hash| hash != 0);
        let settlement = settlement.map(|hash| format!("#{hash:016x}"));
        let [is_split, is_untold] =
            [&early.split, &early.lacks_flag].map(|flags| flags.get(row) == Some(&true));
        (early.key.text(row), early.code.text(row), settlement, flag(is_split, is_untold))
    };
    let mut all: Vec<_> = (0..early.key.len()).map(row).collect();
    all.sort_unstable();
    let mut rows = Rows::default();
    for (key, code, settlement, flag) in &all {
        rows.push([Some(code), Some(key), settlement.as_deref(), Some(flag), Some("1")]);
    }
    (!all.is_empty()).then(|| rows.finish())
}

/// The flag of a pack that was split, or of which no file tells it.
fn flag(is_split: bool, is_untold: bool) -> &'static str {
    match (is_split, is_untold) {
        (true, _) => "1",
        (false, true) => Doubt::UNTOLD_FLAG,
        (false, false) => "0",
    }
}

const COLUMNS: [&str; 5] = ["drug_trac_codg", "bkkp_sn", "setl_id", "trdn_flag", "vali_flag"];

/// Rows of the table in the making.
#[derive(Default)]
struct Rows([StringBuilder; COLUMNS.len()]);

impl Rows {
    fn push(&mut self, row: [Option<&str>; COLUMNS.len()]) {
        self.0.iter_mut().zip(row).for_each(|(column, value)| column.append_option(value));
    }

    fn finish(self) -> RecordBatch {
        let fields = COLUMNS.map(|name| Field::new(name, DataType::Utf8, true));
        let arrays = self.0.map(|mut column| -> ArrayRef { Arc::new(column.finish()) });
        let schema = Arc::new(Schema::new(fields.to_vec()));
        RecordBatch::try_new(schema, arrays.to_vec())
            .expect("every column has a value for each row")
    }
}
