//! stay-days: more bed, nursing or consultation units in a stay than its days allow
//! (semantics, section 7; `item_stay_days`).

use std::collections::BTreeMap;

use crate::oracle::context::{Context, Verdicts, excess, number};

/// Judges groups of stay and item.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let allowance = context.whole_param("allowance_days", 0);
    let mut verdicts = Verdicts::default();
    let mut groups: BTreeMap<_, Vec<(usize, i64, i64)>> = BTreeMap::new();
    for (place, line) in context.lines() {
        let rows = context.item_rows("item_stay_days", line);
        if rows.is_empty() || context.in_stay(line) == Some(false) {
            continue;
        }
        let per_day = number(rows[0], "per_day", 4).unwrap_or(10_000);
        let stay = context.encounter(line);
        let Some((stay, discharge)) = stay.and_then(|stay| Some((stay, stay.discharge()?))) else {
            verdicts.not_evaluable.push(line.bkkp_sn.clone());
            continue;
        };
        let length = (discharge - stay.admission()).max(1);
        let limit = per_day * (length + allowance);
        let key = (line.visit(), line.hilist_code.clone());
        groups.entry(key).or_default().push((place, line.cnt, limit));
    }
    for group in groups.values() {
        let cuts = excess(group);
        if !cuts.is_empty() {
            verdicts.hits.push(context.hit(cuts));
        }
    }
    verdicts
}
