//! Which rows of a table hold for a key on a day.

use jihe_terms::{DayRange, dealt};

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

fn usize_of(place: u32) -> usize {
    usize::try_from(place).unwrap_or(usize::MAX)
}

impl InForce {
    /// Orders rows by key; a key without rows has none.
    ///
    /// `rows` gives key, days and row number; rows of one key are kept in the order of their first
    /// day, then row number.
    ///
    /// # Panics
    ///
    /// If a key is not below `n_keys`, or there are more rows than 32 bits count.
    #[expect(clippy::indexing_slicing, reason = "no place is beyond the number of rows")]
    pub fn new(n_keys: usize, rows: impl IntoIterator<Item = (u32, DayRange, u32)>) -> Self {
        let given: Vec<(usize, (i32, i32, u32))> = rows
            .into_iter()
            .map(|(key, range, row)| {
                let until = range.until().map_or(i32::MAX, jihe_terms::Day::epoch);
                (usize_of(key), (range.from().epoch(), until, row))
            })
            .collect();
        let (starts, rows) = dealt(n_keys, given.into_iter());
        let mut table = Self { starts, rows, only: vec![(0, 0, 0); n_keys] };
        let bounds = table.starts.iter().zip(table.starts.iter().skip(1));
        for ((&from, &until), only_of) in bounds.zip(&mut table.only) {
            if from < until {
                let of_key = &mut table.rows[usize_of(from)..usize_of(until)];
                of_key.sort_by_key(|row| (row.0, row.2));
                *only_of = only(of_key);
            }
        }
        table
    }

    /// The same without the rows that `keep` drops.
    #[must_use]
    pub fn filtered(&self, keep: impl Fn(u32) -> bool) -> Self {
        let mut kept = Self {
            starts: Vec::with_capacity(self.starts.len()),
            rows: Vec::new(),
            only: vec![(0, 0, 0); self.only.len()],
        };
        let bounds = self.starts.iter().zip(self.starts.iter().skip(1));
        for ((&from, &until), only_of) in bounds.zip(&mut kept.only) {
            let n_rows = kept.rows.len();
            kept.starts.push(u32::try_from(n_rows).unwrap_or(u32::MAX));
            if from < until {
                let rows = self.rows.get(usize_of(from)..usize_of(until)).unwrap_or(&[]);
                kept.rows.extend(rows.iter().filter(|row| keep(row.2)));
                *only_of = only(kept.rows.get(n_rows..).unwrap_or(&[]));
            }
        }
        kept.starts.push(u32::try_from(kept.rows.len()).unwrap_or(u32::MAX));
        kept
    }

    /// The keys that have a row on any day, ascending.
    pub fn keys(&self) -> impl Iterator<Item = u32> + '_ {
        let bounds = self.starts.iter().zip(self.starts.iter().skip(1));
        (0_u32..).zip(bounds).filter(|(_, (from, until))| from < until).map(|(key, _)| key)
    }

    #[inline]
    fn of(&self, key: u32) -> &[(i32, i32, u32)] {
        let key = usize_of(key);
        let start = self.starts.get(key).copied();
        let end = key.checked_add(1).and_then(|next| self.starts.get(next)).copied();
        match (start, end) {
            (Some(start), Some(end)) => {
                self.rows.get(usize_of(start)..usize_of(end)).unwrap_or(&[])
            }
            _ => &[],
        }
    }

    /// The rows of `key` that hold on `day` (days since 1970), in order.
    #[inline]
    pub fn on(&self, key: u32, day: i32) -> impl Iterator<Item = u32> + '_ {
        let rows = match self.only.get(usize_of(key)) {
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
        match self.only.get(usize_of(key)) {
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
        assert_eq!(in_force.keys().collect::<Vec<_>>(), [2, 5]);
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
        assert_eq!(in_force.filtered(|_| false).keys().next(), None);
        assert_eq!(others.on(0, 6).collect::<Vec<_>>(), [1]);
        assert_eq!((others.holds(0, 4), others.holds(0, 12)), (false, true));
    }
}
