//! Tables of all packs as one: an upper pack's row replaces the lower one's on the days of both.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use jihe_catalogue::table::parse_cell;
use jihe_catalogue::{Origin, Table, TableSpec};
use jihe_terms::DayRange;
use jihe_terms::schema::Kind;

use crate::check::layers::Layer;
use crate::check::specs;
use crate::parse::sink::{Context, Fault, Sink};
use crate::parse::table_file::{RawRow, TableFile};

/// All tables, and the replacements in words.
#[derive(Debug, Default)]
pub(crate) struct Merged {
    pub(crate) tables: BTreeMap<String, Table>,
    pub(crate) replacements: Vec<String>,
}

/// A row, perhaps with fewer days than it was written with.
#[derive(Clone, Debug)]
struct Piece<'a> {
    row: &'a RawRow,
    range: DayRange,
    file: usize,
}

/// Puts the tables of all packs together.
pub(crate) fn merge(layers: &[Layer], sink: &Sink) -> Merged {
    let mut merged = Merged::default();
    for name in specs::names() {
        let Some(spec) = specs::spec(name) else { continue };
        let files: Vec<(&str, &TableFile)> = layers
            .iter()
            .flat_map(|layer| layer.tables.iter().map(|table| (layer.pack.id.as_str(), table)))
            .filter(|(_, table)| table.spec.name == name)
            .collect();
        let table = one_table(spec, &files, sink, &mut merged.replacements);
        merged.tables.insert(name.to_owned(), table);
    }
    merged
}

fn one_table(
    spec: TableSpec,
    files: &[(&str, &TableFile)],
    sink: &Sink,
    replacements: &mut Vec<String>,
) -> Table {
    let mut pieces: Vec<Piece<'_>> = Vec::new();
    for (file, (pack, table)) in files.iter().enumerate() {
        let context = Context { file: &table.file, sink };
        for rows in repeated(&spec, &table.rows).values() {
            overlaps(context, &spec, rows);
            gaps(context, &spec, rows);
        }
        // Only rows of a lower pack are looked for by their keys.
        let own = if pieces.is_empty() { BTreeMap::new() } else { by_key(&spec, &table.rows) };
        let mut kept = Vec::with_capacity(pieces.len().saturating_add(table.rows.len()));
        for piece in pieces {
            let rivals = own.get(&key(&spec, piece.row)).map_or(&[][..], Vec::as_slice);
            let rivals: Vec<&&RawRow> =
                rivals.iter().filter(|row| row.range.overlaps(piece.range)).collect();
            for rival in &rivals {
                let text = in_words(&spec, files, (&piece, pack, rival));
                let fault = Fault::new("replaced", text.clone())
                    .why("a row of an upper pack goes before the lower one's with the same key")
                    .todo("nothing, if it is meant");
                context.note(rival.spot, fault);
                replacements.push(text);
            }
            let ranges = rivals.iter().fold(vec![piece.range], |left, rival| {
                left.into_iter().flat_map(|range| without(range, rival.range)).collect()
            });
            kept.extend(ranges.into_iter().map(|range| Piece { range, ..piece.clone() }));
        }
        kept.extend(table.rows.iter().map(|row| Piece { row, range: row.range, file }));
        pieces = kept;
    }
    let mut table = Table::new(spec);
    table.files = files.iter().map(|(pack, it)| format!("{pack}/{}", it.file.inner)).collect();
    for (place, has) in table.has.iter_mut().enumerate() {
        *has = files.iter().any(|(_, it)| it.has.get(place).copied().unwrap_or(false));
    }
    for piece in pieces {
        let values: Vec<&str> = piece.row.values.iter().map(String::as_str).collect();
        let file = u32::try_from(piece.file).unwrap_or(u32::MAX);
        let origin = Origin { file, row: piece.row.line };
        // Every cell was checked when its file was read, so that no row is refused here.
        let pushed = table.push(&values, piece.range, &piece.row.basis, origin);
        debug_assert!(pushed.is_ok(), "a checked row fits its table");
    }
    table
}

/// Rows by key, of keys that more than one row has.
fn repeated<'a>(spec: &TableSpec, rows: &'a [RawRow]) -> BTreeMap<String, Vec<&'a RawRow>> {
    let places: Vec<(usize, Kind)> = spec
        .columns
        .iter()
        .enumerate()
        .filter(|(_, column)| spec.key.contains(&column.name))
        .map(|(place, column)| (place, column.kind))
        .collect();
    let hash = |row: &RawRow| {
        let mut hasher = DefaultHasher::new();
        for &(place, kind) in &places {
            let value = row.values.get(place).map_or("", String::as_str);
            match parse_cell(kind, value) {
                Ok(Some(number)) => number.hash(&mut hasher),
                Ok(None) | Err(_) => value.hash(&mut hasher),
            }
        }
        hasher.finish()
    };
    let mut hashed: Vec<(u64, &RawRow)> = rows.iter().map(|row| (hash(row), row)).collect();
    hashed.sort_by_key(|&(hash, _)| hash);
    let same = hashed.chunk_by(|a, b| a.0 == b.0).filter(|group| 1 < group.len());
    let rows = same.flatten().map(|&(_, row)| row);
    grouped(spec, rows).into_iter().filter(|(_, rows)| 1 < rows.len()).collect()
}

fn by_key<'a>(spec: &TableSpec, rows: &'a [RawRow]) -> BTreeMap<String, Vec<&'a RawRow>> {
    grouped(spec, rows.iter())
}

fn grouped<'a>(
    spec: &TableSpec,
    rows: impl Iterator<Item = &'a RawRow>,
) -> BTreeMap<String, Vec<&'a RawRow>> {
    let mut found: BTreeMap<String, Vec<&RawRow>> = BTreeMap::new();
    for row in rows {
        found.entry(key(spec, row)).or_default().push(row);
    }
    for rows in found.values_mut() {
        rows.sort_by_key(|row| (row.range.from(), row.line));
    }
    found
}

/// The key of a row, numbers in one spelling.
fn key(spec: &TableSpec, row: &RawRow) -> String {
    let columns = spec.columns.iter().zip(&row.values);
    let keyed = columns.filter(|(column, _)| spec.key.contains(&column.name));
    let spelled: Vec<_> = keyed.map(|(column, value)| spelled(column.kind, value)).collect();
    spelled.join(", ")
}

fn spelled(kind: Kind, value: &str) -> Cow<'_, str> {
    match parse_cell(kind, value) {
        Ok(Some(number)) => Cow::Owned(number.to_string()),
        // A comma inside a value would let two keys look alike.
        Ok(None) | Err(_) if value.contains(',') => Cow::Owned(value.replace(',', "\\,")),
        Ok(None) | Err(_) => Cow::Borrowed(value),
    }
}

/// The key of a row in words; a person is not named.
fn shown_key(spec: &TableSpec, row: &RawRow) -> String {
    let is_person = row.values.iter().any(|value| value == "person");
    if spec.name != "exemption" || !is_person {
        return key(spec, row);
    }
    let columns = spec.columns.iter().zip(&row.values);
    let keyed = columns.filter(|(column, _)| spec.key.contains(&column.name));
    let shown = keyed.map(|(column, value)| if column.name == "subject" { "…" } else { value });
    shown.collect::<Vec<_>>().join(", ")
}

/// Reports rows of one key that hold on one day; `rows` are ordered by their first day.
fn overlaps(context: Context<'_>, spec: &TableSpec, rows: &[&RawRow]) {
    let mut longest: Option<&RawRow> = None;
    for row in rows {
        if let Some(before) = longest.filter(|before| before.range.overlaps(row.range)) {
            let what = format!("row overlaps line {}: {}", before.line, shown_key(spec, row));
            let fault = Fault::new("overlap", what)
                .why(format!(
                    "{} says one thing for one day and one {}",
                    spec.name,
                    spec.key.join(", ")
                ))
                .todo("end the older row where the newer begins, or remove one");
            context.error(row.spot, fault);
        }
        let reaches = |it: &RawRow| it.range.until().map_or(i32::MAX, jihe_terms::Day::epoch);
        if longest.is_none_or(|before| reaches(before) < reaches(row)) {
            longest = Some(row);
        }
    }
}

/// Warns of days between two rows of one key on which none holds; `rows` are ordered by their first
/// day.
fn gaps(context: Context<'_>, spec: &TableSpec, rows: &[&RawRow]) {
    let mut reached: Option<jihe_terms::Day> = None;
    for row in rows {
        if let Some(end) = reached.filter(|&end| end < row.range.from()) {
            let from = row.range.from();
            let what = format!("no row from {end} until {from}: {}", key(spec, row));
            let fault = Fault::new("row-gap", what)
                .why(format!("{} says nothing of it on the days between", spec.name))
                .todo("let the older row end where the newer begins, if the law did not pause");
            context.warning(row.spot, fault);
        }
        let Some(until) = row.range.until() else { return };
        reached = Some(reached.map_or(until, |end| end.max(until)));
    }
}

/// The days of `range` that are not in `cut`.
fn without(range: DayRange, cut: DayRange) -> Vec<DayRange> {
    if !range.overlaps(cut) {
        return vec![range];
    }
    let before = (range.from() < cut.from()).then(|| DayRange::new(range.from(), Some(cut.from())));
    let after = cut
        .until()
        .filter(|&end| range.until().is_none_or(|until| end < until))
        .map(|end| DayRange::new(end, range.until()));
    [before, after].into_iter().flatten().flatten().collect()
}

fn in_words(
    spec: &TableSpec,
    files: &[(&str, &TableFile)],
    (piece, upper, rival): (&Piece<'_>, &str, &RawRow),
) -> String {
    let below = files.get(piece.file).map_or("", |(pack, _)| pack);
    format!(
        "{} {}: {below} line {} ({}) is replaced by {upper} line {} ({})",
        spec.name,
        shown_key(spec, rival),
        piece.row.line,
        days(piece.range),
        rival.line,
        days(rival.range),
    )
}

/// A range in words; the beginning of time is left open.
fn days(range: DayRange) -> String {
    let from = if range.from() == DayRange::ALWAYS.from() {
        String::new()
    } else {
        range.from().to_string()
    };
    format!("{from}..{}", range.until().map(|until| until.to_string()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use jihe_terms::Day;

    use super::*;

    #[test]
    fn what_the_upper_row_leaves_stays_with_the_lower_one() {
        let range = |from, until: Option<i32>| {
            DayRange::new(Day::from_epoch(from), until.map(Day::from_epoch)).unwrap()
        };
        let left = |range: Vec<DayRange>| -> Vec<(i32, Option<i32>)> {
            range.iter().map(|it| (it.from().epoch(), it.until().map(Day::epoch))).collect()
        };
        let lower = range(10, Some(20));
        assert_eq!(left(without(lower, range(12, Some(15)))), [(10, Some(12)), (15, Some(20))]);
        assert_eq!(left(without(lower, range(0, Some(15)))), [(15, Some(20))]);
        assert_eq!(left(without(lower, range(15, None))), [(10, Some(15))]);
        assert_eq!(left(without(lower, range(0, None))), []);
        assert_eq!(left(without(lower, range(20, None))), [(10, Some(20))]);
        assert_eq!(
            left(without(range(10, None), range(12, Some(15)))),
            [(10, Some(12)), (15, None)]
        );
    }
}
