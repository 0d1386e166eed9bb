//! The same line billed again.

/// Finds the lines whose key was there before.
///
/// - `keys`: the keys of some lines, in canonical order.
/// - Returns for each group of equal keys with more than one member its places, ascending; groups
///   in the order of their first member.
///
/// Source: Order 735, art. 38(3). Cost: sorts the places once.
pub fn repeats<K: Ord>(keys: &[K]) -> Vec<Vec<u32>> {
    let mut places: Vec<u32> = (0..u32::try_from(keys.len()).unwrap_or(u32::MAX)).collect();
    let key = |place: u32| &keys[usize::try_from(place).unwrap_or(usize::MAX)];
    places.sort_unstable_by(|&a, &b| key(a).cmp(key(b)).then(a.cmp(&b)));
    let groups = places.chunk_by(|&a, &b| key(a) == key(b));
    let mut repeated: Vec<Vec<u32>> =
        groups.filter(|group| 1 < group.len()).map(<[u32]>::to_vec).collect();
    repeated.sort_unstable();
    repeated
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_but_the_first_of_its_key_repeats_it() {
        assert_eq!(repeats(&["a", "b", "a", "c", "b", "a"]), [vec![0, 2, 5], vec![1, 4]]);
        assert!(repeats(&["a", "b"]).is_empty());
    }
}
