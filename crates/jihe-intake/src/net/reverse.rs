//! Negative lines and the lines they reverse.
//!
//! In: lines that stand, with repeats and cancelled settlements gone. Out: originals with what is
//! left of them; reversals without an original. Reversals are taken in canonical order.
//! Cost: nothing without negative lines; else one pass over the lines of the groups concerned.

use std::collections::HashMap;

use ahash::RandomState;
use jihe_frame::Reversal;
use jihe_terms::schema::TableName;

use crate::cells::{Cells, Names};
use crate::net::keys::Keys;
use crate::net::order::compare;
use crate::place::{at, id};
use crate::rows::Rows;

/// What tells the original of a reversal without a name: encounter, item, price.
type Group = (u32, u32, i64);

/// Lines of one group in canonical order; `former` skips what is used up.
#[derive(Debug, Default)]
struct Candidates {
    rows: Vec<u32>,
    former: Vec<u32>,
}

/// Nets reversals with what they reverse; gives those that lower the totals.
pub(crate) fn lines(lines: &mut Rows, keys: &Keys, names: &Names, ranks: &[u32]) -> Vec<Reversal> {
    let mut reversals: Vec<u32> =
        lines.standing().filter(|&row| number(lines, "cnt", row) < 0).collect();
    if reversals.is_empty() {
        return Vec::new();
    }
    reversals.sort_unstable_by(|&a, &b| compare(lines, ranks, a, b));
    let mut groups = candidates(lines, &reversals, ranks);
    let mut lost = Vec::new();
    for &reversal in &reversals {
        let found = match named(lines, reversal) {
            Some(key) => by_name(lines, keys, &key, reversal),
            None => match groups.get_mut(&group(lines, reversal)) {
                Some(group) => nearest(lines, group, ranks, reversal),
                None => Err("no earlier line with the same encounter, item and price"),
            },
        };
        let reason = match found {
            Ok(original) => {
                subtract(lines, original, reversal);
                let late = lines.is_carried(original) && !lines.is_carried(reversal);
                late.then_some("original is in an earlier month")
            }
            Err(reason) => Some(reason),
        };
        if let Some(reason) = reason.filter(|_| !lines.is_carried(reversal)) {
            lost.push(report(lines, names, reversal, reason));
        }
    }
    for row in reversals {
        lines.net(row);
    }
    lost
}

fn number(lines: &Rows, name: &str, row: u32) -> i64 {
    lines.column(name).numbers().get(at(row)).copied().unwrap_or(0)
}

fn group(lines: &Rows, row: u32) -> Group {
    (lines.id("mdtrt_id", row), lines.id("hilist_code", row), number(lines, "pric", row))
}

/// The key of the original that a reversal names.
fn named(lines: &Rows, row: u32) -> Option<Vec<u8>> {
    let texts = lines.column("init_feedetl_sn").texts()?;
    let name = texts.bytes(at(row));
    (!name.is_empty()).then(|| name.to_vec())
}

fn is_enough(lines: &Rows, original: u32, reversal: u32) -> bool {
    let left = |name| number(lines, name, original).checked_add(number(lines, name, reversal));
    let not_negative = |name| left(name).is_some_and(|left| 0 <= left);
    0 < number(lines, "cnt", original) && not_negative("cnt") && not_negative("det_item_fee_sumamt")
}

fn by_name(lines: &Rows, keys: &Keys, key: &[u8], reversal: u32) -> Result<u32, &'static str> {
    let texts = lines.column("bkkp_sn").texts().ok_or("the line it names is not in the month")?;
    let original = keys
        .find(texts, key)
        .find(|&row| row != reversal && lines.is_standing(row))
        .ok_or("the line it names is not in the month")?;
    if is_enough(lines, original, reversal) {
        Ok(original)
    } else {
        Err("the line it names has too little left")
    }
}

/// Positive lines of the groups in which reversals look for their original.
#[expect(clippy::iter_over_hash_type, reason = "each group is ordered on its own")]
fn candidates(
    lines: &Rows,
    reversals: &[u32],
    ranks: &[u32],
) -> HashMap<Group, Candidates, RandomState> {
    let mut groups: HashMap<Group, Candidates, RandomState> =
        HashMap::with_hasher(RandomState::with_seeds(1, 2, 3, 4));
    for &reversal in reversals {
        if named(lines, reversal).is_none() {
            groups.entry(group(lines, reversal)).or_default();
        }
    }
    if groups.is_empty() {
        return groups;
    }
    for row in lines.standing() {
        if 0 < number(lines, "cnt", row)
            && let Some(candidates) = groups.get_mut(&group(lines, row))
        {
            candidates.rows.push(row);
        }
    }
    for candidates in groups.values_mut() {
        candidates.rows.sort_unstable_by(|&a, &b| compare(lines, ranks, a, b));
        candidates.former = (0..id(candidates.rows.len())).collect();
    }
    groups
}

/// The nearest earlier line of the group with enough left.
fn nearest(
    lines: &Rows,
    group: &mut Candidates,
    ranks: &[u32],
    reversal: u32,
) -> Result<u32, &'static str> {
    let mut after = group.rows.partition_point(|&row| compare(lines, ranks, row, reversal).is_lt());
    while let Some(place) = after.checked_sub(1) {
        // Places are numbered from 1 behind `former`, 0 is before the first.
        let place = skip_used(lines, group, place);
        let Some(&row) = place.and_then(|place| group.rows.get(place)) else { break };
        if is_enough(lines, row, reversal) {
            return Ok(row);
        }
        after = place.unwrap_or(0);
    }
    Err("no earlier line with the same encounter, item and price has enough left")
}

/// The last place at or before `place` whose line has something left; paths are shortened.
fn skip_used(lines: &Rows, group: &mut Candidates, place: usize) -> Option<usize> {
    let mut found = Some(place);
    while let Some(here) = found {
        let row = group.rows.get(here).copied()?;
        if 0 < number(lines, "cnt", row) {
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

/// Takes a reversal from its original.
fn subtract(lines: &mut Rows, original: u32, reversal: u32) {
    for name in ["cnt", "det_item_fee_sumamt", "inscp_scp_amt"] {
        let change = number(lines, name, reversal);
        set(lines, name, original, |value| value.saturating_add(change));
    }
    // A reversal may take more of the in-policy part than the original had.
    let amount = number(lines, "det_item_fee_sumamt", original);
    set(lines, "inscp_scp_amt", original, |scope| scope.clamp(0, amount.max(0)));
    if number(lines, "cnt", original) == 0 {
        lines.net(original);
    }
}

fn set(lines: &mut Rows, name: &str, row: u32, change: impl Fn(i64) -> i64) {
    let place = TableName::Lines.column(name);
    if let Some(Cells::Number(values)) = place.and_then(|place| lines.columns.get_mut(place))
        && let Some(value) = values.get_mut(at(row))
    {
        *value = change(*value);
    }
}

fn report(lines: &Rows, names: &Names, row: u32, reason: &str) -> Reversal {
    let key = lines.column("bkkp_sn").texts().map(|texts| texts.text(at(row)).to_owned());
    Reversal {
        table: TableName::Lines,
        key: key.unwrap_or_default(),
        fixmedins_code: names.codes.text(lines.id("fixmedins_code", row)).to_owned(),
        amount_fen: number(lines, "det_item_fee_sumamt", row),
        fund_fen: 0,
        reason: reason.to_owned(),
    }
}
