//! What is refused of the lines of a claim that a month would put aside.

use jihe_frame::serials::{high_of, low_of};
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

/// Bits for the keys of a claim, two kilobytes: so many that the highest bits of a hash tell one.
const N_BITS: usize = 1 << (u64::BITS - SHIFT);
const SHIFT: u32 = 50;

/// More keys than that likely share a bit.
const MANY_KEYS: usize = 128;

/// Whether no two keys have a bit in common: few keys mostly have none, and need not be sorted. Numbers that follow
/// one another have bits far apart.
fn surely_differ(mut keys: impl ExactSizeIterator<Item = ((u32, u128), u32)>) -> bool {
    if MANY_KEYS < keys.len() {
        return false;
    }
    let mut seen = [0_u64; N_BITS / 64];
    keys.all(|((head, number), encounter)| {
        let others = u64::from(head).rotate_left(24) ^ u64::from(encounter).rotate_left(40);
        let hash = low_of(number) ^ high_of(number).rotate_left(32) ^ others;
        let bit = hash.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> SHIFT;
        let word = usize::try_from(bit >> 6).ok().and_then(|place| seen.get_mut(place));
        let Some(word) = word else { return false };
        let is_new = *word >> (bit & 63) & 1 == 0;
        *word |= 1 << (bit & 63);
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
