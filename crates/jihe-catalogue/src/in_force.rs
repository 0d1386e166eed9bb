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
    /// By key: its row if it has one; [`MANY`] and days on which some row surely holds if it has
    /// more. Most keys are answered from here, at the price of one look.
    only: Vec<(i32, i32, u32)>,
}

/// In place of a row: the key has several.
const MANY: u32 = u32::MAX;

/// What is said of a key with these rows, which are ordered by their first day.
fn only(rows: &[(i32, i32, u32)]) -> (i32, i32, u32) {
    match rows {
        [] => (0, 0, 0),
        [row] => *row,
        [(from, until, _), later @ ..] => {
            let surely =
                later.iter().fold(
                    *until,
                    |surely, &(from, until, _)| {
                        if from <= surely { surely.max(until) } else { surely }
                    },
                );
            (*from, surely, MANY)
        }
    }
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
        let mut table = Self { starts, rows, only: Vec::new() };
        let keys = 0..u32::try_from(n_keys).unwrap_or(u32::MAX);
        table.only = keys.map(|key| only(table.of(key))).collect();
        table
    }

    /// The same without the rows that `keep` drops.
    #[must_use]
    pub fn filtered(&self, keep: impl Fn(u32) -> bool) -> Self {
        let mut kept = Self { starts: Vec::with_capacity(self.starts.len()), ..Self::default() };
        let n_keys = u32::try_from(self.only.len()).unwrap_or(u32::MAX);
        for key in 0..n_keys {
            kept.starts.push(u32::try_from(kept.rows.len()).unwrap_or(u32::MAX));
            let rows = kept.rows.len();
            kept.rows.extend(self.of(key).iter().filter(|row| keep(row.2)));
            kept.only.push(only(kept.rows.get(rows..).unwrap_or(&[])));
        }
        kept.starts.push(u32::try_from(kept.rows.len()).unwrap_or(u32::MAX));
        kept
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
        let rows = match self.only.get(usize::try_from(key).unwrap_or(usize::MAX)) {
            Some(only) if only.2 != MANY => std::slice::from_ref(only),
            Some(_) => self.of(key),
            None => &[],
        };
        rows.iter()
            .filter(move |&&(from, until, _)| from <= day && day < until)
            .map(|&(_, _, row)| row)
    }

    /// Tells whether a row of `key` holds on `day`.
    #[inline]
    pub fn holds(&self, key: u32, day: i32) -> bool {
        match self.only.get(usize::try_from(key).unwrap_or(usize::MAX)) {
            Some(&(from, until, row)) => {
                (from <= day && day < until) || (row == MANY && self.on(key, day).next().is_some())
            }
            None => false,
        }
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
        for (key, days) in [(0, 0..30), (2, 0..30), (5, -2..3), (99, 0..2)] {
            for day in days {
                assert_eq!(in_force.holds(key, day), in_force.on(key, day).next().is_some());
            }
        }
    }

    #[test]
    fn a_gap_between_rows_is_no_day_in_force() {
        let range = |from, until| {
            DayRange::new(Day::from_epoch(from), Some(Day::from_epoch(until))).unwrap()
        };
        let rows = [(0, range(0, 10), 0), (0, range(5, 8), 1), (0, range(12, 14), 2)];
        let in_force = InForce::new(1, rows);
        let days: Vec<i32> = (-1..16).filter(|&day| in_force.holds(0, day)).collect();
        assert_eq!(days, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13]);
        assert_eq!(in_force.on(0, 6).collect::<Vec<_>>(), [0, 1]);
        let others = in_force.filtered(|row| row != 0);
        assert_eq!(others.on(0, 6).collect::<Vec<_>>(), [1]);
        assert_eq!((others.holds(0, 4), others.holds(0, 12)), (false, true));
        assert!(!in_force.filtered(|_| false).has(0));
    }
}
