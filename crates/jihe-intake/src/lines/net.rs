//! One part netted and put in canonical order.
//!
//! In: a part on the shelf, which of its rows repeat others, and what other tables say. Out: the rows
//! that stand, in order, with what reversals left of them; rows put aside; reversals without an
//! original. Parts are netted on their own, in parallel.

use std::io::Result;
use std::sync::Arc;

use jihe_frame::{Codes, Defect, Defects, Reversal, Serials};
use jihe_terms::schema::TableName;
use jihe_terms::{NO_CODE, dealt};
use rayon::prelude::*;

use crate::layout::Layout;
use crate::lines::leaving::Leaving;
use crate::lines::order::Order;
use crate::lines::raw::Raw;
use crate::lines::reverse::{self, Lost};
use crate::lines::shelf::Shelf;
use crate::lines::sink::Shelved;
use crate::normalise::shown;
use crate::place::{at, id};

/// What became of a row.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Fate {
    Standing,
    Netted,
    Quarantined,
}

/// Ranks of ids by their bytes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ranks {
    pub(crate) persons: Arc<Vec<u32>>,
    pub(crate) encounters: Arc<Vec<u32>>,
    pub(crate) settlements: Arc<Vec<u32>>,
}

impl Ranks {
    /// The rows that stand by person, time, key and encounter.
    pub(crate) fn in_order(&self, raw: &Raw, keys: &Serials, fate: &[Fate]) -> Vec<u32> {
        let times = raw.column("fee_ocur_time").numbers();
        let of = |&person: &u32| self.persons.get(at(person)).copied().unwrap_or(NO_CODE);
        let ranks: Vec<u32> = raw.column("psn_no").ids().iter().map(of).collect();
        // Rows that do not stand only widen the ends.
        let least_rank = ranks.iter().copied().min().unwrap_or(0);
        let most_rank = ranks.iter().copied().max().unwrap_or(0);
        let least_time = times.iter().copied().min().unwrap_or(0);
        let most_time = times.iter().copied().max().unwrap_or(0);
        let bits = |range: u64| u64::BITS.saturating_sub(range.leading_zeros());
        let time_bits = bits(most_time.wrapping_sub(least_time).cast_unsigned());
        let row_bits = bits(u64::from(id(raw.n_rows)));
        let all = ranks.iter().zip(times).zip(fate).zip(0_u32..);
        let standing = all.filter(|((_, fate), _)| **fate == Fate::Standing);
        let standing = standing.map(|(((&rank, &time), _), row)| {
            (rank.wrapping_sub(least_rank), time.wrapping_sub(least_time).cast_unsigned(), row)
        });
        let encounters = raw.column("mdtrt_id").ids();
        let encounter = |row: u32| {
            let encounter = encounters.get(at(row)).copied().unwrap_or(NO_CODE);
            self.encounters.get(at(encounter)).copied().unwrap_or(NO_CODE)
        };
        let settle_ties = |ties: &mut [u32]| {
            ties.sort_unstable_by(|&a, &b| {
                let by_key = keys.compare(at(a), at(b));
                by_key.then_with(|| encounter(a).cmp(&encounter(b))).then_with(|| a.cmp(&b))
            });
        };
        let mut order = Vec::with_capacity(raw.n_rows);
        let range = most_rank.wrapping_sub(least_rank);
        // A part has few persons more than lines concern, unless most persons have no line.
        let is_dense = at(range) <= raw.n_rows.saturating_mul(4);
        if is_dense && time_bits.saturating_add(row_bits) <= u64::BITS {
            let pack =
                |time: u64, row: u32| time.checked_shl(row_bits).unwrap_or(0) | u64::from(row);
            let ranked = standing.map(|(rank, time, row)| (at(rank), pack(time, row)));
            let (starts, mut packed) = dealt(at(range).saturating_add(1), ranked);
            let mask = u64::MAX.checked_shl(row_bits).map_or(u64::MAX, |high| !high);
            let row = |packed: u64| u32::try_from(packed & mask).unwrap_or(NO_CODE);
            let ends = starts.iter().skip(1).map(|&end| at(end));
            let mut from = 0;
            for end in ends {
                let of_person = packed.get_mut(from..end).unwrap_or(&mut []);
                of_person.sort_unstable();
                order.extend(of_person.iter().map(|&packed| row(packed)));
                let theirs = order.get_mut(from..).unwrap_or(&mut []);
                each_tie(theirs, of_person, |packed| packed.checked_shr(row_bits), &settle_ties);
                from = end;
            }
        } else {
            let pack = |(rank, time, row): (u32, u64, u32)| {
                (u128::from(rank) << 96) | (u128::from(time) << 32) | u128::from(row)
            };
            let mut packed: Vec<u128> = standing.map(pack).collect();
            packed.sort_unstable();
            let row = |packed: u128| u32::try_from(packed & 0xffff_ffff).unwrap_or(NO_CODE);
            order.extend(packed.iter().map(|&packed| row(packed)));
            each_tie(&mut order, &packed, |packed| packed >> 32, &settle_ties);
        }
        order
    }
}

/// What netting needs to know beside the lines.
#[derive(Debug)]
pub(crate) struct Ground<'a> {
    pub(crate) shelved: &'a Shelved,
    pub(crate) layouts: &'a [Layout],
    pub(crate) heads: Arc<Codes>,
    pub(crate) ranks: Ranks,
    /// Person of each listed encounter and settlement, by id.
    pub(crate) encounters: Vec<u32>,
    pub(crate) settlements: Vec<u32>,
    /// Whether both tables list every one of them.
    pub(crate) all_listed: bool,
    /// Settlements that were cancelled.
    pub(crate) gone: Vec<bool>,
    /// Rows that leave as repeats.
    pub(crate) leaving: Leaving,
    /// Whether the state will tell of netted rows.
    pub(crate) keeps_netted: bool,
    /// Keys that trace codes name: the place of their codes.
    pub(crate) traced: crate::traces::Traced,
}

/// What a row has left after reversals.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Left {
    pub(crate) row: u32,
    pub(crate) cnt: i64,
    pub(crate) amount: i64,
    pub(crate) scp: i64,
}

impl Left {
    /// Whether the row leaves: an amount without units stays billed.
    pub(crate) fn is_nothing(self) -> bool {
        self.cnt == 0 && self.amount == 0
    }
}

/// A line that a trace code names: the codes, its row, and what tells it from others of its key.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Claim {
    pub(crate) codes: u32,
    pub(crate) row: u32,
    pub(crate) settlement: u32,
    pub(crate) is_carried: bool,
    pub(crate) by_encounter: bool,
}

/// The claims of a part, sealed: they stay until all parts are through.
#[derive(Debug, Default)]
pub(crate) struct Claims {
    codes: Order,
    rows: Order,
    settlements: Order,
    flags: Order,
}

impl Claims {
    fn seal(shelf: &Shelf, claims: &[Claim]) -> Result<Self> {
        let column =
            |of: fn(&Claim) -> u32| Order::new(shelf, &claims.iter().map(of).collect::<Vec<u32>>());
        Ok(Self {
            codes: column(|one| one.codes)?,
            rows: column(|one| one.row)?,
            settlements: column(|one| one.settlement)?,
            flags: column(|one| u32::from(one.is_carried) | u32::from(one.by_encounter) << 1)?,
        })
    }

    pub(crate) fn open(&self, file: &Shelf) -> Result<Vec<Claim>> {
        let (codes, rows) = (self.codes.rows(file)?, self.rows.rows(file)?);
        let (settlements, flags) = (self.settlements.rows(file)?, self.flags.rows(file)?);
        let all = codes.into_iter().zip(rows).zip(settlements.into_iter().zip(flags));
        let claim = |((codes, row), (settlement, flags))| Claim {
            codes,
            row,
            settlement,
            is_carried: flags & 1 != 0,
            by_encounter: flags & 2 != 0,
        };
        Ok(all.map(claim).collect())
    }
}

/// A part after netting.
#[derive(Debug, Default)]
pub(crate) struct NetPart {
    /// Rows that stand, in canonical order, while the part is netted.
    pub(crate) order: Vec<u32>,
    /// The same when it is.
    pub(crate) packed: Order,
    pub(crate) left: Vec<Left>,
    /// Rows that refunds and reversals took out, and reversals, if the state will tell of them.
    pub(crate) netted: Vec<u32>,
    pub(crate) n_rows: usize,
    /// The last moment of a line of the month itself, without any of a carried one.
    pub(crate) last: Option<(bool, i64)>,
    pub(crate) n_netted: u64,
    pub(crate) n_standing: u64,
    pub(crate) defects: Defects,
    pub(crate) reversals: Vec<Reversal>,
    pub(crate) lost: Vec<Lost>,
    /// Unlisted encounters with the rank of a person of their lines.
    pub(crate) encounters: Vec<(u32, u32)>,
    /// Unlisted settlements with the ranks of a person and encounter of their lines.
    pub(crate) settlements: Vec<(u32, u32, u32)>,
    pub(crate) claims: Claims,
    /// Lines that left with their settlements: the place of their codes, and the settlement.
    pub(crate) gone: Vec<(u32, u32)>,
}

impl Ground<'_> {
    /// Nets all parts.
    pub(crate) fn net(&self) -> Result<Vec<NetPart>> {
        let parts = (0..self.shelved.shelf.n_parts()).into_par_iter().with_max_len(1);
        parts.map(|part| self.net_part(part)).collect()
    }

    fn net_part(&self, part: usize) -> Result<NetPart> {
        let place = |name| TableName::Lines.column(name);
        let always = ["bkkp_sn", "mdtrt_id", "psn_no", "setl_id", "fee_ocur_time", "cnt"];
        let places = always.map(place);
        let wants = |column: usize| places.contains(&Some(column));
        let shelved = self.shelved;
        let mut raw = Raw::load(&shelved.shelf, part, &shelved.keeps, &wants, true)?;
        if raw.column("cnt").numbers().iter().any(|&cnt| cnt < 0) {
            let more = [
                "hilist_code",
                "fixmedins_code",
                "pric",
                "det_item_fee_sumamt",
                "inscp_scp_amt",
                "init_feedetl_sn",
                "feedetl_sn",
            ];
            let places = more.map(place);
            let wants = |column: usize| wants(column) || places.contains(&Some(column));
            raw = Raw::load(&shelved.shelf, part, &shelved.keeps, &wants, true)?;
        }
        let mut net = NetPart { n_rows: raw.n_rows, ..NetPart::default() };
        let mut fate = vec![Fate::Standing; raw.n_rows];
        for &(row, what) in self.leaving.of(part) {
            if let Some(fate) = fate.get_mut(at(row)) {
                *fate = what;
            }
        }
        self.put_foreign_aside(&raw, &mut fate, &mut net);
        let keys = raw.columns.first_mut().map(|keys| keys.serials(&self.heads, raw.n_rows));
        let keys = keys.unwrap_or_default();
        net.order = self.ranks.in_order(&raw, &keys, &fate);
        // A line that is reversed has its codes all the same.
        self.claim(&raw, (&keys, &fate), &mut net)?;
        reverse::reverse(self, &mut raw, &keys, &mut fate, &mut net);
        for (nth, batch) in raw.batches.iter().enumerate().filter(|(_, batch)| !batch.is_carried())
        {
            let after = raw.batches.get(nth.saturating_add(1));
            let rows = batch.first..after.map_or(raw.n_rows, |after| after.first);
            for fate in fate.get(rows).unwrap_or(&[]) {
                match fate {
                    Fate::Standing => net.n_standing = net.n_standing.saturating_add(1),
                    Fate::Netted => net.n_netted = net.n_netted.saturating_add(1),
                    Fate::Quarantined => {}
                }
            }
        }
        net.last = last_of(&raw, &net.order);
        self.note_mentions(&raw, &mut net);
        net.packed = Order::new(&shelved.shelf, &std::mem::take(&mut net.order))?;
        Ok(net)
    }

    /// Puts aside lines of another person's encounter or settlement, nets those of cancelled ones.
    fn put_foreign_aside(&self, raw: &Raw, fate: &mut [Fate], net: &mut NetPart) {
        let persons = raw.column("psn_no").ids();
        let encounters = raw.column("mdtrt_id").ids();
        let settlements = raw.column("setl_id").ids();
        let is_other = |owners: &[u32], id: u32, person: u32| {
            owners.get(at(id)).is_some_and(|&owner| owner != NO_CODE && owner != person)
        };
        let any_gone = self.gone.contains(&true);
        // The lines of an encounter mostly stand together.
        let mut good = None;
        for (row, fate) in fate.iter_mut().enumerate() {
            if *fate != Fate::Standing {
                continue;
            }
            let of = |ids: &[u32]| ids.get(row).copied().unwrap_or(NO_CODE);
            let whose @ (person, encounter, settlement) =
                (of(persons), of(encounters), of(settlements));
            if good == Some(whose) {
                continue;
            }
            let fault = if is_other(&self.encounters, encounter, person) {
                let names = &self.shelved.names.encounters;
                Some(("mdtrt_id", "encounter is of another person", names.bytes(at(encounter))))
            } else if is_other(&self.settlements, settlement, person) {
                let names = &self.shelved.names.settlements;
                Some(("setl_id", "settlement is of another person", names.bytes(at(settlement))))
            } else {
                None
            };
            if let Some((name, reason, value)) = fault {
                *fate = Fate::Quarantined;
                let batch = raw.batch(row);
                if !batch.is_carried() {
                    let number = raw.rows.get(row).copied().unwrap_or(0);
                    let column = TableName::Lines.column(name).unwrap_or(usize::MAX);
                    let place = (batch.file, number);
                    put_aside(&mut net.defects, self.layouts, place, column, reason, value);
                }
            } else if any_gone && self.gone.get(at(settlement)) == Some(&true) {
                *fate = Fate::Netted;
                net.netted.extend(self.keeps_netted.then_some(id(row)));
            } else {
                good = Some(whose);
            }
        }
    }

    /// Notes what lines say of encounters and settlements that no table lists.
    fn note_mentions(&self, raw: &Raw, net: &mut NetPart) {
        if self.all_listed {
            return;
        }
        let ids = |name| raw.column(name).ids();
        let (persons, stays, setls) = (ids("psn_no"), ids("mdtrt_id"), ids("setl_id"));
        let is_new = |owners: &[u32], id: u32| {
            id != NO_CODE && owners.get(at(id)).is_none_or(|&owner| owner == NO_CODE)
        };
        let mut former = None;
        for &row in &net.order {
            let of = |ids: &[u32]| ids.get(at(row)).copied().unwrap_or(NO_CODE);
            let rank = |ranks: &[u32], id: u32| ranks.get(at(id)).copied().unwrap_or(NO_CODE);
            let (stay, setl) = (of(stays), of(setls));
            // Lines of one person and visit tell the same.
            let whose = Some((of(persons), stay, setl));
            if std::mem::replace(&mut former, whose) == whose {
                continue;
            }
            if is_new(&self.encounters, stay) {
                let mention = (stay, rank(&self.ranks.persons, of(persons)));
                if net.encounters.last() != Some(&mention) {
                    net.encounters.push(mention);
                }
            }
            if is_new(&self.settlements, setl) {
                let person = rank(&self.ranks.persons, of(persons));
                let mention = (setl, person, rank(&self.ranks.encounters, stay));
                if net.settlements.last() != Some(&mention) {
                    net.settlements.push(mention);
                }
            }
        }
    }

    /// Finds the lines that trace codes of a table name.
    fn claim(&self, raw: &Raw, (keys, fate): (&Serials, &[Fate]), net: &mut NetPart) -> Result<()> {
        if self.traced.is_empty() {
            return Ok(());
        }
        let settlements = raw.column("setl_id").ids();
        if self.keeps_netted {
            let left = (0..raw.n_rows).filter(|&row| fate.get(row) == Some(&Fate::Netted));
            net.gone.extend(left.filter_map(|row| {
                let settlement = settlements.get(row).copied().unwrap_or(NO_CODE);
                Some((self.traced.find(keys.pair(row))?, settlement))
            }));
        }
        let flags = raw.flags(|batch| (batch.is_carried(), batch.by_encounter()));
        let mut claims = Vec::new();
        for &row in &net.order {
            if let Some(codes) = self.traced.find(keys.pair(at(row))) {
                let settlement = settlements.get(at(row)).copied().unwrap_or(NO_CODE);
                let (is_carried, by_encounter) = flags.get(at(row)).copied().unwrap_or_default();
                claims.push(Claim { codes, row, settlement, is_carried, by_encounter });
            }
        }
        net.claims = Claims::seal(&self.shelved.shelf, &claims)?;
        Ok(())
    }
}

/// Canonical numbers of the first lines of all parts, and one past the last.
pub(crate) fn firsts(parts: &[NetPart]) -> Vec<u32> {
    let mut firsts = vec![0];
    let mut first = 0_u32;
    for part in parts {
        first = first.saturating_add(id(part.packed.len()));
        firsts.push(first);
    }
    firsts
}

#[expect(clippy::too_many_arguments, reason = "a defect is its place, reason and value")]
/// Notes a row that is put aside.
pub(crate) fn put_aside(
    all: &mut Defects,
    layouts: &[Layout],
    (file, row): (u32, u64),
    column: usize,
    reason: &str,
    value: &[u8],
) {
    let layout = layouts.get(at(file));
    all.push(Defect {
        table: TableName::Lines,
        file: layout.map_or("", |layout| &layout.file),
        row,
        column: layout.map_or("", |layout| layout.name(column)),
        reason,
        value: &shown(value),
    });
}

/// The last moment of some rows, of the month itself if any is.
pub(crate) fn last_of(raw: &Raw, rows: &[u32]) -> Option<(bool, i64)> {
    let times = raw.column("fee_ocur_time").numbers();
    let carried = raw.carried();
    let is_own = |row: u32| carried.get(at(row)) != Some(&true);
    let time = |&row: &u32| Some((is_own(row), times.get(at(row)).copied()?));
    rows.iter().filter_map(time).max()
}

/// Calls `settle` with the rows of each run whose packed keys agree in `high`.
fn each_tie<T: Copy, H: PartialEq>(
    order: &mut [u32],
    packed: &[T],
    high: impl Fn(T) -> H,
    settle: &impl Fn(&mut [u32]),
) {
    let mut rest = order;
    for run in packed.chunk_by(|&a, &b| high(a) == high(b)) {
        let (ties, after) = rest.split_at_mut(run.len().min(rest.len()));
        if 1 < ties.len() {
            settle(ties);
        }
        rest = after;
    }
}
