//! Rows of a table that contradict each other: one key, a common day, and something else that differs.
//!
//! In: a [`Table`] with a key. Out: pairs of rows. Not here: which of them a run goes by (`in_force`).
//! Cost: a sort of numbers; of the rows whose keys repeat, by their key.

use std::cmp::Ordering;
use std::hash::{DefaultHasher, Hash, Hasher};

use jihe_terms::NO_DAY;

use crate::table::{Cells, Table};

impl Table {
    /// Finds rows that contradict one which holds from an earlier day or stands before them, each with that
    /// row, ascending; each is named once. A table without a key has none. `term`: the columns of the first
    /// and last day between which a row holds beside its own days, if it has such.
    pub fn contradictions(&self, term: Option<[&str; 2]>) -> Vec<[u32; 2]> {
        let key: Vec<&Cells> =
            self.spec.key.iter().filter_map(|name| self.cells.get(self.column(name)?)).collect();
        if key.is_empty() {
            return Vec::new();
        }
        let term = term.map(|names| names.map(|name| self.cells.get(self.column(name)?)));
        let days = |row: u32| self.days(row, term);
        let mut rows = perhaps_repeated(&key, self.len());
        rows.retain(|&row| days(row).0 < days(row).1);
        rows.sort_by(|&a, &b| by(&key, a, b).then_with(|| days(a).0.cmp(&days(b).0)));
        let all: Vec<&Cells> = self.cells.iter().collect();
        let differ = |a: u32, b: u32| by(&all, a, b).is_ne();
        let mut found = Vec::new();
        for group in rows.chunk_by(|&a, &b| by(&key, a, b).is_eq()) {
            // The row that holds longest, and that among the rows which say something else.
            let (mut longest, mut other): (Option<u32>, Option<u32>) = (None, None);
            for &row in group {
                let is_met = |former: &u32| days(row).0 < days(*former).1;
                let met = longest.filter(|&former| differ(former, row)).or(other);
                let met = met.filter(|&former| differ(former, row)).filter(is_met);
                found.extend(met.map(|former| [row, former]));
                let outlasts =
                    |former: Option<u32>| former.is_none_or(|it| days(it).1 < days(row).1);
                if longest.is_some_and(|longest| differ(longest, row)) {
                    if outlasts(longest) {
                        other = longest;
                        longest = Some(row);
                    } else if outlasts(other) {
                        other = Some(row);
                    }
                } else if outlasts(longest) {
                    longest = Some(row);
                }
            }
        }
        found.sort_unstable();
        found
    }

    /// First day of a row, and the first day after it.
    fn days(&self, row: u32, term: Option<[Option<&Cells>; 2]>) -> (i32, i32) {
        let Some(range) = self.range.get(place(row)) else { return (i32::MAX, i32::MAX) };
        let (from, until) =
            (range.from().epoch(), range.until().map_or(i32::MAX, jihe_terms::Day::epoch));
        let day = |cells: Option<&Cells>| match cells {
            Some(Cells::Day(days)) => days.get(place(row)).copied().filter(|&day| day != NO_DAY),
            Some(Cells::Text(_) | Cells::Number(_)) | None => None,
        };
        let [first, last] = term.map_or([None; 2], |term| term.map(day));
        (
            from.max(first.unwrap_or(i32::MIN)),
            until.min(last.map_or(i32::MAX, |day| day.saturating_add(1))),
        )
    }
}

/// The rows whose key may come more than once: those that share its hash with another. Most tables have few.
fn perhaps_repeated(key: &[&Cells], n_rows: usize) -> Vec<u32> {
    let hash = |row: u32| {
        let mut hasher = DefaultHasher::new();
        for cells in key {
            match cells {
                Cells::Text(texts) => texts.bytes(place(row)).hash(&mut hasher),
                Cells::Number(values) => values.get(place(row)).hash(&mut hasher),
                Cells::Day(values) => values.get(place(row)).hash(&mut hasher),
            }
        }
        hasher.finish()
    };
    let mut rows: Vec<(u64, u32)> = (0_u32..).take(n_rows).map(|row| (hash(row), row)).collect();
    rows.sort_unstable();
    let repeated = rows.chunk_by(|a, b| a.0 == b.0).filter(|rows| 1 < rows.len());
    repeated.flatten().map(|&(_, row)| row).collect()
}

fn place(row: u32) -> usize {
    usize::try_from(row).unwrap_or(usize::MAX)
}

/// The order of two rows by some columns.
fn by(columns: &[&Cells], a: u32, b: u32) -> Ordering {
    let (a, b) = (place(a), place(b));
    let orders = columns.iter().map(|cells| match cells {
        Cells::Text(texts) => texts.bytes(a).cmp(texts.bytes(b)),
        Cells::Number(values) => values.get(a).cmp(&values.get(b)),
        Cells::Day(values) => values.get(a).cmp(&values.get(b)),
    });
    orders.into_iter().find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}

#[cfg(test)]
mod tests {
    use jihe_terms::schema::Kind;
    use jihe_terms::{Day, DayRange};

    use crate::table::{ColumnSpec, Origin, Table, TableSpec};

    /// Rows of item, value, first day and first day after.
    fn check(rows: &[(&str, &str, i32, Option<i32>)], expected: &[[u32; 2]]) {
        let column =
            |name: &str| ColumnSpec { name: name.to_owned(), kind: Kind::Code, required: true };
        let mut table = Table::new(TableSpec {
            name: "t".to_owned(),
            columns: ["item", "value"].map(column).to_vec(),
            key: vec!["item".to_owned()],
        });
        for &(item, value, from, until) in rows {
            let range = DayRange::new(Day::from_epoch(from), until.map(Day::from_epoch)).unwrap();
            table.push(&[item, value], range, "", Origin { file: 0, row: 1 }).unwrap();
        }
        assert_eq!(table.contradictions(None), expected, "{rows:?}");
    }

    #[test]
    fn rows_contradict_each_other_with_one_key_on_one_day_and_different_values() {
        check(&[("A", "1", 0, None), ("B", "2", 0, None)], &[]);
        check(&[("A", "1", 0, None), ("A", "1", 5, None)], &[]);
        check(&[("A", "1", 0, Some(5)), ("A", "2", 5, None)], &[]);
        check(&[("A", "1", 0, Some(6)), ("B", "1", 0, None), ("A", "2", 5, None)], &[[2, 0]]);
        let three = [("A", "2", 0, None), ("A", "2", 1, None), ("A", "1", 2, None)];
        check(&three, &[[2, 0]]);
        // The longest says the same, another one that still holds does not.
        let four = [
            ("A", "1", 0, Some(9)),
            ("A", "2", 9, Some(30)),
            ("A", "1", 8, Some(20)),
            ("A", "2", 10, Some(40)),
            ("A", "2", 41, None),
        ];
        check(&four, &[[1, 2], [3, 2]]);
    }
}
