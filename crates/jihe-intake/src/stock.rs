//! What institutions had of each item: stock movements added up, and when something came in.
//!
//! Not here: what they billed of it (`jihe-engine`).

use jihe_catalogue::{Cells, TableSpec};
use jihe_frame::Codes;
use jihe_terms::{NO_CODE, NO_DAY, NO_NUMBER};

use crate::place::{at, id};

/// Stock movements added up: opening stock and purchases less what left.
#[derive(Debug, Default)]
pub struct Stock {
    /// Institutions and items.
    pub codes: Codes,
    /// Codes of institution and item, each pair once; pairs of one institution stand together.
    pub groups: Vec<(u32, u32)>,
    /// What each pair sums up to, 10⁻⁴ unit.
    pub cnt: Vec<i128>,
    came: Incoming,
}

impl Stock {
    /// The days on which something of a pair came in, ascending; `NO_DAY`, which goes first, where
    /// nobody noted the day.
    pub fn came(&self, pair: u32) -> &[i32] {
        let bound = |pair: usize| self.came.ends.get(pair).map_or(0, |&end| at(end));
        let from = at(pair).checked_sub(1).map_or(0, bound);
        self.came.days.get(from..bound(at(pair))).unwrap_or(&[])
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

const SECONDS_PER_DAY: i64 = 86_400;

fn day_of(second: i64) -> i32 {
    if second == NO_NUMBER {
        return NO_DAY;
    }
    i32::try_from(second.div_euclid(SECONDS_PER_DAY)).unwrap_or(NO_DAY)
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
    #[expect(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        reason = "codes are below the length of their dictionary; 64-bit quantities in 128 bits"
    )]
    pub(crate) fn sum(self) -> Stock {
        let Self { codes, mut rows } = self;
        // Files mostly go by institution already.
        if !rows.is_sorted_by_key(|row| row.0) {
            rows.sort_by_key(|row| row.0);
        }
        let (mut groups, mut sums) = (Vec::with_capacity(rows.len()), Vec::new());
        sums.reserve(rows.len());
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
                    sums.push(0_i128);
                }
                sums[at(*group)] += i128::from(cnt);
                if 0 < cnt {
                    came.push((*group, day));
                }
            }
        }
        groups.shrink_to_fit();
        sums.shrink_to_fit();
        let came = Incoming::new(groups.len(), &came);
        Stock { codes, groups, cnt: sums, came }
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
        let sums = stock.groups.iter().zip(&stock.cnt);
        let sums: Vec<_> = sums.map(|(&(a, b), &cnt)| (text(a), text(b), cnt)).collect();
        assert_eq!(sums, [("H1", "A", 3), ("H1", "B", 1), ("H2", "A", 7)]);
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
