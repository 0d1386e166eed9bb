//! Sheets as knowledge points: one for each data row, with its class, wording and codes.
//!
//! Official drug sheets come in two: the points, and a sheet of codes that names the point only in
//! the first row of each group. They are joined here; a code whose point is missing is refused.

use std::collections::BTreeMap;
use std::sync::Arc;

use jihe_terms::Day;

use crate::cell::Cell;
use crate::class::Class;
use crate::header::{Headed, Header, Role};
use crate::kind::Kind;
use crate::lists::is_list;
use crate::place::{Place, Refused};
use crate::sheet::SheetRow;

/// One row that says something about items.
#[derive(Clone, Debug)]
pub(crate) struct Point {
    /// Where it stands.
    pub(crate) place: Place,
    /// What it speaks about.
    pub(crate) class: Class,
    /// The class as the sheet words it.
    pub(crate) class_words: String,
    /// Its header.
    pub(crate) header: Arc<Header>,
    /// Its cells.
    pub(crate) row: SheetRow,
    /// Its codes with their places.
    pub(crate) codes: Vec<(Cell, Place)>,
    /// First day on which another point of the file stands for it.
    pub(crate) replaced: Option<Day>,
}

impl Point {
    /// The cell of a column.
    pub(crate) fn cell(&self, role: Role) -> &Cell {
        self.header.cell(&self.row, role)
    }

    /// The text of a column.
    pub(crate) fn text(&self, role: Role) -> &str {
        self.cell(role).text()
    }

    /// What names its class, and what it finds.
    pub(crate) fn age_words(&self) -> String {
        format!("{} {}", self.class_words, self.text(Role::Detect))
    }

    /// Says that the value of a column was not taken.
    pub(crate) fn refuse(&self, role: Role, reason: &str) -> Refused {
        self.place.refuse(self.header.name(role), reason, self.text(role))
    }
}

/// What a file says.
#[derive(Debug, Default)]
pub(crate) struct Points {
    /// The points of the wanted kind.
    pub(crate) found: Vec<Point>,
    /// Codes without a point, and rows whose fields are not sure to be in their columns.
    pub(crate) stray: Vec<Refused>,
    /// Rows that are no points: headings, notes, totals, rows of other kinds.
    pub(crate) passed_over: Vec<(Place, &'static str)>,
    /// Things worth saying about sheets.
    pub(crate) notes: Vec<String>,
}

impl Points {
    /// Takes the rows that are no points.
    fn set_aside(&mut self, sheet: &Headed) {
        let place = |row| Place { sheet: sheet.sheet.clone(), row };
        self.passed_over.extend(sheet.notes.iter().map(|&(row, what)| (place(row), what)));
        let reason = format!(
            "more fields than the header, which has {}: put texts that hold the sign between fields in quotes",
            sheet.width
        );
        self.stray.extend(sheet.shifted.iter().map(|&row| place(row).refuse("", &reason, "")));
    }
}

/// Gathers the points of all sheets.
pub(crate) fn gather(sheets: Vec<Headed>, kind: Kind, file: &str) -> Points {
    let mut gathered = Points::default();
    let (codes, lists): (Vec<_>, Vec<_>) =
        sheets.into_iter().enumerate().partition(|(_, sheet)| sheet.header.has(Role::PointRef));
    let mut drafts: Vec<Draft> = Vec::new();
    for (at, sheet) in lists {
        gathered.set_aside(&sheet);
        drafts.push(Draft { at, ..Draft::of_list(sheet, kind, file) });
    }
    for (at, sheet) in codes {
        gathered.set_aside(&sheet);
        let class = class_of_sheet(&sheet, kind, file);
        // Where only one sheet of points waits for codes, a sheet of codes need not name a class.
        let waits = |draft: &&Draft| draft.wants_codes && !draft.has_codes;
        let is_only_one = class.is_none() && drafts.iter().filter(waits).count() == 1;
        // The sheet of points stands before its sheet of codes, and each has one.
        let owner = drafts
            .iter_mut()
            .filter(|draft| draft.wants_codes)
            .filter(|draft| draft.class == class || is_only_one && !draft.has_codes)
            .min_by_key(|draft| (draft.has_codes, at < draft.at, draft.at.abs_diff(at)));
        match owner {
            Some(draft) => draft.join(&sheet, &mut gathered.stray),
            None => drafts.push(Draft { at, ..Draft::of_codes(&sheet, class) }),
        }
    }
    drafts.sort_by_key(|draft| draft.at);
    for draft in drafts {
        draft.finish(kind, &mut gathered);
    }
    gathered
}

/// A sheet on its way to points.
struct Draft {
    /// Place of the sheet in the workbook.
    at: usize,
    sheet: String,
    words: String,
    class: Option<Class>,
    header: Arc<Header>,
    rows: Vec<(SheetRow, Vec<(Cell, Place)>)>,
    /// Whether the codes stand in another sheet.
    wants_codes: bool,
    /// Whether that sheet was found.
    has_codes: bool,
}

impl Draft {
    fn of_list(sheet: Headed, kind: Kind, file: &str) -> Self {
        let class = class_of_sheet(&sheet, kind, file);
        // Rows of a list stand for themselves.
        let is_list = class.is_some_and(is_list) && !sheet.header.has(Role::Class);
        let pairs = sheet.header.has(Role::CodeA);
        let own_codes = sheet.header.has(Role::Code) || sheet.header.has(Role::Id);
        let mut rows: Vec<(SheetRow, Vec<(Cell, Place)>)> = Vec::new();
        for row in sheet.rows {
            let above = rows.last().map(|(above, _)| above).filter(|_| !is_list);
            let row = carried(row, above, &sheet.header);
            let place = Place { sheet: sheet.sheet.clone(), row: row.number };
            // Where a list has a code of its own beside the national one, rules speak of the latter.
            let national = sheet.header.cell(&row, Role::NationCode);
            let own = sheet.header.cell(&row, Role::Code);
            let codes = split(if national.is_empty() { own } else { national }, &place);
            rows.push((row, codes));
        }
        Self {
            at: 0,
            words: format!("{} {}", sheet.sheet, sheet.title),
            sheet: sheet.sheet,
            class,
            header: Arc::new(sheet.header),
            rows,
            wants_codes: !pairs && !own_codes,
            has_codes: false,
        }
    }

    /// A sheet of codes alone: each group is a point without wording.
    fn of_codes(sheet: &Headed, class: Option<Class>) -> Self {
        let mut rows: Vec<(SheetRow, Vec<(Cell, Place)>)> = Vec::new();
        for row in &sheet.rows {
            let place = Place { sheet: sheet.sheet.clone(), row: row.number };
            let codes = coded(sheet.header.cell(row, Role::Code), &place);
            let carried_on = sheet.header.cell(row, Role::PointRef).is_empty();
            match rows.last_mut() {
                Some((_, group)) if carried_on => group.extend(codes),
                Some(_) | None => rows.push((row.clone(), codes)),
            }
        }
        Self {
            at: 0,
            words: format!("{} {}", sheet.sheet, sheet.title),
            sheet: sheet.sheet.clone(),
            class,
            header: Arc::new(sheet.header.clone()),
            rows,
            wants_codes: false,
            has_codes: false,
        }
    }

    /// Takes the codes of another sheet.
    fn join(&mut self, sheet: &Headed, stray: &mut Vec<Refused>) {
        self.has_codes = true;
        let by_number: BTreeMap<String, usize> = self
            .rows
            .iter()
            .enumerate()
            .map(|(idx, (row, _))| (self.header.cell(row, Role::Number).text().to_owned(), idx))
            .collect();
        let mut number = String::new();
        for row in &sheet.rows {
            let reference = sheet.header.cell(row, Role::PointRef).text();
            if !reference.is_empty() {
                reference.clone_into(&mut number);
            }
            let place = Place { sheet: sheet.sheet.clone(), row: row.number };
            let point = by_number.get(&number).and_then(|&idx| self.rows.get_mut(idx));
            match point {
                Some((_, codes)) => {
                    codes.extend(coded(sheet.header.cell(row, Role::Code), &place));
                }
                None => stray.push(place.refuse(
                    sheet.header.name(Role::PointRef),
                    "no knowledge point of this number in the other sheet",
                    &number,
                )),
            }
        }
    }

    fn finish(self, kind: Kind, gathered: &mut Points) {
        let by_row = self.header.has(Role::Class);
        let header = Arc::clone(&self.header);
        let detected = |row: &SheetRow| Class::of_detected(header.cell(row, Role::Detect).text());
        let is_known = || self.rows.iter().any(|(row, _)| detected(row).is_some());
        if self.class.is_none() && !by_row && !is_known() {
            gathered.notes.push(format!("sheet is of no known class: {}", self.sheet));
        }
        let is_priceless = self.class == Some(Class::Prices) && header.class() != self.class;
        if is_priceless && !by_row && kind.wants(Class::Prices) {
            gathered.notes.push(format!(
                "no column of prices is known, name them 三级, 二级 and 一级: only the catalogue is taken from {}",
                self.sheet
            ));
        }
        for (row, codes) in self.rows {
            let words = self.header.cell(&row, Role::Class).text();
            let class = if by_row {
                Some(Class::of_text(words).unwrap_or(Class::Other))
            } else {
                self.class.or_else(|| detected(&row))
            };
            let Some(class) = class.filter(|&class| kind.wants(class)) else {
                let place = Place { sheet: self.sheet.clone(), row: row.number };
                let mut places: Vec<Place> = codes.into_iter().map(|(_, place)| place).collect();
                places.retain(|other| *other != place);
                places.dedup();
                for place in [place].into_iter().chain(places) {
                    gathered.passed_over.push((place, "a row of another kind"));
                }
                continue;
            };
            let point = Point {
                place: Place { sheet: self.sheet.clone(), row: row.number },
                class,
                class_words: if by_row { words.to_owned() } else { self.words.clone() },
                header: Arc::clone(&self.header),
                row,
                codes,
                replaced: None,
            };
            gathered.notes.extend(miscounted(&point));
            gathered.found.push(point);
        }
    }
}

/// The class of a sheet: by its columns, its name and title, the kind asked for, the file name.
fn class_of_sheet(sheet: &Headed, kind: Kind, file: &str) -> Option<Class> {
    let only = match kind.classes() {
        [class] => Some(*class),
        _ => None,
    };
    sheet
        .header
        .class()
        .or_else(|| Class::of_text(&sheet.sheet))
        .or_else(|| Class::of_text(&sheet.title))
        .or(only)
        .or_else(|| Class::of_text(file))
}

/// Fills the empty cells of a row without number from the row above: merged cells.
fn carried(mut row: SheetRow, above: Option<&SheetRow>, header: &Header) -> SheetRow {
    let coded = [Role::Code, Role::CodeB].iter().any(|&role| !header.cell(&row, role).is_empty());
    let numbered = !header.has(Role::Number) || !header.cell(&row, Role::Number).is_empty();
    let Some(above) = above.filter(|_| coded && !numbered) else {
        return row;
    };
    row.cells.resize(row.cells.len().max(above.cells.len()), Cell::Empty);
    for (cell, upper) in row.cells.iter_mut().zip(&above.cells) {
        if cell.is_empty() {
            *cell = upper.clone();
        }
    }
    row
}

fn split(cell: &Cell, place: &Place) -> Vec<(Cell, Place)> {
    match cell {
        Cell::Empty => Vec::new(),
        Cell::Number(_) | Cell::Date(_) => vec![(cell.clone(), place.clone())],
        Cell::Text(text) => text
            .split(['|', '\n', ';', '；', '、', ',', '，'])
            .map(Cell::of_text)
            .filter(|code| !code.is_empty())
            .map(|code| (code, place.clone()))
            .collect(),
    }
}

/// The codes of a row that has nothing else to say; the missing one if there is none.
fn coded(cell: &Cell, place: &Place) -> Vec<(Cell, Place)> {
    let codes = split(cell, place);
    if codes.is_empty() { vec![(Cell::Empty, place.clone())] } else { codes }
}

/// The sheet's own count of codes is its check sum.
fn miscounted(point: &Point) -> Option<String> {
    let announced: usize = point.text(Role::Announced).parse().ok()?;
    let found = point.codes.iter().filter(|(code, _)| !code.is_empty()).count();
    (announced != found).then(|| {
        let Place { sheet, row } = &point.place;
        format!("{sheet} row {row} announces {announced} codes and has {found}")
    })
}
