//! Header rows: which column means what.
//!
//! Names vary in spaces, line breaks and what stands in parentheses, so these are taken out before
//! a name is looked at. One or two title rows may stand above the header, which may have two rows: cells
//! of the upper one then span columns that the lower one names.

use std::collections::BTreeMap;

use jihe_terms::Day;

use crate::cell::{Cell, is_blank};
use crate::class::Class;
use crate::sheet::{Sheet, SheetRow};

mod columns;
mod names;

use columns::Column;
pub(crate) use names::Role;

/// The header of a table.
#[derive(Clone, Debug, Default)]
pub(crate) struct Header {
    columns: BTreeMap<Role, (usize, String)>,
    /// Columns of prices of which it is not sure whose prices they are, and why.
    unsure: BTreeMap<Role, &'static str>,
}

/// Columns of prices by level.
const PRICES: [Role; 3] = [Role::Price1, Role::Price2, Role::Price3];

/// What the name of a column of prices says beside its level.
const BESIDE_LEVEL: [&str; 9] =
    ["以下", "以上", "甲等", "乙等", "丙等", "万", "千元", "百元", "折"];

impl Header {
    /// Tells whether there is such a column.
    pub(crate) fn has(&self, role: Role) -> bool {
        self.columns.contains_key(&role)
    }

    /// The column's own name; empty if there is none.
    pub(crate) fn name(&self, role: Role) -> &str {
        self.columns.get(&role).map_or("", |(_, name)| name)
    }

    /// The cell of a row.
    pub(crate) fn cell<'a>(&self, row: &'a SheetRow, role: Role) -> &'a Cell {
        self.columns.get(&role).map_or(&Cell::Empty, |&(column, _)| row.cell(column))
    }

    /// Why a column's values are not sure to be what its role says.
    pub(crate) fn unsure(&self, role: Role) -> Option<&'static str> {
        self.unsure.get(&role).copied()
    }

    /// Lets a column stand for another that is not there.
    fn stand_in(&mut self, role: Role, missing: Role) {
        if let Some(column) = self.columns.get(&role).cloned() {
            self.columns.entry(missing).or_insert(column);
        }
    }

    /// A row whose full-width letters and digits are made plain, names and wordings aside, and whose
    /// days are days.
    fn plain(&self, mut row: SheetRow, zero: Day) -> SheetRow {
        let kept = [Role::Name, Role::Wording, Role::Source].map(|role| self.columns.get(&role));
        for (column, cell) in row.cells.iter_mut().enumerate() {
            if !kept.iter().flatten().any(|(own, _)| *own == column) {
                *cell = std::mem::take(cell).narrow();
            }
        }
        for role in [Role::Published, Role::Until] {
            let column = self.columns.get(&role);
            if let Some(cell) = column.and_then(|(column, _)| row.cells.get_mut(*column)) {
                *cell = std::mem::take(cell).dated(zero);
            }
        }
        row
    }

    /// Tells whether the row is the header again.
    fn is_repeated(&self, row: &SheetRow) -> bool {
        let same = |(column, name): &&(usize, String)| {
            let text = row.cell(*column).text();
            text.chars().filter(|&letter| !is_blank(letter)).eq(name.chars())
        };
        2 <= self.columns.values().filter(same).count()
    }

    /// The class that its columns can only belong to.
    pub(crate) fn class(&self) -> Option<Class> {
        if self.has(Role::CodeA) && self.has(Role::CodeB) {
            Some(Class::Pairs)
        } else if self.has(Role::Price1) || self.has(Role::Price2) || self.has(Role::Price3) {
            Some(Class::Prices)
        } else if self.has(Role::DrugClass) {
            Some(Class::Drugs)
        } else if self.has(Role::Finance) && self.has(Role::Code) {
            Some(Class::Materials)
        } else if self.has(Role::Sex) {
            Some(Class::Sex)
        } else if self.has(Role::DayMax) {
            Some(Class::DayLimit)
        } else if self.has(Role::Period) {
            Some(Class::Period)
        } else if self.has(Role::Group) {
            Some(Class::OperationGroup)
        } else if self.has(Role::LimitLevel) {
            Some(Class::Level)
        } else if self.has(Role::LimitVisit) {
            Some(Class::Visit)
        } else if self.has(Role::LimitCourse) {
            Some(Class::Course)
        } else if self.has(Role::LimitAge) {
            Some(Class::Age)
        } else {
            None
        }
    }
}

/// A sheet with its header found.
#[derive(Clone, Debug)]
pub(crate) struct Headed {
    /// Name of the sheet.
    pub(crate) sheet: String,
    /// The rows above the header, as one text.
    pub(crate) title: String,
    /// The header.
    pub(crate) header: Header,
    /// The rows below it that are data.
    pub(crate) rows: Vec<SheetRow>,
    /// How many cells the header has.
    pub(crate) width: usize,
    /// The rows with more fields than the header, so that none of them is sure to be in its column.
    pub(crate) shifted: Vec<u32>,
    /// The rows that say nothing about items, each with what it is.
    pub(crate) notes: Vec<(u32, &'static str)>,
}

/// What a row above the header is.
pub(crate) const TITLE: &str = "title above the header";
/// What the header is.
pub(crate) const HEADER: &str = "header";

/// Rows above which the header must stand.
const HEADER_WITHIN: usize = 15;

/// Finds the header of a sheet.
pub(crate) fn find(sheet: &Sheet) -> Option<Headed> {
    let rows = sheet.rows.get(..HEADER_WITHIN).unwrap_or(&sheet.rows);
    let at = |place: usize| head(rows.get(place)?, sheet.rows.get(place.saturating_add(1)));
    let (place, head) = (0..rows.len()).find_map(|place| at(place).map(|head| (place, head)))?;
    let (above, rest) = sheet.rows.split_at(place);
    let (own, below) = rest.split_at(head.n_rows);
    let titles = above.iter().chain(own.iter().take(usize::from(head.is_titled)));
    let title: Vec<&str> = titles.flat_map(|row| row.cells.iter().map(Cell::text)).collect();
    let of_title = above.iter().map(|row| (row.number, TITLE));
    let mut notes: Vec<(u32, &'static str)> =
        of_title.chain(own.iter().map(|row| (row.number, HEADER))).collect();
    let width = own.iter().map(|row| row.cells.len()).max().unwrap_or(0);
    let header = head.header;
    let (mut rows, mut shifted) = (Vec::new(), Vec::new());
    for row in below {
        let is_longer = row.cells.iter().skip(width).any(|cell| !cell.is_empty());
        match note(row, &header) {
            Some(what) => notes.push((row.number, what)),
            None if is_longer && !sheet.is_workbook => shifted.push(row.number),
            None => rows.push(header.plain(row.clone(), sheet.zero)),
        }
    }
    let (sheet, title) = (sheet.name.clone(), title.concat());
    Some(Headed { sheet, title, header, rows, width, shifted, notes })
}

/// A header and the rows that it takes.
struct Head {
    header: Header,
    n_rows: usize,
    /// Whether its upper row says nothing by itself, so that it may name the class as a title does.
    is_titled: bool,
}

/// The header that a row is, by itself or with the next one.
fn head(row: &SheetRow, next: Option<&SheetRow>) -> Option<Head> {
    let own = columns::of_row(row);
    let alone = header_of(&own);
    let is_titled = alone.is_none();
    if let Some(next) = next
        && let Some(both) = columns::of_two_rows(row, next)
        && let Some(header) = header_of(&both)
    {
        // A title over a header of one row is no part of it: it names no column, and no side of pairs.
        let kept =
            |(at, (_, role, _)): (usize, &Column)| role.is_some() && next.cell(at).is_empty();
        let sides = |header: &Header| header.class() == Some(Class::Pairs);
        let names_sides =
            sides(&header) && !header_of(&columns::of_row(next)).as_ref().is_some_and(sides);
        let is_part = names_sides || own.iter().enumerate().any(kept);
        if is_part || !is_titled {
            return Some(Head { header, n_rows: 2, is_titled });
        }
    }
    alone.map(|header| Head { header, n_rows: 1, is_titled: false })
}

/// Whether the words above a column of prices say more than its level. Below the lowest level is none.
fn says_more(role: Role, words: &str) -> bool {
    let is_lowest = |word: &str| role == Role::Price1 && word.ends_with("以下");
    BESIDE_LEVEL.iter().any(|word| words.contains(word) && !is_lowest(word))
}

fn header_of(columns: &[Column]) -> Option<Header> {
    let mut header = Header::default();
    for (column, (name, role, words)) in columns.iter().enumerate() {
        let Some(role) = role else { continue };
        if PRICES.contains(role) {
            if header.has(*role) {
                header.unsure.insert(*role, "several columns have prices of this level");
            } else if says_more(*role, words) {
                header.unsure.insert(*role, "the column says more than a level");
            }
        }
        header.columns.entry(*role).or_insert((column, name.clone()));
    }
    header.stand_in(Role::NationCode, Role::Code);
    if !header.has(Role::Code) {
        // A sheet of points may call its own numbers so; the codes then stand elsewhere.
        header.stand_in(Role::PointRef, Role::Number);
        header.columns.remove(&Role::PointRef);
    }
    let keyed = [Role::Code, Role::CodeA, Role::Id].map(|role| header.has(role));
    let listed = header.has(Role::Number) && header.has(Role::Name);
    let enough = 2 <= header.columns.len() && (keyed.contains(&true) || listed);
    enough.then_some(header)
}

/// What a row is that says nothing about items: notes and totals below the data, headings inside it,
/// headers repeated on a new page.
fn note(row: &SheetRow, header: &Header) -> Option<&'static str> {
    let first = row.cells.iter().map(Cell::text).find(|text| !text.is_empty()).unwrap_or("");
    let noted =
        ["备注", "注：", "注:", "说明", "合计", "总计"].iter().any(|word| first.starts_with(word));
    if noted {
        Some("note or total")
    } else if header.has(Role::IsItem) && header.cell(row, Role::IsItem).text() == "0" {
        Some("heading")
    } else {
        header.is_repeated(row).then_some("header again")
    }
}
