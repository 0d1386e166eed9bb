//! What is refused of the lines of a claim that a month would put aside.

use ahash::RandomState;
use jihe_frame::{Entities, LinePart, NetMonth};
use jihe_terms::NO_CODE;

use super::sheet::Sheet;
use crate::chunk::line_fault;
use crate::error::IntakeError;
use crate::place::at;

/// Refuses lines of one key; keys that differ only inside their encounter go with it.
pub(super) fn check_differ(
    part: &LinePart,
    order: &[u32],
    lines: &Sheet<'_>,
) -> Result<(), IntakeError> {
    let by_encounter = lines.is_by_encounter();
    let identity = |(row, &encounter): (usize, &u32)| {
        (part.key.pair(row), if by_encounter { encounter } else { NO_CODE })
    };
    let all = || part.encounter.iter().enumerate().map(identity);
    if surely_differ(all()) {
        return Ok(());
    }
    let mut seen: Vec<_> = all().zip(order.iter().copied()).collect();
    seen.sort_unstable();
    let twice = seen.windows(2).find_map(|pair| match pair {
        [(one, _), (other, row)] => (one == other).then_some(*row),
        _ => None,
    });
    match twice {
        Some(row) => {
            Err(lines.fault(row, "same key twice", "give each line once, under its own key"))
        }
        None => Ok(()),
    }
}

/// Bits for the keys of a claim: eight kilobytes.
const N_BITS: usize = 1 << 16;

/// More keys than that likely share a bit.
const MANY_KEYS: usize = 256;

/// Whether no two keys have a bit in common: few keys mostly have none, and need not be sorted.
fn surely_differ(mut keys: impl ExactSizeIterator<Item = ((u32, u128), u32)>) -> bool {
    if MANY_KEYS < keys.len() {
        return false;
    }
    let mut seen = [0_u64; N_BITS / 64];
    let state = RandomState::with_seeds(1, 2, 3, 4);
    keys.all(|key| {
        let [low, high, ..] = state.hash_one(key).to_le_bytes();
        let bit = usize::from(u16::from_le_bytes([low, high]));
        let Some(word) = seen.get_mut(bit / 64) else { return false };
        let is_new = *word >> (bit % 64) & 1 == 0;
        *word |= 1 << (bit % 64);
        is_new
    })
}

/// Refuses lines that reverse others, and whose amounts contradict each other.
pub(super) fn check_amounts(
    part: &LinePart,
    order: &[u32],
    lines: &Sheet<'_>,
) -> Result<(), IntakeError> {
    let amounts = part.cnt.iter().zip(&part.pric).zip(&part.amount).zip(&part.scp).zip(order);
    for ((((&cnt, &pric), &amount), &scope), &row) in amounts {
        if cnt < 0 {
            let advice = "check what is left after the reversal";
            return Err(lines.fault(row, "a line has a quantity below 0", advice));
        }
        if let Some((column, _, why)) = line_fault(cnt, pric, amount, scope) {
            return Err(lines.wrong(row, column, why));
        }
    }
    Ok(())
}

/// Refuses lines of another person's visit or settlement.
pub(super) fn check_owners(
    part: &LinePart,
    order: &[u32],
    month: &NetMonth,
    lines: &Sheet<'_>,
) -> Result<(), IntakeError> {
    let is_other = |all: &Entities, id: u32, person: u32| {
        all.listed.get(at(id)) == Some(&true) && all.person.get(at(id)) != Some(&person)
    };
    let whose = part.person.iter().zip(&part.encounter).zip(&part.settlement).zip(order);
    for (((&person, &encounter), &settlement), &row) in whose {
        if is_other(&month.encounters, encounter, person) {
            return Err(lines.wrong(row, "mdtrt_id", "encounter is of another person"));
        }
        if is_other(&month.settlements, settlement, person) {
            return Err(lines.wrong(row, "setl_id", "settlement is of another person"));
        }
    }
    Ok(())
}
