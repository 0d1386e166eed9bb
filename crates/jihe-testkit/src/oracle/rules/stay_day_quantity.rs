//! stay-day-quantity: more units of an item in a stay than its row allows for the days of the stay
//! (semantics, section 7; `item_quantity`, window `stay_day`).

use std::collections::BTreeMap;

use crate::oracle::context::{Context, Verdicts, cell, excess, number};

/// Judges groups of stay and item.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let mut verdicts = Verdicts::default();
    let mut groups: BTreeMap<_, Vec<(usize, i64, i64)>> = BTreeMap::new();
    for (place, line) in context.lines() {
        let rows = context.item_rows("item_quantity", line);
        let mut its = rows
            .iter()
            .filter(|row| cell(row, "window") == "stay_day" && cell(row, "per") == "encounter");
        let Some(a_day) = its.next().and_then(|row| number(row, "max", 4)) else { continue };
        match context.in_stay(line) {
            Some(true) => {}
            Some(false) => continue,
            // Whether a limit by stays holds cannot be told.
            None => {
                verdicts.not_evaluable.push(line.bkkp_sn.clone());
                continue;
            }
        }
        let stay = context.encounter(line);
        let Some((stay, discharge)) = stay.and_then(|stay| Some((stay, stay.discharge()?))) else {
            verdicts.not_evaluable.push(line.bkkp_sn.clone());
            continue;
        };
        let limit = a_day * (discharge - stay.admission()).max(1);
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
