//! Heads of keys: mostly all keys of a column have one.

/// A head for each key.
#[derive(Clone, Debug)]
pub(crate) enum Heads {
    One(u32, usize),
    Many(Vec<u32>),
}

impl Default for Heads {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl Heads {
    /// Cost: one pass over them.
    pub(crate) fn new(heads: Vec<u32>) -> Self {
        match heads.first() {
            Some(&first) if heads.iter().all(|&head| head == first) => {
                Self::One(first, heads.len())
            }
            _ => Self::Many(heads),
        }
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::One(_, n) => *n,
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
            Self::Many(heads) => heads[row],
        }
    }

    /// The heads of rows, in their order.
    ///
    /// # Panics
    ///
    /// If one of them is not there.
    pub(crate) fn gather(&self, rows: impl ExactSizeIterator<Item = usize>) -> Self {
        match self {
            // What is not there is not there as a number either.
            Self::One(head, _) => Self::One(*head, rows.len()),
            Self::Many(_) => Self::new(rows.map(|row| self.get(row)).collect()),
        }
    }

    /// Makes room for so many more, where there is one for each key.
    pub(crate) fn reserve(&mut self, n_more: usize) {
        if let Self::Many(heads) = self {
            heads.reserve_exact(n_more);
        }
    }

    /// Adds those of another column.
    pub(crate) fn append(&mut self, other: Self) {
        let n_own = self.len();
        match (&mut *self, other) {
            (_, other) if other.len() == 0 => {}
            (Self::Many(all), other @ Self::Many(_)) => other.put(all),
            (own, other) if n_own == 0 => *own = other,
            (Self::One(head, n), Self::One(same, more)) if *head == same => {
                *n = n.saturating_add(more);
            }
            (Self::One(head, n), other) => {
                let mut all = vec![*head; *n];
                other.put(&mut all);
                *self = Self::Many(all);
            }
            (Self::Many(all), other) => other.put(all),
        }
    }

    fn put(self, all: &mut Vec<u32>) {
        match self {
            Self::One(head, n) => all.resize(all.len().saturating_add(n), head),
            Self::Many(mut heads) => all.append(&mut heads),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_those_that_went_in_whatever_is_put_together() {
        let lists: [&[u32]; 5] = [&[], &[3, 3], &[3], &[4, 4], &[3, u32::MAX, 3]];
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
