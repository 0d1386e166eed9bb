//! Trace codes of tables to the lines that they name.

use std::collections::BTreeMap;

use jihe_frame::serials::{head_name, n_digits, number};
use jihe_frame::{Codes, Doubt, Traces};
use jihe_terms::{NO_CODE, Texts};
use rayon::prelude::*;

use crate::cells::hash_of_text;
use crate::lines::net::{Claim, NetPart};
use crate::lines::shelf::Shelf;
use crate::options::TraceRows;
use crate::place::{at, count, id};
use crate::rows::Rows;

/// A key as head and number.
type Pair = (u32, u64);

/// One row of a table of trace codes.
#[derive(Clone, Copy, Debug)]
struct Entry {
    number: u64,
    head: u32,
    /// The place of its code, and of its settlement.
    code: u32,
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
pub(crate) struct Traced {
    told: Entries,
    places: Places,
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
    least: u64,
    /// The width of a step, as a power of two.
    width: u32,
    /// The first of its starts, and the number of its steps.
    first: usize,
    n_steps: usize,
}

impl Stretch {
    /// The step of a number that is not less than the least.
    fn of(&self, number: u64) -> usize {
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
            let bits = |n: u64| u64::BITS.saturating_sub(n.leading_zeros());
            let width = bits(span).saturating_sub(bits(count(of_head.len())));
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

/// Rows of which a line may have the key.
#[derive(Debug, Default)]
struct Entries {
    all: Vec<Entry>,
    codes: Texts,
    /// Beside `codes`: the hash of the settlement, 0 where the row has none; as long as needed.
    settlements: Vec<u64>,
}

/// Rows that are read, or claims that are looked up, one after the other.
const MANY: usize = 1 << 15;

/// What a row says beside its key.
struct Told<'a> {
    code: &'a [u8],
    settlement: u64,
    is_split: bool,
    lacks_flag: bool,
    is_carried: bool,
}

/// A line with codes: its canonical number if it stands, and what tells it from others of its key.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Claimant {
    line: u32,
    settlement: u32,
    is_carried: bool,
    by_encounter: bool,
}

/// A use: the line, the place of the code, whether the pack was split, what is not known of it.
type Use = (u32, u32, bool, Doubt);

impl Entries {
    /// Some rows of a table, each a key and what it says beside it; a key whose head no line has names
    /// none.
    fn of<'t>(heads: &Codes, rows: impl Iterator<Item = (&'t [u8], Told<'t>)>) -> Self {
        let mut entries = Self::default();
        // The head of the last key, its digits, and its id if a line has it.
        let mut last: (&[u8], usize, Option<u32>) = (b"", usize::MAX, None);
        for (key, told) in rows {
            let (head, digits) = key.split_at(key.len().saturating_sub(n_digits(key)));
            if (last.0, last.1) != (head, digits.len()) {
                last = (head, digits.len(), heads.get(&head_name(head, digits.len())));
            }
            let Some(head) = last.2 else { continue };
            if told.settlement != 0 {
                entries.settlements.resize(entries.codes.len(), 0);
                entries.settlements.push(told.settlement);
            }
            let (code, number) = (id(entries.codes.len()), number(digits));
            entries.codes.push(told.code);
            let Told { is_split, lacks_flag, is_carried, .. } = told;
            entries.all.push(Entry { number, head, code, is_split, lacks_flag, is_carried });
        }
        entries
    }

    /// Adds the rows that come after.
    fn append(&mut self, mut more: Self) {
        let n_before = self.codes.len();
        if !more.settlements.is_empty() {
            self.settlements.resize(n_before, 0);
            self.settlements.append(&mut more.settlements);
        }
        self.codes.append(&more.codes);
        let moved = |entry: Entry| Entry { code: entry.code.saturating_add(id(n_before)), ..entry };
        self.all.extend(more.all.into_iter().map(moved));
    }

    /// Adds rows, read side by side.
    fn read<'t>(
        &mut self,
        heads: &Codes,
        rows: &[u32],
        told: impl Fn(u32) -> (&'t [u8], Told<'t>) + Sync,
    ) {
        let some = |rows: &[u32]| Self::of(heads, rows.iter().map(|&row| told(row)));
        let pieces: Vec<Self> = rows.par_chunks(MANY).map(some).collect();
        self.all.reserve_exact(pieces.iter().map(|piece| piece.all.len()).sum());
        for piece in pieces {
            self.append(piece);
        }
    }
}

impl Traced {
    pub(crate) fn is_empty(&self) -> bool {
        self.told.all.is_empty()
    }

    /// The place of the codes that name a line.
    pub(crate) fn find(&self, pair: Pair) -> Option<u32> {
        self.places.find(&self.told.all, pair)
    }

    /// Takes the table of the month and the rows of the reference folder.
    pub(crate) fn new(
        table: Option<&Rows>,
        given: Option<&TraceRows>,
        heads: &Codes,
        codes: &Codes,
    ) -> Self {
        let mut entries = Entries::default();
        if let Some(given) = given {
            let rows: Vec<u32> = (0..id(given.code.len())).collect();
            entries.read(heads, &rows, |row| {
                let told = Told {
                    code: given.code.bytes(at(row)),
                    settlement: hash_of_text(given.settlement.bytes(at(row))),
                    is_split: given.split.get(at(row)) == Some(&true),
                    lacks_flag: given.lacks_flag,
                    is_carried: false,
                };
                (given.line_key.bytes(at(row)), told)
            });
        }
        if let Some(rows) = table
            && let (Some(traces), Some(keys)) =
                (rows.column("drug_trac_codg").texts(), rows.column("bkkp_sn").texts())
        {
            let split = codes.get(b"1");
            let untold = codes.get(Doubt::UNTOLD_FLAG.as_bytes());
            let settlements = rows.column("setl_id").hashes();
            let flags = rows.column("trdn_flag").ids();
            let has_flag = rows.month_has("trdn_flag");
            let is =
                |row: u32, flag: Option<u32>| flag.is_some() && flags.get(at(row)) == flag.as_ref();
            let standing: Vec<u32> = rows.standing().collect();
            entries.read(heads, &standing, |row| {
                let is_carried = at(row) < rows.n_carried;
                let told = Told {
                    code: traces.bytes(at(row)),
                    settlement: settlements.get(at(row)).copied().unwrap_or(0),
                    is_split: is(row, split),
                    lacks_flag: if is_carried { is(row, untold) } else { !has_flag },
                    is_carried,
                };
                (keys.bytes(at(row)), told)
            });
        }
        entries.all.par_sort_by_key(Entry::pair);
        let places = Places::new(&entries.all);
        Self { told: entries, places }
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
        // The place of the codes, and the line.
        let mut claims: Vec<(u32, Claimant)> = concat(of_parts?);
        claims.par_sort_unstable();
        let of_key = |(mut uses, mut lines): (Vec<Use>, Vec<Claimant>),
                      claims: &[(u32, Claimant)]| {
            lines.clear();
            lines.extend(claims.iter().map(|(_, line)| line));
            let entries = claims.first().and_then(|one| self.told.all.get(at(one.0)..));
            let entries = entries.unwrap_or(&[]);
            let pair = entries.first().map(Entry::pair);
            for entry in entries.iter().take_while(|entry| Some(entry.pair()) == pair) {
                self.put_uses(entry, &lines, settlements, &mut uses);
            }
            (uses, lines)
        };
        let none = || (Vec::new(), Vec::new());
        let by_key = claims.par_chunk_by(|a, b| a.0 == b.0).fold(none, of_key);
        let mut uses: Vec<Use> = concat(by_key.map(|(uses, _)| uses).collect());
        drop(claims);
        let code = |one: &Use| self.told.codes.bytes(at(one.1));
        uses.par_sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| code(a).cmp(code(b))));
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
        let settlement = self.told.settlements.get(at(entry.code)).copied().unwrap_or(0);
        // What the state tells is of its own lines.
        let own = || lines.iter().filter(|line| line.is_carried || !entry.is_carried);
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
        uses.extend(there.map(|line| (line.line, entry.code, entry.is_split, doubt)));
    }
}

/// Pieces end to end; each is given up when it is copied.
fn concat<T>(pieces: Vec<Vec<T>>) -> Vec<T> {
    let mut all = Vec::with_capacity(pieces.iter().map(Vec::len).sum());
    for mut piece in pieces {
        all.append(&mut piece);
    }
    all
}

/// The claims of a part: the place of the codes, and the line.
fn claims_of(net: &NetPart, first: u32, file: &Shelf) -> std::io::Result<Vec<(u32, Claimant)>> {
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
        let numbers = [[3, 3, 4, 900], [0, 1 << 40, u64::MAX, u64::MAX], [7, 7, 7, 7]];
        let far = (0..500_u64).map(|n| (9, n.wrapping_mul(n).wrapping_mul(977)));
        let pairs = (0..).zip(numbers).flat_map(|(head, of)| of.map(|number| (head, number)));
        let mut pairs: Vec<Pair> = pairs.chain(far).collect();
        pairs.sort_unstable();
        let entry = |&(head, number): &Pair| Entry {
            number,
            head,
            code: 0,
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
