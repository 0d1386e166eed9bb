//! incompatible: two items of one prescription that do not go together; nothing is cut
//! (semantics, section 7; `incompatible`).

use std::collections::{BTreeMap, BTreeSet};

use crate::oracle::context::{Context, Cut, Verdicts, cell};
use crate::oracle::table::row_in_force;

/// Judges, for each row, the lines of one order number in one encounter.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let mut verdicts = Verdicts::default();
    let mut without: BTreeSet<String> = BTreeSet::new();
    for row in context.pack.table("incompatible") {
        let (item_a, item_b) = (cell(row, "item_a"), cell(row, "item_b"));
        let mut sheets: BTreeMap<_, Vec<(usize, &String)>> = BTreeMap::new();
        for (place, line) in context.lines() {
            let is_its = line.hilist_code == item_a || line.hilist_code == item_b;
            if !is_its || !row_in_force(row, line.day()) {
                continue;
            }
            match &line.rx_drord_no {
                Some(order) => {
                    let key = (line.visit(), order.clone());
                    sheets.entry(key).or_default().push((place, &line.hilist_code));
                }
                None => {
                    without.insert(line.bkkp_sn.clone());
                }
            }
        }
        for sheet in sheets.values() {
            let has = |item: &str| sheet.iter().any(|(_, other)| *other == item);
            if item_a != item_b && has(item_a) && has(item_b) {
                let both = sheet.iter().map(|(place, _)| (*place, Cut::Nothing)).collect();
                verdicts.hits.push(context.hit(both));
            }
        }
    }
    verdicts.not_evaluable = without.into_iter().collect();
    verdicts
}
