//! Keys that come more than once, over all parts.
//!
//! Where every batch ascends and no two overlap there are none. Else hashes of all keys are sorted,
//! as many at a time as the budget holds, and only rows whose hash is not alone are looked at.

use std::collections::HashSet;
use std::io::Result;
use std::sync::{Mutex, PoisonError};

use ahash::RandomState;
use jihe_frame::serials::{high_of, low_of};
use jihe_terms::schema::TableName;
use jihe_terms::{NO_CODE, NO_NUMBER};
use rayon::prelude::*;

use crate::lines::raw::{Raw, RawColumn};
use crate::lines::sink::Shelved;
use crate::place::{at, count, id};

/// What makes a line: head and number of its key, and its encounter where keys are unique only
/// inside it.
pub(crate) type Identity = (u32, u128, u32);

/// A row whose key is perhaps not its own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate {
    pub(crate) identity: Identity,
    pub(crate) number: u64,
    pub(crate) file: u32,
    pub(crate) part: u32,
    pub(crate) row: u32,
    /// The place of what it tells, where there is a state.
    told: u32,
}

/// Rows whose keys are perhaps not their own, by key, those of the state first, then in file order.
#[derive(Debug, Default)]
pub(crate) struct Candidates {
    all: Vec<Candidate>,
    told: Vec<Told>,
    /// Files of the state come first.
    n_carried_files: u32,
}

impl Candidates {
    /// The rows of each key that comes more than once.
    pub(crate) fn groups(&self) -> impl Iterator<Item = &[Candidate]> {
        // Two keys may share a hash: a key that is alone after all is no repeat.
        self.all.chunk_by(|a, b| a.identity == b.identity).filter(|group| 1 < group.len())
    }

    /// Whether a row is of the state.
    pub(crate) fn is_carried(&self, one: &Candidate) -> bool {
        one.file < self.n_carried_files
    }

    /// Whether a row of the month says the same as one of the state.
    pub(crate) fn tell_the_same(&self, carried: &Candidate, row: &Candidate) -> bool {
        let told = |one: &Candidate| self.told.get(at(one.told));
        told(carried).zip(told(row)).is_some_and(|(carried, row)| carried.is_of(row))
    }
}

/// What a state keeps of a row, to know it again when it is delivered a second time.
#[derive(Clone, Copy, Debug)]
struct Told {
    ids: [u32; 5],
    numbers: [i64; 2],
    cnt: i64,
    amount: i64,
}

const TOLD_IDS: [&str; 5] = ["psn_no", "setl_id", "mdtrt_id", "fixmedins_code", "hilist_code"];
const TOLD_NUMBERS: [&str; 2] = ["fee_ocur_time", "pric"];
const TOLD_LEFT: [&str; 2] = ["cnt", "det_item_fee_sumamt"];

impl Told {
    fn of(raw: &Raw, row: usize) -> Self {
        let number = |name| raw.column(name).numbers().get(row).copied().unwrap_or(NO_NUMBER);
        let [cnt, amount] = TOLD_LEFT.map(number);
        Self {
            ids: TOLD_IDS.map(|name| raw.column(name).ids().get(row).copied().unwrap_or(NO_CODE)),
            numbers: TOLD_NUMBERS.map(number),
            cnt,
            amount,
        }
    }

    /// Whether a row of the month says the same as this one of the state, of which reversals may have
    /// left less. A value that one of them does not tell contradicts nothing.
    fn is_of(&self, row: &Self) -> bool {
        let is_left = 0 <= self.cnt && self.cnt < row.cnt && self.amount <= row.amount;
        let is_whole = (self.cnt, self.amount) == (row.cnt, row.amount);
        let ids = self.ids.iter().zip(&row.ids);
        let numbers = self.numbers.iter().zip(&row.numbers);
        (is_left || is_whole)
            && ids.into_iter().all(|(a, b)| a == b || *a == NO_CODE || *b == NO_CODE)
            && numbers.into_iter().all(|(a, b)| a == b || *a == NO_NUMBER || *b == NO_NUMBER)
    }

    fn needs(place: usize) -> bool {
        let name = TableName::Lines.columns().get(place).map_or("", |column| column.name);
        TOLD_IDS.contains(&name) || TOLD_NUMBERS.contains(&name) || TOLD_LEFT.contains(&name)
    }
}

const BUCKETS: usize = 64;

type Hashes = HashSet<u64, RandomState>;

/// The identities of the rows of a part, row by row; a missing key has none.
pub(crate) fn identities(raw: &Raw) -> impl Iterator<Item = Option<Identity>> {
    let keys = match raw.columns.first() {
        Some(RawColumn::Serial(heads, numbers)) => Some(heads.iter().zip(numbers.iter())),
        _ => None,
    };
    let encounters = raw.column("mdtrt_id").ids();
    let by_encounter = raw.flags(crate::lines::raw::Batch::by_encounter);
    let rows = keys.into_iter().flatten().zip(by_encounter).enumerate();
    rows.map(|(row, ((&head, number), by_encounter))| {
        let encounter = if by_encounter { encounters.get(row).copied() } else { None };
        (head != NO_CODE).then(|| (head, number, encounter.unwrap_or(NO_CODE)))
    })
}

/// Tells the columns that identities need.
pub(crate) fn is_identity(place: usize) -> bool {
    place == 0 || TableName::Lines.column("mdtrt_id") == Some(place)
}

fn hash((head, number, encounter): Identity) -> u64 {
    let (low, high) = (low_of(number), high_of(number));
    let first = mix(low ^ u64::from(head).rotate_left(40));
    let first = if high == 0 { first } else { mix(first ^ high) };
    mix(first ^ u64::from(encounter))
}

/// The round in which a hash is looked at, by its lowest bits: others tell buckets and places in them.
fn round_of(hash: u64, n_rounds: u64) -> u64 {
    (hash & 0xf_ffff).saturating_mul(n_rounds) >> 20
}

fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    let value = (value ^ (value >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    value ^ (value >> 32)
}

/// Keys that perhaps come more than once.
pub(crate) struct Repeats<'s> {
    shelved: &'s Shelved,
    n_carried_files: u32,
    hashes: Hashes,
    n_rows: u64,
    /// In how many rounds their rows are looked at, so that those of one are no more than the budget
    /// holds.
    pub(crate) n_rounds: u64,
    /// What the rows of a round take.
    n_bytes: u64,
}

impl<'s> Repeats<'s> {
    /// Looks at the hashes of all keys.
    pub(crate) fn find(
        shelved: &'s Shelved,
        n_carried_files: u32,
        n_lines: u64,
        budget: usize,
    ) -> Result<Self> {
        let mut hashes = Hashes::with_hasher(RandomState::with_seeds(1, 2, 3, 4));
        let mut n_rows = 0_u64;
        let budget = count(budget).max(1 << 22);
        let n_rounds = |n_rows: u64, n_bytes| n_rows.saturating_mul(n_bytes).div_ceil(budget);
        if !shelved.is_unique {
            let n_rounds = n_rounds(n_lines, 8).max(1);
            for round in 0..n_rounds {
                for (hash, n) in twice(shelved, round, n_rounds)? {
                    hashes.insert(hash);
                    n_rows = n_rows.saturating_add(n);
                }
            }
        }
        let n_bytes = count(size_of::<Candidate>().saturating_add(match n_carried_files {
            0 => 0,
            _ => size_of::<Told>(),
        }));
        let n_rounds = n_rounds(n_rows, n_bytes);
        let n_bytes = n_rows.saturating_mul(n_bytes).min(budget);
        Ok(Self { shelved, n_carried_files, hashes, n_rows, n_rounds, n_bytes })
    }

    /// Rows of one round whose keys perhaps come more than once.
    pub(crate) fn candidates(&self, round: u64) -> Result<Candidates> {
        let is_due = |identity: &Identity| {
            let hash = hash(*identity);
            round_of(hash, self.n_rounds) == round && self.hashes.contains(&hash)
        };
        let has_state = 0 < self.n_carried_files;
        self.shelved.shelf.make_room(self.n_bytes)?;
        let n_about = self.n_rows.checked_div(self.n_rounds).unwrap_or(0);
        let n_about = usize::try_from(n_about.saturating_add(n_about >> 4)).unwrap_or(0);
        let found = Mutex::new(Candidates {
            all: Vec::with_capacity(n_about),
            told: Vec::with_capacity(if has_state { n_about } else { 0 }),
            n_carried_files: self.n_carried_files,
        });
        let of_part = |part: usize| -> Result<()> {
            let wants = |place: usize| is_identity(place) || (has_state && Told::needs(place));
            let raw = Raw::load(&self.shelved.shelf, part, &self.shelved.keeps, &wants, true)?;
            let due = identities(&raw).enumerate();
            let due: Vec<(usize, Identity)> =
                due.filter_map(|(row, identity)| Some((row, identity.filter(is_due)?))).collect();
            let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
            for (row, identity) in due {
                let told = id(found.told.len());
                found.told.extend(has_state.then(|| Told::of(&raw, row)));
                found.all.push(Candidate {
                    identity,
                    number: raw.rows.get(row).copied().unwrap_or(0),
                    file: raw.batch(row).file,
                    part: id(part),
                    row: id(row),
                    told,
                });
            }
            Ok(())
        };
        (0..self.shelved.shelf.n_parts()).into_par_iter().try_for_each(of_part)?;
        let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
        found.all.par_sort_unstable_by_key(|one| (one.identity, one.file, one.number));
        Ok(found)
    }
}

/// Hashes of one round that come more than once, each with the number of its rows.
fn twice(shelved: &Shelved, round: u64, n_rounds: u64) -> Result<Vec<(u64, u64)>> {
    let buckets: Vec<Mutex<Vec<u64>>> = (0..BUCKETS).map(|_| Mutex::default()).collect();
    let of_part = |part: usize| -> Result<()> {
        let raw = Raw::load(&shelved.shelf, part, &shelved.keeps, &is_identity, false)?;
        let mut own: Vec<Vec<u64>> = vec![Vec::new(); BUCKETS];
        for identity in identities(&raw).flatten() {
            let hash = hash(identity);
            if round_of(hash, n_rounds) == round
                && let Some(bucket) = own.get_mut(at(u32::try_from(hash >> 58).unwrap_or(0)))
            {
                bucket.push(hash);
            }
        }
        for (bucket, own) in buckets.iter().zip(own) {
            bucket.lock().unwrap_or_else(PoisonError::into_inner).extend(own);
        }
        Ok(())
    };
    (0..shelved.shelf.n_parts()).into_par_iter().try_for_each(of_part)?;
    let repeated = |bucket: Mutex<Vec<u64>>| {
        let mut hashes = bucket.into_inner().unwrap_or_else(PoisonError::into_inner);
        sift(&mut hashes);
        hashes.sort_unstable();
        let same = hashes.chunk_by(|a, b| a == b).filter(|same| 1 < same.len());
        same.filter_map(|same| Some((*same.first()?, count(same.len())))).collect::<Vec<_>>()
    };
    Ok(buckets.into_par_iter().flat_map_iter(repeated).collect())
}

/// Takes out most hashes that come once: those that have a bit for themselves, of which there are sixteen
/// and more for each.
fn sift(hashes: &mut Vec<u64>) {
    let n_words = hashes.len().div_ceil(4).next_power_of_two();
    // Bits that were met, and those of them that were met again.
    let mut words = vec![(0_u64, 0_u64); n_words];
    // Buckets are by the highest bits, rounds by the lowest.
    let place = |hash: u64| {
        let word = usize::try_from(hash >> 26 & u64::from(u32::MAX)).unwrap_or(0);
        (word & n_words.wrapping_sub(1), 1_u64 << (hash >> 20 & 63))
    };
    for &hash in &*hashes {
        let (word, bit) = place(hash);
        if let Some((met, again)) = words.get_mut(word) {
            *again |= *met & bit;
            *met |= bit;
        }
    }
    hashes.retain(|&hash| {
        let (word, bit) = place(hash);
        words.get(word).is_some_and(|(_, again)| again & bit != 0)
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_twice_stays_and_little_else() {
        for n in [0_u64, 1, 5, 1_000, 40_000] {
            let all = (0..n).map(|nth| mix(nth.wrapping_add(9)));
            let again = (0..n).step_by(10).map(|nth| mix(nth.wrapping_add(9)));
            let mut hashes: Vec<u64> = all.chain(again).collect();
            let len = hashes.len();
            sift(&mut hashes);
            hashes.sort_unstable();
            let twice = hashes.chunk_by(|a, b| a == b).filter(|same| same.len() == 2).count();
            assert_eq!(count(twice), n.div_ceil(10));
            assert!(hashes.len() <= len.div_ceil(3).saturating_add(1), "{} of {len}", hashes.len());
        }
    }
}
