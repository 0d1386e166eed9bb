//! period-frequency: a use when `max_count` paid uses lie less than `period_days` before it
//! (semantics, section 7; `item_period`).

use std::collections::BTreeMap;

use crate::oracle::context::{Context, Cut, Verdicts, number};

/// Judges the uses of one item by one person in canonical order; a hit use is not paid.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let mut verdicts = Verdicts::default();
    let mut paid: BTreeMap<_, Vec<i64>> = BTreeMap::new();
    for (place, line) in context.lines() {
        let rows = context.item_rows("item_period", line);
        let Some(period_days) = rows.first().and_then(|row| number(row, "period_days", 0)) else {
            continue;
        };
        let max_count = number(rows[0], "max_count", 0).unwrap_or(1);
        let uses = paid.entry((line.psn_no.clone(), line.hilist_code.clone())).or_default();
        let is_near = |day: &&i64| line.day() - **day < period_days;
        let n_near = uses.iter().filter(is_near).map(|_| 1_i64).sum::<i64>();
        if max_count <= n_near {
            verdicts.hits.push(context.line_hit(place, Cut::Whole));
        } else {
            uses.push(line.day());
        }
    }
    verdicts
}
