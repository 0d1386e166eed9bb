//! The same line billed again.

/// Finds the lines whose key is not alone.
///
/// - `keyed`: the keys of some lines, each with its row; they are sorted here.
/// - Returns for each key with more than one line its lines, by ascending row.
///
/// Source: Order 735, art. 38(3). Cost: sorts the lines once.
pub fn repeats<K: Ord>(keyed: &mut [(K, u32)]) -> impl Iterator<Item = &[(K, u32)]> {
    keyed.sort_unstable();
    keyed.chunk_by(|a, b| a.0 == b.0).filter(|group| 1 < group.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_but_the_first_of_its_key_repeats_it() {
        let mut keyed = [("a", 0), ("b", 1), ("a", 2), ("c", 3), ("b", 4), ("a", 5)];
        let rows = |group: &[(&str, u32)]| group.iter().map(|one| one.1).collect::<Vec<u32>>();
        let repeated: Vec<Vec<u32>> = repeats(&mut keyed).map(rows).collect();
        assert_eq!(repeated, [vec![0, 2, 5], vec![1, 4]]);
        assert_eq!(repeats(&mut [("a", 0), ("b", 1)]).count(), 0);
    }
}
