//! The import: sheets → points → entries → tables.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use jihe_terms::{Day, DayRange, Rate};

use crate::basis::Document;
use crate::chain::{self, Chains, Dropped, Known};
use crate::class::Class;
use crate::entry::Outcome;
use crate::error::ImportError;
use crate::header;
use crate::indication;
use crate::kind::Kind;
use crate::lists;
use crate::merge::{Merge, Merged};
use crate::place::{Place, Refused};
use crate::point::{self, Point};
use crate::row::{self, RowOutcome, RowReport, Rows};
use crate::rules;
use crate::shape::{self, Shape};
use crate::sheet::{self, Encoding};
use crate::staged::Staged;
use crate::table_file::TableFile;
use crate::target::Target;

/// What to import, and where to.
#[derive(Clone, Debug)]
pub struct ImportOptions {
    /// Which rows are wanted.
    pub kind: Kind,
    /// The sheet.
    pub file: PathBuf,
    /// The pack or reference folder; made if it is not there.
    pub into: PathBuf,
    /// Letters of a CSV file.
    pub encoding: Encoding,
    /// First day of every row. None: the row's day of publication, else 2021-05-01, the first day
    /// of the Regulation.
    pub from: Option<Day>,
    /// Part of its price that a second operation of a group is paid at, where the sheet does not
    /// say so. None: such rows are refused.
    pub discount: Option<Rate>,
    /// Where [`ImportReport::rows_text`] goes: whole on disk before any table is changed.
    pub report: Option<PathBuf>,
}

impl ImportOptions {
    /// Imports a UTF-8 or workbook file without further settings.
    pub fn new(kind: Kind, file: impl Into<PathBuf>, into: impl Into<PathBuf>) -> Self {
        Self {
            kind,
            file: file.into(),
            into: into.into(),
            encoding: Encoding::Utf8,
            from: None,
            discount: None,
            report: None,
        }
    }
}

/// What an import did. `read = taken + unchanged + refused_rows + replaced`.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ImportReport {
    /// Rows of the sheet that say something about items.
    pub read: u64,
    /// Rows that gave at least one new row of a table.
    pub taken: u64,
    /// Rows that the tables said already.
    pub unchanged: u64,
    /// Rows of which nothing could be taken.
    pub refused_rows: u64,
    /// Rows that another row of the file replaces before they begin.
    pub replaced: u64,
    /// Headings, notes, totals, and rows of other kinds.
    pub passed_over: u64,
    /// Tables by file, with the rows added to each.
    pub tables: Vec<(PathBuf, u64)>,
    /// Every value that was not taken, in the order of the sheet; a row that was taken in part may
    /// have some.
    pub refused: Vec<Refused>,
    /// Things worth saying: sheets passed over, counts that do not agree, days that were assumed.
    pub notes: Vec<String>,
    /// Every row of the sheets with something in it, in their order, and what became of it.
    pub rows: Vec<RowReport>,
}

impl ImportReport {
    /// What became of every row, as CSV: sheet, row, outcome, tables, new rows, reason.
    pub fn rows_text(&self) -> String {
        row::text(&self.rows)
    }
}

/// Imports a file.
///
/// # Errors
///
/// If the file cannot be read or holds nothing that is known, if the folder or a table in it is
/// not one of jihe's, or if the disk refuses a table or the report. The tables are then as they were.
pub fn import(options: &ImportOptions) -> Result<ImportReport, ImportError> {
    let target = Target::look(&options.into)?;
    if options.report.as_ref().is_some_and(|report| is_same_file(report, &options.file)) {
        return Err(ImportError::target("report would replace the sheet", &options.file));
    }
    let (mut points, mut report, rows) = read_points(options)?;
    let file = file_name(&options.file);
    let discount_ppm = options.discount.map(Rate::ppm).filter(|ppm| (1..=1_000_000).contains(ppm));
    let document = Document { file, from: options.from, discount_ppm };
    let mut tables = Tables { target: &target, merges: BTreeMap::new(), first: None, rows };
    let known = if chain::are_named(&points) { tables.known()? } else { Known::default() };
    let chains = chain::follow(&mut points, &document, &known);
    tables.end(&chains, &mut report);
    let mut n_silent = 0_u64;
    for (idx, point) in points.iter().enumerate() {
        match chains.dropped.get(&idx) {
            Some(Dropped::Replaced(by)) => {
                tables.rows.note(&point.place, RowOutcome::Replaced, "", &format!("by {by}"));
                tables.note_codes(point, RowOutcome::Replaced);
                report.replaced = report.replaced.saturating_add(1);
                report.read = report.read.saturating_add(1);
                continue;
            }
            Some(Dropped::Circle(refused)) => {
                tables.take(point, vec![Err(refused.clone())], &mut report)?;
                continue;
            }
            None => {}
        }
        let outcomes = if lists::is_list(point.class) {
            lists::entries(point, &document)
        } else {
            rules::entries(point, &document)
        };
        let n_taken = report.taken;
        tables.take(point, outcomes, &mut report)?;
        if n_taken < report.taken && document.is_silent(point) {
            n_silent = n_silent.saturating_add(1);
        }
    }
    if 0 < n_silent {
        report.notes.push(format!("rows without a date that hold from 2021-05-01: {n_silent}"));
    }
    report.notes.extend(tables.mute_indications(&points)?);
    report.tables = tables.added();
    report.rows = std::mem::take(&mut tables.rows).finish();
    let mut staged = tables.stage()?;
    if let Some(path) = &options.report {
        staged.file("report", path, report.rows_text().as_bytes())?;
    }
    staged.settle()?;
    Ok(report)
}

fn read_points(options: &ImportOptions) -> Result<(Vec<Point>, ImportReport, Rows), ImportError> {
    let mut report = ImportReport::default();
    let mut headed = Vec::new();
    let read = sheet::read(&options.file, options.encoding)?;
    report.notes.extend(read.note.map(str::to_owned));
    let mut rows = Rows::of_sheets(read.sheets.iter().map(|sheet| sheet.name.clone()).collect());
    let mut first_cells: Vec<String> = Vec::new();
    for sheet in read.sheets {
        if let (true, Some(row)) = (first_cells.is_empty(), sheet.rows.first()) {
            first_cells = row.cells.iter().map(|cell| cell.text().to_owned()).collect();
        }
        match header::find(&sheet) {
            Some(found) => headed.push(found),
            None if sheet.rows.is_empty() => {}
            None => {
                report.notes.push(format!("sheet has no known header: {}", sheet.name));
                for row in &sheet.rows {
                    let place = Place { sheet: sheet.name.clone(), row: row.number };
                    rows.note(&place, RowOutcome::PassedOver, "", "sheet has no known header");
                }
            }
        }
    }
    if headed.is_empty() {
        let message = format!("no sheet with a known header{}", begins_with(&first_cells));
        return Err(ImportError::input(&message, &options.file));
    }
    let gathered = point::gather(headed, options.kind, &file_name(&options.file));
    if gathered.found.is_empty() && gathered.stray.is_empty() {
        let parts = options.kind.parts();
        let message = if gathered.notes.is_empty() {
            "no rows of the kind that is asked for".to_owned()
        } else if parts.is_empty() {
            "class of the rows is not recognised, name it as KIND".to_owned()
        } else {
            format!("class of the rows is not recognised, name it as KIND: {}", parts.join(" or "))
        };
        return Err(ImportError::input(&message, &options.file));
    }
    let n_stray = u64::try_from(gathered.stray.len()).unwrap_or(u64::MAX);
    report.read = n_stray;
    report.refused_rows = n_stray;
    report.refused = gathered.stray;
    for refused in &report.refused {
        rows.refused(refused);
    }
    for (place, what) in &gathered.passed_over {
        rows.note(place, RowOutcome::PassedOver, "", what);
        let is_head = [header::TITLE, header::HEADER].contains(what);
        report.passed_over = report.passed_over.saturating_add(u64::from(!is_head));
    }
    report.notes.extend(gathered.notes);
    Ok((gathered.found, report, rows))
}

/// The first row in parentheses, so that its author sees what was looked at.
fn begins_with(cells: &[String]) -> String {
    const SHOWN: usize = 8;
    let named: Vec<&str> = cells.iter().map(String::as_str).filter(|c| !c.is_empty()).collect();
    let shown: Vec<&str> = named.iter().copied().take(SHOWN).collect();
    let more = if SHOWN < named.len() { ", …" } else { "" };
    if shown.is_empty() {
        String::new()
    } else {
        format!(" (it begins {}{more})", shown.join(", "))
    }
}

/// The tables an import touches.
struct Tables<'a> {
    target: &'a Target,
    merges: BTreeMap<&'static str, Merge>,
    first: Option<Day>,
    rows: Rows,
}

impl Tables<'_> {
    /// Takes what one row of the sheet gives.
    fn take(
        &mut self,
        point: &Point,
        outcomes: Vec<Outcome>,
        report: &mut ImportReport,
    ) -> Result<(), ImportError> {
        let mut taken = false;
        let (mut unchanged, mut clashes) = (Vec::new(), Vec::new());
        for outcome in outcomes {
            let entry = match outcome {
                Ok(entry) => entry,
                Err(refused) => {
                    self.rows.refused(&refused);
                    report.refused.push(refused);
                    continue;
                }
            };
            let table = entry.shape.name;
            match self.table(entry.shape)?.take(&entry) {
                Merged::Taken => {
                    taken = true;
                    self.rows.note(&entry.place, RowOutcome::Imported, table, "");
                    self.first = Some(self.first.map_or(entry.from, |day| day.min(entry.from)));
                }
                Merged::Unchanged => unchanged.push((entry.place, table)),
                Merged::Clash(refused) => {
                    clashes.push(entry.place);
                    self.rows.refused(&refused);
                    report.refused.push(refused);
                }
            }
        }
        let (outcome, count) = if taken {
            (RowOutcome::Imported, &mut report.taken)
        } else if clashes.is_empty() && !unchanged.is_empty() {
            (RowOutcome::Unchanged, &mut report.unchanged)
        } else {
            (RowOutcome::Refused, &mut report.refused_rows)
        };
        *count = count.saturating_add(1);
        report.read = report.read.saturating_add(1);
        // A row that a table contradicts is not there already, whatever another table says.
        for (place, table) in unchanged {
            let is_there = !clashes.contains(&place);
            let of_part = if is_there { RowOutcome::Unchanged } else { RowOutcome::Refused };
            self.rows.note(&place, of_part, table, "");
        }
        self.note_codes(point, outcome);
        // The codes of a point may stand in rows of their own, each of which is noted.
        if !self.rows.has(&point.place) {
            let n_codes = point.codes.len();
            self.rows.note(&point.place, outcome, "", &format!("its {n_codes} codes stand apart"));
        }
        Ok(())
    }

    /// Notes what became of rows of codes of which nothing is noted yet: that of their point.
    fn note_codes(&mut self, point: &Point, outcome: RowOutcome) {
        let Place { sheet, row } = &point.place;
        for (_, place) in &point.codes {
            if !self.rows.has(place) {
                let reason = format!("a code of {sheet} row {row}");
                self.rows.note(place, outcome, "", &reason);
            }
        }
    }

    /// What the rows that are there say of points and of those that replace them.
    fn known(&mut self) -> Result<Known, ImportError> {
        let mut known = Known::default();
        for shape in shape::OF_PACKS {
            if self.target.file(shape).is_ok_and(|file| file.is_file()) {
                self.table(shape)?.tell(&mut known);
            }
        }
        Ok(known)
    }

    /// Says of how many indications no diagnosis is known.
    fn mute_indications(&mut self, points: &[Point]) -> Result<Option<String>, ImportError> {
        let indications = points.iter().filter(|point| point.class == Class::Indication);
        let sets: BTreeSet<String> =
            indications.filter_map(|point| indication::set(point).ok()).collect();
        if sets.is_empty() {
            return Ok(None);
        }
        let diagnoses = self.table(&shape::DIAGNOSIS_SET)?;
        let n_mute = sets.iter().filter(|set| !diagnoses.has_key(set)).count();
        Ok((0 < n_mute).then(|| {
            format!(
                "indications that say nothing until diagnosis_set has codes for their set: {n_mute}"
            )
        }))
    }

    /// Ends the rows of points of other files that points of this one replace.
    fn end(&mut self, chains: &Chains, report: &mut ImportReport) {
        for (name, &day) in &chains.elsewhere {
            let mut n_ended = 0_u64;
            let mut is_there = false;
            for merge in self.merges.values_mut() {
                is_there = is_there || merge.has_point(name);
                n_ended = n_ended.saturating_add(merge.end(name, day));
            }
            if !is_there {
                report.notes.push(format!("a point that is replaced is in no table: {name}"));
            } else if 0 < n_ended {
                let since = match day {
                    day if day == DayRange::ALWAYS.from() => "its beginning".to_owned(),
                    day => day.to_string(),
                };
                report.notes.push(format!("{name} is replaced from {since} on: {n_ended} rows"));
                self.first = Some(self.first.map_or(day, |first| first.min(day)));
            }
        }
    }

    fn table(&mut self, shape: &'static Shape) -> Result<&mut Merge, ImportError> {
        use std::collections::btree_map::Entry as Slot;
        match self.merges.entry(shape.name) {
            Slot::Occupied(slot) => Ok(slot.into_mut()),
            Slot::Vacant(slot) => {
                let file = TableFile::read(self.target.file(shape)?, shape)?;
                Ok(slot.insert(Merge::new(shape, file)))
            }
        }
    }

    /// Writes the tables that have new rows beside their files.
    fn stage(&self) -> Result<Staged, ImportError> {
        let mut staged = Staged::default();
        let changed: Vec<&TableFile> =
            self.merges.values().filter(|merge| merge.is_changed()).map(Merge::file).collect();
        let Some(first) = self.first else {
            return Ok(staged);
        };
        let files: Vec<&Path> = changed.iter().map(|table| table.path.as_path()).collect();
        self.target.prepare(&mut staged, &files, first)?;
        for table in changed {
            let bytes = table.bytes();
            let bytes = bytes.map_err(|error| ImportError::write("table", &table.path, error))?;
            staged.file("table", &table.path, &bytes)?;
        }
        Ok(staged)
    }

    fn added(&self) -> Vec<(PathBuf, u64)> {
        let touched = self.merges.values().filter(|merge| merge.is_touched());
        touched.map(|merge| (merge.file().path.clone(), merge.n_added())).collect()
    }
}

fn is_same_file(one: &Path, other: &Path) -> bool {
    let real = |path| std::fs::canonicalize(path).ok();
    real(one).is_some_and(|one| real(other) == Some(one))
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
