//! The ids of findings, and the order in which they are written.

use jihe_frame::{Evidence, FindingId, Hit, HitLine, Hits, KeptLines, Value};
use jihe_terms::{Day, NO_CODE};
use rayon::prelude::*;

use crate::run::Run;

/// Findings that are not worth waking another thread.
const FEW: usize = 256;

/// A stable id of each finding: rule, version, and the keys of its lines (or its stay).
pub(crate) fn jr_ids(run: &Run<'_>, kept: &KeptLines, hits: &Hits) -> Vec<FindingId> {
    let id = |hit: &Hit| jr_id(run, kept, hit, lines_of(hits, hit));
    let mut ids: Vec<FindingId> = if hits.hits.len() < FEW {
        hits.hits.iter().map(id).collect()
    } else {
        hits.hits.par_iter().map(id).collect()
    };
    // Two findings of one rule over the same lines (two rows of one table) keep apart by their row.
    let mut order: Vec<(FindingId, u32, u32)> =
        (0_u32..).zip(&ids).map(|(hit, &id)| (id, hits.hits[hit as usize].row, hit)).collect();
    order.sort_unstable();
    for group in order.chunk_by(|a, b| a.0 == b.0) {
        for (nth, &(id, _, hit)) in group.iter().enumerate().skip(1) {
            ids[hit as usize] =
                FindingId::of_hash(blake3::hash(format!("{id}/{nth}").as_bytes()).as_bytes());
        }
    }
    ids
}

fn lines_of<'a>(hits: &'a Hits, hit: &Hit) -> &'a [HitLine] {
    &hits.lines[hit.lines_from as usize..hit.lines_until as usize]
}

fn jr_id(run: &Run<'_>, kept: &KeptLines, hit: &Hit, lines: &[HitLine]) -> FindingId {
    let rule = run.rule(usize::from(hit.rule));
    let mut hasher = blake3::Hasher::new();
    hasher.update(rule.id.as_bytes()).update(b"\0").update(rule.version.as_bytes()).update(b"\0");
    if lines.is_empty() && hit.encounter != NO_CODE {
        hasher.update(run.month.encounters.ids.bytes(hit.encounter as usize)).update(b"\0");
    }
    if lines.is_empty() && hit.encounter == NO_CODE {
        of_institution(run, hit, &mut hasher);
    }
    let mut key = Vec::new();
    for line in lines {
        let (part, row) = kept.place(line.line);
        let mark: &[u8] = if line.part == Evidence::Shown { b"2" } else { b"1" };
        key.clear();
        part.key.write(row, &mut key);
        hasher.update(mark).update(&key).update(b"\0");
    }
    FindingId::of_hash(hasher.finalize().as_bytes())
}

/// An institution as a whole: its code, the month, and the days and codes among the values.
fn of_institution(run: &Run<'_>, hit: &Hit, hasher: &mut blake3::Hasher) {
    let text = |code: u32| match code {
        NO_CODE => &[][..],
        code => run.month.codes.bytes(code),
    };
    hasher.update(text(hit.institution)).update(b"\0");
    let month = run.month.last_day.map(|day| Day::from_epoch(day).to_string());
    hasher.update(month.as_deref().and_then(|day| day.get(..7)).unwrap_or("").as_bytes());
    for value in hit.values {
        match value {
            Value::Code(code) => hasher.update(b"\0").update(text(code)),
            Value::Day(day) => {
                hasher.update(b"\0").update(Day::from_epoch(day).to_string().as_bytes())
            }
            _ => continue,
        };
    }
}

/// Sorts findings by person, first line, rule and id.
pub(crate) fn in_order(hits: Hits, ids: &[FindingId]) -> (Hits, Vec<FindingId>) {
    let first_line = |hit: &Hit| lines_of(&hits, hit).first().map_or(NO_CODE, |line| line.line);
    let mut order: Vec<u32> = (0..u32::try_from(hits.hits.len()).unwrap_or(u32::MAX)).collect();
    let compare = |&a: &u32, &b: &u32| {
        let key = |idx: u32| {
            let hit = &hits.hits[idx as usize];
            (hit.person, first_line(hit), hit.encounter, hit.rule, ids[idx as usize])
        };
        key(a).cmp(&key(b))
    };
    if order.len() < FEW {
        order.sort_unstable_by(compare);
    } else {
        order.par_sort_unstable_by(compare);
    }
    // Findings, ids and lines one after the other: no two of them are in memory twice at a time.
    let Hits { hits, lines } = hits;
    let mut sorted: Vec<Hit> = order.iter().map(|&idx| hits[idx as usize].clone()).collect();
    drop(hits);
    let ids = order.iter().map(|&idx| ids[idx as usize]).collect();
    let mut sorted_lines = Vec::with_capacity(lines.len());
    for hit in &mut sorted {
        let from = u32::try_from(sorted_lines.len()).unwrap_or(u32::MAX);
        sorted_lines.extend_from_slice(&lines[hit.lines_from as usize..hit.lines_until as usize]);
        hit.lines_from = from;
        hit.lines_until = u32::try_from(sorted_lines.len()).unwrap_or(u32::MAX);
    }
    (Hits { hits: sorted, lines: sorted_lines }, ids)
}

/// For each finding the rank of its id among all.
pub(crate) fn rank(ids: &[FindingId]) -> Vec<u32> {
    let mut order: Vec<u32> = (0..u32::try_from(ids.len()).unwrap_or(u32::MAX)).collect();
    order.sort_unstable_by_key(|&idx| ids[idx as usize]);
    let mut ranks = vec![0; ids.len()];
    for (rank, &idx) in (0_u32..).zip(&order) {
        ranks[idx as usize] = rank;
    }
    ranks
}
