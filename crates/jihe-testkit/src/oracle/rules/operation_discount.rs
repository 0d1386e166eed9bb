//! operation-discount: the second or a later operation of a group in a stay above its discounted
//! price (semantics, section 7; `operation_group`).

use std::collections::BTreeMap;

use crate::oracle::context::{Context, Cut, Verdicts, cell, number};
use crate::oracle::decimal::half_up;

/// Judges the lines of a stay and group; the first is paid in full.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let mut verdicts = Verdicts::default();
    let mut seen: BTreeMap<((String, String), String), usize> = BTreeMap::new();
    for (place, line) in context.lines() {
        let rows = context.item_rows("operation_group", line);
        if rows.is_empty() {
            continue;
        }
        match context.in_stay(line) {
            None => {
                verdicts.not_evaluable.push(line.bkkp_sn.clone());
                continue;
            }
            Some(false) => continue,
            Some(true) => {}
        }
        for row in rows {
            let key = (line.visit(), cell(row, "group").to_owned());
            let nth = seen.entry(key).or_default();
            *nth += 1;
            if *nth == 1 {
                continue;
            }
            let discount = number(row, "discount", 6).unwrap_or(1_000_000);
            match context.set_price(&line.hilist_code, line) {
                Some(Some(full)) => {
                    let price = half_up(i128::from(full) * i128::from(discount), 1_000_000);
                    if price < line.pric {
                        verdicts.hits.push(context.line_hit(place, Cut::Price(price)));
                    }
                }
                Some(None) | None => verdicts.not_evaluable.push(line.bkkp_sn.clone()),
            }
        }
    }
    verdicts
}
