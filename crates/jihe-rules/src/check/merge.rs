//! Tables of all packs as one: an upper pack's row replaces the lower one's on the days of both.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hasher};

use ahash::RandomState;
use jihe_catalogue::{Origin, Table, TableSpec};
use jihe_terms::DayRange;
use rayon::prelude::*;

use crate::check::layers::Layer;
use crate::check::specs;
use crate::parse::sink::{Context, Fault, Sink};
use crate::parse::table_file::{Row, TableFile};

/// The lower half of a word.
const HALF: u64 = 0xffff_ffff;

/// All tables, and the replacements in words.
#[derive(Debug, Default)]
pub(crate) struct Merged {
    pub(crate) tables: BTreeMap<String, Table>,
    pub(crate) replacements: Vec<String>,
}

/// A row, perhaps with fewer days than it was written with.
#[derive(Clone, Debug)]
struct Piece<'a> {
    row: Row<'a>,
    of: &'a Table,
    range: DayRange,
    file: usize,
}

/// Puts the tables of all packs together.
pub(crate) fn merge(layers: &[Layer], sink: &Sink) -> Merged {
    // Side by side, each with a sink of its own: faults come in the order of the names.
    let merge = |name: &'static str| {
        let (spec, sink) = (specs::spec(name)?, Sink::default());
        let files: Vec<(&str, &TableFile)> = layers
            .iter()
            .flat_map(|layer| layer.tables.iter().map(|table| (layer.pack.id.as_str(), table)))
            .filter(|(_, table)| table.name() == name)
            .collect();
        let mut replacements = Vec::new();
        let table = one_table(&spec, &files, &sink, &mut replacements);
        Some((name, table, replacements, sink))
    };
    let all: Vec<_> = specs::names().into_par_iter().with_max_len(1).map(merge).collect();
    let mut merged = Merged::default();
    for (name, table, mut replacements, own) in all.into_iter().flatten() {
        sink.append(own);
        merged.replacements.append(&mut replacements);
        merged.tables.insert(name.to_owned(), table);
    }
    merged
}

fn one_table(
    spec: &TableSpec,
    files: &[(&str, &TableFile)],
    sink: &Sink,
    replacements: &mut Vec<String>,
) -> Table {
    let by_key: Vec<ByKey<'_>> = files.iter().map(|(_, table)| ByKey::new(spec, table)).collect();
    for of_file in &by_key {
        let context = Context { file: &of_file.table.file, sink };
        for rows in of_file.repeated(spec).values() {
            overlaps(context, spec, rows);
            gaps(context, spec, rows);
        }
    }
    let mut merged = if let [(_, only)] = files {
        only.table.clone()
    } else {
        let mut merged = Table::new(spec.clone());
        for piece in pieces(spec, (files, &by_key), sink, replacements) {
            let file = u32::try_from(piece.file).unwrap_or(u32::MAX);
            let origin = Origin { file, row: piece.row.line() };
            merged.push_row(piece.of, piece.row.idx, piece.range, origin);
        }
        merged
    };
    merged.files = files.iter().map(|(pack, it)| format!("{pack}/{}", it.file.inner)).collect();
    for (place, has) in merged.has.iter_mut().enumerate() {
        *has = files.iter().any(|(_, it)| it.table.has.get(place).copied().unwrap_or(false));
    }
    merged
}

/// What upper packs leave of the rows of lower ones, and their own.
fn pieces<'a>(
    spec: &TableSpec,
    (files, by_key): (&[(&'a str, &'a TableFile)], &[ByKey<'a>]),
    sink: &Sink,
    replacements: &mut Vec<String>,
) -> Vec<Piece<'a>> {
    let places = key_places(spec);
    let mut pieces: Vec<Piece<'_>> = Vec::new();
    for (file, (&(pack, table), own)) in files.iter().zip(by_key).enumerate() {
        let context = Context { file: &table.file, sink };
        let mut kept = Vec::with_capacity(pieces.len().saturating_add(table.table.len()));
        for piece in pieces {
            let mut rivals = own.rows_of(spec, &places, piece.row);
            rivals.retain(|row| row.range.overlaps(piece.range));
            for &rival in &rivals {
                let text = in_words(spec, files, (&piece, pack, rival));
                let fault = Fault::new("replaced", text.clone())
                    .why("a row of an upper pack goes before the lower one's with the same key")
                    .todo("nothing, if it is meant");
                context.note(rival.spot(), fault);
                replacements.push(text);
            }
            let ranges = rivals.iter().fold(vec![piece.range], |left, rival| {
                left.into_iter().flat_map(|range| without(range, rival.range)).collect()
            });
            kept.extend(ranges.into_iter().map(|range| Piece { range, ..piece.clone() }));
        }
        let own = table.rows().map(|row| Piece { row, of: &table.table, range: row.range, file });
        kept.extend(own);
        pieces = kept;
    }
    pieces
}

/// The rows of a table by the hashes of their keys.
struct ByKey<'a> {
    table: &'a TableFile,
    /// Half a hash tells nearly all keys apart; the other half is the place of the row. Ascending.
    keyed: Vec<u64>,
}

impl<'a> ByKey<'a> {
    fn new(spec: &TableSpec, table: &'a TableFile) -> Self {
        let places = key_places(spec);
        let hashes = table.rows().map(|row| hash(&places, row)).zip(0_u64..);
        let mut keyed: Vec<u64> = hashes.map(|(hash, row)| (hash & !HALF) | (row & HALF)).collect();
        keyed.sort_unstable();
        Self { table, keyed }
    }

    fn row(&self, keyed: u64) -> Option<Row<'a>> {
        self.table.row(usize::try_from(keyed & HALF).unwrap_or(usize::MAX))
    }

    /// Rows by key, of keys that more than one row has.
    fn repeated(&self, spec: &TableSpec) -> BTreeMap<String, Vec<Row<'a>>> {
        let same = self.keyed.chunk_by(|a, b| a >> 32 == b >> 32);
        let same = same.filter(|group| 1 < group.len()).flatten();
        let rows = grouped(spec, same.filter_map(|&keyed| self.row(keyed)));
        rows.into_iter().filter(|(_, rows)| 1 < rows.len()).collect()
    }

    /// The rows with the key of a row of another table, by their first day.
    fn rows_of(&self, spec: &TableSpec, places: &[usize], other: Row<'_>) -> Vec<Row<'a>> {
        let half = hash(places, other) & !HALF;
        let from = self.keyed.partition_point(|&keyed| keyed < half);
        let same = self.keyed.iter().skip(from).take_while(|&&keyed| keyed & !HALF == half);
        let mut rows: Vec<Row<'a>> = same.filter_map(|&keyed| self.row(keyed)).collect();
        if !rows.is_empty() {
            let wanted = key(spec, other);
            rows.retain(|&row| key(spec, row) == wanted);
            by_first_day(&mut rows);
        }
        rows
    }
}

fn by_first_day(rows: &mut [Row<'_>]) {
    rows.sort_by_key(|row| (row.range.from(), row.line()));
}

/// The hash of a row's key, whose columns stand at `places`.
fn hash(places: &[usize], row: Row<'_>) -> u64 {
    let state = RandomState::with_seeds(1, 2, 3, 4);
    let mut hash = state.build_hasher();
    for &place in places {
        match row.number(place) {
            Some(number) => hash.write_i64(number),
            None => hash.write(row.bytes(place)),
        }
        hash.write_u8(0);
    }
    hash.finish()
}

fn grouped<'a>(
    spec: &TableSpec,
    rows: impl Iterator<Item = Row<'a>>,
) -> BTreeMap<String, Vec<Row<'a>>> {
    let mut found: BTreeMap<String, Vec<Row<'a>>> = BTreeMap::new();
    for row in rows {
        found.entry(key(spec, row)).or_default().push(row);
    }
    for rows in found.values_mut() {
        by_first_day(rows);
    }
    found
}

/// The places of the columns that tell rows apart.
fn key_places(spec: &TableSpec) -> Vec<usize> {
    let columns = spec.columns.iter().enumerate();
    let keyed = columns.filter(|(_, column)| spec.key.contains(&column.name));
    keyed.map(|(place, _)| place).collect()
}

/// The key of a row, numbers in one spelling.
fn key(spec: &TableSpec, row: Row<'_>) -> String {
    let spelled = |place| match row.spelled(place) {
        // A comma inside a value would let two keys look alike.
        value if value.contains(',') => Cow::Owned(value.replace(',', "\\,")),
        value => value,
    };
    key_places(spec).into_iter().map(spelled).collect::<Vec<_>>().join(", ")
}

/// The key of a row in words; a person is not named.
fn shown_key(spec: &TableSpec, row: Row<'_>) -> String {
    let is_person = (0..spec.columns.len()).any(|place| row.text(place) == "person");
    if spec.name != "exemption" || !is_person {
        return key(spec, row);
    }
    let subject = spec.columns.iter().position(|column| column.name == "subject");
    let shown = |place| if Some(place) == subject { "…" } else { row.text(place) };
    key_places(spec).into_iter().map(shown).collect::<Vec<_>>().join(", ")
}

/// Reports rows of one key that hold on one day; `rows` are ordered by their first day.
fn overlaps(context: Context<'_>, spec: &TableSpec, rows: &[Row<'_>]) {
    let mut longest: Option<Row<'_>> = None;
    for &row in rows {
        if let Some(before) = longest.filter(|before| before.range.overlaps(row.range)) {
            let what = format!("row overlaps line {}: {}", before.line(), shown_key(spec, row));
            let fault = Fault::new("overlap", what)
                .why(format!(
                    "{} says one thing for one day and one {}",
                    spec.name,
                    spec.key.join(", ")
                ))
                .todo("end the older row where the newer begins, or remove one");
            context.error(row.spot(), fault);
        }
        let reaches = |it: Row<'_>| it.range.until().map_or(i32::MAX, jihe_terms::Day::epoch);
        if longest.is_none_or(|before| reaches(before) < reaches(row)) {
            longest = Some(row);
        }
    }
}

/// Warns of days between two rows of one key on which none holds; `rows` are ordered by their first
/// day.
fn gaps(context: Context<'_>, spec: &TableSpec, rows: &[Row<'_>]) {
    let mut reached: Option<jihe_terms::Day> = None;
    for &row in rows {
        if let Some(end) = reached.filter(|&end| end < row.range.from()) {
            let from = row.range.from();
            let what = format!("no row from {end} until {from}: {}", key(spec, row));
            let fault = Fault::new("row-gap", what)
                .why(format!("{} says nothing of it on the days between", spec.name))
                .todo("let the older row end where the newer begins, if the law did not pause");
            context.warning(row.spot(), fault);
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
    (piece, upper, rival): (&Piece<'_>, &str, Row<'_>),
) -> String {
    let below = files.get(piece.file).map_or("", |(pack, _)| pack);
    format!(
        "{} {}: {below} line {} ({}) is replaced by {upper} line {} ({})",
        spec.name,
        shown_key(spec, rival),
        piece.row.line(),
        days(piece.range),
        rival.line(),
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
