//! Lines that name a settlement or encounter of another person.

use jihe_terms::NO_CODE;
use jihe_terms::schema::TableName;

use crate::cells::Names;
use crate::place::at;
use crate::rows::{Fate, Rows};

/// The person of each listed id of `rows`; `NO_CODE` where it is not listed.
///
/// Cancelled settlements count: their lines must still be of their person.
pub(crate) fn owners(rows: Option<&Rows>, n_ids: usize) -> Vec<u32> {
    let mut owners = vec![NO_CODE; n_ids];
    let Some(rows) = rows else { return owners };
    let Some(key) = rows.columns.first() else { return owners };
    for ((&id, &person), &fate) in key.ids().iter().zip(rows.column("psn_no").ids()).zip(&rows.fate)
    {
        if let (true, Some(owner)) = (fate != Fate::Quarantined, owners.get_mut(at(id))) {
            *owner = person;
        }
    }
    owners
}

/// Puts aside lines whose encounter or settlement is listed with another person.
pub(crate) fn lines(lines: &mut Rows, encounters: &[u32], settlements: &[u32], names: &Names) {
    let is_other = |owners: &[u32], id: u32, person: u32| {
        owners.get(at(id)).is_some_and(|&owner| owner != NO_CODE && owner != person)
    };
    let persons = lines.column("psn_no").ids();
    let (stays, setls) = (lines.column("mdtrt_id").ids(), lines.column("setl_id").ids());
    let mut foreign = Vec::new();
    for row in lines.standing() {
        let of = |ids: &[u32]| ids.get(at(row)).copied().unwrap_or(NO_CODE);
        let person = of(persons);
        if is_other(encounters, of(stays), person) {
            foreign.push((row, "mdtrt_id", of(stays)));
        } else if is_other(settlements, of(setls), person) {
            foreign.push((row, "setl_id", of(setls)));
        }
    }
    for (row, name, id) in foreign {
        let (reason, value) = if name == "mdtrt_id" {
            ("encounter is of another person", names.encounters.bytes(id))
        } else {
            ("settlement is of another person", names.settlements.bytes(id))
        };
        let column = TableName::Lines.column(name).unwrap_or(usize::MAX);
        lines.quarantine(row, column, reason, value);
    }
}
