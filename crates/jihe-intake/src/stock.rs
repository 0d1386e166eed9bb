//! What institutions had of each item: stock movements added up, and when something came in.
//!
//! Not here: what they billed of it (`jihe-engine`).

mod pages;

use jihe_catalogue::{Cells, TableSpec};
use jihe_frame::Codes;
use jihe_terms::{NO_CODE, NO_DAY, NO_NUMBER, day_of};

use crate::place::{at, id};

pub(crate) use pages::read;

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

/// Days on which something came in, pair by pair.
#[derive(Debug, Default)]
struct Incoming {
    /// Where the days of each pair end.
    ends: Vec<u32>,
    days: Vec<i32>,
}

/// A movement: institution, item, quantity and day.
type Move = (u32, u32, i64, i32);

/// Movements whose codes are those of one dictionary.
#[derive(Debug, Default)]
pub(crate) struct Moves {
    codes: Codes,
    rows: Vec<Move>,
}

impl Moves {
    /// Makes an empty list with room for so many rows.
    pub(crate) fn with_capacity(n_rows: usize) -> Self {
        Self { codes: Codes::default(), rows: Vec::with_capacity(n_rows) }
    }

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
        self.rows.reserve(cnt.len());
        let mut former: (&[u8], u32) = (b"", NO_CODE);
        let rows = institutions.iter().zip(items.iter()).zip(cnt).zip(days(times));
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

    /// Adds good rows: codes of institutions and items, quantities, and times if they are noted.
    pub(crate) fn add_coded(&mut self, codes: (&[u32], &[u32]), cnt: &[i64], times: &[i64]) {
        let rows = codes.0.iter().zip(codes.1).zip(cnt).zip(days(times));
        self.rows
            .extend(rows.map(|(((&institution, &item), &cnt), day)| (institution, item, cnt, day)));
    }

    /// Names the dictionary of the coded rows, which are all of them.
    pub(crate) fn coded_by(&mut self, codes: Codes) {
        self.codes = codes;
    }

    /// Gives the rows the ids of another dictionary, in the order in which their codes come.
    #[expect(clippy::indexing_slicing, reason = "codes are below the length of their dictionary")]
    fn recode(self, codes: &mut Codes) -> Vec<Move> {
        let Self { codes: own, mut rows } = self;
        let mut ids = vec![NO_CODE; own.len()];
        let mut recode = |code: &mut u32| {
            let id = &mut ids[at(*code)];
            if *id == NO_CODE {
                *id = codes.intern(own.bytes(*code));
            }
            *code = *id;
        };
        for (institution, item, ..) in &mut rows {
            recode(institution);
            recode(item);
        }
        rows
    }
}

/// The day of each time, without end: days of which nobody noted the time are none.
fn days(times: &[i64]) -> impl Iterator<Item = i32> + '_ {
    times.iter().map(|&time| day_of(time)).chain(std::iter::repeat(NO_DAY))
}

impl Stock {
    /// Adds up what each institution had of each item.
    pub(crate) fn sum(parts: Vec<Moves>) -> Self {
        let mut codes = Codes::default();
        let mut parts: Vec<Vec<Move>> =
            parts.into_iter().map(|part| part.recode(&mut codes)).collect();
        // Files mostly go by institution already.
        if !parts.iter().flatten().is_sorted_by_key(|row| row.0) {
            let mut all = parts.concat();
            all.sort_by_key(|row| row.0);
            parts = vec![all];
        }
        let (groups, of_rows) = grouped(&parts, codes.len());
        let moves = parts.iter().flatten().zip(&of_rows);
        let moves = moves.map(|(&(_, _, cnt, day), &group)| (group, day, cnt));
        Self { codes, ..Self::default() }.moved(groups, moves)
    }

    /// Takes pairs and their movements, in any order.
    #[expect(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        reason = "pairs are below their number, and no place is beyond the number of movements"
    )]
    fn moved(
        self,
        groups: Vec<(u32, u32)>,
        moves: impl Iterator<Item = (u32, i32, i64)> + Clone,
    ) -> Self {
        // First the number of movements of each pair, then where they begin, then where they end.
        let mut ends = vec![0_u32; groups.len()];
        for (pair, ..) in moves.clone() {
            ends[at(pair)] += 1;
        }
        let mut from = 0;
        for end in &mut ends {
            (*end, from) = (from, from + *end);
        }
        let mut days = vec![NO_DAY; at(from)];
        let mut sums = vec![0_i128; at(from)];
        for (pair, day, cnt) in moves {
            let place = &mut ends[at(pair)];
            (days[at(*place)], sums[at(*place)]) = (day, i128::from(cnt));
            *place += 1;
        }
        let mut came = Incoming { ends: Vec::with_capacity(groups.len()), days: Vec::new() };
        came.days.reserve(days.len());
        let mut from = 0;
        for &end in &ends {
            let until = at(end);
            // Most pairs have one movement.
            if until - from != 1 && !days[from..until].is_sorted() {
                sort_by_day(&mut days[from..until], &mut sums[from..until]);
            }
            let mut sum = 0_i128;
            for place in from..until {
                if 0 < sums[place] {
                    came.days.push(days[place]);
                }
                sum = sum.saturating_add(sums[place]);
                sums[place] = sum;
            }
            came.ends.push(id(came.days.len()));
            from = until;
        }
        came.days.shrink_to_fit();
        Self { groups, moved: Moved { ends, days, sums }, came, ..self }
    }
}

fn sort_by_day(days: &mut [i32], cnts: &mut [i128]) {
    let mut both: Vec<(i32, i128)> = days.iter().copied().zip(cnts.iter().copied()).collect();
    both.sort_unstable();
    for ((day, cnt), of_day) in days.iter_mut().zip(cnts).zip(both) {
        (*day, *cnt) = of_day;
    }
}

/// Pairs of institution and item, and the one of each row; rows go by institution.
#[expect(clippy::indexing_slicing, reason = "codes are below the length of their dictionary")]
fn grouped(parts: &[Vec<Move>], n_codes: usize) -> (Vec<(u32, u32)>, Vec<u32>) {
    let n_rows = parts.iter().map(Vec::len).sum();
    let (mut groups, mut of_rows) = (Vec::new(), Vec::with_capacity(n_rows));
    let mut group_of = vec![NO_CODE; n_codes];
    let (mut former, mut first) = (NO_CODE, 0);
    for &(institution, item, ..) in parts.iter().flatten() {
        if institution != former {
            (former, first) = (institution, groups.len());
        }
        let group = &mut group_of[at(item)];
        // A group of an earlier institution is none of this one's.
        if *group == NO_CODE || at(*group) < first {
            *group = id(groups.len());
            groups.push((institution, item));
        }
        of_rows.push(*group);
    }
    groups.shrink_to_fit();
    (groups, of_rows)
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
        let stock = Stock::sum(vec![moves]);
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
        let stock = Stock::default().moved(vec![(0, 0); 3], moves.into_iter());
        let sums =
            |day| -> Vec<Option<i128>> { (0..4).map(|pair| stock.before(pair, day)).collect() };
        assert_eq!(sums(3), [None, None, Some(4), None]);
        assert_eq!(sums(9), [Some(2), None, Some(3), None]);
        assert_eq!(sums(10), [Some(7), Some(1), Some(3), None]);
    }

    #[test]
    fn what_came_in_is_found_by_its_pair_in_the_order_of_days() {
        let moves = [(2, 9, 1), (0, 5, 7), (2, NO_DAY, 1), (0, 4, -7), (0, 3, 2), (3, 1, 1)];
        let stock = Stock::default().moved(vec![(0, 0); 4], moves.into_iter());
        let came: Vec<&[i32]> = (0..5).map(|pair| stock.came(pair)).collect();
        assert_eq!(came, [&[3, 5][..], &[], &[NO_DAY, 9], &[1], &[]]);
    }

    #[test]
    fn rows_of_several_dictionaries_are_rows_of_one() {
        let part = |texts: &[&str], rows: &[Move]| {
            let mut codes = Codes::default();
            for text in texts {
                codes.intern(text.as_bytes());
            }
            Moves { codes, rows: rows.to_vec() }
        };
        let parts = vec![
            part(&["H2", "A", "H1"], &[(2, 1, 5, 1), (0, 1, 7, 1)]),
            part(&["B", "H2", "A", "H1"], &[(1, 2, 1, 2), (1, 0, 1, 2), (3, 2, 1, 2)]),
        ];
        let stock = Stock::sum(parts);
        let text = |code: u32| stock.codes.text(code);
        let sums = stock.groups.iter().zip(0..);
        let sums: Vec<_> =
            sums.map(|(&(a, b), pair)| (text(a), text(b), stock.before(pair, 9))).collect();
        let sum = Some;
        assert_eq!(sums, [("H1", "A", sum(6)), ("H2", "A", sum(8)), ("H2", "B", sum(1))]);
    }
}
