//! Ids in the order of their bytes.

use jihe_frame::Codes;
use jihe_terms::digits::{all_digits, number};
use jihe_terms::{Texts, dealt};

use crate::place::{at, id};

/// What has a name for each id below a number.
pub(crate) trait Named {
    /// The number of ids.
    fn n_ids(&self) -> usize;

    /// The name of an id.
    fn name(&self, id: u32) -> &[u8];
}

impl Named for Codes {
    fn n_ids(&self) -> usize {
        self.len()
    }

    fn name(&self, id: u32) -> &[u8] {
        self.bytes(id)
    }
}

impl Named for Texts {
    fn n_ids(&self) -> usize {
        self.len()
    }

    fn name(&self, id: u32) -> &[u8] {
        self.bytes(at(id))
    }
}

/// All ids in ascending order of the bytes of their names.
pub(crate) fn sorted(names: &impl Named) -> Vec<u32> {
    // Tables mostly go by their keys already.
    let is_after = |id: u32| names.name(id.saturating_sub(1)) <= names.name(id);
    if (0..id(names.n_ids())).all(is_after) {
        return (0..id(names.n_ids())).collect();
    }
    let common = n_common(names);
    let rest = |id: u32| names.name(id).get(common..).unwrap_or(&[]);
    let ids = || 0..id(names.n_ids());
    // Most names end in digits, as many each: their order is that of the numbers.
    let n_digits = if names.n_ids() == 0 { 0 } else { rest(0).len() };
    let key = |id: u32| {
        let rest = rest(id);
        (rest.len() == n_digits && all_digits(rest)).then(|| (number(rest), id))
    };
    let numbers = if n_digits <= 18 { ids().map(key).collect::<Option<Vec<_>>>() } else { None };
    let mut keys =
        by_key(numbers.unwrap_or_else(|| ids().map(|id| (window(rest(id)), id)).collect()));
    for same in keys.chunk_by_mut(|a, b| a.0 == b.0).filter(|same| 1 < same.len()) {
        same.sort_unstable_by(|a, b| names.name(a.1).cmp(names.name(b.1)));
    }
    keys.into_iter().map(|(_, id)| id).collect()
}

/// The number of first bytes that all names share.
fn n_common(names: &impl Named) -> usize {
    let first = if names.n_ids() == 0 { &[] } else { names.name(0) };
    let shared =
        |first: &[u8], name: &[u8]| first.iter().zip(name).take_while(|(a, b)| a == b).count();
    let common = (0..id(names.n_ids())).map(|id| names.name(id)).fold(first, |common, name| {
        if name.starts_with(common) {
            return common;
        }
        common.get(..shared(common, name)).unwrap_or(&[])
    });
    common.len()
}

/// The first eight bytes as a number; a shorter text comes first, as it does among bytes.
fn window(text: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    bytes.iter_mut().zip(text).for_each(|(byte, &first)| *byte = first);
    u64::from_be_bytes(bytes)
}

/// Below this number of rows, sorting costs less than counting.
const FEW: usize = 256;

/// Orders rows by their keys; those of one key may change places.
fn by_key(mut rows: Vec<(u64, u32)>) -> Vec<(u64, u32)> {
    const WIDTH: usize = 11;
    if rows.is_sorted_by_key(|row| row.0) {
        return rows;
    }
    if rows.len() < FEW {
        rows.sort_unstable();
        return rows;
    }
    let least = rows.iter().map(|row| row.0).min().unwrap_or(0);
    let most = rows.iter().map(|row| row.0).max().unwrap_or(0);
    let n_bits = u64::BITS.saturating_sub(most.saturating_sub(least).leading_zeros());
    for shift in (0..n_bits).step_by(WIDTH) {
        let part = |key: u64| usize::try_from((key.saturating_sub(least) >> shift) & 0x7ff);
        let keyed = rows.iter().map(|&row| (part(row.0).unwrap_or(0), row));
        (_, rows) = dealt(1 << WIDTH, keyed);
    }
    rows
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

#[cfg(test)]
mod tests {
    use super::*;

    fn check(texts: impl Iterator<Item = String>) {
        let mut names = Codes::default();
        for text in texts {
            names.intern(text.as_bytes());
        }
        let texts: Vec<&str> = sorted(&names).into_iter().map(|id| names.text(id)).collect();
        assert_eq!(texts.len(), names.len());
        assert!(texts.is_sorted(), "{texts:?}");
    }

    #[test]
    fn names_come_in_the_order_of_their_bytes() {
        let scattered = |n: u64| n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        for n in [0, 1, 2, 300, 3_000] {
            check((0..n).map(|n| format!("P{:018}", scattered(n) >> 8)));
            check((0..n).map(|n| format!("P{:07}", scattered(n) >> 44)));
            check((0..n).map(|n| format!("P{}", scattered(n))));
            check((0..n).map(|n| format!("{:x}-{}", scattered(n) >> 60, scattered(n))));
            check((0..n).map(|n| "a".repeat(usize::try_from(scattered(n) >> 56).unwrap())));
            check((0..n).map(|n| format!("same-for-all-{n:024}-{}", scattered(n))));
        }
    }
}
