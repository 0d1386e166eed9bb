//! Dictionary pages: each entry is looked up or checked once, rows are gathered from them.

use bytes::Bytes;
use jihe_frame::serials::Numbers;
use jihe_terms::schema::Kind;
use jihe_terms::{Malformed, NO_CODE, NO_DAY, NO_NUMBER, Texts};

use super::take::{
    Fault, Goal, Rows, check, goal, is_good_name, kind, missing_rows, next_text, numbers,
    spread_numbers,
};
use super::{Damaged, Stored, damaged};
use crate::cells::{Cells, hash_of_text};
use crate::normalise::{Book, Normaliser, is_missing, read_text, shown};
use crate::place::{at, id};

enum Table {
    Ids(Vec<u32>),
    Numbers(Vec<i64>),
    Serials(Vec<u32>, Numbers),
    Hashes(Vec<u64>),
    Texts(Texts),
    Checked,
}

/// A dictionary page after its values were checked.
pub(super) struct Dictionary {
    table: Table,
    n: usize,
    /// Entries that are missing values (no fault) or no good.
    odd: Vec<(u32, Fault)>,
}

impl Dictionary {
    /// Whether the column is only checked, and all its values are good or missing.
    pub(super) fn is_good_check(&self) -> bool {
        matches!(self.table, Table::Checked) && self.odd.iter().all(|(_, fault)| fault.is_none())
    }
}

/// Checks and looks up the values of a dictionary page.
pub(super) fn read(
    sheet: &mut Normaliser<'_>,
    place: usize,
    stored: Stored,
    bytes: &Bytes,
    n: usize,
) -> Result<Dictionary, Damaged> {
    let (kind, goal) = (kind(sheet, place), goal(sheet, place));
    let Stored::Texts { utf8 } = stored else {
        let (numbers, odd) = numbers(kind, stored, bytes, n)?;
        let odd = odd.into_iter().map(|(entry, fault)| (id(entry), Some(fault))).collect();
        let is_checked = matches!(goal, Goal::Checked);
        let table = if is_checked { Table::Checked } else { Table::Numbers(numbers) };
        return Ok(Dictionary { table, n, odd });
    };
    if let Goal::Ids(book) = goal {
        return read_names(sheet, book, (kind, utf8), bytes, n);
    }
    read_texts(sheet, (kind, goal, utf8), bytes, n)
}

/// Names are looked up together.
fn read_names(
    sheet: &mut Normaliser<'_>,
    book: Book,
    (kind, utf8): (Kind, bool),
    bytes: &[u8],
    n: usize,
) -> Result<Dictionary, Damaged> {
    let mut rest = bytes;
    let texts = (0..n).map(|_| next_text(&mut rest)).collect::<Result<Vec<_>, _>>()?;
    let mut ids = Vec::with_capacity(texts.len());
    let is_good = |text: &[u8]| is_good_name(kind, text, utf8);
    sheet.book(book).intern_all(&texts, &mut ids, is_good)?;
    let mut odd: Vec<(u32, Fault)> = Vec::new();
    for ((entry, &id), text) in (0_u32..).zip(&ids).zip(&texts) {
        if id == NO_CODE {
            let fault = if is_missing(text) { None } else { check(kind, text, utf8)? };
            odd.push((entry, fault));
        }
    }
    Ok(Dictionary { table: Table::Ids(ids), n, odd })
}

fn read_texts(
    sheet: &mut Normaliser<'_>,
    (kind, goal, utf8): (Kind, Goal, bool),
    bytes: &[u8],
    n: usize,
) -> Result<Dictionary, Damaged> {
    let is_number = !matches!(kind, Kind::Code | Kind::Key | Kind::Text);
    let mut odd: Vec<(u32, Fault)> = Vec::new();
    let mut rest = bytes;
    let (mut numbers, mut hashes, mut texts) = (Vec::new(), Vec::new(), Texts::default());
    let (mut heads, mut serials) = (Vec::new(), Numbers::default());
    for entry in 0..u32::try_from(n).map_err(|_| damaged("too many values"))? {
        let text = next_text(&mut rest)?;
        let missing = is_missing(text);
        let (mut value, mut head, mut serial, mut hash) = (NO_NUMBER, NO_CODE, 0, 0);
        let mut good: &[u8] = b"";
        if missing {
            odd.push((entry, None));
        } else if is_number {
            match read_text(kind, text) {
                Ok(read) => value = read,
                Err(why) => odd.push((entry, Some((why.reason(), shown(text))))),
            }
        } else if let Some(fault) = check(kind, text, utf8)? {
            odd.push((entry, Some(fault)));
        } else {
            match goal {
                Goal::Serials => (head, serial) = sheet.serial(text),
                Goal::Hashes => hash = hash_of_text(text),
                Goal::Texts => good = text,
                Goal::Ids(_) | Goal::Numbers | Goal::Checked => {}
            }
        }
        match goal {
            Goal::Numbers => numbers.push(value),
            Goal::Serials => {
                heads.push(head);
                serials.push(serial);
            }
            Goal::Hashes => hashes.push(hash),
            Goal::Texts => texts.push(good),
            Goal::Ids(_) | Goal::Checked => {}
        }
    }
    let table = match goal {
        Goal::Numbers => Table::Numbers(numbers),
        Goal::Serials => Table::Serials(heads, serials),
        Goal::Hashes => Table::Hashes(hashes),
        Goal::Texts => Table::Texts(texts),
        Goal::Ids(_) | Goal::Checked => Table::Checked,
    };
    Ok(Dictionary { table, n, odd })
}

/// The entry that an index names.
fn entry<T: Copy>(table: &[T], none: T) -> impl Fn(&u32) -> T + '_ {
    move |&index| table.get(at(index)).copied().unwrap_or(none)
}

/// Takes rows whose values are entries of a dictionary.
pub(super) fn coded(
    sheet: &mut Normaliser<'_>,
    place: usize,
    dictionary: &Dictionary,
    indexes: &[u32],
    rows: Rows<'_>,
) -> Result<(), Damaged> {
    let most = indexes.iter().copied().max();
    if most.is_some_and(|most| dictionary.n <= at(most)) {
        return Err(damaged("an index is past the dictionary"));
    }
    match (&dictionary.table, sheet.columns.get_mut(place)) {
        (Table::Ids(table), Some(Cells::Code(all) | Cells::Entity(_, all))) => {
            rows.spread(all, indexes, entry(table, NO_CODE), NO_CODE);
        }
        (Table::Numbers(table), Some(Cells::Number(all))) => {
            rows.spread(all, indexes, entry(table, NO_NUMBER), NO_NUMBER);
        }
        (Table::Numbers(table), Some(Cells::Day(all))) => {
            let entry = entry(table, NO_NUMBER);
            let day = |index: &u32| i32::try_from(entry(index)).unwrap_or(NO_DAY);
            rows.spread(all, indexes, day, NO_DAY);
        }
        (Table::Serials(heads, serials), Some(Cells::Serial(all, numbers))) => {
            rows.spread(all, indexes, entry(heads, NO_CODE), NO_CODE);
            // Indexes are below the number of entries.
            spread_numbers(rows, numbers, indexes, |&index| serials.get(at(index)));
        }
        (Table::Hashes(table), Some(Cells::Hash(all))) => {
            rows.spread(all, indexes, entry(table, 0), 0);
        }
        (Table::Texts(table), Some(Cells::Text(all))) => {
            // Indexes are below the number of entries.
            rows.spread_texts(all, indexes.iter().map(|&index| table.bytes(at(index))));
        }
        _ => {}
    }
    let required = sheet.column(place).is_some_and(|column| column.required);
    missing_rows(sheet, place, required, rows);
    if dictionary.odd.is_empty() {
        return Ok(());
    }
    let mut indexes = indexes.iter();
    rows.each(|row| {
        let entry = indexes.next().copied().unwrap_or(u32::MAX);
        let Ok(found) = dictionary.odd.binary_search_by_key(&entry, |odd| odd.0) else { return };
        match dictionary.odd.get(found) {
            Some((_, Some((reason, shown)))) => sheet.fault(row, place, reason, shown.clone()),
            Some((_, None)) if required => {
                sheet.fault(row, place, Malformed::Empty.reason(), String::new());
            }
            Some((_, None)) | None => {}
        }
    });
    Ok(())
}
