//! Segments of the benefit policy: those of one kind, level and person tile the amounts on each day.

use std::collections::BTreeMap;

use jihe_catalogue::table::parse_cell;
use jihe_terms::schema::MONEY;

use crate::check::layers::Layer;
use crate::parse::sink::{Context, Fault, Sink};
use crate::parse::table_file::{RawRow, TableFile};

/// Reports segments that overlap, and gaps in which the fund pays nothing.
pub(crate) fn segments(layers: &[Layer], sink: &Sink) {
    let tables = layers.iter().flat_map(|layer| &layer.tables);
    for table in tables.filter(|table| table.spec.name == "benefit_segment") {
        let mut groups: BTreeMap<Vec<&str>, Vec<&RawRow>> = BTreeMap::new();
        for row in &table.rows {
            let key: Vec<&str> = row.values.iter().take(3).map(String::as_str).collect();
            groups.entry(key).or_default().push(row);
        }
        for rows in groups.values_mut() {
            rows.sort_by_key(|row| (bound(table, row, "seg_from"), row.line));
            tiles(Context { file: &table.file, sink }, table, rows);
        }
    }
}

fn tiles(context: Context<'_>, table: &TableFile, rows: &[&RawRow]) {
    for (place, row) in rows.iter().enumerate() {
        let below = rows.iter().take(place).rev().find(|other| other.range.overlaps(row.range));
        let Some(below) = below else { continue };
        let from = bound(table, row, "seg_from").unwrap_or(0);
        let until = bound(table, below, "seg_to");
        if until.is_none_or(|until| from < until) {
            let what = format!("segment overlaps the one of line {}", below.line);
            let fault = Fault::new("overlap", what)
                .why("each fen of the in-policy amount is paid by one ratio")
                .todo("begin it where the lower one ends");
            context.error(row.spot, fault);
        } else if until.is_some_and(|until| until < from) {
            let what = format!("gap between this segment and the one of line {}", below.line);
            let fault = Fault::new("gap", what)
                .why("the fund pays nothing of what lies between them")
                .todo("nothing, if it is meant; else begin it where the lower one ends");
            context.warning(row.spot, fault);
        }
    }
}

fn bound(table: &TableFile, row: &RawRow, name: &str) -> Option<i64> {
    let place = table.spec.columns.iter().position(|column| column.name == name)?;
    parse_cell(MONEY, row.values.get(place)?).ok().flatten()
}
