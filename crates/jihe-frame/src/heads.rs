//! Heads of keys: mostly all keys of a column have one, or one of few.

/// A head for each key.
#[derive(Clone, Debug)]
pub(crate) enum Heads {
    One(u32, usize),
    /// All of them are below [`MISSING`], which stands for the missing one.
    Small(Vec<u8>),
    Many(Vec<u32>),
}

/// The small head of the missing key, whose head is `u32::MAX`.
const MISSING: u8 = u8::MAX;

/// A head in a byte, if it is small or missing.
fn small(head: u32) -> Option<u8> {
    match u8::try_from(head) {
        Ok(MISSING) => None,
        Ok(small) => Some(small),
        Err(_) => (head == u32::MAX).then_some(MISSING),
    }
}

/// The head of a byte.
#[inline]
fn large(small: u8) -> u32 {
    if small == MISSING { u32::MAX } else { small.into() }
}

impl Default for Heads {
    fn default() -> Self {
        Self::One(u32::MAX, 0)
    }
}

impl Heads {
    /// Cost: two passes over them.
    pub(crate) fn new(heads: Vec<u32>) -> Self {
        let Some(&first) = heads.first() else { return Self::default() };
        if heads.iter().all(|&head| head == first) {
            return Self::One(first, heads.len());
        }
        let smalls: Option<Vec<u8>> = heads.iter().map(|&head| small(head)).collect();
        smalls.map_or(Self::Many(heads), Self::Small)
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::One(_, n) => *n,
            Self::Small(heads) => heads.len(),
            Self::Many(heads) => heads.len(),
        }
    }

    /// The head of a row.
    ///
    /// # Panics
    ///
    /// If there is no such row.
    #[expect(clippy::indexing_slicing, reason = "documented panic")]
    #[inline]
    pub(crate) fn get(&self, row: usize) -> u32 {
        match self {
            Self::One(head, n) => {
                assert!(row < *n, "a row of this column");
                *head
            }
            Self::Small(heads) => large(heads[row]),
            Self::Many(heads) => heads[row],
        }
    }

    /// The heads of rows, in their order.
    ///
    /// # Panics
    ///
    /// If one of them is not there.
    #[expect(clippy::indexing_slicing, reason = "documented panic")]
    pub(crate) fn gather(&self, rows: impl ExactSizeIterator<Item = usize>) -> Self {
        match self {
            // What is not there is not there as a number either.
            Self::One(head, _) => Self::One(*head, rows.len()),
            Self::Small(heads) => Self::Small(rows.map(|row| heads[row]).collect()),
            Self::Many(heads) => Self::Many(rows.map(|row| heads[row]).collect()),
        }
    }

    /// Adds those of another column.
    pub(crate) fn append(&mut self, other: Self) {
        match (&mut *self, other) {
            (_, other) if other.len() == 0 => {}
            (own, other) if own.len() == 0 => *own = other,
            (Self::One(head, n), Self::One(same, more)) if *head == same => {
                *n = n.saturating_add(more);
            }
            (own, other) if own.is_small() && other.is_small() => {
                let mut all = std::mem::take(own).into_small();
                all.append(&mut other.into_small());
                *own = Self::Small(all);
            }
            (own, other) => {
                let mut all = std::mem::take(own).into_many();
                all.append(&mut other.into_many());
                *own = Self::Many(all);
            }
        }
    }

    /// Whether a byte holds each of them.
    fn is_small(&self) -> bool {
        match self {
            Self::One(head, _) => small(*head).is_some(),
            Self::Small(_) => true,
            Self::Many(_) => false,
        }
    }

    /// A byte for each, where they are small.
    fn into_small(self) -> Vec<u8> {
        let byte = |head: u32| small(head).unwrap_or(MISSING);
        match self {
            Self::One(head, n) => vec![byte(head); n],
            Self::Small(heads) => heads,
            Self::Many(heads) => heads.into_iter().map(byte).collect(),
        }
    }

    fn into_many(self) -> Vec<u32> {
        match self {
            Self::One(head, n) => vec![head; n],
            Self::Small(heads) => heads.into_iter().map(large).collect(),
            Self::Many(heads) => heads,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_those_that_went_in_whatever_is_put_together() {
        let lists: [&[u32]; 9] = [
            &[],
            &[3, 3],
            &[3],
            &[4, 4],
            &[3, u32::MAX, 254],
            &[255, 255],
            &[255, 3],
            &[u32::MAX],
            &[70_000, u32::MAX, 0],
        ];
        for (one, other) in lists.iter().flat_map(|&one| lists.map(|other| (one, other))) {
            let mut heads = Heads::new(one.to_vec());
            heads.append(Heads::new(other.to_vec()));
            let all = [one, other].concat();
            assert_eq!(heads.len(), all.len());
            assert!((0..all.len()).all(|row| heads.get(row) == all[row]), "{one:?} {other:?}");
            let rows = (0..all.len()).rev();
            let gathered = heads.gather(rows.clone());
            assert!((0..all.len()).zip(rows).all(|(to, row)| gathered.get(to) == all[row]));
        }
    }
}
