//! The benefit policy of all packs together: on each day the segments of one kind, level and person
//! tile the amounts, and each row is of a kind that settlements have.
//!
//! In: the merged tables, so that rows of two packs are held against each other. The tables are small,
//! so that rows are walked day by day.

use std::collections::{BTreeMap, BTreeSet};

use jihe_catalogue::Table;
use jihe_terms::{Day, DayRange};

use crate::check::layers::Layer;
use crate::diagnostic::Severity;
use crate::parse::sink::{Context, Fault, Sink};
use crate::parse::table_file::TableFile;

/// Reports segments of one key that overlap, gaps in which the fund pays nothing (those that the rows
/// of a level or person type leave and that no row for all fills), and rows of kinds that nothing has.
pub(crate) fn benefit(layers: &[Layer], tables: &BTreeMap<String, Table>, sink: &Sink) {
    if let Some(merged) = tables.get("benefit_segment") {
        segments(&Merged::new("benefit_segment", merged, layers, sink));
    }
    for name in ["benefit_deductible", "benefit_segment", "benefit_cap"] {
        if let (Some(merged), Some(kinds)) = (tables.get(name), tables.get("benefit_kind")) {
            kinds_without_settlements(&Merged::new(name, merged, layers, sink), kinds);
        }
    }
}

/// A merged table and the files that its rows are of.
struct Merged<'a> {
    table: &'a Table,
    files: Vec<&'a TableFile>,
    sink: &'a Sink,
}

impl<'a> Merged<'a> {
    fn new(name: &str, table: &'a Table, layers: &'a [Layer], sink: &'a Sink) -> Self {
        let files = layers.iter().flat_map(|layer| &layer.tables);
        Self { table, files: files.filter(|file| file.name() == name).collect(), sink }
    }

    fn file_of(&self, row: usize) -> Option<usize> {
        usize::try_from(self.table.origin.get(row)?.file).ok()
    }

    fn line(&self, row: usize) -> u32 {
        self.table.origin.get(row).map_or(0, |origin| origin.row)
    }

    /// The line of a row, with its file if it is another than the one spoken of.
    fn place(&self, row: usize, beside: usize) -> String {
        let line = format!("line {}", self.line(row));
        let file = self.file_of(row);
        if file == self.file_of(beside) {
            return line;
        }
        let name = file.and_then(|file| self.table.files.get(file)).map_or("", String::as_str);
        format!("{line} of {name}")
    }

    fn report(&self, severity: Severity, row: usize, fault: Fault) {
        let Some(file) = self.file_of(row).and_then(|file| self.files.get(file)) else { return };
        let Some(own) = file.rows().find(|own| own.line() == self.line(row)) else { return };
        let context = Context { file: &file.file, sink: self.sink };
        match severity {
            Severity::Error => context.error(own.spot(), fault),
            Severity::Warning => context.warning(own.spot(), fault),
            Severity::Note => context.note(own.spot(), fault),
        }
    }

    fn text(&self, row: usize, name: &str) -> &'a str {
        self.table.column(name).map_or("", |place| self.table.text(place, row))
    }

    fn number(&self, row: usize, name: &str) -> Option<i64> {
        self.table.number(self.table.column(name)?, row)
    }
}

/// Kind, level (none: all) and type of person.
type Key<'a> = (&'a str, Option<i64>, &'a str);

/// The amounts and days of a row.
#[derive(Clone, Copy)]
struct Band {
    from: i64,
    /// The first amount above it; the largest one if it is open.
    until: i64,
    days: DayRange,
    row: usize,
}

fn segments(merged: &Merged<'_>) {
    let mut groups: BTreeMap<Key<'_>, Vec<Band>> = BTreeMap::new();
    for (row, &days) in merged.table.range.iter().enumerate() {
        let level = merged.number(row, "lmtpric_hosp_lv");
        let key = (merged.text(row, "kind"), level, merged.text(row, "psn_type"));
        let from = merged.number(row, "seg_from").unwrap_or(0);
        let until = merged.number(row, "seg_to").unwrap_or(i64::MAX);
        groups.entry(key).or_default().push(Band { from, until, days, row });
    }
    for bands in groups.values_mut() {
        bands.sort_by_key(|band| (band.from, merged.file_of(band.row), merged.line(band.row)));
    }
    for (&key, bands) in &groups {
        let wider: Vec<Band> = groups
            .iter()
            .filter(|&(&other, _)| is_wider(other, key))
            .flat_map(|(_, bands)| bands.iter().copied())
            .collect();
        let mut said = BTreeSet::new();
        for day in turns(bands.iter().chain(&wider)) {
            let on = |bands: &[Band]| -> Vec<Band> {
                bands.iter().copied().filter(|band| band.days.contains(day)).collect()
            };
            tiles(merged, &on(bands), &on(&wider), &mut said);
        }
    }
}

/// Whether one key speaks of all that another speaks of, and less closely.
fn is_wider(one: Key<'_>, than: Key<'_>) -> bool {
    one != than
        && one.0 == than.0
        && (one.1.is_none() || one.1 == than.1)
        && than.2.starts_with(one.2)
}

/// The days on which other rows hold than the day before.
fn turns<'a>(bands: impl Iterator<Item = &'a Band>) -> BTreeSet<Day> {
    bands.flat_map(|band| [Some(band.days.from()), band.days.until()]).flatten().collect()
}

/// Faults that were told, by the lines of the two rows, so that no day tells them again.
type Said = BTreeSet<(&'static str, (Option<usize>, u32), Option<(Option<usize>, u32)>)>;

/// Holds the bands of one day, in order of amounts, against each other and the wider ones.
fn tiles(merged: &Merged<'_>, bands: &[Band], wider: &[Band], said: &mut Said) {
    let mut below: Option<Band> = None;
    let place = |row: usize| (merged.file_of(row), merged.line(row));
    for &band in bands {
        if let Some(below) = below {
            let is_open = is_open((below.until, band.from), wider);
            if band.from < below.until {
                if said.insert(("overlap", place(band.row), Some(place(below.row)))) {
                    overlap(merged, band.row, below.row);
                }
            } else if is_open && said.insert(("gap", place(band.row), Some(place(below.row)))) {
                gap(merged, band.row, &format!("the one of {}", merged.place(below.row, band.row)));
            }
        }
        below = below.filter(|below| band.until <= below.until).or(Some(band));
    }
    let above = wider.iter().map(|band| band.from).min();
    if let (Some(last), Some(above), Some(first)) = (below, above, bands.first())
        && last.until < above
        && said.insert(("above", place(first.row), None))
    {
        let what = "gap between the last segment and those for all levels or persons";
        let fault = Fault::new("gap", what)
            .why("the fund pays nothing of what lies between them")
            .todo("nothing, if it is meant; else let one begin where the other ends");
        merged.report(Severity::Warning, first.row, fault);
    }
}

fn overlap(merged: &Merged<'_>, row: usize, below: usize) {
    let what = format!("segment overlaps the one of {}", merged.place(below, row));
    let fault = Fault::new("overlap", what)
        .why("each fen of the in-policy amount is paid by one ratio")
        .todo("begin it where the lower one ends, or end the row that no longer holds");
    merged.report(Severity::Error, row, fault);
}

fn gap(merged: &Merged<'_>, row: usize, below: &str) {
    let fault = Fault::new("gap", format!("gap between this segment and {below}"))
        .why("the fund pays nothing of what lies between them")
        .todo("nothing, if it is meant; else begin it where the lower one ends");
    merged.report(Severity::Warning, row, fault);
}

/// Whether some of `from..until` is in no wider band.
fn is_open((from, until): (i64, i64), wider: &[Band]) -> bool {
    let mut bands: Vec<Band> = wider.to_vec();
    bands.sort_by_key(|band| band.from);
    let mut reached = from;
    for band in bands {
        if reached < band.from {
            break;
        }
        reached = reached.max(band.until);
    }
    reached < until
}

/// Warns of rows of a kind that no row of `benefit_kind` names, once for each kind.
fn kinds_without_settlements(merged: &Merged<'_>, kinds: &Table) {
    let place = kinds.column("kind");
    let known: BTreeSet<&str> =
        (0..kinds.len()).filter_map(|row| Some(kinds.text(place?, row))).collect();
    let mut said = BTreeSet::new();
    for row in 0..merged.table.len() {
        let kind = merged.text(row, "kind");
        if known.contains(kind) || !said.insert(kind) {
            continue;
        }
        let shown: String = kind.chars().take(60).collect();
        let what = format!("benefit_kind has no such kind: {}", shown.escape_debug());
        let fault = Fault::new("no-such-kind", what)
            .why("no settlement is of it, so that its rows are rows that no rule reaches")
            .todo("correct the name, or add the kind to tables/benefit_kind.csv");
        merged.report(Severity::Warning, row, fault);
    }
}
