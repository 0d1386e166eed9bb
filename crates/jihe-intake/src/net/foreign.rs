//! Whose encounters and settlements are, so that lines of another person are told.

use jihe_terms::NO_CODE;

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
