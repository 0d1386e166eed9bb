//! Trace codes of tables to the lines that they name.

use std::collections::HashMap;

use ahash::RandomState;
use jihe_frame::serials::{head_name, n_digits, number};
use jihe_frame::{Codes, Doubt, Traces};
use jihe_terms::{NO_CODE, Texts};
use rayon::prelude::*;

use crate::cells::hash_of_text;
use crate::lines::net::{Claim, NetPart};
use crate::lines::shelf::Shelf;
use crate::options::TraceRows;
use crate::place::{at, id};
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
    entries: Vec<Entry>,
    codes: Texts,
    /// Beside `codes`: the hash of the settlement, 0 where the row has none; as long as needed.
    settlements: Vec<u64>,
    /// The head of the last key, its digits, and its id if a line has it.
    last: Option<(Vec<u8>, usize, Option<u32>)>,
    /// By key: the place of its first entry.
    first: HashMap<Pair, u32, RandomState>,
}

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

impl Traced {
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The place of the codes that name a line.
    pub(crate) fn find(&self, pair: Pair) -> Option<u32> {
        self.first.get(&pair).copied()
    }

    /// Adds a row; a key whose head no line has names none.
    fn add(&mut self, heads: &Codes, key: &[u8], told: &Told<'_>) {
        let (head, digits) = key.split_at(key.len().saturating_sub(n_digits(key)));
        let known = self.last.as_ref().filter(|last| last.0 == head && last.1 == digits.len());
        let id_of_head = match known {
            Some(last) => last.2,
            None => heads.get(&head_name(head, digits.len())),
        };
        if known.is_none() {
            self.last = Some((head.to_vec(), digits.len(), id_of_head));
        }
        let Some(head) = id_of_head else { return };
        if told.settlement != 0 {
            self.settlements.resize(self.codes.len(), 0);
            self.settlements.push(told.settlement);
        }
        let (code, number) = (id(self.codes.len()), number(digits));
        self.codes.push(told.code);
        let &Told { is_split, lacks_flag, is_carried, .. } = told;
        self.entries.push(Entry { number, head, code, is_split, lacks_flag, is_carried });
    }

    /// Takes the table of the month and the rows of the reference folder.
    pub(crate) fn new(
        table: Option<&Rows>,
        given: Option<&TraceRows>,
        heads: &Codes,
        codes: &Codes,
    ) -> Self {
        let mut traced = Self::default();
        if let Some(given) = given {
            let rows = given.code.iter().zip(given.line_key.iter()).zip(given.settlement.iter());
            for (((code, key), settlement), &is_split) in rows.zip(&given.split) {
                let settlement = hash_of_text(settlement);
                let lacks_flag = given.lacks_flag;
                let told = Told { code, settlement, is_split, lacks_flag, is_carried: false };
                traced.add(heads, key, &told);
            }
        }
        if let Some(rows) = table
            && let (Some(traces), Some(keys)) =
                (rows.column("drug_trac_codg").texts(), rows.column("bkkp_sn").texts())
        {
            let split = codes.get(b"1");
            let untold = codes.get(Doubt::UNTOLD_FLAG.as_bytes());
            let settlements = rows.column("setl_id").hashes();
            let has_flag = rows.month_has("trdn_flag");
            for row in rows.standing() {
                let told = Told {
                    code: traces.bytes(at(row)),
                    settlement: settlements.get(at(row)).copied().unwrap_or(0),
                    is_split: split.is_some_and(|one| rows.id("trdn_flag", row) == one),
                    lacks_flag: if at(row) < rows.n_carried {
                        untold.is_some_and(|flag| rows.id("trdn_flag", row) == flag)
                    } else {
                        !has_flag
                    },
                    is_carried: at(row) < rows.n_carried,
                };
                traced.add(heads, keys.bytes(at(row)), &told);
            }
        }
        traced.entries.par_sort_by_key(Entry::pair);
        let hasher = RandomState::with_seeds(1, 2, 3, 4);
        traced.first = HashMap::with_capacity_and_hasher(traced.entries.len(), hasher);
        for (place, entry) in (0_u32..).zip(&traced.entries) {
            traced.first.entry(entry.pair()).or_insert(place);
        }
        traced
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
        // The place of the codes, and the line.
        let mut claims: Vec<(u32, Claimant)> =
            Vec::with_capacity(parts.iter().map(|net| net.claims.len()).sum());
        for (net, &first) in parts.iter().zip(firsts) {
            if net.claims.is_empty() {
                continue;
            }
            let mut place = vec![NO_CODE; net.n_rows];
            for (number, row) in (0_u32..).zip(net.packed.rows(file)?) {
                if let Some(place) = place.get_mut(at(row)) {
                    *place = number;
                }
            }
            for claim in &net.claims {
                let number = place.get(at(claim.row)).copied().filter(|&number| number != NO_CODE);
                let &Claim { settlement, is_carried, by_encounter, .. } = claim;
                let line = number.map_or(NO_CODE, |number| first.saturating_add(number));
                let claimant = Claimant { line, settlement, is_carried, by_encounter };
                claims.push((claim.codes, claimant));
            }
        }
        claims.par_sort_unstable();
        let mut uses: Vec<Use> = Vec::with_capacity(claims.len());
        let mut lines: Vec<Claimant> = Vec::new();
        for of_key in claims.chunk_by(|a, b| a.0 == b.0) {
            lines.clear();
            lines.extend(of_key.iter().map(|(_, line)| line));
            let entries = of_key.first().and_then(|one| self.entries.get(at(one.0)..));
            let entries = entries.unwrap_or(&[]);
            let pair = entries.first().map(Entry::pair);
            for entry in entries.iter().take_while(|entry| Some(entry.pair()) == pair) {
                self.put_uses(entry, &lines, settlements, &mut uses);
            }
        }
        drop(claims);
        let code = |one: &Use| self.codes.bytes(at(one.1));
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
        let mut codes =
            Texts::with_capacity(uses.len(), uses.iter().map(|one| code(one).len()).sum());
        for one in &uses {
            codes.push(code(one));
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
        let settlement = self.settlements.get(at(entry.code)).copied().unwrap_or(0);
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
