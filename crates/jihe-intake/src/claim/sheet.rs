//! Rows of a claim and its history as columns of texts, and these as typed columns.

use jihe_frame::{Codes, Column, Relation};
use jihe_terms::schema::{ColumnDef, Kind, TableName};
use jihe_terms::texts::same;
use jihe_terms::{Malformed, NO_CODE, NO_DAY, NO_NUMBER};

use super::{Claim, Row};
use crate::cells::check_name;
use crate::chunk::UNKNOWN_INSTITUTION;
use crate::error::IntakeError;
use crate::normalise::{check_text, is_missing, read_text};
use crate::place::{at, id};

/// The column that a name or alias stands for, by its place. The number of a line in its visit is its key
/// where it has no other.
fn place_of(table: TableName, name: &str, has_key: bool) -> Option<usize> {
    if has_key && is_feedetl(table, name) {
        return table.column(name);
    }
    let is_it = |column: &ColumnDef| column.name == name || column.aliases.contains(&name);
    table.columns().iter().position(is_it)
}

/// Whether a line is named by what differs only inside its encounter.
fn is_feedetl(table: TableName, name: &str) -> bool {
    table == TableName::Lines && name == "feedetl_sn"
}

/// Whether a row names its line by a key of its own.
fn has_key(table: TableName, row: &Row) -> bool {
    table == TableName::Lines && row.iter().any(|(name, _)| name == "bkkp_sn")
}

/// The texts of a column by row; none of a column that no row names.
#[derive(Clone, Copy)]
pub(super) struct Texts<'a, 's> {
    /// From the first text on.
    cells: &'s [Option<&'a str>],
    /// The distance of one text to the next.
    step: usize,
}

impl<'a, 's> Texts<'a, 's> {
    /// The text of a row; missing values read as none.
    pub(super) fn get(self, row: u32) -> Option<&'a str> {
        self.cells.get(at(row).saturating_mul(self.step)).copied().flatten()
    }

    /// Whether no row names the column.
    pub(super) fn is_empty(self) -> bool {
        self.cells.is_empty()
    }

    /// Whether a text of a row is of a kind.
    pub(super) fn any(self, is: fn(&str) -> bool) -> bool {
        !self.is_empty() && self.iter().flatten().any(is)
    }

    /// The text of each row.
    pub(super) fn iter(self) -> impl ExactSizeIterator<Item = Option<&'a str>> + 's {
        self.cells.chunks(self.step).map(|cells| cells.first().copied().flatten())
    }
}

/// Rows of one table from the history and the claim, laid out by column.
pub(super) struct Sheet<'a> {
    pub(super) table: TableName,
    pub(super) n_rows: usize,
    /// Rows of the history come first.
    n_carried: usize,
    /// By place of the column: where its first text is, where some row names it.
    begins: Vec<Option<usize>>,
    /// The distance of its texts: rows of one shape lie one after the other, else columns.
    step: usize,
    texts: Vec<Option<&'a str>>,
    /// By place of the column: whether some row of the history names it, and whether some of the claim does.
    named: [Vec<bool>; 2],
    /// Whether some row names its line by `feedetl_sn` alone.
    has_feedetl: bool,
    /// The first row that has two values of one column, and the column's place.
    twice: Option<(usize, usize)>,
    /// The place of each row in its own list as it was given; empty if none was left out.
    given: Vec<usize>,
}

/// Whether two texts are the same: short ones, without a call.
fn is_same(one: &str, other: &str) -> bool {
    same(one.as_bytes(), other.as_bytes())
}

/// The text of a value that is there.
fn present(text: &str) -> Option<&str> {
    Some(text).filter(|text| !is_missing(text.as_bytes()))
}

impl<'a> Sheet<'a> {
    pub(super) fn new(table: TableName, claim: &'a Claim, history: &'a Claim) -> Self {
        let (carried, own) = (history.rows(table), claim.rows(table));
        let (n_carried, n_rows) = (carried.len(), carried.len().saturating_add(own.len()));
        let (begins, texts) = (Vec::new(), Vec::new());
        let (named, given) = ([Vec::new(), Vec::new()], Vec::new());
        let (step, has_feedetl, twice) = (1, false, None);
        let mut sheet = Self {
            table,
            n_rows,
            n_carried,
            begins,
            step,
            texts,
            named,
            has_feedetl,
            twice,
            given,
        };
        let Some(first) = carried.first().or(own.first()) else { return sheet };
        sheet.begins.resize(table.columns().len(), None);
        sheet.named = [(); 2].map(|()| vec![false; table.columns().len()]);
        let is_alike = |row: &Row| {
            let mut pairs = row.iter().zip(first).map(|(one, other)| (&one.0, &other.0));
            row.len() == first.len() && pairs.all(|(name, other)| is_same(name, other))
        };
        if ![carried, own].iter().all(|rows| rows.iter().all(is_alike)) {
            // The nth value of a row is mostly of the column of the last row's.
            for (from, rows) in [(0, carried), (n_carried, own)] {
                let (mut shape, mut of_key) = (Vec::new(), false);
                for (row, values) in (from..).zip(rows) {
                    let has_key = has_key(table, values);
                    if has_key != of_key {
                        shape.clear();
                        of_key = has_key;
                    }
                    sheet.lay_out(row, (values, has_key), &mut shape);
                }
            }
            return sheet;
        }
        let has_key = has_key(table, first);
        for (nth, (name, _)) in first.iter().enumerate() {
            let Some(place) = place_of(table, name, has_key) else { continue };
            match sheet.begins.get_mut(place) {
                Some(begin @ None) => *begin = Some(nth),
                _ => sheet.twice = sheet.twice.or(Some((0, place))),
            }
            sheet.has_feedetl |= !has_key && is_feedetl(table, name);
        }
        for (named, rows) in sheet.named.iter_mut().zip([carried, own]) {
            if !rows.is_empty() {
                *named = sheet.begins.iter().map(Option::is_some).collect();
            }
        }
        sheet.step = first.len().max(1);
        sheet.texts.reserve_exact(n_rows.saturating_mul(sheet.step));
        for row in [carried, own].into_iter().flatten() {
            sheet.texts.extend(row.iter().map(|(_, text)| present(text)));
        }
        sheet
    }

    /// Adds a row of any shape; `shape` has the names of the last row, and the places of their columns and
    /// where their texts begin.
    fn lay_out(
        &mut self,
        row: usize,
        (values, has_key): (&'a Row, bool),
        shape: &mut Vec<(&'a str, Option<(usize, usize)>)>,
    ) {
        for (nth, (name, text)) in values.iter().enumerate() {
            let column = match shape.get(nth) {
                Some(&(last, column)) if last == name => column,
                _ => {
                    shape.truncate(nth);
                    let column = self.column_of(name, has_key);
                    if let Some((place, _)) = column
                        && shape.iter().any(|one| one.1 == column)
                    {
                        self.twice = self.twice.or(Some((row, place)));
                    }
                    shape.push((name, column));
                    column
                }
            };
            let Some((place, begin)) = column else { continue };
            let whose = self.named.get_mut(usize::from(self.n_carried <= row));
            if let Some(is_named) = whose.and_then(|named| named.get_mut(place)) {
                *is_named = true;
            }
            if let Some(slot) = self.texts.get_mut(begin.saturating_add(row)) {
                *slot = present(text);
            }
        }
    }

    /// The place of the column of that name, which a row has, and where its texts begin; there is room for
    /// them now.
    fn column_of(&mut self, name: &str, has_key: bool) -> Option<(usize, usize)> {
        let place = place_of(self.table, name, has_key)?;
        self.has_feedetl |= !has_key && is_feedetl(self.table, name);
        let begin = self.begins.get_mut(place)?;
        if begin.is_none() {
            *begin = Some(self.texts.len());
            self.texts.resize(self.texts.len().saturating_add(self.n_rows), None);
        }
        begin.map(|begin| (place, begin))
    }

    /// Refuses rows with two values of one column.
    pub(super) fn check_columns(&self) -> Result<(), IntakeError> {
        let Some((row, place)) = self.twice else { return Ok(()) };
        let name = self.table.columns().get(place).map_or("", |column| column.name);
        let advice = "give one value, under the name of the column or one other name";
        Err(self.fault(id(row), &format!("two values of one column: {name}"), advice))
    }

    /// The columns that no row of the claim names; of a table without such rows nothing is said.
    pub(super) fn lacking(&self) -> Vec<usize> {
        let [_, own] = &self.named;
        if self.n_own() == 0 {
            return Vec::new();
        }
        let lacking = own.iter().zip(self.table.columns()).enumerate();
        let lacking = lacking.filter(|(_, (named, column))| !**named && !column.required);
        lacking.map(|(place, _)| place).collect()
    }

    /// The number of rows of the claim.
    pub(super) fn n_own(&self) -> usize {
        self.n_rows.saturating_sub(self.n_carried)
    }

    /// The columns that the claim names and no row of the history does, for the history and for the claim:
    /// nothing where there are none. Of a claim without rows of the table nothing is said.
    pub(super) fn gaps(&self) -> Vec<Vec<usize>> {
        let [history, own] = &self.named;
        if self.n_carried == 0 || history == own {
            return Vec::new();
        }
        let gaps =
            history.iter().zip(own).enumerate().filter(|(_, (history, own))| !**history && **own);
        let gaps: Vec<usize> = gaps.map(|(place, _)| place).collect();
        if gaps.is_empty() { Vec::new() } else { vec![gaps, Vec::new()] }
    }

    /// By row where it was told, if that matters: 0 is the history, 1 the claim.
    pub(super) fn files(&self, rows: &[u32]) -> Vec<u32> {
        if self.gaps().is_empty() {
            return Vec::new();
        }
        let file = |&row: &u32| if row == NO_CODE { row } else { u32::from(!self.is_carried(row)) };
        rows.iter().map(file).collect()
    }

    /// Notes where rows stood before others were left out.
    pub(super) fn count_as(&mut self, given: Vec<usize>) {
        self.given = given;
    }

    pub(super) fn is_carried(&self, row: u32) -> bool {
        at(row) < self.n_carried
    }

    /// Whether two rows have the same values.
    pub(super) fn is_same_row(&self, one: u32, other: u32) -> bool {
        let columns = (0..self.begins.len()).map(|place| self.column(place));
        columns.into_iter().all(|texts| texts.get(one) == texts.get(other))
    }

    /// Whether keys differ only inside their encounter: some row has no other.
    pub(super) fn is_by_encounter(&self) -> bool {
        self.has_feedetl
    }

    /// A fault of a row, which is named as whoever gave it counts it.
    pub(super) fn fault(&self, row: u32, why: &str, advice: &str) -> IntakeError {
        let (whose, place) = match at(row).checked_sub(self.n_carried) {
            Some(place) => ("claim", place),
            None => ("history", at(row)),
        };
        let row = self.given.get(at(row)).copied().unwrap_or(place);
        let place = format!("{whose}.{}[{row}]", self.table.file());
        IntakeError::unreadable(why, &place, advice)
    }

    pub(super) fn wrong(&self, row: u32, column: &str, why: &str) -> IntakeError {
        let advice = "give the value as the platform writes it";
        self.fault(row, &format!("{why}: {column}"), advice)
    }

    /// Refuses rows with a value of a column that no code can be.
    pub(super) fn check_names(&self, name: &str) -> Result<(), IntakeError> {
        let column = self.table.columns().iter().find(|column| column.name == name);
        column.map_or(Ok(()), |column| self.check_keys(column, self.texts(name)))
    }

    /// Refuses rows whose keys a file could not hold.
    fn check_keys(&self, column: &ColumnDef, texts: Texts<'a, '_>) -> Result<(), IntakeError> {
        let mut last = "";
        for (row, text) in (0..).zip(texts.iter()) {
            let Some(text) = text.filter(|text| !is_same(text, last)) else { continue };
            last = text;
            check_name(text.as_bytes()).map_err(|why| self.wrong(row, column.name, why))?;
        }
        Ok(())
    }

    /// Refuses rows of institutions that are not among the known ones, which ascend.
    pub(super) fn check_institutions(
        &self,
        codes: &Codes,
        known: &[u32],
    ) -> Result<(), IntakeError> {
        let is_known = |text: &str| {
            codes.get(text.as_bytes()).is_some_and(|code| known.binary_search(&code).is_ok())
        };
        let mut last = "";
        for (row, text) in (0..).zip(self.texts("fixmedins_code").iter()) {
            let Some(text) = text.filter(|text| !is_same(text, last)) else { continue };
            last = text;
            if !is_known(text) {
                return Err(self.wrong(row, "fixmedins_code", UNKNOWN_INSTITUTION));
            }
        }
        Ok(())
    }

    /// The text of each row in a column.
    pub(super) fn texts(&self, name: &str) -> Texts<'a, '_> {
        let column = self.table.column(name).map(|place| self.column(place));
        column.unwrap_or(Texts { cells: &[], step: 1 })
    }

    fn column(&self, place: usize) -> Texts<'a, '_> {
        let n_cells = self.n_rows.saturating_sub(1).saturating_mul(self.step).saturating_add(1);
        let begin = self.begins.get(place).copied().flatten();
        let cells = begin.and_then(|from| self.texts.get(from..from.saturating_add(n_cells)));
        Texts { cells: cells.unwrap_or(&[]), step: self.step }
    }

    /// The columns of all rows; required ones must be there. Keys of lines stay texts.
    pub(super) fn relation(&self, codes: &mut Codes) -> Result<Relation, IntakeError> {
        let mut relation = Relation::empty(self.table);
        relation.n_rows = self.n_rows;
        if self.n_rows == 0 {
            return Ok(relation);
        }
        let columns = self.table.columns().iter().zip(&mut relation.columns);
        for (place, (column, slot)) in columns.enumerate() {
            let texts = self.column(place);
            if texts.is_empty() && !column.required {
                continue;
            }
            if column.required {
                let gap = texts.iter().position(|text| text.is_none());
                if let Some(row) = gap.or(texts.is_empty().then_some(0)) {
                    return Err(self.wrong(id(row), column.name, "value is missing"));
                }
            }
            if column.kind == Kind::Key {
                self.check_keys(column, texts)?;
                if self.table == TableName::Lines {
                    continue;
                }
            }
            *slot = self.values(column, texts, codes)?;
        }
        Ok(relation)
    }

    fn values(
        &self,
        column: &ColumnDef,
        texts: Texts<'a, '_>,
        codes: &mut Codes,
    ) -> Result<Column, IntakeError> {
        let fault = |(row, why): (usize, &str)| self.wrong(id(row), column.name, why);
        let texts = texts.iter();
        Ok(match column.kind {
            Kind::Code => {
                let check = if column.is_description() { check_text } else { check_name };
                let read = |text: &str| {
                    check(text.as_bytes())?;
                    Ok(codes.intern(text.as_bytes()))
                };
                Column::Code(each(texts, NO_CODE, read).map_err(fault)?)
            }
            Kind::Key | Kind::Text => Column::Text(texts.map(|text| text.unwrap_or("")).collect()),
            Kind::Number { .. } | Kind::Level | Kind::Moment => {
                let read =
                    |text: &str| read_text(column.kind, text.as_bytes()).map_err(Malformed::reason);
                Column::Number(each(texts, NO_NUMBER, read).map_err(fault)?)
            }
            Kind::Day => {
                let read = |text: &str| {
                    let day = read_text(column.kind, text.as_bytes()).map_err(Malformed::reason)?;
                    Ok(i32::try_from(day).unwrap_or(NO_DAY))
                };
                Column::Day(each(texts, NO_DAY, read).map_err(fault)?)
            }
        })
    }
}

/// Reads each text of a column; the value of the last text is kept, as neighbours are often equal. The first row
/// that cannot be read, and why.
fn each<'a, T: Copy>(
    texts: impl Iterator<Item = Option<&'a str>>,
    missing: T,
    mut read: impl FnMut(&str) -> Result<T, &'static str>,
) -> Result<Vec<T>, (usize, &'static str)> {
    let mut last = ("", missing);
    let mut fault = None;
    let value = |(row, text): (usize, Option<&'a str>)| {
        let Some(text) = text else { return missing };
        if !is_same(text, last.0) {
            match read(text) {
                Ok(value) => last = (text, value),
                Err(why) => _ = fault.get_or_insert((row, why)),
            }
        }
        last.1
    };
    let values = texts.enumerate().map(value).collect();
    fault.map_or(Ok(values), Err)
}

/// Ids of one kind, sorted by their bytes.
pub(super) struct Ids<'a>(pub(super) Vec<&'a str>);

impl<'a> Ids<'a> {
    pub(super) fn of(texts: &[Texts<'a, '_>]) -> Self {
        let mut ids: Vec<&str> = Vec::new();
        for text in texts.iter().flat_map(|texts| texts.iter().flatten()) {
            // Neighbours are mostly of one id.
            if !ids.last().is_some_and(|last| is_same(last, text)) {
                ids.push(text);
            }
        }
        ids.sort_unstable();
        ids.dedup();
        Self(ids)
    }

    /// The place of an id; `NO_CODE` for none.
    pub(super) fn place(&self, text: Option<&str>) -> u32 {
        let found = text.and_then(|text| self.0.binary_search(&text).ok());
        found.map_or(NO_CODE, id)
    }

    /// The places of the ids of a column.
    pub(super) fn places<'t>(&self, texts: impl Iterator<Item = Option<&'t str>>) -> Vec<u32> {
        let mut last: (Option<&str>, u32) = (None, NO_CODE);
        let place = |text: Option<&'t str>| {
            let is_last = match (text, last.0) {
                (Some(text), Some(last)) => is_same(text, last),
                (text, last) => text == last,
            };
            if !is_last {
                last = (text, self.place(text));
            }
            last.1
        };
        texts.map(place).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(all: &[&[&str]]) -> Vec<Row> {
        let cell = |name: &&str| ((*name).to_owned(), "1".to_owned());
        all.iter().map(|names| names.iter().map(cell).collect()).collect()
    }

    /// Which of two optional columns no row of the claim names, beside a history.
    fn check(own: &[&[&str]], history: &[&[&str]], expected: &[&str]) {
        let [claim, history] =
            [own, history].map(|lines| Claim { lines: rows(lines), ..Claim::default() });
        let lacking = Sheet::new(TableName::Lines, &claim, &history).lacking();
        let names = lacking.into_iter().map(|place| TableName::Lines.columns()[place].name);
        let names: Vec<&str> =
            names.filter(|name| ["prd_days", "rx_drord_no"].contains(name)).collect();
        assert_eq!(names, expected, "{own:?} {history:?}");
    }

    #[test]
    fn a_claim_lacks_what_none_of_its_own_rows_names() {
        let both = ["rx_drord_no", "prd_days"];
        check(&[&["cnt"]], &[], &both);
        check(&[], &[&["cnt"]], &[]);
        check(&[&["cnt", "prd_days"]], &[], &["rx_drord_no"]);
        check(&[&["cnt", "prd_days"]], &[&["cnt", "prd_days"]], &["rx_drord_no"]);
        // What the history names, the claim still lacks.
        check(&[&["cnt"]], &[&["cnt", "prd_days"], &["cnt"]], &both);
        check(&[&["cnt"], &["cnt", "rx_drord_no"]], &[&["prd_days"]], &["prd_days"]);
        check(&[&["prd_days"], &["cnt"]], &[&["prd_days"]], &["rx_drord_no"]);
    }
}
