//! More billed than the stock allows, over a whole institution.
//!
//! Each part tells the group (institution and item) of its lines; sums of all parts show the groups
//! that are over, and only their lines are brought back.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Result;
use std::sync::{Mutex, PoisonError};

use jihe_frame::{Cut, Evidence, HitLine, KeptLines, Lines, NetMonth, Value};
use jihe_kernels::limit::excess_units;
use jihe_kernels::stock::stock_limit;
use jihe_rules::plan::{Rule, Shape};
use jihe_terms::NO_CODE;
use jihe_terms::schema::TableName;
use rayon::prelude::*;

use crate::aside::OfTable;
use crate::compile::Engine;
use crate::found::{Found, Place, in_scope, not_exempt, picked};
use crate::index::ItemsOf;
use crate::open::only;
use crate::packed::{Waiting, damaged};
use crate::run::{Part, Run};
use crate::subjects::param_on;

/// Lines of a part with their groups, packed: a bit for each line of the part, and the group of each that
/// has one in three bytes, or in four where there are many groups.
pub(crate) struct Billed {
    /// Canonical number of the first line of the part.
    first: u32,
    n_words: usize,
    is_near: bool,
    bytes: Waiting,
    /// Lines of which nobody can tell that no exception takes them out.
    open: Vec<u32>,
}

impl Billed {
    /// Puts them on disk if the run has no memory left for so much more.
    pub(crate) fn make_room(&mut self, lines: &Lines, n_more: u64) -> Result<()> {
        self.bytes.make_room(lines, n_more)
    }

    fn pack(
        lines: &Lines,
        part: &Part<'_>,
        n_groups: usize,
        (all, open): (&[(u32, u32)], Vec<u32>),
    ) -> Result<Self> {
        let (first, n_words) = (part.first, part.len().div_ceil(64));
        let is_near = n_groups <= 1 << 24;
        let mut words = vec![0_u64; n_words];
        for &(_, line) in all {
            let row = line - first;
            words[row as usize / 64] |= 1 << (row % 64);
        }
        let n_first = n_words * 8;
        let mut bytes = vec![0; n_first + all.len() * (4 - usize::from(is_near))];
        let (of_words, of_groups) = bytes.split_at_mut(n_first);
        for (to, word) in of_words.as_chunks_mut::<8>().0.iter_mut().zip(words) {
            *to = word.to_le_bytes();
        }
        if is_near {
            for (to, &(group, _)) in of_groups.as_chunks_mut::<3>().0.iter_mut().zip(all) {
                let [low, middle, high, _] = group.to_le_bytes();
                *to = [low, middle, high];
            }
        } else {
            for (to, &(group, _)) in of_groups.as_chunks_mut::<4>().0.iter_mut().zip(all) {
                *to = group.to_le_bytes();
            }
        }
        Ok(Self { first, n_words, is_near, bytes: Waiting::new(lines, &bytes)?, open })
    }

    /// Calls `each` with the group of each line.
    fn each(&self, lines: &Lines, mut each: impl FnMut(u32, u32)) -> Result<()> {
        let bytes = self.bytes.bytes(lines)?;
        let (words, groups) = bytes.split_at_checked(self.n_words * 8).ok_or_else(damaged)?;
        let near = groups.as_chunks::<3>().0.iter().map(|&[a, b, c]| [a, b, c, 0]);
        let far = groups.as_chunks::<4>().0.iter().copied();
        let (mut near, mut far) = (near.map(u32::from_le_bytes), far.map(u32::from_le_bytes));
        for (word, at) in words.as_chunks::<8>().0.iter().zip((self.first..).step_by(64)) {
            let mut bits = u64::from_le_bytes(*word);
            while bits != 0 {
                let group = if self.is_near { near.next() } else { far.next() };
                each(group.ok_or_else(damaged)?, at + bits.trailing_zeros());
                bits &= bits - 1;
            }
        }
        Ok(())
    }
}

/// A bit for each group that has movements in the month or before it; none for a few lines, and where
/// no rule asks: asking each group once costs less than asking each line, but not for one claim.
pub(crate) fn stocked(engine: &Engine, month: &NetMonth, month_end: i32) -> Option<Vec<u64>> {
    let asks = |rule: &Rule| matches!(rule.shape, Shape::SoldOverStock { .. });
    (is_asked_once(engine, month) && engine.rules.iter().any(asks))
        .then(|| engine.stock.known(month_end))
}

/// Whether each group is asked once, and not each line.
pub(crate) fn is_asked_once(engine: &Engine, month: &NetMonth) -> bool {
    engine.stock.len() / 8 < month.lines.len()
}

/// So many lines look for their groups together: what they wait for is brought at the same time.
const AHEAD: usize = 64;

/// What all parts billed of each group so far.
pub(crate) type Sums = Mutex<Billings>;

/// Sums by group.
#[derive(Default)]
pub(crate) enum Billings {
    /// No part has lines of a group.
    #[default]
    None,
    /// A sum for each group.
    All(jihe_terms::Sums),
    /// Those of a few lines, for one claim beside the stock of a whole city.
    Few(BTreeMap<u32, i128>),
}

impl Billings {
    /// Sums of nothing, of the kind that costs less for so many lines.
    fn new(n_groups: usize, n_lines: usize) -> Self {
        if n_groups / 64 < n_lines {
            Self::All(jihe_terms::Sums::new(n_groups))
        } else {
            Self::Few(BTreeMap::new())
        }
    }

    fn add(&mut self, of_part: impl Iterator<Item = (u32, i64)>) {
        match self {
            Self::All(sums) => {
                of_part.for_each(|(group, cnt)| sums.add(group as usize, cnt.into()));
            }
            Self::Few(sums) => of_part.for_each(|(group, cnt)| {
                *sums.entry(group).or_default() += i128::from(cnt);
            }),
            Self::None => {}
        }
    }

    /// The groups that `is_over` holds of; it is not asked of groups without lines.
    fn over(&self, is_over: &(dyn Fn(u32, i128) -> bool + Sync)) -> Over {
        match self {
            Self::None => Over::Few(Vec::new()),
            Self::All(sums) => {
                let groups = (0..sums.len() as u32).into_par_iter().with_min_len(1 << 16);
                // Lines that count have a quantity: a sum of none is one of no lines.
                let is_over = |group: u32| match sums.get(group as usize) {
                    0 => false,
                    billed => is_over(group, billed),
                };
                Over::All(groups.map(is_over).collect())
            }
            Self::Few(sums) => {
                let over = sums.iter().filter(|&(&group, &billed)| is_over(group, billed));
                Over::Few(over.map(|(&group, _)| group).collect())
            }
        }
    }
}

/// Groups that billed more than the stock allows.
enum Over {
    All(Vec<bool>),
    /// Ascending.
    Few(Vec<u32>),
}

impl Over {
    fn contains(&self, group: u32) -> bool {
        match self {
            Self::All(all) => all.get(group as usize) == Some(&true),
            Self::Few(few) => few.binary_search(&group).is_ok(),
        }
    }
}

/// What stock records know lines by: their own code of an item, else the one that is billed.
pub(crate) struct Stocked<'a> {
    run: &'a Run<'a>,
    part: &'a Part<'a>,
    own: Option<&'a [u32]>,
    aside: Option<&'a OfTable>,
}

impl<'a> Stocked<'a> {
    pub(crate) fn new(run: &'a Run<'a>, part: &'a Part<'a>) -> Self {
        let own = part.optional.codes("med_list_codg");
        let aside = run.engine.aside.of(TableName::Inventory);
        Self { run, part, own, aside }
    }

    /// The group of each line, `NO_CODE` for none; looked for once for all rules.
    pub(crate) fn groups(&self) -> &'a [u32] {
        self.part.stocked.get_or_init(|| self.look_for_groups())
    }

    /// The places at which 64 lines look for their items are brought from memory together.
    fn look_for_groups(&self) -> Vec<u32> {
        let (stock, part) = (&self.run.engine.stock, self.part);
        let rows = picked(part.all(), |row| stock.knows(self.item(row as usize)));
        let (mut groups, mut asked) = (vec![NO_CODE; part.len()], Vec::with_capacity(AHEAD));
        // Neighbours are of one encounter, so of one institution.
        let mut last = (NO_CODE, ItemsOf::default());
        for rows in rows.chunks(AHEAD) {
            asked.clear();
            asked.extend(rows.iter().map(|&row| {
                let institution = part.institution[row as usize];
                if last.0 != institution {
                    last = (institution, stock.items_of(institution));
                }
                (last.1, self.item(row as usize))
            }));
            stock.look_ahead(&asked);
            for (&row, &(items, item)) in rows.iter().zip(&asked) {
                groups[row as usize] = stock.group(items, item).unwrap_or(NO_CODE);
            }
        }
        groups
    }

    fn item(&self, row: usize) -> u32 {
        let item = self.own.map_or(NO_CODE, |codes| codes[row]);
        if item == NO_CODE { self.part.item[row] } else { item }
    }

    /// Whether the institution of a line has any stock record.
    pub(crate) fn has_records(&self, row: u32) -> bool {
        !self.run.engine.stock.items_of(self.part.institution[row as usize]).is_empty()
    }

    /// Whether a movement of its item was put aside at the institution of a line.
    pub(crate) fn is_aside(&self, row: u32) -> bool {
        let idx = row as usize;
        self.aside.is_some_and(|aside| aside.names(&[self.part.institution[idx], self.item(idx)]))
    }
}

/// Why nothing can be told of a line with such a movement.
pub(crate) const PUT_ASIDE: &str = "movements of the item at the institution were put aside";

/// Finds the group of each line of a part that has one.
pub(crate) fn billed(
    run: &Run<'_>,
    rule: usize,
    part: &Part<'_>,
    sums: &Sums,
    found: &mut Found,
) -> Result<Billed> {
    let stock = &run.engine.stock;
    let rows = in_scope(run, rule, part, part.all(), found);
    let mut billed: Vec<(u32, u32)> = Vec::with_capacity(rows.len());
    let stocked = Stocked::new(run, part);
    let groups = stocked.groups();
    for &row in &*rows {
        let (idx, group) = (row as usize, groups[row as usize]);
        let reason = if stocked.is_aside(row) {
            PUT_ASIDE
        } else if group != NO_CODE && run.is_stocked(group) {
            billed.push((group, part.first + row));
            continue;
        } else {
            "no stock record of the item at the institution until the end of the month"
        };
        if !part.carried[idx] {
            found.not_evaluable_for(part.amount[idx], reason);
        }
    }
    let mut open = Vec::new();
    if !run.rule(rule).exceptions.is_empty() {
        let rows: Vec<u32> = billed.iter().map(|&(_, line)| line - part.first).collect();
        let (rows, of_rows) = not_exempt(run, rule, part, Cow::Owned(rows), found);
        open = of_rows.into_iter().map(|row| part.first + row).collect();
        let mut stay = rows.iter().copied().peekable();
        billed.retain(|&(_, line)| stay.next_if_eq(&(line - part.first)).is_some());
    }
    let is_own = |&&(_, line): &&(u32, u32)| !part.carried[(line - part.first) as usize];
    found.n_judged += billed.iter().filter(is_own).count() as u64;
    let cnt_of = |&(group, line): &(u32, u32)| (group, part.cnt[(line - part.first) as usize]);
    // Sums of integers do not depend on which part comes first.
    let mut sums = sums.lock().unwrap_or_else(PoisonError::into_inner);
    if matches!(*sums, Billings::None) {
        *sums = Billings::new(stock.len(), run.month.lines.len());
    }
    sums.add(billed.iter().map(cnt_of));
    drop(sums);
    Billed::pack(&run.month.lines, part, stock.len(), (&billed, open))
}

/// Walks the groups that billed more than the stock allows; gives their lines.
pub(crate) fn judge(
    run: &Run<'_>,
    rule: usize,
    (parts, sums): (&[Billed], &Billings),
    found: &mut Found,
) -> Result<KeptLines> {
    let Shape::SoldOverStock { tolerance } = run.rule(rule).shape else {
        return Ok(KeptLines::default());
    };
    let before = found.hits.lines.len();
    let stock = &run.engine.stock;
    let tolerance = &run.rule(rule).params[tolerance].values;
    let over = sums.over(&|group, billed| {
        let Some(available) = stock.available(group, run.month_end) else { return false };
        let least = tolerance.iter().map(|&(_, value)| stock_limit(available, value)).min();
        i128::from(least.unwrap_or(0)) < billed
    });
    let of_part = |part: &Billed| -> Result<Vec<(u32, u32)>> {
        let mut lines = Vec::new();
        part.each(&run.month.lines, |group, line| {
            if over.contains(group) {
                lines.push((group, line));
            }
        })?;
        Ok(lines)
    };
    // Of one claim no thread has to be woken.
    let of_parts: Result<Vec<_>> = match parts {
        [one] => of_part(one).map(|lines| vec![lines]),
        all => all.par_iter().map(of_part).collect(),
    };
    let mut lines = of_parts?.concat();
    let mut numbers: Vec<u32> = lines.iter().map(|&(_, line)| line).collect();
    numbers.sort_unstable();
    let kept = run.month.lines.fetch_named(&numbers)?;
    lines.sort_unstable();
    let mut open: Vec<u32> = parts.iter().flat_map(|part| &part.open).copied().collect();
    open.sort_unstable();
    for of_group in lines.chunk_by(|a, b| a.0 == b.0) {
        let is_open = |&(_, line): &(u32, u32)| open.binary_search(&line).is_ok();
        if open.is_empty() || !of_group.iter().any(is_open) {
            report(run, rule, of_group, &kept, found);
            continue;
        }
        let closed: Vec<(u32, u32)> =
            of_group.iter().filter(|line| !is_open(line)).copied().collect();
        settle_open(run, rule, [of_group, &closed], &kept, found);
        report(run, rule, &closed, &kept, found);
    }
    // Lines of a group that were not cut are no part of the finding.
    let mut named: Vec<u32> = found.hits.lines[before..].iter().map(|line| line.line).collect();
    named.sort_unstable();
    named.dedup();
    Ok(if named.len() == kept.len() { kept } else { kept.only(&named) })
}

/// What only lines that an exception may take out bring above the stock is not evaluable.
fn settle_open(
    run: &Run<'_>,
    rule: usize,
    [all, closed]: [&[(u32, u32)]; 2],
    kept: &KeptLines,
    found: &mut Found,
) {
    let over = |lines: &[(u32, u32)]| -> Vec<u32> {
        let (cnt, limits) = limits(run, rule, lines, kept);
        let over = lines.iter().zip(excess_units(&cnt, &limits)).filter(|(_, over)| 0 < *over);
        over.map(|(&(_, line), _)| line).collect()
    };
    for line in only(&over(all), &over(closed)) {
        let (part, row) = kept.place(line);
        if !part.carried[row] {
            found.n_judged -= 1;
            found.open_exception(part.amount[row]);
        }
    }
}

/// The quantity of each line of a group, and what its day allows.
fn limits(
    run: &Run<'_>,
    rule: usize,
    lines: &[(u32, u32)],
    kept: &KeptLines,
) -> (Vec<i64>, Vec<i64>) {
    let Shape::SoldOverStock { tolerance } = run.rule(rule).shape else {
        return (Vec::new(), Vec::new());
    };
    let tolerance = &run.rule(rule).params[tolerance].values;
    let cnt_and_limit = |&(group, line): &(u32, u32)| {
        let (part, row) = kept.place(line);
        let available = run.engine.stock.available(group, run.month_end).unwrap_or(0);
        (part.cnt[row], stock_limit(available, param_on(tolerance, part.day[row])))
    };
    lines.iter().map(cnt_and_limit).unzip()
}

/// The latest lines of a group, in canonical order, are the excess.
fn report(run: &Run<'_>, rule: usize, lines: &[(u32, u32)], kept: &KeptLines, found: &mut Found) {
    let Some(&(group, _)) = lines.last() else { return };
    let available = run.engine.stock.available(group, run.month_end).unwrap_or(0);
    let (cnt, limits) = limits(run, rule, lines, kept);
    let total: i128 = cnt.iter().map(|&cnt| i128::from(cnt)).sum();
    let excess = excess_units(&cnt, &limits);
    let over: i128 = excess.iter().map(|&units| i128::from(units)).sum();
    // A limit is that of its line's day; the last line over its own tells the one that is shown.
    let last = excess.iter().rposition(|&units| 0 < units);
    let Some(limit) = last.and_then(|last| limits.get(last).copied()) else { return };
    let is_own = |line: u32| {
        let (part, row) = kept.place(line);
        !part.carried[row]
    };
    let cut: Vec<HitLine> = lines
        .iter()
        .zip(excess)
        .filter(|&(&(_, line), units)| 0 < units && is_own(line))
        .map(|(&(_, line), units)| HitLine::new(line, Evidence::Cut(Cut::Units(units))))
        .collect();
    if cut.is_empty() {
        return;
    }
    let values = [
        Value::of_sum(total, 4),
        Value::of_sum(available.max(0), 4),
        Value::Number(limit, 4),
        Value::of_sum(over, 4),
    ];
    let place =
        Place::of_institution(rule, run.rule(rule).grade, run.engine.stock.institution(group));
    found.push(place, &cut, values);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_few_lines_bill_is_over_the_same_stock_as_what_many_do() {
        let billed = [(3, 5), (900, 7), (3, i64::MAX), (4, 2)];
        let over = |mut sums: Billings| {
            sums.add(billed.into_iter());
            let over = sums.over(&|group, billed| i128::from(group) < billed);
            (0..1_000).filter(|&group| over.contains(group)).collect::<Vec<u32>>()
        };
        let (few, many) = (Billings::new(1_000, 4), Billings::new(1_000, 400));
        assert!(matches!((&few, &many), (Billings::Few(_), Billings::All(_))));
        assert_eq!(over(few), [3]);
        assert_eq!(over(many), [3]);
        assert_eq!(over(Billings::None), []);
    }
}
