//! Segments of the benefit policy: those of one kind, level and person tile the amounts on each day.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jihe_terms::DayRange;

use crate::check::layers::Layer;
use crate::parse::sink::{Context, Fault, Sink};
use crate::parse::table_file::{Row, TableFile};

/// Reports segments of one key that overlap, and gaps in which the fund pays nothing: those that the
/// rows of a level or person type leave and that no row for all fills.
pub(crate) fn segments(layers: &[Layer], sink: &Sink) {
    let tables = || {
        let tables = layers.iter().flat_map(|layer| &layer.tables);
        tables.filter(|table| table.name() == "benefit_segment")
    };
    let all: Vec<(&TableFile, Row<'_>)> =
        tables().flat_map(|table| table.rows().map(move |row| (table, row))).collect();
    for table in tables() {
        let mut groups: BTreeMap<Vec<Cow<'_, str>>, Vec<Row<'_>>> = BTreeMap::new();
        for row in table.rows() {
            groups.entry(key(row)).or_default().push(row);
        }
        for rows in groups.values_mut() {
            rows.sort_by_key(|&row| (bound(table, row, "seg_from"), row.line()));
            let wider: Vec<Band> =
                all.iter().filter_map(|&(table, row)| wider(table, row, *rows.first()?)).collect();
            tiles(Context { file: &table.file, sink }, table, rows, &wider);
        }
    }
}

/// Kind, level and type of person.
fn key(row: Row<'_>) -> Vec<Cow<'_, str>> {
    (0..3).map(|place| row.spelled(place)).collect()
}

/// From, until (none: open) and the days of a row.
type Band = (i64, Option<i64>, DayRange);

/// The band of a row that speaks of all that another speaks of, and less closely.
fn wider(table: &TableFile, row: Row<'_>, than: Row<'_>) -> Option<Band> {
    let (own, of) = (key(row), key(than));
    let (Some((kind, level, ty)), Some((of_kind, of_level, of_ty))) = (three(&own), three(&of))
    else {
        return None;
    };
    let holds = kind == of_kind
        && (level.is_empty() || level == of_level)
        && of_ty.starts_with(ty)
        && own != of;
    holds.then(|| {
        (bound(table, row, "seg_from").unwrap_or(0), bound(table, row, "seg_to"), row.range)
    })
}

fn three<'a>(key: &'a [Cow<'_, str>]) -> Option<(&'a str, &'a str, &'a str)> {
    Some((key.first()?, key.get(1)?, key.get(2)?))
}

fn tiles(context: Context<'_>, table: &TableFile, rows: &[Row<'_>], wider: &[Band]) {
    for (place, &row) in rows.iter().enumerate() {
        let below = rows.iter().take(place).rev().find(|other| other.range.overlaps(row.range));
        let Some(&below) = below else { continue };
        let from = bound(table, row, "seg_from").unwrap_or(0);
        let until = bound(table, below, "seg_to");
        if until.is_none_or(|until| from < until) {
            let what = format!("segment overlaps the one of line {}", below.line());
            let fault = Fault::new("overlap", what)
                .why("each fen of the in-policy amount is paid by one ratio")
                .todo("begin it where the lower one ends");
            context.error(row.spot(), fault);
        } else if until.is_some_and(|until| is_open((until, from), row.range, wider)) {
            let what = format!("gap between this segment and the one of line {}", below.line());
            let fault = Fault::new("gap", what)
                .why("the fund pays nothing of what lies between them")
                .todo("nothing, if it is meant; else begin it where the lower one ends");
            context.warning(row.spot(), fault);
        }
    }
    let Some(first) = rows.first() else { return };
    let last = rows.iter().map(|&row| bound(table, row, "seg_to").unwrap_or(i64::MAX)).max();
    let above = wider.iter().filter(|band| band.2.overlaps(first.range)).map(|band| band.0).min();
    if let (Some(last), Some(above)) = (last, above)
        && last < above
    {
        let what = "gap between the last segment and those for all levels or persons".to_owned();
        let fault = Fault::new("gap", what)
            .why("the fund pays nothing of what lies between them")
            .todo("nothing, if it is meant; else let one begin where the other ends");
        context.warning(first.spot(), fault);
    }
}

/// Whether some of `from..until` is in no wider band.
fn is_open((from, until): (i64, i64), days: DayRange, wider: &[Band]) -> bool {
    let mut bands: Vec<&Band> = wider.iter().filter(|band| band.2.overlaps(days)).collect();
    bands.sort_by_key(|band| band.0);
    let mut reached = from;
    for (start, end, _) in bands {
        if reached < *start {
            break;
        }
        reached = reached.max(end.unwrap_or(i64::MAX));
    }
    reached < until
}

fn bound(table: &TableFile, row: Row<'_>, name: &str) -> Option<i64> {
    row.number(table.table.column(name)?)
}
