//! One drug trace code on two lines.

use jihe_terms::Texts;

/// Finds the uses of a code that another line used before.
///
/// - `hash`: a hash of each code; equal codes have equal hashes.
/// - `code`, `line`: the codes and the canonical numbers of their lines, same length.
/// - Returns (place of the later use, place of the first use), by place. A line that names one code
///   twice uses it once.
///
/// Source: Order 7, art. 9; rule map C7. Cost: sorts the places once by hash.
///
/// # Panics
///
/// If the lengths differ.
pub fn reused(hash: &[u64], code: &Texts, line: &[u32]) -> Vec<(u32, u32)> {
    assert_eq!(hash.len(), code.len(), "hashes and codes differ in length");
    assert_eq!(hash.len(), line.len(), "hashes and lines differ in length");
    let mut places: Vec<u32> = (0..u32::try_from(hash.len()).unwrap_or(u32::MAX)).collect();
    let at = |place: u32| usize::try_from(place).unwrap_or(usize::MAX);
    places.sort_unstable_by_key(|&place| (hash[at(place)], place));
    let mut found = Vec::new();
    for group in places.chunk_by(|&a, &b| hash[at(a)] == hash[at(b)]) {
        if 1 < group.len() {
            of_equal_hash(group, code, line, &mut found);
        }
    }
    found.sort_unstable();
    found
}

fn of_equal_hash(group: &[u32], code: &Texts, line: &[u32], found: &mut Vec<(u32, u32)>) {
    let at = |place: u32| usize::try_from(place).unwrap_or(usize::MAX);
    let mut uses: Vec<u32> = group.to_vec();
    uses.sort_unstable_by(|&a, &b| {
        (code.bytes(at(a)), line[at(a)], a).cmp(&(code.bytes(at(b)), line[at(b)], b))
    });
    for same in uses.chunk_by(|&a, &b| code.bytes(at(a)) == code.bytes(at(b))) {
        let Some(&first) = same.first() else { continue };
        let mut last_line = line[at(first)];
        for &place in same {
            if line[at(place)] != last_line {
                last_line = line[at(place)];
                found.push((place, first));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_but_the_first_reuses_its_code_even_where_hashes_collide() {
        let code: Texts = ["x", "y", "x", "x", "y", "z"].into_iter().collect();
        let found = reused(&[7; 6], &code, &[0, 1, 2, 2, 9, 10]);
        assert_eq!(found, [(2, 0), (4, 1)]);
    }
}
