//! Which lines rows of trace codes mean, and what is known of each use.

use std::io::Result;

use jihe_frame::Doubt;
use jihe_terms::{NO_CODE, Texts};
use rayon::prelude::*;

use super::entries::Bits;
use super::{Claimant, Claimants, Claimed, Traced, is};
use crate::cells::hash_of_text;
use crate::place::at;

/// A use: the line if it stands, the row of the code, whether the pack was split, what is not known of it.
pub(super) type Use = (u32, u32, bool, Doubt);

/// Uses of a part, and if the state is to tell of rows that name no line, those that name one.
pub(super) type Uses = (Vec<Use>, Vec<u32>);

impl Traced {
    /// The uses of keys that several lines have.
    pub(super) fn uses_of_shared(
        &self,
        lines: &Claimants<'_>,
        shared: &Bits,
        settlements: &Texts,
    ) -> Result<Vec<Use>> {
        let mut uses = Vec::new();
        if !shared.has_any() {
            return Ok(uses);
        }
        let mut claims: Vec<Claimed> = Vec::new();
        for part in 0..lines.n_parts() {
            claims.extend((lines.claims)(part)?.into_iter().filter(|one| shared.has(at(one.0))));
        }
        claims.par_sort_unstable();
        for claims in claims.chunk_by(|a, b| a.0 == b.0) {
            let Some(&(first, _)) = claims.first() else { continue };
            let lines: Vec<Claimant> = claims.iter().map(|&(_, line)| line).collect();
            for row in self.entries.rows_of(first) {
                self.put_uses(row, &lines, settlements, &mut uses);
            }
        }
        Ok(uses)
    }

    /// The uses of a part in the order of lines, each code once for a line.
    pub(super) fn uses_of_part(
        &self,
        (claims, shared): (&[Claimed], &Bits),
        of_shared: &[Use],
        settlements: &Texts,
    ) -> Uses {
        let mut uses = Vec::with_capacity(claims.len().saturating_add(of_shared.len()));
        for (first, line) in claims.iter().filter(|claim| !shared.has(at(claim.0))) {
            for row in self.entries.rows_of(*first) {
                self.put_uses(row, std::slice::from_ref(line), settlements, &mut uses);
            }
        }
        let rows = uses.iter().filter(|_| !self.keys.is_empty()).map(|one| one.1).collect();
        uses.extend_from_slice(of_shared);
        uses.retain(|one| one.0 != NO_CODE);
        // Keys that one line has, as nearly all do, gave their uses in the order of lines.
        if !uses.is_sorted_by_key(|one| one.0) {
            uses.sort_by_key(|one| one.0);
        }
        let codes = &self.codes;
        for of_line in uses.chunk_by_mut(|a, b| a.0 == b.0) {
            of_line.sort_unstable_by(|a, b| codes.compare(at(a.1), at(b.1)));
        }
        // That a pack was split, and what is known of it, is told by any row of the line and code.
        uses.dedup_by(|other, kept| {
            let is_same = other.0 == kept.0 && codes.pair(at(other.1)) == codes.pair(at(kept.1));
            if is_same {
                kept.2 |= other.2;
                kept.3 = kept.3.min(other.3);
            }
            is_same
        });
        (uses, rows)
    }

    /// The hash of the settlement of a row, 0 without one.
    pub(super) fn settlement(&self, row: u32) -> u64 {
        self.settlements.get(at(row)).copied().unwrap_or(0)
    }

    /// Whether a row of the state named no line when that was written.
    pub(super) fn is_early(&self, row: u32) -> bool {
        self.early.binary_search(&at(row)).is_ok()
    }

    /// Adds the use of each of the lines with the key of a row that the row may mean; that of a line that
    /// does not stand has no line.
    pub(super) fn put_uses(
        &self,
        row: u32,
        lines: &[Claimant],
        settlements: &Texts,
        uses: &mut Vec<Use>,
    ) {
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

/// The hash of a settlement by its id, 0 without one.
pub(super) fn hash_of(settlements: &Texts, id: u32) -> u64 {
    match id {
        NO_CODE => 0,
        id => hash_of_text(settlements.bytes(at(id))),
    }
}
