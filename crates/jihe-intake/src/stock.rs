//! What institutions had of each item: stock movements added up, and when something came in.
//!
//! Not here: what they billed of it (`jihe-engine`).

use jihe_catalogue::{Cells, TableSpec};
use jihe_frame::Codes;
use jihe_terms::{NO_CODE, NO_DAY, NO_NUMBER, day_of};

use crate::place::{at, id};

/// Stock movements added up: opening stock and purchases less what left.
#[derive(Debug, Default)]
pub struct Stock {
    /// Institutions and items.
    pub codes: Codes,
    /// Codes of institution and item, each pair once; pairs of one institution stand together.
    pub groups: Vec<(u32, u32)>,
    moved: Moved,
    came: Incoming,
}

impl Stock {
    /// What the movements of a pair before a day sum up to, 10⁻⁴ unit; none if it has none before it.
    /// A movement of which nobody noted the day is one.
    pub fn before(&self, pair: u32, day: i32) -> Option<i128> {
        let bound = |pair: usize| self.moved.ends.get(pair).map_or(0, |&end| at(end));
        let from = at(pair).checked_sub(1).map_or(0, bound);
        let days = self.moved.days.get(from..bound(at(pair)))?;
        let n_before = days.partition_point(|&on| on < day);
        self.moved.sums.get(from..)?.get(n_before.checked_sub(1)?).copied()
    }

    /// The days on which something of a pair came in, ascending; `NO_DAY`, which goes first, where
    /// nobody noted the day.
    pub fn came(&self, pair: u32) -> &[i32] {
        let bound = |pair: usize| self.came.ends.get(pair).map_or(0, |&end| at(end));
        let from = at(pair).checked_sub(1).map_or(0, bound);
        self.came.days.get(from..bound(at(pair))).unwrap_or(&[])
    }
}

/// Movements by pair and day, with the sum of the pair up to each.
#[derive(Debug, Default)]
struct Moved {
    /// Where the movements of each pair end.
    ends: Vec<u32>,
    days: Vec<i32>,
    sums: Vec<i128>,
}

impl Moved {
    /// Adds movements up, pair by pair.
    fn new(n_pairs: usize, mut rows: Vec<(u32, i32, i64)>) -> Self {
        rows.sort_unstable();
        let mut all = Self {
            ends: Vec::with_capacity(n_pairs),
            days: Vec::with_capacity(rows.len()),
            sums: Vec::with_capacity(rows.len()),
        };
        for of_pair in rows.chunk_by(|a, b| a.0 == b.0) {
            let mut sum = 0_i128;
            for &(_, day, cnt) in of_pair {
                sum = sum.saturating_add(i128::from(cnt));
                all.days.push(day);
                all.sums.push(sum);
            }
            all.ends.push(id(all.days.len()));
        }
        all
    }
}

/// Days on which something came in, pair by pair.
#[derive(Debug, Default)]
struct Incoming {
    /// Where the days of each pair end.
    ends: Vec<u32>,
    days: Vec<i32>,
}

impl Incoming {
    /// Puts days in the order of their pairs.
    #[expect(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        reason = "pairs are below their number, and no place is beyond the number of days"
    )]
    fn new(n_pairs: usize, came: &[(u32, i32)]) -> Self {
        // First the number of days of each pair, then where they begin, then where they end.
        let mut ends = vec![0_u32; n_pairs];
        for &(pair, _) in came {
            ends[at(pair)] += 1;
        }
        let mut from = 0;
        for end in &mut ends {
            (*end, from) = (from, from + *end);
        }
        let mut days = vec![NO_DAY; came.len()];
        for &(pair, day) in came {
            let place = &mut ends[at(pair)];
            days[at(*place)] = day;
            *place += 1;
        }
        let mut from = 0;
        for &end in &ends {
            days[from..at(end)].sort_unstable();
            from = at(end);
        }
        Self { ends, days }
    }
}

/// Rows of an inventory: institution, item, quantity and day.
#[derive(Debug, Default)]
pub(crate) struct Moves {
    codes: Codes,
    rows: Vec<(u32, u32, i64, i32)>,
}

impl Moves {
    /// Adds rows by the columns of their table.
    pub(crate) fn add(&mut self, spec: &TableSpec, columns: &[Cells]) {
        let column = |name: &str| {
            let place = spec.columns.iter().position(|column| column.name == name);
            place.and_then(|place| columns.get(place))
        };
        let (Some(Cells::Text(institutions)), Some(Cells::Text(items)), Some(Cells::Number(cnt))) =
            (column("fixmedins_code"), column("med_list_codg"), column("cnt"))
        else {
            return;
        };
        let times = match column("event_time") {
            Some(Cells::Number(times)) => times.as_slice(),
            Some(Cells::Text(_) | Cells::Day(_)) | None => &[],
        };
        let days = times.iter().map(|&time| day_of(time)).chain(std::iter::repeat(NO_DAY));
        self.rows.reserve(cnt.len());
        let mut former: (&[u8], u32) = (b"", NO_CODE);
        let rows = institutions.iter().zip(items.iter()).zip(cnt).zip(days);
        for (((institution, item), &cnt), day) in rows {
            if cnt == NO_NUMBER {
                continue;
            }
            if former.1 == NO_CODE || former.0 != institution {
                former = (institution, self.codes.intern(institution));
            }
            self.rows.push((former.1, self.codes.intern(item), cnt, day));
        }
    }

    /// Adds up what each institution had of each item.
    #[expect(clippy::indexing_slicing, reason = "codes are below the length of their dictionary")]
    pub(crate) fn sum(self) -> Stock {
        let Self { codes, mut rows } = self;
        // Files mostly go by institution already.
        if !rows.is_sorted_by_key(|row| row.0) {
            rows.sort_by_key(|row| row.0);
        }
        let (mut groups, mut moves) = (Vec::with_capacity(rows.len()), Vec::new());
        moves.reserve(rows.len());
        let mut came = Vec::new();
        let mut group_of = vec![NO_CODE; codes.len()];
        for of_institution in rows.chunk_by(|a, b| a.0 == b.0) {
            let first = groups.len();
            for &(institution, item, cnt, day) in of_institution {
                let group = &mut group_of[at(item)];
                // A group of an earlier institution is none of this one's.
                if *group == NO_CODE || at(*group) < first {
                    *group = id(groups.len());
                    groups.push((institution, item));
                }
                moves.push((*group, day, cnt));
                if 0 < cnt {
                    came.push((*group, day));
                }
            }
        }
        groups.shrink_to_fit();
        let came = Incoming::new(groups.len(), &came);
        Stock { codes, moved: Moved::new(groups.len(), moves), groups, came }
    }
}

#[cfg(test)]
mod tests {
    use jihe_catalogue::ColumnSpec;
    use jihe_terms::Texts;
    use jihe_terms::schema::Kind;

    use super::*;

    #[test]
    fn movements_of_an_item_at_an_institution_add_up_in_any_order() {
        let column =
            |name: &str| ColumnSpec { name: name.to_owned(), kind: Kind::Key, required: true };
        let spec = TableSpec {
            name: "inventory".to_owned(),
            columns: ["fixmedins_code", "med_list_codg", "cnt"].map(column).to_vec(),
            key: Vec::new(),
        };
        let texts = |texts: &[&str]| Cells::Text(texts.iter().collect::<Texts>());
        let mut moves = Moves::default();
        let columns = [
            texts(&["H1", "H1", "H2", "H1", "H2"]),
            texts(&["A", "B", "A", "A", "A"]),
            Cells::Number(vec![5, 1, 7, -2, NO_NUMBER]),
        ];
        moves.add(&spec, &columns);
        let stock = moves.sum();
        let text = |code: u32| stock.codes.text(code);
        let sums = stock.groups.iter().zip(0..);
        let sums: Vec<_> =
            sums.map(|(&(a, b), pair)| (text(a), text(b), stock.before(pair, 0))).collect();
        let sum = Some;
        assert_eq!(sums, [("H1", "A", sum(3)), ("H1", "B", sum(1)), ("H2", "A", sum(7))]);
    }

    #[test]
    fn movements_of_the_day_and_after_it_do_not_count() {
        let moves = vec![(0, 9, 5), (0, 3, 2), (1, 9, 1), (2, NO_DAY, 4), (2, 5, -1)];
        let stock = Stock { moved: Moved::new(3, moves), ..Stock::default() };
        let sums =
            |day| -> Vec<Option<i128>> { (0..4).map(|pair| stock.before(pair, day)).collect() };
        assert_eq!(sums(3), [None, None, Some(4), None]);
        assert_eq!(sums(9), [Some(2), None, Some(3), None]);
        assert_eq!(sums(10), [Some(7), Some(1), Some(3), None]);
    }

    #[test]
    fn what_came_in_is_found_by_its_pair_in_the_order_of_days() {
        let stock = Stock {
            came: Incoming::new(4, &[(2, 9), (0, 5), (2, NO_DAY), (0, 3), (3, 1)]),
            ..Stock::default()
        };
        let came: Vec<&[i32]> = (0..5).map(|pair| stock.came(pair)).collect();
        assert_eq!(came, [&[3, 5][..], &[], &[NO_DAY, 9], &[1], &[]]);
    }
}
