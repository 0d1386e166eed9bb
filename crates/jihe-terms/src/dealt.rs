//! Values put in the order of their keys by counting, or end to end.

/// Puts values in the order of their keys, those of one key as they came.
///
/// Gives where the values of each key begin, and the values: those of `key` are
/// `starts[key]..starts[key + 1]`, which `n_keys` itself has too, without values. Cost: two passes.
///
/// # Panics
///
/// If a key is not below `n_keys`, or there are more values than 32 bits count.
#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "keys are below their number, and no place is beyond the number of values"
)]
pub fn dealt<T: Copy + Default>(
    n_keys: usize,
    values: impl Iterator<Item = (usize, T)> + Clone,
) -> (Vec<u32>, Vec<T>) {
    // Two places above each key its number of values; then one above where they begin; and, as
    // values are put there one after another, where those of the next key do.
    let mut starts = vec![0_u32; n_keys.saturating_add(2)];
    for (key, _) in values.clone() {
        assert!(key < n_keys, "a key is beyond the number of keys");
        starts[key + 2] += 1;
    }
    let mut n_before = 0_u32;
    for start in &mut starts {
        n_before = n_before.checked_add(*start).expect("no more values than 32 bits count");
        *start = n_before;
    }
    let place = |start: u32| usize::try_from(start).unwrap_or(usize::MAX);
    let mut in_order = vec![T::default(); place(n_before)];
    for (key, value) in values {
        let start = &mut starts[key + 1];
        in_order[place(*start)] = value;
        *start += 1;
    }
    (starts, in_order)
}

/// Pieces end to end; each is given up when it is copied.
pub fn end_to_end<T>(pieces: Vec<Vec<T>>) -> Vec<T> {
    let mut all = Vec::with_capacity(pieces.iter().map(Vec::len).sum());
    for mut piece in pieces {
        all.append(&mut piece);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_a_key_stand_together_as_they_came() {
        let values = [(2, 'a'), (0, 'b'), (2, 'c'), (3, 'd'), (0, 'e')];
        let (starts, in_order) = dealt(5, values.into_iter());
        assert_eq!(starts, [0, 2, 2, 4, 5, 5, 5]);
        assert_eq!(in_order, ['b', 'e', 'a', 'c', 'd']);
        assert_eq!(dealt::<u8>(0, std::iter::empty()), (vec![0, 0], vec![]));
    }

    #[test]
    fn pieces_follow_one_another() {
        assert_eq!(end_to_end(vec![vec![1, 2], vec![], vec![3]]), [1, 2, 3]);
    }
}
