//! stay-quantity: more units of an item in one encounter than its row allows
//! (semantics, section 7; `item_quantity`, window `stay`).

use std::collections::BTreeMap;

use crate::oracle::context::{Context, Verdicts, cell, excess, number};

/// Judges groups of encounter and item.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let mut groups: BTreeMap<_, Vec<(usize, i64, i64)>> = BTreeMap::new();
    for (place, line) in context.lines() {
        let rows = context.item_rows("item_quantity", line);
        let mut its = rows
            .iter()
            .filter(|row| cell(row, "window") == "stay" && cell(row, "per") == "encounter");
        let Some(limit) = its.next().and_then(|row| number(row, "max", 4)) else { continue };
        let key = (line.visit(), line.hilist_code.clone());
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
