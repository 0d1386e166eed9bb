//! Which rows of a table hold for a key on a day.

use std::cmp::Ordering;

use jihe_terms::{DayRange, NO_CODE, dealt};

/// Rows of one table by a dense key, each with its days.
///
/// Keys are dictionary ids or any other small numbers given by the caller.
#[derive(Clone, Debug, Default)]
pub struct InForce {
    /// The least key that has a row: places go by the distance from it.
    first: u32,
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

/// Which row of each key holds on all of some days: most lines of a month are answered from here, at the
/// price of four bytes.
#[derive(Clone, Debug)]
pub struct During {
    from: i32,
    until: i32,
    first: u32,
    /// By key: its row, [`NO_CODE`] for none, [`During::ASK`] if it is not one for all days.
    rows: Vec<u32>,
}

impl During {
    /// In place of a row: the days tell which hold, if any.
    pub const ASK: u32 = NO_CODE.wrapping_sub(1);

    /// The row of `key` that holds on `day`, [`NO_CODE`] for none; [`During::ASK`] if [`InForce`] has to be
    /// asked.
    #[inline]
    pub fn row(&self, key: u32, day: i32) -> u32 {
        if day < self.from || self.until <= day {
            return Self::ASK;
        }
        self.rows.get(usize_of(key.wrapping_sub(self.first))).copied().unwrap_or(NO_CODE)
    }
}

fn usize_of(place: u32) -> usize {
    usize::try_from(place).unwrap_or(usize::MAX)
}

impl InForce {
    /// Orders rows by key, of which `keys` has one for each row, and `range` its days. A row without
    /// a key is never in force, and a key without rows has none.
    ///
    /// Rows of one key are kept in the order of their first day, then row number.
    ///
    /// # Panics
    ///
    /// If there are more rows than 32 bits count.
    pub fn new(keys: &[u32], range: &[DayRange]) -> Self {
        Self::in_order(keys, range, |_, _| Ordering::Equal)
    }

    /// As [`InForce::new`], but rows of one key that begin on one day are kept in another order than
    /// that of their numbers, which only breaks its ties.
    ///
    /// # Panics
    ///
    /// If there are more rows than 32 bits count.
    #[expect(clippy::indexing_slicing, reason = "no place is beyond the number of rows")]
    pub fn in_order(
        keys: &[u32],
        range: &[DayRange],
        order: impl Fn(u32, u32) -> Ordering,
    ) -> Self {
        let known = || keys.iter().copied().filter(|&key| key != NO_CODE);
        let (Some(first), Some(last)) = (known().min(), known().max()) else {
            return Self::default();
        };
        let n_keys = usize_of(last.saturating_sub(first)).saturating_add(1);
        let keyed = keys.iter().zip(0_u32..).filter(|&(&key, _)| key != NO_CODE);
        let keyed = keyed.map(|(&key, row)| (usize_of(key.saturating_sub(first)), row));
        let (starts, rows) = dealt(n_keys, keyed);
        let with_days = |row: u32| {
            let range = range[usize_of(row)];
            (range.from().epoch(), range.until().map_or(i32::MAX, jihe_terms::Day::epoch), row)
        };
        let rows = rows.into_iter().map(with_days).collect();
        let mut table = Self { first, starts, rows, only: vec![(0, 0, 0); n_keys] };
        let bounds = table.starts.iter().zip(table.starts.iter().skip(1));
        for ((&from, &until), only_of) in bounds.zip(&mut table.only) {
            if from < until {
                let of_key = &mut table.rows[usize_of(from)..usize_of(until)];
                of_key.sort_by(|a, b| {
                    let by_days = a.0.cmp(&b.0);
                    by_days.then_with(|| order(a.2, b.2)).then_with(|| a.2.cmp(&b.2))
                });
                *only_of = only(of_key);
            }
        }
        table
    }

    /// The same without the rows that `keep` drops.
    #[must_use]
    pub fn filtered(&self, keep: impl Fn(u32) -> bool) -> Self {
        let mut kept = Self {
            first: self.first,
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
        (self.first..).zip(bounds).filter(|(_, (from, until))| from < until).map(|(key, _)| key)
    }

    /// The place of a key; one before the first is beyond all places.
    #[inline]
    fn place(&self, key: u32) -> usize {
        usize_of(key.wrapping_sub(self.first))
    }

    #[inline]
    fn of(&self, key: u32) -> &[(i32, i32, u32)] {
        let key = self.place(key);
        let start = self.starts.get(key).copied();
        let end = key.checked_add(1).and_then(|next| self.starts.get(next)).copied();
        match (start, end) {
            (Some(start), Some(end)) => {
                self.rows.get(usize_of(start)..usize_of(end)).unwrap_or(&[])
            }
            _ => &[],
        }
    }

    /// The rows of `key`; one without a day where it has none.
    #[inline]
    fn rows_of(&self, key: u32) -> &[(i32, i32, u32)] {
        match self.only.get(self.place(key)) {
            Some(only) if only.2 != MANY => std::slice::from_ref(only),
            Some(_) => self.of(key),
            None => &[],
        }
    }

    /// The rows of `key` that hold on `day` (days since 1970), in order.
    #[inline]
    pub fn on(&self, key: u32, day: i32) -> impl Iterator<Item = u32> + '_ {
        self.rows_of(key)
            .iter()
            .filter(move |&&(from, until, _)| from <= day && day < until)
            .map(|&(_, _, row)| row)
    }

    /// The number of keys, with those between that have no row.
    pub fn n_keys(&self) -> usize {
        self.only.len()
    }

    /// Which row of each key holds on all days `from..until`. Cost: one pass over the rows.
    pub fn during(&self, from: i32, until: i32) -> During {
        let row = |key: u32| {
            let is_any =
                |&&(first, end, _): &&(i32, i32, u32)| first < end && first < until && from < end;
            let mut rows = self.rows_of(key).iter().filter(is_any);
            match (rows.next(), rows.next()) {
                (None, _) => NO_CODE,
                (Some(&(first, end, row)), None) if first <= from && until <= end => row,
                _ => During::ASK,
            }
        };
        let rows = (self.first..).take(self.only.len()).map(row).collect();
        During { from, until, first: self.first, rows }
    }

    /// Days on which some row of `key` surely holds: the first, and the one after the last.
    pub fn surely(&self, key: u32) -> (i32, i32) {
        self.only.get(self.place(key)).map_or((0, 0), |&(from, until, _)| (from, until))
    }

    /// Tells whether a row of `key` holds on `day`.
    #[inline]
    pub fn holds(&self, key: u32, day: i32) -> bool {
        match self.only.get(self.place(key)) {
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
        let days = [range(10, Some(20)), range(0, None), range(20, None), range(0, None)];
        let in_force = InForce::new(&[2, NO_CODE, 2, 5], &days);
        let on = |key, day| in_force.on(key, day).collect::<Vec<_>>();
        assert_eq!(on(2, 9), []);
        assert_eq!(on(2, 10), [0]);
        assert_eq!(on(2, 19), [0]);
        assert_eq!(on(2, 20), [2]);
        assert_eq!(on(5, 1_000), [3]);
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
    fn what_holds_on_all_of_some_days_is_the_one_row_of_each_of_them() {
        let range = |from, until: Option<i32>| {
            DayRange::new(Day::from_epoch(from), until.map(Day::from_epoch)).unwrap()
        };
        let ranges = [
            range(10, Some(20)),
            range(20, None),
            range(0, None),
            range(15, Some(17)),
            range(12, None),
        ];
        let in_force = InForce::new(&[3, 3, 5, 6, 6], &ranges);
        for from in -2..24 {
            for until in from..26 {
                let during = in_force.during(from, until);
                for (key, day) in (2..8).flat_map(|key| (-3..27).map(move |day| (key, day))) {
                    let rows: Vec<u32> = in_force.on(key, day).collect();
                    let row = during.row(key, day);
                    let is_told = row != During::ASK;
                    let told = if row == NO_CODE { vec![] } else { vec![row] };
                    assert!(!is_told || told == rows, "{key} on {day} of {from}..{until}");
                    // What is the same on all of these days is told.
                    let same =
                        (from..until).all(|day| in_force.on(key, day).eq(rows.iter().copied()));
                    let is_told_of = (from..until).contains(&day) && same && rows.len() < 2;
                    assert!(is_told || !is_told_of, "{key} on {day} of {from}..{until}");
                }
            }
        }
    }

    #[test]
    fn a_gap_between_rows_is_no_day_in_force() {
        let range = |from, until| {
            DayRange::new(Day::from_epoch(from), Some(Day::from_epoch(until))).unwrap()
        };
        let in_force = InForce::new(&[0; 3], &[range(0, 10), range(5, 8), range(12, 14)]);
        let days: Vec<i32> = (-1..16).filter(|&day| in_force.holds(0, day)).collect();
        assert_eq!(days, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13]);
        assert_eq!(in_force.on(0, 6).collect::<Vec<_>>(), [0, 1]);
        let others = in_force.filtered(|row| row != 0);
        assert_eq!(in_force.filtered(|_| false).keys().next(), None);
        assert_eq!(others.on(0, 6).collect::<Vec<_>>(), [1]);
        assert_eq!((others.holds(0, 4), others.holds(0, 12)), (false, true));
    }
}
