//! Which rows of a table hold for a key on a day.

use jihe_terms::DayRange;

/// Rows of one table by a dense key, each with its days.
///
/// Keys are dictionary ids or any other small numbers given by the caller.
#[derive(Clone, Debug, Default)]
pub struct InForce {
    /// Where the rows of each key begin in `rows`.
    starts: Vec<u32>,
    rows: Vec<(i32, i32, u32)>,
}

impl InForce {
    /// Orders rows by key; a key without rows has none.
    ///
    /// `rows` gives key, days and row number; rows of one key are kept in the order of their first
    /// day, then row number.
    pub fn new(n_keys: usize, rows: impl IntoIterator<Item = (u32, DayRange, u32)>) -> Self {
        let mut sorted: Vec<(u32, i32, i32, u32)> = rows
            .into_iter()
            .map(|(key, range, row)| {
                let until = range.until().map_or(i32::MAX, jihe_terms::Day::epoch);
                (key, range.from().epoch(), until, row)
            })
            .collect();
        sorted.sort_unstable_by_key(|&(key, from, _, row)| (key, from, row));
        let mut starts = Vec::with_capacity(n_keys.saturating_add(1));
        for (place, &(key, ..)) in sorted.iter().enumerate() {
            let key = usize::try_from(key).unwrap_or(usize::MAX);
            while starts.len() <= key {
                starts.push(u32::try_from(place).unwrap_or(u32::MAX));
            }
        }
        let end = u32::try_from(sorted.len()).unwrap_or(u32::MAX);
        while starts.len() <= n_keys {
            starts.push(end);
        }
        starts.push(end);
        let rows = sorted.into_iter().map(|(_, from, until, row)| (from, until, row)).collect();
        Self { starts, rows }
    }

    /// Tells whether the key has a row on any day.
    #[inline]
    pub fn has(&self, key: u32) -> bool {
        !self.of(key).is_empty()
    }

    #[inline]
    fn of(&self, key: u32) -> &[(i32, i32, u32)] {
        let key = usize::try_from(key).unwrap_or(usize::MAX);
        let start = self.starts.get(key).copied();
        let end = key.checked_add(1).and_then(|next| self.starts.get(next)).copied();
        match (start, end) {
            (Some(start), Some(end)) => {
                let place = |at: u32| usize::try_from(at).unwrap_or(usize::MAX);
                self.rows.get(place(start)..place(end)).unwrap_or(&[])
            }
            _ => &[],
        }
    }

    /// The rows of `key` on any day, in order.
    pub fn all(&self, key: u32) -> impl Iterator<Item = u32> + '_ {
        self.of(key).iter().map(|&(_, _, row)| row)
    }

    /// The rows of `key` that hold on `day` (days since 1970), in order.
    #[inline]
    pub fn on(&self, key: u32, day: i32) -> impl Iterator<Item = u32> + '_ {
        let rows = self.of(key).iter();
        rows.filter(move |&&(from, until, _)| from <= day && day < until).map(|&(_, _, row)| row)
    }
}

#[cfg(test)]
mod tests {
    use jihe_terms::Day;

    use super::*;

    #[test]
    fn a_row_holds_from_its_first_day_until_the_day_before_its_end() {
        let range = |from, until: Option<i32>| {
            DayRange::new(Day::from_epoch(from), until.map(Day::from_epoch)).unwrap()
        };
        let rows = [(2, range(10, Some(20)), 0), (2, range(20, None), 1), (5, range(0, None), 2)];
        let in_force = InForce::new(6, rows);
        let on = |key, day| in_force.on(key, day).collect::<Vec<_>>();
        assert_eq!(on(2, 9), []);
        assert_eq!(on(2, 10), [0]);
        assert_eq!(on(2, 19), [0]);
        assert_eq!(on(2, 20), [1]);
        assert_eq!(on(5, 1_000), [2]);
        assert_eq!(on(0, 10), []);
        assert_eq!(on(99, 10), []);
        assert!(in_force.has(2) && !in_force.has(3));
    }
}
