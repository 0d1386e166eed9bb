//! Trace codes of tables to the lines that they name.

use std::collections::HashMap;

use ahash::RandomState;
use jihe_frame::serials::{head_name, n_digits, number};
use jihe_frame::{Codes, Traces};
use jihe_terms::{NO_CODE, Texts};
use rayon::prelude::*;

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
    pair: Pair,
    code: u32,
    is_split: bool,
}

/// Rows of trace code tables by the key of the line that they name.
#[derive(Debug, Default)]
pub(crate) struct Traced {
    entries: Vec<Entry>,
    codes: Texts,
    /// The head of the last key, its digits, and its id if a line has it.
    last: Option<(Vec<u8>, usize, Option<u32>)>,
    /// By key: the place of its first entry.
    first: HashMap<Pair, u32, RandomState>,
}

impl Traced {
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The place of the codes that name a line.
    pub(crate) fn find(&self, pair: Pair) -> Option<u32> {
        self.first.get(&pair).copied()
    }

    /// Adds a row; a key whose head no line has names none.
    fn add(&mut self, heads: &Codes, key: &[u8], code: &[u8], is_split: bool) {
        let (head, digits) = key.split_at(key.len().saturating_sub(n_digits(key)));
        let known = self.last.as_ref().filter(|last| last.0 == head && last.1 == digits.len());
        let id_of_head = match known {
            Some(last) => last.2,
            None => heads.get(&head_name(head, digits.len())),
        };
        if known.is_none() {
            self.last = Some((head.to_vec(), digits.len(), id_of_head));
        }
        if let Some(head) = id_of_head {
            let code_place = id(self.codes.len());
            self.codes.push(code);
            self.entries.push(Entry { pair: (head, number(digits)), code: code_place, is_split });
        }
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
            let rows = given.code.iter().zip(given.line_key.iter()).zip(&given.split);
            rows.for_each(|((code, key), &split)| traced.add(heads, key, code, split));
        }
        if let Some(rows) = table
            && let (Some(traces), Some(keys)) =
                (rows.column("drug_trac_codg").texts(), rows.column("bkkp_sn").texts())
        {
            let split = codes.get(b"1");
            for row in rows.standing() {
                let is_split = split.is_some_and(|one| rows.id("trdn_flag", row) == one);
                traced.add(heads, keys.bytes(at(row)), traces.bytes(at(row)), is_split);
            }
        }
        traced.entries.par_sort_by_key(|entry| entry.pair);
        let hasher = RandomState::with_seeds(1, 2, 3, 4);
        traced.first = HashMap::with_capacity_and_hasher(traced.entries.len(), hasher);
        for (place, entry) in (0_u32..).zip(&traced.entries) {
            traced.first.entry(entry.pair).or_insert(place);
        }
        traced
    }

    /// Gives the uses in the order of lines, each code once for a line.
    ///
    /// Of several lines with one key the codes belong to the first: of the state, then in file order.
    pub(crate) fn finish(
        &self,
        (file, parts): (&Shelf, &[NetPart]),
        firsts: &[u32],
    ) -> std::io::Result<Traces> {
        let claims = parts.iter().enumerate();
        let mut claims: Vec<(Claim, usize)> =
            claims.flat_map(|(part, net)| net.claims.iter().map(move |&one| (one, part))).collect();
        claims.sort_unstable();
        claims.dedup_by_key(|(claim, _)| claim.codes);
        claims.sort_unstable_by_key(|&(claim, part)| (part, claim.row));
        // The line, the place of the code, and whether the pack was split.
        let mut uses: Vec<(u32, u32, bool)> = Vec::with_capacity(claims.len());
        for of_part in claims.chunk_by(|a, b| a.1 == b.1) {
            let Some(&(_, part)) = of_part.first() else { continue };
            let Some((net, &first)) = parts.get(part).zip(firsts.get(part)) else { continue };
            let mut place = vec![NO_CODE; net.n_rows];
            for (number, row) in (0_u32..).zip(net.packed.rows(file)?) {
                if let Some(place) = place.get_mut(at(row)) {
                    *place = number;
                }
            }
            for (claim, _) in of_part {
                let Some(&number) = place.get(at(claim.row)).filter(|&&n| n != NO_CODE) else {
                    continue;
                };
                let entries = self.entries.get(at(claim.codes)..).unwrap_or(&[]);
                let pair = entries.first().map(|entry| entry.pair);
                for entry in entries.iter().take_while(|entry| Some(entry.pair) == pair) {
                    uses.push((first.saturating_add(number), entry.code, entry.is_split));
                }
            }
        }
        drop(claims);
        // A split pack is told by any row of the line and code: true sorts last and is kept.
        let code = |one: &(u32, u32, bool)| self.codes.bytes(at(one.1));
        uses.par_sort_unstable_by(|a, b| {
            a.0.cmp(&b.0).then_with(|| (code(a), a.2).cmp(&(code(b), b.2)))
        });
        uses.reverse();
        uses.dedup_by(|a, b| a.0 == b.0 && code(a) == code(b));
        uses.reverse();
        let mut codes =
            Texts::with_capacity(uses.len(), uses.iter().map(|one| code(one).len()).sum());
        for one in &uses {
            codes.push(code(one));
        }
        Ok(Traces {
            line: uses.iter().map(|&(line, ..)| line).collect(),
            code: codes,
            split: uses.iter().map(|&(.., split)| split).collect(),
            lacks_flag: false,
        })
    }
}
