//! The import: sheets → points → entries → tables.

use std::path::{Path, PathBuf};

use jihe_terms::{Day, Rate};

use crate::basis::{Document, Marks};
use crate::chain::{self, Chains};
use crate::error::ImportError;
use crate::header;
use crate::indication;
use crate::kind::Kind;
use crate::lists;
use crate::place::{Place, Refused};
use crate::point::{self, Point};
use crate::row::{self, RowOutcome, RowReport, Rows};
use crate::rules;
use crate::sheet::{self, Encoding};
use crate::tables::{Fate, Tables};
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
    let broken_sets = indication::broken_sets(&points);
    let document = Document { file, from: options.from, discount_ppm, broken_sets };
    let mut tables = Tables::new(&target, rows);
    let chains = tables.chains(&points, &document)?;
    report.notes.extend(tables.end(&chains, &points, &document));
    let mut fates = Vec::with_capacity(points.len());
    for point in &mut points {
        fates.push(fate(point, &chains, &document, &mut tables)?);
    }
    report.notes.extend(tables.settle());
    let mut n_silent = 0_u64;
    for (point, fate) in points.iter().zip(fates) {
        let n_taken = report.taken;
        tables.report(point, fate, &mut report);
        if n_taken < report.taken && document.is_silent(point) {
            n_silent = n_silent.saturating_add(1);
        }
    }
    if 0 < n_silent {
        report.notes.push(format!("rows without a date that hold from 2021-05-01: {n_silent}"));
    }
    report.notes.extend(tables.mute_indications(&points)?);
    report.tables = tables.added();
    report.rows = tables.rows();
    let mut staged = tables.stage()?;
    if let Some(path) = &options.report {
        staged.file("report", path, report.rows_text().as_bytes())?;
    }
    staged.settle()?;
    Ok(report)
}

/// Dates a point by those that replace it, and offers what it gives to the tables.
fn fate(
    point: &mut Point,
    chains: &Chains,
    document: &Document,
    tables: &mut Tables<'_>,
) -> Result<Fate, ImportError> {
    let basis = document.basis(point, &point.place, "");
    let marks = Marks::of_basis(&basis);
    if let Some((day, by)) = chains.end(&marks) {
        point.replaced = Some(day);
        if document.first_day(point).is_ok_and(|first| day <= first) {
            return Ok(if chains.is_circle(marks.own) {
                Fate::circle(point)
            } else {
                Fate::Replaced(chain::shown(by).to_owned())
            });
        }
    }
    let outcomes = if lists::is_list(point.class) {
        lists::entries(point, document)
    } else {
        rules::entries(point, document)
    };
    tables.offer(outcomes)
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

fn is_same_file(one: &Path, other: &Path) -> bool {
    let real = |path| std::fs::canonicalize(path).ok();
    real(one).is_some_and(|one| real(other) == Some(one))
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
