//! Trace codes of tables to the lines that they name.

mod entries;
mod uses;

use std::io::Result;
use std::ops::Range;
use std::sync::Arc;

use jihe_frame::serials::Numbers;
use jihe_frame::{Codes, Doubt, EarlyTraces, Serials, Traces};
use jihe_terms::schema::TableName;
use jihe_terms::{NO_CODE, Texts, end_to_end};
use rayon::prelude::*;

use crate::cells::{Cells, hash_of_text};
use crate::lines::net::{Claim, NetPart};
use crate::lines::shelf::Shelf;
use crate::options::TraceRows;
use crate::place::{at, count, id};
use crate::rows::{Apart, Rows};
use crate::traces::entries::{Bits, Entries, Keyed, Pair};
use crate::traces::uses::{Uses, hash_of};

/// Rows of trace code tables by the key of the line that they name: those of the reference folder come
/// first.
#[derive(Debug, Default)]
pub(crate) struct Traced {
    entries: Entries,
    /// Heads of keys and codes.
    heads: Arc<Codes>,
    /// The codes of the reference folder, until all are wanted.
    given: Columns,
    /// The columns of the table that nobody asked for so far.
    apart: Apart,
    codes: Serials,
    /// The keys, if rows that name no line yet are to be told.
    keys: Serials,
    /// Hashes of settlements, 0 where a row has none.
    settlements: Vec<u64>,
    split: Vec<bool>,
    lacks_flag: Vec<bool>,
    stands: Vec<bool>,
    /// Rows of a state.
    carried: Range<usize>,
    /// Those of them that named no line, ascending.
    early: Vec<usize>,
}

/// A line with codes: its canonical number if it stands, and what tells it from others of its key.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Claimant {
    pub(crate) line: u32,
    pub(crate) settlement: u32,
    pub(crate) is_carried: bool,
    pub(crate) by_encounter: bool,
}

/// The place of the codes, and a line that they name.
pub(crate) type Claimed = (u32, Claimant);

/// Lines with codes by part.
pub(crate) struct Claimants<'a> {
    /// The number of the first line of each part, and one past the last.
    pub(crate) firsts: &'a [u32],
    /// The claims of a part.
    pub(crate) claims: &'a (dyn Fn(usize) -> Result<Vec<Claimed>> + Sync),
    /// The file in which columns of the table may lie.
    pub(crate) file: Option<&'a Shelf>,
}

impl Claimants<'_> {
    fn n_parts(&self) -> usize {
        self.firsts.len().saturating_sub(1)
    }

    /// The numbers of the lines of a part.
    fn of_part(&self, part: usize) -> Range<u32> {
        let end = |place: usize| self.firsts.get(place).copied().unwrap_or(NO_CODE);
        end(part)..end(part.saturating_add(1))
    }
}

/// A column of keys: heads, and numbers.
type Columns = (Vec<u32>, Numbers);

/// Parts whose lines are found at once.
const AT_ONCE: usize = 16;

impl Traced {
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Bytes that rows take while their lines are found, beside what they take before.
    pub(crate) fn room(table: Option<&Rows>, given: Option<&TraceRows>) -> u64 {
        let n_given = given.map_or(0, |given| given.code.len());
        let n_rows = table.map_or(0, |table| table.n_rows).saturating_add(n_given);
        count(n_rows).saturating_mul(45)
    }

    /// The place of the codes that name a line.
    pub(crate) fn find(&self, pair: Pair) -> Option<u32> {
        self.entries.find(pair)
    }

    /// Takes the columns of the table of the month, and the rows of the reference folder.
    ///
    /// `own_heads` are those of the table, `heads` those of lines.
    pub(crate) fn new(
        table: Option<(&mut Rows, &Shelf)>,
        given: Option<&TraceRows>,
        (mut own_heads, heads): (Codes, &Codes),
        (codes, keeps_early): (&Codes, bool),
    ) -> Result<Self> {
        let mut all = Self::default();
        let mut keys = Columns::default();
        if let Some(given) = given {
            keys = Serials::split_all(given.line_key.iter(), &mut own_heads);
            all.given = Serials::split_all(given.code.iter(), &mut own_heads);
            all.settlements = given.settlement.iter().map(hash_of_text).collect();
            all.split.clone_from(&given.split);
            all.lacks_flag.clone_from(&given.lacks_flag);
        }
        let n_given = all.given.0.len();
        all.carried = n_given..n_given;
        all.lacks_flag.resize(n_given, false);
        all.settlements.resize(n_given, 0);
        all.stands = vec![true; n_given];
        let file = table.as_ref().map(|&(_, file)| file);
        if let Some((table, file)) = table {
            all.take(table, codes, file)?;
        }
        // A key that no line can have is not looked for.
        let known = (0..id(own_heads.len())).map(|head| heads.get(own_heads.bytes(head)));
        let known: Vec<Option<u32>> = known.collect();
        let place = TableName::TraceCodes.column("bkkp_sn").unwrap_or(usize::MAX);
        let is_far = all.apart.is_far(place) || !keys.1.halves().1.is_empty();
        let mut keyed = Keyed::new(all.stands.len(), is_far);
        let stands = &all.stands;
        let mut add = |first: usize, (heads, numbers): (&[u32], &Numbers)| {
            keyed.add(id(first), numbers, |row| {
                let own = heads.get(at(row).saturating_sub(first)).filter(|_| is(stands, row));
                own.and_then(|&own| known.get(at(own)).copied().flatten())
            });
        };
        add(0, (&keys.0, &keys.1));
        if keeps_early {
            let n_more = stands.len().saturating_sub(n_given);
            keys.0.reserve_exact(n_more);
            keys.1.reserve_exact(n_more);
        }
        let mut first = n_given;
        let take = |cells| {
            let Cells::Serial(heads, numbers) = cells else { return };
            add(first, (&heads, &numbers));
            first = first.saturating_add(heads.len());
            if keeps_early {
                keys.0.extend_from_slice(&heads);
                keys.1.append(numbers);
            }
        };
        if let Some(file) = file {
            all.apart.each(place, file, take)?;
        }
        all.heads = Arc::new(own_heads);
        if keeps_early {
            all.keys = Serials::new(Arc::clone(&all.heads), keys.0, keys.1);
        } else {
            drop(keys);
            all.stands = Vec::new();
        }
        all.entries = Entries::new(keyed);
        Ok(all)
    }

    /// Adds the rows of the month behind others: what is known of each, and which of them stand.
    fn take(&mut self, table: &mut Rows, codes: &Codes, file: &Shelf) -> Result<()> {
        self.apart = std::mem::take(&mut table.apart);
        let mut ids = |name: &str| -> Result<Cells> {
            let place = TableName::TraceCodes.column(name).unwrap_or(usize::MAX);
            self.apart.column(place, file)
        };
        let (flags, valid) = (ids("trdn_flag")?, ids("vali_flag")?);
        let n_before = self.stands.len();
        let split = codes.get(b"1");
        let untold = codes.get(Doubt::UNTOLD_FLAG.as_bytes());
        let flags = flags.ids();
        let is = |row: usize, flag: Option<u32>| flag.is_some() && flags.get(row) == flag.as_ref();
        self.split.extend((0..table.n_rows).map(|row| is(row, split)));
        {
            let has_flag = table.having("trdn_flag");
            let lacks = |row: usize| {
                if row < table.n_carried { is(row, untold) } else { !has_flag(id(row)) }
            };
            self.lacks_flag.extend((0..table.n_rows).map(lacks));
        }
        self.carried = n_before..n_before.saturating_add(table.n_carried);
        // A state says of these alone that they are valid.
        let valid = valid.ids().iter().take(table.n_carried);
        let early = valid.zip(n_before..).filter(|&(&flag, _)| flag != NO_CODE);
        self.early = early.map(|(_, row)| row).collect();
        self.stands.resize(n_before.saturating_add(table.n_rows), false);
        for row in table.standing() {
            if let Some(stands) = self.stands.get_mut(n_before.saturating_add(at(row))) {
                *stands = true;
            }
        }
        Ok(())
    }

    /// A column of the table that nobody asked for so far.
    fn column(&mut self, name: &str, file: Option<&Shelf>) -> Result<Cells> {
        let place = TableName::TraceCodes.column(name).unwrap_or(usize::MAX);
        file.map_or(Ok(Cells::Absent), |file| self.apart.column(place, file))
    }

    /// Opens the codes of the table.
    fn open_codes(&mut self, file: Option<&Shelf>) -> Result<()> {
        let (mut heads, mut numbers) = std::mem::take(&mut self.given);
        if let Cells::Serial(mut own, of_own) = self.column("drug_trac_codg", file)? {
            // Mostly there are no others: they are taken as they are.
            if heads.is_empty() {
                (heads, numbers) = (own, of_own);
            } else {
                heads.append(&mut own);
                numbers.append(of_own);
            }
        }
        self.codes = Serials::new(Arc::clone(&self.heads), heads, numbers);
        Ok(())
    }

    /// Opens the settlements of the table.
    fn open_settlements(&mut self, file: Option<&Shelf>) -> Result<()> {
        if let Cells::Hash(mut hashes) = self.column("setl_id", file)? {
            self.settlements.append(&mut hashes);
        }
        self.settlements.resize(self.split.len(), 0);
        Ok(())
    }

    /// Gives the uses in the order of lines, each code once for a line.
    ///
    /// Of several lines with one key the settlement that a row names tells which it means.
    pub(crate) fn finish(
        self,
        (file, parts): (&Shelf, &mut [NetPart]),
        (firsts, by_encounter): (&[u32], bool),
        settlements: &Texts,
    ) -> Result<Traces> {
        let gone = parts.iter_mut().map(|net| std::mem::take(&mut net.gone));
        let gone = end_to_end(gone.collect());
        let parts = &*parts;
        let claims = |part: usize| match parts.get(part).zip(firsts.get(part)) {
            Some((net, &first)) => claims_of(net, first, file),
            None => Ok(Vec::new()),
        };
        let lines = Claimants { firsts, claims: &claims, file: Some(file) };
        self.traces(&lines, (&gone, by_encounter), settlements)
    }

    /// The same for lines whose codes are known, some parts at a time.
    pub(crate) fn traces(
        mut self,
        lines: &Claimants<'_>,
        (gone, by_encounter): (&[(u32, u32)], bool),
        settlements: &Texts,
    ) -> Result<Traces> {
        self.entries.found();
        let (shared, is_any_of_encounter) = self.shared(lines)?;
        // Who has a key alone is known whatever settlement a row names.
        if !self.keys.is_empty() || is_any_of_encounter || shared.has_any() {
            self.open_settlements(lines.file)?;
        }
        let mut waits = self.may_wait((gone, settlements), by_encounter);
        let mut of_shared = self.uses_of_shared(lines, &shared, settlements)?;
        for one in &of_shared {
            named(&mut waits, one.1);
        }
        of_shared.retain(|one| one.0 != NO_CODE);
        of_shared.par_sort_by_key(|one| one.0);
        if waits.is_empty() && !is_any_of_encounter {
            self.settlements = Vec::new();
        }
        self.open_codes(lines.file)?;
        let n_entries = self.entries.len();
        let mut all = Traces::default();
        all.code.reserve(n_entries);
        all.line.reserve_exact(n_entries);
        all.split.reserve_exact(n_entries);
        all.doubt.reserve_exact(n_entries);
        let n_parts = lines.n_parts();
        for from in (0..n_parts).step_by(AT_ONCE) {
            let some = from..from.saturating_add(AT_ONCE).min(n_parts);
            let of_part = |part: usize| {
                let of_lines = lines.of_part(part);
                let from = of_shared.partition_point(|one| one.0 < of_lines.start);
                let until = of_shared.partition_point(|one| one.0 < of_lines.end);
                let of_shared = of_shared.get(from..until).unwrap_or(&[]);
                let claims = (lines.claims)(part)?;
                Ok(self.uses_of_part((&claims, &shared), of_shared, settlements))
            };
            let uses: Result<Vec<Uses>> = some.into_par_iter().map(of_part).collect();
            for (uses, rows) in uses? {
                for row in rows {
                    named(&mut waits, row);
                }
                let rows: Vec<u32> = uses.iter().map(|one| one.1).collect();
                all.code.append(self.codes.gather(&rows));
                for (line, _, split, doubt) in uses {
                    all.line.push(line);
                    all.split.push(split);
                    all.doubt.push(doubt);
                }
            }
        }
        all.early = self.early(&waits);
        Ok(all)
    }

    /// The first entries of keys that several lines have, and whether the key of any line is known by its
    /// encounter alone.
    fn shared(&self, lines: &Claimants<'_>) -> Result<(Bits, bool)> {
        let [mut once, mut again] = [(); 2].map(|()| Bits::new(self.entries.len()));
        let mut is_any_of_encounter = false;
        for part in 0..lines.n_parts() {
            for (codes, line) in (lines.claims)(part)? {
                if once.put(at(codes)) {
                    again.put(at(codes));
                }
                is_any_of_encounter |= line.by_encounter;
            }
        }
        Ok((again, is_any_of_encounter))
    }

    /// Whether rows of the month itself may name no line yet, if the state is to tell of those: not those
    /// of `gone`, which left. A number that many visits have is no name without its settlement.
    fn may_wait(
        &self,
        (gone, settlements): (&[(u32, u32)], &Texts),
        by_encounter: bool,
    ) -> Vec<bool> {
        if self.keys.is_empty() {
            return Vec::new();
        }
        let mut waits = self.stands.clone();
        waits.iter_mut().take(self.carried.end).for_each(|waits| *waits = false);
        if by_encounter {
            let hashes = self.settlements.iter();
            waits.iter_mut().zip(hashes).for_each(|(waits, &hash)| *waits &= hash != 0);
        }
        for &(codes, id) in gone {
            let own = hash_of(settlements, id);
            let rows = self.entries.rows_of(codes);
            rows.filter(|&row| !by_encounter || self.settlement(row) == own)
                .for_each(|row| named(&mut waits, row));
        }
        waits
    }

    /// The rows that name no line.
    fn early(&self, waits: &[bool]) -> EarlyTraces {
        if waits.is_empty() {
            return EarlyTraces::default();
        }
        let rows = (0_u32..).zip(waits).filter(|&(_, &waits)| waits);
        let rows: Vec<u32> = rows.map(|(row, _)| row).collect();
        let some = |flags: &[bool]| rows.iter().map(|&row| is(flags, row)).collect();
        EarlyTraces {
            key: self.keys.gather(&rows),
            code: self.codes.gather(&rows),
            settlement: rows.iter().map(|&row| self.settlement(row)).collect(),
            split: some(&self.split),
            lacks_flag: some(&self.lacks_flag),
        }
    }
}

/// Whether a flag is set for a row.
fn is(flags: &[bool], row: u32) -> bool {
    flags.get(at(row)) == Some(&true)
}

/// A row names a line.
fn named(waits: &mut [bool], row: u32) {
    if let Some(waits) = waits.get_mut(at(row)) {
        *waits = false;
    }
}

/// The claims of a part in the order of lines, and those of lines that do not stand.
fn claims_of(net: &NetPart, first: u32, file: &Shelf) -> Result<Vec<Claimed>> {
    let claims = net.claims.open(file)?;
    if claims.is_empty() {
        return Ok(Vec::new());
    }
    let mut place = vec![NO_CODE; net.n_rows];
    for (number, row) in (0_u32..).zip(net.packed.rows(file)?) {
        if let Some(place) = place.get_mut(at(row)) {
            *place = number;
        }
    }
    let claimant = |claim: &Claim| {
        let number = place.get(at(claim.row)).copied().filter(|&number| number != NO_CODE);
        let &Claim { settlement, is_carried, by_encounter, .. } = claim;
        let line = number.map_or(NO_CODE, |number| first.saturating_add(number));
        (claim.codes, Claimant { line, settlement, is_carried, by_encounter })
    };
    Ok(claims.iter().map(claimant).collect())
}
