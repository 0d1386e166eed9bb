//! Negative lines and the lines they reverse.
//!
//! In: rows that stand, in canonical order. Out: originals with what is left of them; reversals
//! without an original. Reversals are taken in canonical order. An original of the same person is
//! in the same part; one that is named and is another person's is looked for in all parts at last.
//! Cost: nothing without negative lines; else one pass over the lines of the groups concerned.

use std::collections::{BTreeMap, HashMap};
use std::io::Result;

use ahash::RandomState;
use jihe_frame::serials::Numbers;
use jihe_frame::{Reversal, Serials};
use jihe_terms::NO_CODE;
use jihe_terms::schema::TableName;
use rayon::prelude::*;

use crate::lines::net::{Fate, Ground, Left, NetPart, last_of};
use crate::lines::order::Order;
use crate::lines::raw::{Raw, RawColumn};
use crate::lines::unique::{Identity, identities, is_identity};
use crate::place::{at, id};

type Map<K, V> = HashMap<K, V, RandomState>;

fn fixed<K, V>() -> Map<K, V> {
    HashMap::with_hasher(RandomState::with_seeds(1, 2, 3, 4))
}

/// What tells the original of a reversal without a name: person, encounter, item, price.
type Group = (u32, u32, u32, i64);

/// Lines of one group in canonical order; `former` skips what is used up.
#[derive(Debug, Default)]
struct Candidates {
    rows: Vec<u32>,
    former: Vec<u32>,
}

/// A reversal that names a line its person does not have.
#[derive(Clone, Debug)]
pub(crate) struct Lost {
    name: Identity,
    cnt: i64,
    amount: i64,
    scp: i64,
    is_carried: bool,
    report: Reversal,
}

const NOT_THERE: &str = "the line it names is not in the month";
const TOO_LITTLE: &str = "the line it names has too little left";
const EARLIER: &str = "original is in an earlier month";

/// The columns of a part that reversals change and compare.
struct Lines<'a> {
    cnt: Vec<i64>,
    amount: Vec<i64>,
    scp: Vec<i64>,
    pric: &'a [i64],
    person: &'a [u32],
    encounter: &'a [u32],
    item: &'a [u32],
    carried: Vec<bool>,
    /// Places in canonical order.
    place: Vec<u32>,
}

fn get<T: Copy + Default>(values: &[T], row: u32) -> T {
    values.get(at(row)).copied().unwrap_or_default()
}

impl Lines<'_> {
    fn group(&self, row: u32) -> Group {
        let visit = (get(self.person, row), get(self.encounter, row));
        (visit.0, visit.1, get(self.item, row), get(self.pric, row))
    }

    fn is_enough(&self, original: u32, reversal: u32) -> bool {
        let left = |values: &[i64]| {
            let left = get(values, original).checked_add(get(values, reversal));
            left.is_some_and(|left| 0 <= left)
        };
        0 < get(&self.cnt, original) && left(&self.cnt) && left(&self.amount)
    }

    fn subtract(&mut self, original: u32, (cnt, amount, scp): (i64, i64, i64)) -> Left {
        let change = |values: &mut Vec<i64>, by: i64| {
            let value = values.get_mut(at(original));
            value.map_or(0, |value| {
                *value = value.saturating_add(by);
                *value
            })
        };
        let (cnt, amount) = (change(&mut self.cnt, cnt), change(&mut self.amount, amount));
        let scp = change(&mut self.scp, scp).clamp(0, amount.max(0));
        // A reversal may take more of the in-policy part than the original had.
        if let Some(value) = self.scp.get_mut(at(original)) {
            *value = scp;
        }
        Left { row: original, cnt, amount, scp }
    }
}

/// Nets the reversals of a part with what they reverse.
#[expect(clippy::too_many_lines, reason = "one walk over the reversals with what it needs at hand")]
pub(crate) fn reverse(
    ground: &Ground<'_>,
    raw: &mut Raw,
    keys: &Serials,
    fate: &mut [Fate],
    net: &mut NetPart,
) {
    let cnt = raw.column("cnt").numbers();
    let negative = |row: &u32| cnt.get(at(*row)).is_some_and(|&cnt| cnt < 0);
    let reversals: Vec<u32> = net.order.iter().copied().filter(negative).collect();
    if reversals.is_empty() {
        return;
    }
    let [init, in_visit] = ["init_feedetl_sn", "feedetl_sn"].map(|name| serials(raw, name));
    let institutions = raw.take("fixmedins_code");
    let mut place = vec![NO_CODE; raw.n_rows];
    for (at_place, &row) in net.order.iter().enumerate() {
        if let Some(place) = place.get_mut(at(row)) {
            *place = id(at_place);
        }
    }
    let numbers = |name: &str| raw.column(name).numbers().to_vec();
    let mut lines = Lines {
        cnt: numbers("cnt"),
        amount: numbers("det_item_fee_sumamt"),
        scp: numbers("inscp_scp_amt"),
        pric: raw.column("pric").numbers(),
        person: raw.column("psn_no").ids(),
        encounter: raw.column("mdtrt_id").ids(),
        item: raw.column("hilist_code").ids(),
        carried: raw.flags(crate::lines::raw::Batch::is_carried),
        place,
    };
    let by_encounter = raw.flags(crate::lines::raw::Batch::by_encounter);
    let encounter_of = |row: u32| {
        if get(&by_encounter, row) { get(lines.encounter, row) } else { NO_CODE }
    };
    let name = |row: u32| -> Option<Identity> {
        let head = init.0.get(at(row)).copied().filter(|&head| head != NO_CODE)?;
        Some((head, init.1.get(at(row)), encounter_of(row)))
    };
    let names: Map<u32, Identity> =
        collect(reversals.iter().filter_map(|&row| Some((row, name(row)?))));
    let mut originals: Map<Identity, u32> = collect(names.values().map(|&name| (name, NO_CODE)));
    if !originals.is_empty() {
        for &row in &net.order {
            let (head, number) = keys.pair(at(row));
            if let Some(slot) = originals.get_mut(&(head, number, encounter_of(row))) {
                *slot = row;
            }
        }
    }
    let of_visits = named_in_visits(&lines, (&init, &in_visit), &reversals, net);
    let mut groups = candidates(&lines, &reversals, &names, net);
    let mut left: BTreeMap<u32, Left> = BTreeMap::new();
    for &reversal in &reversals {
        let taken =
            (get(&lines.cnt, reversal), get(&lines.amount, reversal), get(&lines.scp, reversal));
        let report = |reason: &str| Reversal {
            table: TableName::Lines,
            key: keys.text(at(reversal)),
            fixmedins_code: institutions
                .ids()
                .get(at(reversal))
                .map_or("", |&code| ground.shelved.names.codes.text(code))
                .to_owned(),
            amount_fen: taken.1,
            fund_fen: 0,
            reason: reason.to_owned(),
        };
        let is_carried = get(&lines.carried, reversal);
        let found = match names.get(&reversal) {
            Some(name) => {
                let by_key = || originals.get(name).copied();
                let original = of_visits.get(&reversal).copied().or_else(by_key).filter(|&row| {
                    let is_other = row == NO_CODE || row == reversal;
                    let is_own = get(lines.person, row) == get(lines.person, reversal);
                    !is_other && is_own && fate.get(at(row)) == Some(&Fate::Standing)
                });
                match original {
                    None => {
                        let (cnt, amount, scp) = taken;
                        let report = report(NOT_THERE);
                        net.lost.push(Lost { name: *name, cnt, amount, scp, is_carried, report });
                        continue;
                    }
                    Some(row) if lines.is_enough(row, reversal) => Ok(row),
                    Some(_) => Err(TOO_LITTLE),
                }
            }
            None => match groups.get_mut(&lines.group(reversal)) {
                Some(group) => nearest(&lines, group, reversal),
                None => Err("no earlier line with the same encounter, item and price"),
            },
        };
        let reason = match found {
            Ok(original) => {
                let rest = lines.subtract(original, taken);
                left.insert(original, rest);
                if rest.is_nothing()
                    && let Some(fate) = fate.get_mut(at(original))
                {
                    *fate = Fate::Netted;
                }
                (get(&lines.carried, original) && !is_carried).then_some(EARLIER)
            }
            Err(reason) => Some(reason),
        };
        if let Some(reason) = reason.filter(|_| !is_carried) {
            net.reversals.push(report(reason));
        }
    }
    for &reversal in &reversals {
        if let Some(fate) = fate.get_mut(at(reversal)) {
            *fate = Fate::Netted;
        }
    }
    if ground.keeps_netted {
        let is_gone = |row: &u32| fate.get(at(*row)) != Some(&Fate::Standing);
        net.netted.extend(net.order.iter().copied().filter(is_gone));
    }
    net.order.retain(|&row| fate.get(at(row)) == Some(&Fate::Standing));
    net.left = left.into_values().collect();
}

/// A column of keys as heads and numbers.
type Pairs = (Vec<u32>, Numbers);

fn serials(raw: &mut Raw, name: &str) -> Pairs {
    match raw.take(name) {
        RawColumn::Serial(heads, numbers) => (heads, numbers),
        RawColumn::Absent | RawColumn::Ids(_) | RawColumn::Numbers(_) => {
            (Vec::new(), Numbers::default())
        }
    }
}

/// The lines that reversals name by their numbers in the visit, where lines have them beside their keys.
fn named_in_visits(
    lines: &Lines<'_>,
    (init, in_visit): (&Pairs, &Pairs),
    reversals: &[u32],
    net: &NetPart,
) -> Map<u32, u32> {
    let of = |(heads, numbers): &Pairs, row: u32| -> Option<Identity> {
        let head = heads.get(at(row)).copied().filter(|&head| head != NO_CODE)?;
        Some((head, numbers.get(at(row)), get(lines.encounter, row)))
    };
    let named = reversals.iter().filter(|&&row| of(in_visit, row).is_some());
    let named: Vec<(u32, Identity)> =
        named.filter_map(|&row| Some((row, of(init, row)?))).collect();
    let mut found: Map<Identity, u32> = collect(named.iter().map(|&(_, name)| (name, NO_CODE)));
    if found.is_empty() {
        return fixed();
    }
    for &row in &net.order {
        if let Some(slot) = of(in_visit, row).and_then(|name| found.get_mut(&name)) {
            *slot = row;
        }
    }
    let found = |name: &Identity| found.get(name).copied().filter(|&row| row != NO_CODE);
    collect(named.iter().filter_map(|(row, name)| Some((*row, found(name)?))))
}

fn collect<K: std::hash::Hash + Eq, V>(all: impl Iterator<Item = (K, V)>) -> Map<K, V> {
    let mut map = fixed();
    map.extend(all);
    map
}

/// Positive lines of the groups in which reversals look for their original.
fn candidates(
    lines: &Lines<'_>,
    reversals: &[u32],
    names: &Map<u32, Identity>,
    net: &NetPart,
) -> Map<Group, Candidates> {
    let mut groups: Map<Group, Candidates> = fixed();
    for &reversal in reversals {
        if !names.contains_key(&reversal) {
            groups.entry(lines.group(reversal)).or_default();
        }
    }
    if groups.is_empty() {
        return groups;
    }
    for &row in &net.order {
        if 0 < get(&lines.cnt, row)
            && let Some(candidates) = groups.get_mut(&lines.group(row))
        {
            candidates.former.push(id(candidates.rows.len()));
            candidates.rows.push(row);
        }
    }
    groups
}

/// The nearest earlier line of the group with enough left.
fn nearest(
    lines: &Lines<'_>,
    group: &mut Candidates,
    reversal: u32,
) -> std::result::Result<u32, &'static str> {
    let place = |row: u32| get(&lines.place, row);
    let mut after = group.rows.partition_point(|&row| place(row) < place(reversal));
    while let Some(place) = after.checked_sub(1) {
        let place = skip_used(lines, group, place);
        let Some(&row) = place.and_then(|place| group.rows.get(place)) else { break };
        if lines.is_enough(row, reversal) {
            return Ok(row);
        }
        after = place.unwrap_or(0);
    }
    Err("no earlier line with the same encounter, item and price has enough left")
}

/// The last place at or before `place` whose line has something left; paths are shortened.
fn skip_used(lines: &Lines<'_>, group: &mut Candidates, place: usize) -> Option<usize> {
    let mut found = Some(place);
    while let Some(here) = found {
        let row = group.rows.get(here).copied()?;
        if 0 < get(&lines.cnt, row) {
            break;
        }
        let next = group.former.get(here).map(|&former| at(former)).filter(|&former| former < here);
        found = match next {
            Some(next) => Some(next),
            None => here.checked_sub(1),
        };
    }
    if let (Some(target), Some(shortcut)) = (found, group.former.get_mut(place)) {
        *shortcut = id(target);
    }
    found
}

/// Looks in all parts for the lines that reversals of other parts name.
pub(crate) fn reverse_across(ground: &Ground<'_>, parts: &mut [NetPart]) -> Result<()> {
    let lost: Vec<(usize, Lost)> = parts
        .iter_mut()
        .enumerate()
        .flat_map(|(part, net)| {
            std::mem::take(&mut net.lost).into_iter().map(move |lost| (part, lost))
        })
        .collect();
    if lost.is_empty() {
        return Ok(());
    }
    let mut named: Map<Identity, (usize, u32)> = fixed();
    let mut wanted: Vec<Identity> = lost.iter().map(|(_, lost)| lost.name).collect();
    wanted.sort_unstable();
    let find = |(part, net): (usize, &NetPart)| -> Result<Vec<(Identity, (usize, u32))>> {
        let shelved = ground.shelved;
        let raw = Raw::load(&shelved.shelf, part, &shelved.keeps, &is_identity, false)?;
        let identities: Vec<Option<Identity>> = identities(&raw).collect();
        let rows = net.packed.rows(&shelved.shelf)?.into_iter().filter_map(|row| {
            let identity = identities.get(at(row)).copied().flatten()?;
            wanted.binary_search(&identity).is_ok().then_some((identity, (part, row)))
        });
        Ok(rows.collect())
    };
    let found: Result<Vec<_>> = parts.par_iter().enumerate().map(find).collect();
    named.extend(found?.into_iter().flatten());
    let mut loaded: BTreeMap<usize, Raw> = BTreeMap::new();
    for (from, lost) in lost {
        let reason = match named.get(&lost.name) {
            None => Some(NOT_THERE),
            Some(&(part, row)) => subtract_in(ground, parts, &mut loaded, (part, row), &lost)?,
        };
        if let Some(reason) = reason.filter(|_| !lost.is_carried)
            && let Some(net) = parts.get_mut(from)
        {
            net.reversals.push(Reversal { reason: reason.to_owned(), ..lost.report });
        }
    }
    Ok(())
}

/// Takes a reversal from a line of another part; gives why it must be reported.
fn subtract_in(
    ground: &Ground<'_>,
    parts: &mut [NetPart],
    loaded: &mut BTreeMap<usize, Raw>,
    (part, row): (usize, u32),
    lost: &Lost,
) -> Result<Option<&'static str>> {
    let shelved = ground.shelved;
    let raw = match loaded.entry(part) {
        std::collections::btree_map::Entry::Occupied(raw) => raw.into_mut(),
        std::collections::btree_map::Entry::Vacant(slot) => {
            let names = ["cnt", "det_item_fee_sumamt", "inscp_scp_amt", "fee_ocur_time"];
            let places = names.map(|name| TableName::Lines.column(name));
            let wants = |column: usize| places.contains(&Some(column));
            slot.insert(Raw::load(&shelved.shelf, part, &shelved.keeps, &wants, false)?)
        }
    };
    let number = |name: &str| get(raw.column(name).numbers(), row);
    let Some(net) = parts.get_mut(part) else { return Ok(Some(NOT_THERE)) };
    let before = net.left.iter().find(|left| left.row == row).copied().unwrap_or(Left {
        row,
        cnt: number("cnt"),
        amount: number("det_item_fee_sumamt"),
        scp: number("inscp_scp_amt"),
    });
    let (cnt, amount) =
        (before.cnt.saturating_add(lost.cnt), before.amount.saturating_add(lost.amount));
    if before.cnt <= 0 {
        return Ok(Some(NOT_THERE));
    }
    if cnt < 0 || amount < 0 {
        return Ok(Some(TOO_LITTLE));
    }
    let scp = before.scp.saturating_add(lost.scp).clamp(0, amount.max(0));
    let rest = Left { row, cnt, amount, scp };
    net.left.retain(|left| left.row != row);
    net.left.push(rest);
    let is_carried = raw.batch(at(row)).is_carried();
    if rest.is_nothing() {
        let mut rows = net.packed.rows(&shelved.shelf)?;
        rows.retain(|&other| other != row);
        net.packed = Order::new(&shelved.shelf, &rows)?;
        net.last = last_of(raw, &rows);
        net.netted.extend(ground.keeps_netted.then_some(row));
        if !is_carried {
            net.n_standing = net.n_standing.saturating_sub(1);
            net.n_netted = net.n_netted.saturating_add(1);
        }
    }
    Ok((is_carried && !lost.is_carried).then_some(EARLIER))
}
