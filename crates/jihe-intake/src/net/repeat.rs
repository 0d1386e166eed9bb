//! Rows with the same key: equal content is one row, different content is none.

use jihe_terms::schema::TableName;
use jihe_terms::{NO_CODE, NO_NUMBER};

use crate::cells::Names;
use crate::lines::contents::Contents;
use crate::place::{at, id};
use crate::rows::Rows;

const CONFLICT: &str = "same key with different contents";

/// Rows whose key comes more than once, by key, ascending; `n_ids` are the keys there are.
pub(crate) fn repeated(rows: &Rows, n_ids: usize) -> Vec<(u32, u32)> {
    let Some(key) = rows.columns.first() else { return Vec::new() };
    let mut count = vec![0_u32; n_ids];
    for &id in key.ids() {
        if let Some(count) = count.get_mut(at(id)) {
            *count = count.saturating_add(1);
        }
    }
    let repeats = |id: u32| id != NO_CODE && count.get(at(id)).is_some_and(|&n| 1 < n);
    let keys = key.ids().iter().copied().zip(0_u32..);
    let mut repeated: Vec<(u32, u32)> = keys.filter(|&(id, _)| repeats(id)).collect();
    repeated.sort_unstable();
    repeated
}

/// Nets repeated settlements, encounters or persons and puts conflicting ones aside; `contents` are
/// those of the rows with repeated keys.
pub(crate) fn entities(
    rows: &mut Rows,
    names: &Names,
    (repeated, contents): (&[(u32, u32)], &Contents),
) {
    for group in repeated.chunk_by(|a, b| a.0 == b.0) {
        let group_rows: Vec<u32> = group.iter().map(|&(_, row)| row).collect();
        let text = match (rows.table, group.first()) {
            (TableName::Settlements, Some(&(id, _))) => names.settlements.bytes(id),
            (TableName::Encounters, Some(&(id, _))) => names.encounters.bytes(id),
            (_, Some(&(id, _))) => names.persons.bytes(id),
            (_, None) => &[],
        };
        settle(rows, &group_rows, contents, text);
    }
}

/// Decides over rows of one key, ascending: those of the state come first.
fn settle(rows: &mut Rows, group: &[u32], contents: &Contents, key: &[u8]) {
    let n_carried = group.iter().take_while(|&&row| rows.is_carried(row)).count();
    let (carried, month) = group.split_at(n_carried);
    if let Some(&first) = carried.first()
        && rows.table == TableName::Settlements
    {
        for &row in carried.iter().skip(1).chain(month) {
            // Judged before: a late second delivery changes nothing. A settlement is what it is.
            if is_same(rows, first, row, true) {
                rows.net(row);
            } else {
                rows.quarantine(row, 0, CONFLICT, key);
            }
        }
        return;
    }
    // A stay that comes again word for word is of the state still.
    if let Some(&first) = carried.first()
        && rows.table == TableName::Encounters
        && month.iter().all(|&row| is_same(rows, first, row, false))
    {
        return carried.iter().skip(1).chain(month).for_each(|&row| rows.net(row));
    }
    // What a month says of a person or of a stay, which goes on, is newer than the state.
    if !month.is_empty() {
        for &row in carried {
            rows.net(row);
        }
    }
    // A row whose content was not found a second time is equal to none.
    let content = |&row: &u32| {
        let (file, number) = rows.origin(row)?;
        contents.get(id(file), number)
    };
    let equal = month.windows(2).all(|pair| match pair {
        [a, b] => content(a).is_some_and(|a| content(b) == Some(a)),
        _ => true,
    });
    if equal {
        month.iter().skip(1).for_each(|&row| rows.net(row));
    } else {
        for &row in month {
            rows.quarantine(row, 0, CONFLICT, key);
        }
    }
}

/// Whether a row of the month says the same as one of the state in all that the state keeps; with `gaps` a
/// value that one of them does not tell contradicts nothing.
fn is_same(rows: &Rows, carried: u32, row: u32, gaps: bool) -> bool {
    rows.columns.iter().all(|cells| {
        let id = |row: u32| cells.ids().get(at(row)).copied().unwrap_or(NO_CODE);
        let number = |row: u32| cells.numbers().get(at(row)).copied().unwrap_or(NO_NUMBER);
        let (ids, numbers) = ((id(carried), id(row)), (number(carried), number(row)));
        (ids.0 == ids.1 || gaps && (ids.0 == NO_CODE || ids.1 == NO_CODE))
            && (numbers.0 == numbers.1
                || gaps && (numbers.0 == NO_NUMBER || numbers.1 == NO_NUMBER))
    })
}
