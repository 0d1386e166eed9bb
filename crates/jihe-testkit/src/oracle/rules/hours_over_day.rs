//! hours-over-day: more than 24 hours of an item billed by the hour for one person on one day
//! (semantics, section 7; `item_hours`).

use std::collections::BTreeMap;

use crate::oracle::context::{Context, Verdicts, excess};

/// Judges groups of person, item and day.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let limit = context.param("day_hours", 24_000_000) / 100;
    let mut groups: BTreeMap<_, Vec<(usize, i64, i64)>> = BTreeMap::new();
    for (place, line) in context.lines() {
        if context.item_rows("item_hours", line).is_empty() {
            continue;
        }
        let key = (line.psn_no.clone(), line.hilist_code.clone(), line.day());
        groups.entry(key).or_default().push((place, line.cnt, limit));
    }
    let mut verdicts = Verdicts::default();
    for group in groups.values() {
        let cuts = excess(group);
        if !cuts.is_empty() {
            verdicts.hits.push(context.hit(cuts));
        }
    }
    verdicts
}
