//! Ids in the order of their bytes.

use jihe_frame::Codes;
use rayon::prelude::*;

use crate::place::{at, id};

/// The ids of a dictionary in ascending order of their bytes.
pub(crate) fn sorted(names: &Codes) -> Vec<u32> {
    let Some(common) = n_common(names) else { return Vec::new() };
    let key = |id: u32| (window(names.bytes(id), common), id);
    let mut ids: Vec<(u128, u32)> = (0..id(names.len())).map(key).collect();
    ids.par_sort_unstable_by(|a, b| {
        a.0.cmp(&b.0).then_with(|| names.bytes(a.1).cmp(names.bytes(b.1)))
    });
    ids.into_iter().map(|(_, id)| id).collect()
}

/// The number of first bytes that all names share; none without names.
fn n_common(names: &Codes) -> Option<usize> {
    let first = (!names.is_empty()).then(|| names.bytes(0))?;
    let shared =
        |name: u32| first.iter().zip(names.bytes(name)).take_while(|(a, b)| a == b).count();
    (0..id(names.len())).map(shared).min()
}

/// Sixteen bytes from a place on as a number; a shorter text comes first, as it does among bytes.
fn window(text: &[u8], from: usize) -> u128 {
    let mut bytes = [0; 16];
    let text = text.get(from..).unwrap_or(&[]);
    bytes.iter_mut().zip(text).for_each(|(byte, &first)| *byte = first);
    u128::from_be_bytes(bytes)
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
