//! Trace codes of tables to the lines that they name.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use jihe_frame::serials::{Numbers, high_of, low_of, number_of};
use jihe_frame::{Codes, Doubt, EarlyTraces, Serials, Traces};
use jihe_terms::schema::TableName;
use jihe_terms::{NO_CODE, Texts, end_to_end};
use rayon::prelude::*;

use crate::cells::{Cells, hash_of_text};
use crate::lines::net::{Claim, NetPart};
use crate::lines::shelf::Shelf;
use crate::options::TraceRows;
use crate::place::{at, count, id};
use crate::rows::Rows;

/// A key as head and number.
type Pair = (u32, u128);

/// One row of a table of trace codes whose head some line has.
#[derive(Clone, Copy, Debug)]
struct Entry {
    /// Halves of the number, the higher first: aligned as words it takes a quarter less.
    number: [u64; 2],
    head: u32,
    row: u32,
}

impl Entry {
    fn new((head, number): Pair, row: u32) -> Self {
        Self { number: halves(number), head, row }
    }

    fn key(&self) -> (u32, [u64; 2]) {
        (self.head, self.number)
    }

    fn number(&self) -> u128 {
        number_of(self.number)
    }
}

/// The halves of a number, the higher first.
fn halves(number: u128) -> [u64; 2] {
    [high_of(number), low_of(number)]
}

/// Rows of trace code tables by the key of the line that they name: those of the reference folder come
/// first.
#[derive(Debug, Default)]
pub(crate) struct Traced {
    /// Rows whose head some line has, in the order of their keys.
    entries: Vec<Entry>,
    places: Places,
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

/// Where entries in the order of their keys are looked for: the numbers of a head are cut into steps of
/// one width, about as many as it has entries.
#[derive(Debug, Default)]
struct Places {
    heads: BTreeMap<u32, Stretch>,
    /// The place of the first entry of each step, and behind the last of a head of the one after it.
    starts: Vec<u32>,
}

/// The steps of a head.
#[derive(Debug)]
struct Stretch {
    /// Its least number.
    least: u128,
    /// The width of a step, as a power of two.
    width: u32,
    /// The first of its starts, and the number of its steps.
    first: usize,
    n_steps: usize,
}

impl Stretch {
    /// The step of a number that is not less than the least.
    fn of(&self, number: u128) -> usize {
        usize::try_from(number.saturating_sub(self.least) >> self.width).unwrap_or(usize::MAX)
    }
}

impl Places {
    /// Cost: one pass over the entries, which are in the order of their keys.
    fn new(entries: &[Entry]) -> Self {
        let mut all = Self::default();
        let mut place = 0_u32;
        for of_head in entries.chunk_by(|a, b| a.head == b.head) {
            let Some(first) = of_head.first() else { continue };
            let (least, most) = (first.number(), of_head.last().map_or(0, Entry::number));
            let span = most.saturating_sub(least);
            let bits = |n: u128| u128::BITS.saturating_sub(n.leading_zeros());
            let width = bits(span).saturating_sub(bits(count(of_head.len()).into()));
            let mut steps = Stretch { least, width, first: all.starts.len(), n_steps: 0 };
            for entry in of_head {
                while steps.n_steps <= steps.of(entry.number()) {
                    all.starts.push(place);
                    steps.n_steps = steps.n_steps.saturating_add(1);
                }
                place = place.saturating_add(1);
            }
            all.starts.push(place);
            all.heads.insert(first.head, steps);
        }
        all
    }

    /// The place of the first entry of a key.
    fn find(&self, entries: &[Entry], (head, number): Pair) -> Option<u32> {
        let steps = self.heads.get(&head).filter(|steps| steps.least <= number)?;
        let step = steps.of(number);
        if steps.n_steps <= step {
            return None;
        }
        let start = |step: usize| self.starts.get(steps.first.saturating_add(step)).copied();
        let (from, until) = (start(step)?, start(step.saturating_add(1))?);
        let some = entries.get(at(from)..at(until))?;
        let number = halves(number);
        let nth = some.partition_point(|entry| entry.number < number);
        some.get(nth).filter(|entry| entry.number == number)?;
        Some(from.saturating_add(id(nth)))
    }
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

/// A column of keys: heads, and numbers.
type Columns = (Vec<u32>, Numbers);

/// A use: the line if it stands, the row of the code, whether the pack was split, what is not known of it.
type Use = (u32, u32, bool, Doubt);

impl Traced {
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Bytes that so many rows take while their lines are found, beside the rows.
    pub(crate) fn room(n_rows: usize) -> u64 {
        count(n_rows).saturating_mul(80)
    }

    /// The place of the codes that name a line.
    pub(crate) fn find(&self, pair: Pair) -> Option<u32> {
        self.places.find(&self.entries, pair)
    }

    /// Takes the columns of the table of the month, and the rows of the reference folder.
    ///
    /// `own_heads` are those of the table, `heads` those of lines.
    pub(crate) fn new(
        table: Option<&mut Rows>,
        given: Option<&TraceRows>,
        (mut own_heads, heads): (Codes, &Codes),
        (codes, keeps_early): (&Codes, bool),
    ) -> Self {
        let mut all = Self::default();
        let (mut keys, mut of_codes): (Columns, Columns) = Default::default();
        if let Some(given) = given {
            keys = Serials::split_all(given.line_key.iter(), &mut own_heads);
            of_codes = Serials::split_all(given.code.iter(), &mut own_heads);
            all.settlements = given.settlement.iter().map(hash_of_text).collect();
            all.split.clone_from(&given.split);
            all.lacks_flag.clone_from(&given.lacks_flag);
        }
        let n_given = of_codes.0.len();
        all.carried = n_given..n_given;
        all.lacks_flag.resize(n_given, false);
        all.settlements.resize(n_given, 0);
        all.stands = vec![true; n_given];
        if let Some(table) = table {
            all.take(table, codes, (&mut keys, &mut of_codes));
        }
        // A key that no line can have is not looked for.
        let known = (0..id(own_heads.len())).map(|head| heads.get(own_heads.bytes(head)));
        let known: Vec<Option<u32>> = known.collect();
        let entry = |row: u32| {
            let (own, number) = (keys.0.get(at(row)), keys.1.get(at(row)));
            let own = own.filter(|_| is(&all.stands, row));
            let head = own.and_then(|&own| known.get(at(own)).copied().flatten());
            Entry::new((head.unwrap_or(NO_CODE), number), row)
        };
        let mut entries = Vec::new();
        (0..id(all.stands.len())).into_par_iter().map(entry).collect_into_vec(&mut entries);
        let own_heads = Arc::new(own_heads);
        if keeps_early {
            all.keys = Serials::new(Arc::clone(&own_heads), keys.0, keys.1);
        } else {
            drop(keys);
        }
        entries.retain(|entry| entry.head != NO_CODE);
        all.entries = entries;
        all.entries.par_sort_unstable_by_key(|entry| (entry.key(), entry.row));
        all.places = Places::new(&all.entries);
        all.codes = Serials::new(own_heads, of_codes.0, of_codes.1);
        all
    }

    /// Adds the rows of the month behind others: their keys, their codes, and which of them stand.
    fn take(
        &mut self,
        table: &mut Rows,
        codes: &Codes,
        (keys, of_codes): (&mut Columns, &mut Columns),
    ) {
        let n_before = self.stands.len();
        let split = codes.get(b"1");
        let untold = codes.get(Doubt::UNTOLD_FLAG.as_bytes());
        let flags = table.column("trdn_flag").ids();
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
        let valid = table.column("vali_flag").ids().iter().take(table.n_carried);
        let early = valid.zip(n_before..).filter(|&(&flag, _)| flag != NO_CODE);
        self.early = early.map(|(_, row)| row).collect();
        self.stands.resize(n_before.saturating_add(table.n_rows), false);
        for row in table.standing() {
            if let Some(stands) = self.stands.get_mut(n_before.saturating_add(at(row))) {
                *stands = true;
            }
        }
        let mut columns = std::mem::take(&mut table.columns);
        let mut take = |name: &str| {
            let place = TableName::TraceCodes.column(name)?;
            columns.get_mut(place).map(std::mem::take)
        };
        for (name, to) in [("bkkp_sn", keys), ("drug_trac_codg", of_codes)] {
            if let Some(Cells::Serial(mut heads, numbers)) = take(name) {
                to.0.append(&mut heads);
                to.1.append(numbers);
            }
        }
        if let Some(Cells::Hash(mut hashes)) = take("setl_id") {
            self.settlements.append(&mut hashes);
        }
        self.settlements.resize(self.stands.len(), 0);
    }

    /// Gives the uses in the order of lines, each code once for a line.
    ///
    /// Of several lines with one key the settlement that a row names tells which it means.
    pub(crate) fn finish(
        self,
        (file, parts): (&Shelf, &mut [NetPart]),
        (firsts, by_encounter): (&[u32], bool),
        settlements: &Texts,
    ) -> std::io::Result<Traces> {
        let gone = parts.iter_mut().map(|net| std::mem::take(&mut net.gone));
        let gone = end_to_end(gone.collect());
        let of_parts: std::io::Result<Vec<_>> = parts
            .par_iter_mut()
            .zip(firsts)
            .map(|(net, &first)| claims_of(net, first, file))
            .collect();
        Ok(self.traces(of_parts?, (&gone, by_encounter), settlements))
    }

    /// The same for lines whose codes are known.
    pub(crate) fn traces(
        mut self,
        of_parts: Vec<Vec<Claimed>>,
        (gone, by_encounter): (&[(u32, u32)], bool),
        settlements: &Texts,
    ) -> Traces {
        let uses = self.uses(of_parts, settlements);
        let early = self.early(&uses, (gone, settlements), by_encounter);
        (self.entries, self.places) = (Vec::new(), Places::default());
        let mut uses: Vec<Use> = end_to_end(uses);
        uses.retain(|&(line, ..)| line != NO_CODE);
        // Keys that one line has, as nearly all do, gave their uses in the order of lines.
        if !uses.is_sorted_by_key(|one| one.0) {
            uses.par_sort_by_key(|one| one.0);
        }
        let codes = &self.codes;
        uses.par_chunk_by_mut(|a, b| a.0 == b.0)
            .for_each(|of_line| of_line.sort_unstable_by(|a, b| codes.compare(at(a.1), at(b.1))));
        // That a pack was split, and what is known of it, is told by any row of the line and code.
        uses.dedup_by(|other, kept| {
            let is_same = other.0 == kept.0 && codes.pair(at(other.1)) == codes.pair(at(kept.1));
            if is_same {
                kept.2 |= other.2;
                kept.3 = kept.3.min(other.3);
            }
            is_same
        });
        let rows: Vec<u32> = uses.iter().map(|&(_, row, ..)| row).collect();
        Traces {
            line: uses.iter().map(|&(line, ..)| line).collect(),
            code: codes.gather(&rows),
            split: uses.iter().map(|&(_, _, split, _)| split).collect(),
            doubt: uses.iter().map(|&(.., doubt)| doubt).collect(),
            early,
        }
    }

    /// Rows of the month itself that name no line, neither one in use nor one of `gone`, which left. A
    /// number that many visits have is no name without its settlement.
    fn early(
        &self,
        uses: &[Vec<Use>],
        (gone, settlements): (&[(u32, u32)], &Texts),
        by_encounter: bool,
    ) -> EarlyTraces {
        if self.keys.is_empty() {
            return EarlyTraces::default();
        }
        let mut waits = self.stands.clone();
        waits.iter_mut().take(self.carried.end).for_each(|waits| *waits = false);
        if by_encounter {
            let hashes = self.settlements.iter();
            waits.iter_mut().zip(hashes).for_each(|(waits, &hash)| *waits &= hash != 0);
        }
        let of_gone = gone.iter().flat_map(|&(codes, id)| {
            let own = hash_of(settlements, id);
            let rows = self.of_key(codes).map(|entry| entry.row);
            rows.filter(move |&row| !by_encounter || self.settlement(row) == own)
        });
        for row in uses.iter().flatten().map(|&(_, row, ..)| row).chain(of_gone) {
            if let Some(waits) = waits.get_mut(at(row)) {
                *waits = false;
            }
        }
        let rows = (0_u32..).zip(&waits).filter(|&(_, &waits)| waits);
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

    /// The uses by part in the order of lines, and behind them those of keys that several lines have.
    fn uses(&self, of_parts: Vec<Vec<Claimed>>, settlements: &Texts) -> Vec<Vec<Use>> {
        let is_shared = shared(self.entries.len(), &of_parts);
        let of_key = |uses: &mut Vec<Use>, lines: &mut Vec<Claimant>, claims: &[Claimed]| {
            lines.clear();
            lines.extend(claims.iter().map(|(_, line)| line));
            for entry in claims.first().into_iter().flat_map(|one| self.of_key(one.0)) {
                self.put_uses(entry.row, lines, settlements, uses);
            }
        };
        let alone = |claims: &Vec<Claimed>| {
            let (mut uses, mut lines) = (Vec::with_capacity(claims.len()), Vec::new());
            for claim in claims.iter().filter(|claim| !is_shared(claim)) {
                of_key(&mut uses, &mut lines, std::slice::from_ref(claim));
            }
            uses
        };
        let mut uses: Vec<Vec<Use>> = of_parts.par_iter().map(alone).collect();
        let mut claims: Vec<Claimed> = of_parts.into_iter().flatten().filter(is_shared).collect();
        claims.par_sort_unstable();
        let by_key = claims.par_chunk_by(|a, b| a.0 == b.0);
        let some = by_key.fold(Default::default, |(mut uses, mut lines), claims| {
            of_key(&mut uses, &mut lines, claims);
            (uses, lines)
        });
        uses.par_extend(some.map(|(uses, _)| uses));
        uses
    }

    /// The entries of a key, from the place of its first on.
    fn of_key(&self, codes: u32) -> impl Iterator<Item = &Entry> {
        let entries = self.entries.get(at(codes)..).unwrap_or(&[]);
        let key = entries.first().map(Entry::key);
        entries.iter().take_while(move |entry| Some(entry.key()) == key)
    }

    /// The hash of the settlement of a row, 0 without one.
    fn settlement(&self, row: u32) -> u64 {
        self.settlements.get(at(row)).copied().unwrap_or(0)
    }

    /// Whether a row of the state named no line when that was written.
    fn is_early(&self, row: u32) -> bool {
        self.early.binary_search(&at(row)).is_ok()
    }

    /// Adds the use of each of the lines with the key of a row that the row may mean; that of a line that
    /// does not stand has no line.
    fn put_uses(&self, row: u32, lines: &[Claimant], settlements: &Texts, uses: &mut Vec<Use>) {
        // What the state tells is of its own lines, but for what had no line.
        let is_bound = self.carried.contains(&at(row)) && !self.is_early(row);
        let own = || lines.iter().filter(|line| line.is_carried || !is_bound);
        // Of one line that a unique key names nobody asks for the settlement.
        let is_plain = matches!(lines, [line] if !line.by_encounter);
        let settlement = if is_plain { 0 } else { self.settlement(row) };
        let hash = |line: &Claimant| hash_of(settlements, line.settlement);
        let is_named = |line: &&Claimant| settlement != 0 && hash(line) == settlement;
        // A key that is unique names its line whatever the settlement; another does not.
        let may_be = |line: &&Claimant| {
            !line.by_encounter || settlement == 0 || matches!(hash(line), 0) || is_named(line)
        };
        let is_alone = own().nth(1).is_none();
        let is_told = !is_alone && own().any(|line| is_named(&line));
        let meant = |line: &&Claimant| if is_told { is_named(line) } else { may_be(line) };
        // Whether a line without a settlement is of the one that the row names nobody knows.
        let is_untold = |line: &Claimant| line.by_encounter && settlement != 0 && hash(line) == 0;
        let is_open = own().filter(meant).nth(1).is_some() || own().filter(meant).any(is_untold);
        let doubt = match (is_open, is(&self.lacks_flag, row)) {
            (true, _) => Doubt::NoLine,
            (false, true) => Doubt::NoFlag,
            (false, false) => Doubt::None,
        };
        let is_split = is(&self.split, row);
        uses.extend(own().filter(meant).map(|line| (line.line, row, is_split, doubt)));
    }
}

/// Whether a flag is set for a row.
fn is(flags: &[bool], row: u32) -> bool {
    flags.get(at(row)) == Some(&true)
}

/// The hash of a settlement by its id, 0 without one.
fn hash_of(settlements: &Texts, id: u32) -> u64 {
    match id {
        NO_CODE => 0,
        id => hash_of_text(settlements.bytes(at(id))),
    }
}

/// Tells which claims are of keys that several lines have.
fn shared(n_entries: usize, of_parts: &[Vec<Claimed>]) -> impl Fn(&Claimed) -> bool + Sync + use<> {
    let mut n_claims = vec![0_u8; n_entries];
    for (codes, _) in of_parts.iter().flatten() {
        if let Some(n) = n_claims.get_mut(at(*codes)) {
            *n = n.saturating_add(1);
        }
    }
    move |(codes, _)| n_claims.get(at(*codes)).is_some_and(|&n| 1 < n)
}

/// The claims of a part in the order of lines, and those of lines that do not stand.
fn claims_of(net: &mut NetPart, first: u32, file: &Shelf) -> std::io::Result<Vec<Claimed>> {
    if net.claims.is_empty() {
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
    Ok(std::mem::take(&mut net.claims).iter().map(claimant).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_entry_of_a_key_is_found_wherever_its_numbers_lie() {
        let numbers = [[3, 3, 4, 900], [0, 1 << 40, 1 << 125, 1 << 125], [7, 7, 7, 7]];
        let far = (0..500_u128).map(|n| (9, n.wrapping_mul(n).wrapping_mul(977)));
        let pairs = (0..).zip(numbers).flat_map(|(head, of)| of.map(|number| (head, number)));
        let mut pairs: Vec<Pair> = pairs.chain(far).collect();
        pairs.sort_unstable();
        let entries: Vec<Entry> = pairs.iter().map(|&pair| Entry::new(pair, 0)).collect();
        let places = Places::new(&entries);
        assert!(places.starts.len() < 3 * entries.len());
        for (head, number) in pairs.iter().copied() {
            for number in [number.wrapping_sub(1), number, number.wrapping_add(1)] {
                let first = pairs.iter().position(|&pair| pair == (head, number));
                let found = places.find(&entries, (head, number));
                assert_eq!(found.map(at), first, "{head} {number}");
            }
        }
        assert_eq!(places.find(&entries, (4, 3)), None);
        assert_eq!(Places::new(&[]).find(&[], (0, 0)), None);
    }
}
