//! Keys that come more than once, over all parts.
//!
//! Where every batch ascends and no two overlap there are none. Else hashes of all keys are sorted,
//! as many at a time as the budget holds, and only rows whose hash is not alone are looked at.

use std::collections::HashSet;
use std::io::Result;
use std::sync::{Mutex, PoisonError};

use ahash::RandomState;
use jihe_terms::schema::TableName;
use jihe_terms::{NO_CODE, NO_NUMBER};
use rayon::prelude::*;

use crate::lines::raw::{Raw, RawColumn};
use crate::lines::sink::Shelved;
use crate::place::{at, id};

/// What makes a line: head and number of its key, and its encounter where keys are unique only
/// inside it.
pub(crate) type Identity = (u32, u64, u32);

/// A row whose key is perhaps not its own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate {
    pub(crate) identity: Identity,
    pub(crate) is_carried: bool,
    pub(crate) file: u32,
    pub(crate) number: u64,
    pub(crate) part: u32,
    pub(crate) row: u32,
    pub(crate) told: Told,
}

/// What a state keeps of a row, to know it again when it is delivered a second time.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Told {
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
    pub(crate) fn is_of(&self, row: &Self) -> bool {
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

/// The identities of the rows of a part; a missing key has none.
pub(crate) fn identities(raw: &Raw) -> Vec<Option<Identity>> {
    let Some(RawColumn::Serial(heads, numbers)) = raw.columns.first() else { return Vec::new() };
    let encounters = raw.column("mdtrt_id").ids();
    let by_encounter = raw.flags(crate::lines::raw::Batch::by_encounter);
    let keys = heads.iter().zip(numbers).zip(by_encounter).enumerate();
    keys.map(|(row, ((&head, &number), by_encounter))| {
        let encounter = if by_encounter { encounters.get(row).copied() } else { None };
        (head != NO_CODE).then(|| (head, number, encounter.unwrap_or(NO_CODE)))
    })
    .collect()
}

/// Tells the columns that identities need.
pub(crate) fn is_identity(place: usize) -> bool {
    place == 0 || TableName::Lines.column("mdtrt_id") == Some(place)
}

fn hash((head, number, encounter): Identity) -> u64 {
    let first = mix(number ^ u64::from(head).rotate_left(40));
    mix(first ^ u64::from(encounter))
}

fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    let value = (value ^ (value >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    value ^ (value >> 32)
}

/// Loads what identities need, and if `told` the numbers of rows and what a state keeps of them.
fn load(shelved: &Shelved, part: usize, told: bool) -> Result<Raw> {
    let wants = |place: usize| is_identity(place) || (told && Told::needs(place));
    Raw::load(&shelved.shelf, part, &shelved.keeps, &wants, told)
}

/// Rows whose key comes more than once, by key, those of the state first, then in file order.
pub(crate) fn candidates(shelved: &Shelved, n_rows: u64, budget: usize) -> Result<Vec<Candidate>> {
    if shelved.is_unique {
        return Ok(Vec::new());
    }
    let n_bytes = n_rows.saturating_mul(8);
    let budget = u64::try_from(budget).unwrap_or(u64::MAX).max(1 << 22);
    let n_rounds = n_bytes.div_ceil(budget).max(1);
    let mut suspects = Hashes::with_hasher(RandomState::with_seeds(1, 2, 3, 4));
    for round in 0..n_rounds {
        suspects.extend(twice(shelved, round, n_rounds)?);
    }
    if suspects.is_empty() {
        return Ok(Vec::new());
    }
    let of_part = |part: usize| -> Result<Vec<Candidate>> {
        let raw = load(shelved, part, true)?;
        let mut found = Vec::new();
        for (row, identity) in identities(&raw).into_iter().enumerate() {
            if let Some(identity) = identity.filter(|&identity| suspects.contains(&hash(identity)))
            {
                let batch = raw.batch(row);
                found.push(Candidate {
                    identity,
                    is_carried: batch.is_carried(),
                    file: batch.file,
                    number: raw.rows.get(row).copied().unwrap_or(0),
                    part: id(part),
                    row: id(row),
                    told: Told::of(&raw, row),
                });
            }
        }
        Ok(found)
    };
    let found: Result<Vec<Vec<Candidate>>> =
        (0..shelved.shelf.n_parts()).into_par_iter().map(of_part).collect();
    let mut found: Vec<Candidate> = found?.into_iter().flatten().collect();
    found.par_sort_unstable_by_key(|one| (one.identity, !one.is_carried, one.file, one.number));
    // Two keys may share a hash: a key that is alone after all is no repeat.
    let groups = found.chunk_by(|a, b| a.identity == b.identity);
    Ok(groups.filter(|group| 1 < group.len()).flatten().copied().collect())
}

/// Hashes of one round that come more than once.
fn twice(shelved: &Shelved, round: u64, n_rounds: u64) -> Result<Vec<u64>> {
    let buckets: Vec<Mutex<Vec<u64>>> = (0..BUCKETS).map(|_| Mutex::default()).collect();
    let of_part = |part: usize| -> Result<()> {
        let raw = load(shelved, part, false)?;
        let mut own: Vec<Vec<u64>> = vec![Vec::new(); BUCKETS];
        for identity in identities(&raw).into_iter().flatten() {
            let hash = hash(identity);
            if hash.checked_rem(n_rounds) == Some(round)
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
        hashes.sort_unstable();
        let same = hashes.chunk_by(|a, b| a == b).filter(|same| 1 < same.len());
        same.filter_map(|same| same.first().copied()).collect::<Vec<u64>>()
    };
    Ok(buckets.into_par_iter().flat_map_iter(repeated).collect())
}
