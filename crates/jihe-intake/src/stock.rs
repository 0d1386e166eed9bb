//! What institutions had of each item: stock movements added up, and when something came in.
//!
//! In: movements in any order. Out: a small table of items for each institution; where an item stands
//! in it is the number of the pair, by which its movements are found.
//! Not here: what institutions billed (`jihe-engine`).
//! Cost: three steps for each movement, none of them a search of texts.

mod moves;
mod pages;
mod sums;

use jihe_frame::Codes;
use jihe_terms::NO_CODE;
use rayon::prelude::*;

use crate::place::{at, id};
use moves::Run;
use sums::Moved;

pub(crate) use moves::Moves;
pub(crate) use pages::read;

/// Stock movements added up: opening stock and purchases less what left.
#[derive(Debug, Default)]
pub struct Stock {
    /// Institutions and items.
    pub codes: Codes,
    /// The institutions, each once, and where their tables begin.
    shelves: Vec<(u32, u32)>,
    /// The items of all tables, one table after the other; an empty place has none.
    items: Vec<u32>,
    moved: Moved,
}

impl Stock {
    /// The number of pairs of institution and item, with those that stay empty.
    pub fn n_pairs(&self) -> usize {
        self.items.len()
    }

    /// The institutions by their codes, each with the pairs of its items.
    pub fn institutions(&self) -> impl Iterator<Item = (u32, std::ops::Range<u32>)> + '_ {
        let ends = self.shelves.iter().skip(1).map(|&(_, from)| from);
        let ends = ends.chain(std::iter::once(id(self.items.len())));
        self.shelves
            .iter()
            .zip(ends)
            .map(|(&(institution, from), until)| (institution, from..until))
    }

    /// The pair of an item among those of its institution.
    #[inline]
    pub fn pair(&self, of_institution: std::ops::Range<u32>, item: u32) -> Option<u32> {
        let items = self.items.get(at(of_institution.start)..at(of_institution.end))?;
        let place = place(items, item)?;
        let is_there = items.get(place) == Some(&item);
        is_there.then(|| of_institution.start.saturating_add(id(place)))
    }

    /// What lies where an item is looked for first. Asked for some lines in a row before their pairs
    /// are, it brings all of these places into the cache at once, not one after the other.
    #[inline]
    pub fn first_look(&self, of_institution: std::ops::Range<u32>, item: u32) -> u32 {
        let n = of_institution.end.saturating_sub(of_institution.start);
        let first = at(of_institution.start).saturating_add(home(at(n), item));
        self.items.get(first).copied().unwrap_or(NO_CODE)
    }

    /// What the movements of a pair before a day sum up to, 10⁻⁴ unit; none if it has none before it.
    /// A movement of which nobody noted the day is one.
    #[inline]
    pub fn before(&self, pair: u32, day: i32) -> Option<i128> {
        self.moved.before(pair, day)
    }

    /// The days on which something of a pair came in, ascending, each once; `NO_DAY`, which goes
    /// first, where nobody noted the day.
    #[inline]
    pub fn came(&self, pair: u32) -> &[i32] {
        self.moved.came(pair)
    }

    /// Adds up what each institution had of each item.
    pub(crate) fn sum(mut parts: Vec<Moves>) -> Self {
        let mut codes = Codes::default();
        let maps: Vec<_> = parts.iter_mut().map(|part| part.named_in(&mut codes)).collect();
        let recoded = parts.par_iter_mut().zip(maps);
        recoded.for_each(|(part, map)| map.into_iter().for_each(|map| part.recode(&map)));
        let runs = parts.iter().enumerate().flat_map(|(nth, part)| part.runs(nth));
        let mut runs: Vec<Run> = runs.collect();
        runs.sort_by_key(|run| run.institution);
        let shares = shares(&runs, rayon::current_num_threads());
        let of_share = |runs: &[Run]| Self::of_runs(runs, &parts, codes.len());
        let of_shares: Vec<Self> = shares.into_par_iter().map(of_share).collect();
        let mut of_shares = of_shares.into_iter();
        let mut stock = of_shares.next().unwrap_or_default();
        of_shares.for_each(|share| stock.append(share));
        Self { codes, ..stock }
    }

    /// Adds up the movements of some institutions, without the names of their codes.
    fn of_runs(runs: &[Run], parts: &[Moves], n_codes: usize) -> Self {
        let mut stock = Self::default();
        let n_rows = runs.iter().map(|run| run.rows.len()).fold(0, usize::saturating_add);
        stock.items.reserve_exact(room(n_rows));
        stock.moved = Moved::new(parts.iter().any(Moves::has_days), room(n_rows));
        let mut pairs = vec![NO_CODE; n_codes];
        for runs in runs.chunk_by(|a, b| a.institution == b.institution) {
            stock.shelve(runs, parts, &mut pairs);
        }
        stock
    }

    /// Adds other institutions behind these.
    fn append(&mut self, mut more: Self) {
        let from = self.items.len();
        let moved_on =
            |(institution, first): (u32, u32)| (institution, first.saturating_add(id(from)));
        self.shelves.extend(more.shelves.into_iter().map(moved_on));
        self.moved.append(from, more.moved);
        self.items.append(&mut more.items);
    }

    /// Adds the movements of one institution. `pairs` has the pair of each item that it was given
    /// last, which is one of this institution if it is not before the first.
    #[expect(clippy::indexing_slicing, reason = "codes are below the length of their dictionary")]
    fn shelve(&mut self, runs: &[Run], parts: &[Moves], pairs: &mut [u32]) {
        let from = id(self.items.len());
        let mut own = Vec::new();
        for run in runs {
            for &item in parts[run.part].items(run) {
                let pair = &mut pairs[at(item)];
                if *pair == NO_CODE || *pair < from {
                    *pair = from;
                    own.push(item);
                }
            }
        }
        self.shelves.extend(runs.first().map(|run| (run.institution, from)));
        self.items.resize(at(from).saturating_add(room(own.len())), NO_CODE);
        let items = &mut self.items[at(from)..];
        for item in own {
            if let Some(place) = place(items, item) {
                items[place] = item;
                pairs[at(item)] = from.saturating_add(id(place));
            }
        }
        let rows = runs.iter().map(|run| parts[run.part].rows(run));
        self.moved.add(from, items.len(), rows.collect(), pairs);
    }
}

/// Runs in about so many shares of as many rows; an institution is in one of them.
fn shares(runs: &[Run], n_shares: usize) -> Vec<&[Run]> {
    let n_rows =
        |runs: &[Run]| runs.iter().map(|run| run.rows.len()).fold(0, usize::saturating_add);
    let most = n_rows(runs).div_ceil(n_shares.max(1));
    let mut shares = Vec::new();
    let (mut rest, mut n_own, mut sum) = (runs, 0_usize, 0_usize);
    for of_one in runs.chunk_by(|a, b| a.institution == b.institution) {
        n_own = n_own.saturating_add(of_one.len());
        sum = sum.saturating_add(n_rows(of_one));
        if sum < most {
            continue;
        }
        if let Some((own, after)) = rest.split_at_checked(n_own) {
            shares.push(own);
            (rest, n_own, sum) = (after, 0, 0);
        }
    }
    if !rest.is_empty() {
        shares.push(rest);
    }
    shares
}

/// The length of a table for so many items: four places of five are taken at most.
fn room(n_items: usize) -> usize {
    n_items.saturating_add(n_items.div_ceil(4))
}

/// Where an item is looked for first in a table of so many places.
#[inline]
#[expect(
    clippy::arithmetic_side_effects,
    reason = "the upper half of a product of two halves is below either of them"
)]
fn home(n_places: usize, item: u32) -> usize {
    let hash = u64::from(item.wrapping_mul(0x9e37_79b1));
    let n = u64::try_from(n_places).unwrap_or(u64::MAX);
    usize::try_from((hash * (n & u64::from(u32::MAX))) >> 32).unwrap_or(usize::MAX)
}

/// Where an item of a table stands, or the empty place where it would.
#[inline]
fn place(items: &[u32], item: u32) -> Option<usize> {
    let first = home(items.len(), item);
    let is_place = |&known: &u32| known == item || known == NO_CODE;
    let (before, after) = items.split_at_checked(first)?;
    let found = after.iter().position(is_place).map(|place| place.saturating_add(first));
    found.or_else(|| before.iter().position(is_place))
}

#[cfg(test)]
mod tests {
    use jihe_catalogue::ColumnSpec;
    use jihe_catalogue::{Cells, TableSpec};
    use jihe_terms::schema::Kind;
    use jihe_terms::{NO_NUMBER, Texts};

    use super::*;

    /// Institution, item and sum of all pairs.
    fn sums(stock: &Stock) -> Vec<(&str, &str, Option<i128>)> {
        let mut sums = Vec::new();
        for (institution, pairs) in stock.institutions() {
            for item in 0..id(stock.codes.len()) {
                if let Some(pair) = stock.pair(pairs.clone(), item) {
                    let (institution, item) =
                        (stock.codes.text(institution), stock.codes.text(item));
                    sums.push((institution, item, stock.before(pair, i32::MAX)));
                }
            }
        }
        sums.sort_unstable();
        sums
    }

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
        let sum = Some;
        assert_eq!(sums(&stock), [("H1", "A", sum(3)), ("H1", "B", sum(1)), ("H2", "A", sum(7))]);
    }

    #[test]
    fn rows_of_several_dictionaries_are_rows_of_one() {
        let part = |texts: &[&str], rows: &[(u32, u32, i64, i64)]| {
            let mut codes = Codes::default();
            for text in texts {
                codes.intern(text.as_bytes());
            }
            let mut moves = Moves::default();
            for &(institution, item, cnt, time) in rows {
                moves.add_coded((&[institution], &[item]), &[cnt], &[time]);
            }
            moves.coded_by(codes);
            moves
        };
        let parts = vec![
            part(&["H2", "A", "H1"], &[(2, 1, 5, 1), (0, 1, 7, 1)]),
            part(&["B", "H2", "A", "H1"], &[(1, 2, 1, 2), (1, 0, 1, 2), (3, 2, 1, 2)]),
        ];
        let stock = Stock::sum(parts);
        let sum = Some;
        assert_eq!(sums(&stock), [("H1", "A", sum(6)), ("H2", "A", sum(8)), ("H2", "B", sum(1))]);
    }

    /// Two parts with runs of several institutions, and all days or none.
    fn parts(has_days: bool) -> Vec<Moves> {
        let part = |seed: u32| {
            let mut codes = Codes::default();
            for n in 0..60_u32 {
                codes.intern(format!("{}", n.wrapping_mul(7).wrapping_add(seed) % 60).as_bytes());
            }
            let mut moves = Moves::default();
            for row in 0..3_000_u32 {
                let (institution, item) = (row / 37 % 19, row.wrapping_mul(seed) % 60);
                let time =
                    if has_days { i64::from(row % 9).saturating_mul(86_400) } else { NO_NUMBER };
                let cnt = i64::from(row % 13).saturating_sub(4);
                moves.add_coded((&[institution], &[item]), &[cnt], &[time]);
            }
            moves.coded_by(codes);
            moves
        };
        vec![part(11), part(17)]
    }

    #[test]
    fn institutions_come_to_the_same_however_they_are_shared_out() {
        for has_days in [false, true] {
            let sum = |n_threads| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build();
                pool.unwrap().install(|| Stock::sum(parts(has_days)))
            };
            let alone = sum(1);
            let institutions = |stock: &Stock| stock.institutions().collect::<Vec<_>>();
            for n_threads in [2, 3, 40] {
                let shared = sum(n_threads);
                assert_eq!(institutions(&shared), institutions(&alone));
                assert_eq!(sums(&shared), sums(&alone));
                for pair in 0..id(alone.n_pairs()) {
                    assert_eq!(shared.came(pair), alone.came(pair));
                    assert_eq!(shared.before(pair, 5), alone.before(pair, 5));
                }
            }
        }
    }
}
