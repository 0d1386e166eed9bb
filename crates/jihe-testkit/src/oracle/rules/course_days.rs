//! course-days: lines on more days of a stay than the item's row pays for
//! (semantics, section 7; `item_course`).

use std::collections::{BTreeMap, BTreeSet};

use crate::oracle::context::{Context, Cut, Verdicts, number};

/// Judges groups of stay and item: how many days of use lie before the line's own.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let mut verdicts = Verdicts::default();
    let mut groups: BTreeMap<_, Vec<(usize, i64, i64)>> = BTreeMap::new();
    for (place, line) in context.lines() {
        let rows = context.item_rows("item_course", line);
        let Some(paid) = rows.first().and_then(|row| number(row, "course_days", 0)) else {
            continue;
        };
        match context.in_stay(line) {
            None => verdicts.not_evaluable.push(line.bkkp_sn.clone()),
            Some(false) => {}
            Some(true) => {
                let key = (line.visit(), line.hilist_code.clone());
                groups.entry(key).or_default().push((place, line.day(), paid));
            }
        }
    }
    for group in groups.values() {
        let mut cuts = Vec::new();
        for (place, day, paid) in group {
            let before: BTreeSet<i64> =
                group.iter().map(|(_, other, _)| *other).filter(|other| other < day).collect();
            if *paid <= i64::try_from(before.len()).unwrap_or(i64::MAX) {
                cuts.push((*place, Cut::Whole));
            }
        }
        if !cuts.is_empty() {
            verdicts.hits.push(context.hit(cuts));
        }
    }
    verdicts
}
