//! daily-quantity: more units of an item in one day than its row allows, per encounter or person
//! (semantics, section 7; `item_quantity`, window `day`).

use std::collections::BTreeMap;

use crate::oracle::context::{Context, Verdicts, cell, excess, number};

/// Judges groups of encounter or person, item and day.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let mut groups: BTreeMap<_, Vec<(usize, i64, i64)>> = BTreeMap::new();
    for (place, line) in context.lines() {
        for per in ["encounter", "person"] {
            let rows = context.item_rows("item_quantity", line);
            let its =
                rows.iter().find(|row| cell(row, "window") == "day" && cell(row, "per") == per);
            let Some(limit) = its.and_then(|row| number(row, "max", 4)) else { continue };
            let encounter = (per == "encounter").then(|| line.mdtrt_id.clone());
            let key = (line.psn_no.clone(), encounter, line.hilist_code.clone(), line.day());
            groups.entry(key).or_default().push((place, line.cnt, limit));
        }
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
