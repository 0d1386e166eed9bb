//! The ids of findings, and the order in which they are written.

use jihe_frame::{Evidence, FindingId, Hit, Hits, KeptLines, Value};
use jihe_rules::plan::Rule;
use jihe_terms::{Day, NO_CODE};
use rayon::prelude::*;

use crate::run::Run;

/// Findings that are not worth waking another thread.
const FEW: usize = 256;

/// Findings with their ids.
pub(crate) struct Unordered {
    hits: Hits,
    /// By finding: its id.
    ids: Vec<FindingId>,
    /// By finding: the rank of its id among all.
    ranks: Vec<u32>,
}

/// Findings in the order in which they are written.
pub(crate) struct Ordered {
    pub(crate) hits: Hits,
    /// By finding: its id.
    pub(crate) ids: Vec<FindingId>,
}

impl Unordered {
    /// Gives each finding a stable id: rule, version, and the keys of its lines (or its stay).
    pub(crate) fn new(run: &Run<'_>, kept: &KeptLines, hits: Hits) -> Self {
        let id = |said: &mut Vec<u8>, hit: &Hit| {
            said.clear();
            begin(run.rule(usize::from(hit.rule)), said);
            say(run, kept, (&hits, hit), said);
            FindingId::of_hash(blake3::hash(said).as_bytes())
        };
        let mut ids: Vec<FindingId> = if hits.hits.len() < FEW {
            let mut said = Vec::new();
            hits.hits.iter().map(|hit| id(&mut said, hit)).collect()
        } else {
            hits.hits.par_iter().map_init(Vec::new, id).collect()
        };
        let mut order = by_id(&ids, &hits.hits);
        // Two findings of one rule over the same lines (two rows of one table) keep apart by their row.
        let mut again: Vec<(u32, FindingId)> = Vec::new();
        for group in order.chunk_by(|&a, &b| ids[a as usize] == ids[b as usize]) {
            for (nth, &hit) in group.iter().enumerate().skip(1) {
                let text = format!("{}/{nth}", ids[hit as usize]);
                again.push((hit, FindingId::of_hash(blake3::hash(text.as_bytes()).as_bytes())));
            }
        }
        if !again.is_empty() {
            for (hit, id) in again {
                ids[hit as usize] = id;
            }
            order = by_id(&ids, &hits.hits);
        }
        let mut ranks = vec![0; ids.len()];
        for (rank, &hit) in (0_u32..).zip(&order) {
            ranks[hit as usize] = rank;
        }
        Self { hits, ids, ranks }
    }

    /// Sorts findings by person, first line, encounter, rule and id.
    pub(crate) fn in_order(self) -> Ordered {
        let Self { hits, ids, ranks } = self;
        let both = |high: u32, low: u32| u64::from(high) << 32 | u64::from(low);
        let key = |(idx, &rank): (usize, &u32)| {
            let hit = &hits.hits[idx];
            let line = hits.lines_of(hit).first().map_or(NO_CODE, |line| line.line);
            let idx = u32::try_from(idx).unwrap_or(u32::MAX);
            (both(hit.person, line), both(hit.encounter, hit.rule.into()), rank, idx)
        };
        let mut order: Vec<(u64, u64, u32, u32)> = ranks.iter().enumerate().map(key).collect();
        sort(&mut order);
        let moved = |&(.., idx): &(u64, u64, u32, u32)| hits.hits[idx as usize].clone();
        let sorted: Vec<Hit> = if order.len() < FEW {
            order.iter().map(moved).collect()
        } else {
            order.par_iter().map(moved).collect()
        };
        let ids = order.iter().map(|&(.., idx)| ids[idx as usize]).collect();
        Ordered { hits: Hits { hits: sorted, ..hits }, ids }
    }
}

/// Sorts values of which no two are equal.
fn sort<T: Ord + Send>(values: &mut [T]) {
    if values.len() < FEW || rayon::current_num_threads() == 1 {
        values.sort_unstable();
    } else {
        values.par_sort_unstable();
    }
}

/// Findings by their ids; equal ones by the row of the rule's table.
fn by_id(ids: &[FindingId], hits: &[Hit]) -> Vec<u32> {
    // Half an id is mostly enough to tell, and takes half the room.
    let halves = (0_u32..).zip(ids).map(|(hit, id)| (id.high(), hit));
    let mut order: Vec<(u64, u32)> = halves.collect();
    sort(&mut order);
    let mut sorted: Vec<u32> = Vec::with_capacity(order.len());
    for group in order.chunk_by(|a, b| a.0 == b.0) {
        let from = sorted.len();
        sorted.extend(group.iter().map(|&(_, hit)| hit));
        if 1 < group.len() {
            let row = |hit: u32| (ids[hit as usize], hits[hit as usize].row, hit);
            sorted[from..].sort_unstable_by_key(|&hit| row(hit));
        }
    }
    sorted
}

/// Adds what the ids of a rule's findings begin with.
fn begin(rule: &Rule, said: &mut Vec<u8>) {
    for text in [&rule.id, &rule.version] {
        said.extend_from_slice(text.as_bytes());
        said.push(0);
    }
}

/// Adds what tells a finding of a rule from the others.
fn say(run: &Run<'_>, kept: &KeptLines, (hits, hit): (&Hits, &Hit), said: &mut Vec<u8>) {
    let lines = hits.lines_of(hit);
    // A key may be that of lines of several encounters.
    if (lines.is_empty() || run.month.by_encounter) && hit.encounter != NO_CODE {
        said.extend_from_slice(run.month.encounters.ids.bytes(hit.encounter as usize));
        said.push(0);
    }
    if lines.is_empty() && hit.encounter == NO_CODE {
        of_institution(run, (hits, hit), said);
    }
    for line in lines {
        let (part, row) = kept.place(line.line);
        said.push(if line.part() == Evidence::Shown { b'2' } else { b'1' });
        part.key.write(row, said);
        said.push(0);
    }
}

/// An institution as a whole: its code, the month, and the days and codes among the values.
fn of_institution(run: &Run<'_>, (hits, hit): (&Hits, &Hit), said: &mut Vec<u8>) {
    let text = |code: u32| match code {
        NO_CODE => &[][..],
        code => run.month.codes.bytes(code),
    };
    said.extend_from_slice(text(hit.institution));
    said.push(0);
    let month = run.month.last_day.map(|day| Day::from_epoch(day).to_string());
    said.extend_from_slice(month.as_deref().and_then(|day| day.get(..7)).unwrap_or("").as_bytes());
    for value in hits.values_of(hit) {
        match value {
            Value::Code(code) => {
                said.push(0);
                said.extend_from_slice(text(code));
            }
            Value::Day(day) => {
                said.push(0);
                Day::from_epoch(day).write(said);
            }
            _ => {}
        }
    }
}
