//! The canonical order of lines: person, time, key, as bytes.

use std::cmp::Ordering;

use jihe_frame::Codes;
use rayon::prelude::*;

use crate::place::{at, id};
use crate::rows::Rows;

/// The ids of a dictionary in ascending order of their bytes.
pub(crate) fn sorted(names: &Codes) -> Vec<u32> {
    let mut ids: Vec<(u64, u32)> =
        (0..id(names.len())).map(|id| (prefix(names.bytes(id)), id)).collect();
    ids.par_sort_unstable_by(|a, b| {
        a.0.cmp(&b.0).then_with(|| names.bytes(a.1).cmp(names.bytes(b.1)))
    });
    ids.into_iter().map(|(_, id)| id).collect()
}

/// The first eight bytes as a number; a shorter text comes first, as it does among bytes.
fn prefix(text: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    bytes.iter_mut().zip(text).for_each(|(byte, &first)| *byte = first);
    u64::from_be_bytes(bytes)
}

/// For each id its place in ascending order.
pub(crate) fn ranks(sorted: &[u32]) -> Vec<u32> {
    let mut ranks = vec![0; sorted.len()];
    for (rank, &name) in sorted.iter().enumerate() {
        if let Some(place) = ranks.get_mut(at(name)) {
            *place = id(rank);
        }
    }
    ranks
}

/// Compares two lines in canonical order, by the ranks of persons.
pub(crate) fn compare(lines: &Rows, ranks: &[u32], a: u32, b: u32) -> Ordering {
    let rank = |row| ranks.get(at(lines.id("psn_no", row)));
    let time = |row| lines.column("fee_ocur_time").numbers().get(at(row));
    let key = |row| lines.column("bkkp_sn").texts().map(|texts| texts.bytes(at(row)));
    (rank(a), time(a)).cmp(&(rank(b), time(b))).then_with(|| key(a).cmp(&key(b)))
}
