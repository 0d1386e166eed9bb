//! pay-cap: in-policy amounts of an item above the cap of its row
//! (semantics, section 7; `item_cap`).

use std::collections::BTreeMap;

use crate::oracle::context::{Context, Cut, Verdicts, cell, number};
use crate::oracle::decimal::half_up;
use crate::oracle::month::Line;
use crate::oracle::rules::month_quantity::window_of;

/// Judges groups of person, item and window.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let mut groups: BTreeMap<_, Vec<(usize, &Line, i64)>> = BTreeMap::new();
    for (place, line) in context.lines() {
        for row in context.item_rows("item_cap", line) {
            let Some(cap) = number(row, "amount_max", 2) else { continue };
            let window = cell(row, "window");
            let when = match window {
                "day" => line.day().to_string(),
                "stay" => line.mdtrt_id.clone(),
                _ => format!("{:?}", window_of(window, line.day())),
            };
            let key = (line.psn_no.clone(), line.hilist_code.clone(), window.to_owned(), when);
            groups.entry(key).or_default().push((place, line, cap));
        }
    }
    let mut verdicts = Verdicts::default();
    for group in groups.values() {
        let mut cuts = Vec::new();
        let mut sum = 0;
        for (place, line, cap) in group {
            let in_policy = line.in_policy().max(0);
            sum += in_policy;
            let over = in_policy.min(sum - cap);
            if 0 < over {
                let left = i128::from(line.det_item_fee_sumamt) * i128::from(in_policy - over);
                cuts.push((*place, Cut::Amount(half_up(left, i128::from(in_policy)))));
            }
        }
        if !cuts.is_empty() {
            verdicts.hits.push(context.hit(cuts));
        }
    }
    verdicts
}
