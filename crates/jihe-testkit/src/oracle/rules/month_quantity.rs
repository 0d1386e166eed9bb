//! month-quantity: more units of an item in a calendar month, quarter or year than its row allows
//! (semantics, section 7; `item_quantity`, windows `month`, `quarter`, `year`).

use std::collections::BTreeMap;

use crate::oracle::civil::{Day, civil};
use crate::oracle::context::{Context, Verdicts, cell, excess, number};

/// Judges groups of encounter or person, item and window.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let mut groups: BTreeMap<_, Vec<(usize, i64, i64)>> = BTreeMap::new();
    for (place, line) in context.lines() {
        for per in ["encounter", "person"] {
            for window in ["month", "quarter", "year"] {
                let rows = context.item_rows("item_quantity", line);
                let is_its = |row: &&&_| cell(row, "window") == window && cell(row, "per") == per;
                let Some(limit) = rows.iter().find(is_its).and_then(|row| number(row, "max", 4))
                else {
                    continue;
                };
                let encounter = (per == "encounter").then(|| line.mdtrt_id.clone());
                let when = window_of(window, line.day());
                let key = (line.psn_no.clone(), encounter, line.hilist_code.clone(), window, when);
                groups.entry(key).or_default().push((place, line.cnt, limit));
            }
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

/// The calendar window that a day lies in: its year, and its number in the year.
pub fn window_of(window: &str, day: Day) -> (i64, i64) {
    let (year, month, _) = civil(day);
    match window {
        "month" => (year, month),
        "quarter" => (year, (month - 1) / 3),
        _ => (year, 0),
    }
}
