//! Trace codes of tables to the lines that they name.

use std::collections::BTreeMap;

use jihe_frame::serials::{Split, head_name, split};
use jihe_frame::{Codes, Doubt, Traces};
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

/// One row of a table of trace codes.
#[derive(Clone, Copy, Debug)]
struct Entry {
    number: u128,
    head: u32,
    /// Its row: those of the reference folder come first.
    row: u32,
    is_split: bool,
    lacks_flag: bool,
    is_carried: bool,
}

impl Entry {
    fn pair(&self) -> Pair {
        (self.head, self.number)
    }
}

/// Rows of trace code tables by the key of the line that they name.
#[derive(Debug, Default)]
pub(crate) struct Traced<'a> {
    /// Rows whose head some line has, in the order of their keys.
    entries: Vec<Entry>,
    places: Places,
    /// Rows of the reference folder.
    given: Option<&'a TraceRows>,
    /// Of the rows of the month: their codes, and the hashes of their settlements, 0 where a row has none.
    codes: Texts,
    settlements: Vec<u64>,
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
            let [Entry { head, number: least, .. }, ..] = *of_head else { continue };
            let span = of_head.last().map_or(0, |last| last.number.saturating_sub(least));
            let bits = |n: u128| u128::BITS.saturating_sub(n.leading_zeros());
            let width = bits(span).saturating_sub(bits(count(of_head.len()).into()));
            let mut steps = Stretch { least, width, first: all.starts.len(), n_steps: 0 };
            for entry in of_head {
                while steps.n_steps <= steps.of(entry.number) {
                    all.starts.push(place);
                    steps.n_steps = steps.n_steps.saturating_add(1);
                }
                place = place.saturating_add(1);
            }
            all.starts.push(place);
            all.heads.insert(head, steps);
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
        let nth = some.partition_point(|entry| entry.number < number);
        some.get(nth).filter(|entry| entry.number == number)?;
        Some(from.saturating_add(id(nth)))
    }
}

/// Rows that are read, or texts that are copied, one after the other.
const MANY: usize = 1 << 15;

/// A line with codes: its canonical number if it stands, and what tells it from others of its key.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Claimant {
    line: u32,
    settlement: u32,
    is_carried: bool,
    by_encounter: bool,
}

/// The place of the codes, and a line that they name.
type Claimed = (u32, Claimant);

/// A use: the line, the row of the code, whether the pack was split, what is not known of it.
type Use = (u32, u32, bool, Doubt);

impl<'a> Traced<'a> {
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The place of the codes that name a line.
    pub(crate) fn find(&self, pair: Pair) -> Option<u32> {
        self.places.find(&self.entries, pair)
    }

    /// Takes the columns of the table of the month, and the rows of the reference folder.
    pub(crate) fn new(
        table: Option<&mut Rows>,
        given: Option<&'a TraceRows>,
        heads: &Codes,
        codes: &Codes,
    ) -> Self {
        let mut traced = Self { given, ..Self::default() };
        let mut entries = Vec::new();
        if let Some(given) = given {
            let rows: Vec<u32> = (0..id(given.code.len())).collect();
            let key = |row: u32| given.line_key.bytes(at(row));
            entries.push(all_entries(heads, &rows, key, |row, (head, number)| Entry {
                number,
                head,
                row,
                is_split: given.split.get(at(row)) == Some(&true),
                lacks_flag: given.lacks_flag.get(at(row)) == Some(&true),
                is_carried: false,
            }));
        }
        if let Some(table) = table {
            entries.push(entries_of(table, traced.n_given(), heads, codes));
            let mut columns = std::mem::take(&mut table.columns);
            let mut take = |name: &str| {
                let place = TableName::TraceCodes.column(name)?;
                columns.get_mut(place).map(std::mem::take)
            };
            if let Some(Cells::Text(codes)) = take("drug_trac_codg") {
                traced.codes = codes;
            }
            if let Some(Cells::Hash(hashes)) = take("setl_id") {
                traced.settlements = hashes;
            }
        }
        traced.entries = end_to_end(entries.into_iter().flatten().collect());
        traced.entries.par_sort_by_key(Entry::pair);
        traced.places = Places::new(&traced.entries);
        traced
    }

    /// The number of rows of the reference folder.
    fn n_given(&self) -> usize {
        self.given.map_or(0, |given| given.code.len())
    }

    /// The place of a row among those of the month; one of the reference folder has none.
    fn own(&self, row: u32) -> Option<usize> {
        at(row).checked_sub(self.n_given())
    }

    /// The code of a row.
    fn code(&self, row: u32) -> &[u8] {
        match self.own(row) {
            Some(own) => self.codes.bytes(own),
            None => self.given.map_or(b"", |given| given.code.bytes(at(row))),
        }
    }

    /// The hash of the settlement of a row, 0 without one.
    fn settlement(&self, row: u32) -> u64 {
        match self.own(row) {
            Some(own) => self.settlements.get(own).copied().unwrap_or(0),
            None => self.given.map_or(0, |given| hash_of_text(given.settlement.bytes(at(row)))),
        }
    }

    /// Gives the uses in the order of lines, each code once for a line.
    ///
    /// Of several lines with one key the settlement that a row names tells which it means.
    pub(crate) fn finish(
        &self,
        (file, parts): (&Shelf, &[NetPart]),
        firsts: &[u32],
        settlements: &Texts,
    ) -> std::io::Result<Traces> {
        let of_parts: std::io::Result<Vec<_>> =
            parts.par_iter().zip(firsts).map(|(net, &first)| claims_of(net, first, file)).collect();
        let of_parts = of_parts?;
        let is_shared = shared(self.entries.len(), &of_parts);
        let of_key = |uses: &mut Vec<Use>, lines: &mut Vec<Claimant>, claims: &[Claimed]| {
            lines.clear();
            lines.extend(claims.iter().map(|(_, line)| line));
            let entries = claims.first().and_then(|one| self.entries.get(at(one.0)..));
            let entries = entries.unwrap_or(&[]);
            let pair = entries.first().map(Entry::pair);
            for entry in entries.iter().take_while(|entry| Some(entry.pair()) == pair) {
                self.put_uses(entry, lines, settlements, uses);
            }
        };
        // Keys that one line has, as most do, give their uses in the order of lines.
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
        drop(claims);
        let mut uses: Vec<Use> = end_to_end(uses);
        let code = |one: &Use| self.code(one.1);
        uses.par_sort_by_key(|one| one.0);
        uses.par_chunk_by_mut(|a, b| a.0 == b.0)
            .for_each(|of_line| of_line.sort_unstable_by(|a, b| code(a).cmp(code(b))));
        // That a pack was split, and what is known of it, is told by any row of the line and code.
        uses.dedup_by(|other, kept| {
            let is_same = other.0 == kept.0 && code(other) == code(kept);
            if is_same {
                kept.2 |= other.2;
                kept.3 = kept.3.min(other.3);
            }
            is_same
        });
        let some = |uses: &[Use]| uses.iter().map(code).collect::<Texts>();
        let pieces: Vec<Texts> = uses.par_chunks(MANY).map(some).collect();
        let mut codes = Texts::with_capacity(uses.len(), pieces.iter().map(Texts::n_bytes).sum());
        for piece in pieces {
            codes.append(&piece);
        }
        Ok(Traces {
            line: uses.iter().map(|&(line, ..)| line).collect(),
            code: codes,
            split: uses.iter().map(|&(_, _, split, _)| split).collect(),
            doubt: uses.iter().map(|&(.., doubt)| doubt).collect(),
        })
    }

    /// Adds the use of each of the lines with the key of a row that the row may mean.
    fn put_uses(
        &self,
        entry: &Entry,
        lines: &[Claimant],
        settlements: &Texts,
        uses: &mut Vec<Use>,
    ) {
        // What the state tells is of its own lines.
        let own = || lines.iter().filter(|line| line.is_carried || !entry.is_carried);
        // Of one line that a unique key names nobody asks for the settlement.
        let is_plain = matches!(lines, [line] if !line.by_encounter);
        let settlement = if is_plain { 0 } else { self.settlement(entry.row) };
        let hash = |line: &Claimant| match line.settlement {
            NO_CODE => 0,
            id => hash_of_text(settlements.bytes(at(id))),
        };
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
        let doubt = match (is_open, entry.lacks_flag) {
            (true, _) => Doubt::NoLine,
            (false, true) => Doubt::NoFlag,
            (false, false) => Doubt::None,
        };
        let there = own().filter(meant).filter(|line| line.line != NO_CODE);
        uses.extend(there.map(|line| (line.line, entry.row, entry.is_split, doubt)));
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

/// The rows of a table whose heads lines have, side by side.
fn all_entries<'t>(
    heads: &Codes,
    rows: &[u32],
    key: impl Fn(u32) -> &'t [u8] + Sync,
    entry: impl Fn(u32, Pair) -> Entry + Sync,
) -> Vec<Vec<Entry>> {
    let some = |rows: &[u32]| {
        let mut entries = Vec::with_capacity(rows.len());
        // The head of the last key and its form, and its id if a line has it.
        let mut last: Option<(&[u8], u8, Option<u32>)> = None;
        for &row in rows {
            let Split { head, form, number } = split(key(row));
            let known = match last {
                Some((same, of, id)) if (same, of) == (head, form) => id,
                _ => heads.get(&head_name(head, form)),
            };
            last = Some((head, form, known));
            entries.extend(known.map(|head| entry(row, (head, number))));
        }
        entries
    };
    rows.par_chunks(MANY).map(some).collect()
}

/// The rows of the month that stand, numbered behind others.
fn entries_of(table: &Rows, n_before: usize, heads: &Codes, codes: &Codes) -> Vec<Vec<Entry>> {
    let (Some(_), Some(keys)) =
        (table.column("drug_trac_codg").texts(), table.column("bkkp_sn").texts())
    else {
        return Vec::new();
    };
    let split = codes.get(b"1");
    let untold = codes.get(Doubt::UNTOLD_FLAG.as_bytes());
    let flags = table.column("trdn_flag").ids();
    let has_flag = table.having("trdn_flag");
    let is = |row: u32, flag: Option<u32>| flag.is_some() && flags.get(at(row)) == flag.as_ref();
    let standing: Vec<u32> = table.standing().collect();
    let key = |row: u32| keys.bytes(at(row));
    all_entries(heads, &standing, key, |row, (head, number)| {
        let is_carried = at(row) < table.n_carried;
        Entry {
            number,
            head,
            row: row.saturating_add(id(n_before)),
            is_split: is(row, split),
            lacks_flag: if is_carried { is(row, untold) } else { !has_flag(row) },
            is_carried,
        }
    })
}

/// The claims of a part in the order of lines, and those of lines that do not stand.
fn claims_of(net: &NetPart, first: u32, file: &Shelf) -> std::io::Result<Vec<Claimed>> {
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
    Ok(net.claims.iter().map(claimant).collect())
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
        let entry = |&(head, number): &Pair| Entry {
            number,
            head,
            row: 0,
            is_split: false,
            lacks_flag: false,
            is_carried: false,
        };
        let entries: Vec<Entry> = pairs.iter().map(entry).collect();
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
