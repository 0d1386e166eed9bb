//! workload: more standard minutes in a doctor's day than it has, over all persons; nothing is cut
//! (semantics, section 7; `item_minutes`).

use std::collections::BTreeMap;

use crate::oracle::context::{Context, Cut, Verdicts, number};

/// Judges groups of institution, doctor and day.
pub fn judge(context: &Context<'_>) -> Verdicts {
    // 10^-8 minutes: quantities and minutes have four decimals each.
    let most = context.whole_param("minutes", 600) * 100_000_000;
    let mut verdicts = Verdicts::default();
    let mut groups: BTreeMap<_, Vec<(usize, i64)>> = BTreeMap::new();
    for (place, line) in context.lines() {
        let rows = context.item_rows("item_minutes", line);
        let Some(minutes) = rows.first().and_then(|row| number(row, "minutes", 4)) else {
            continue;
        };
        let Some(doctor) = &line.bilg_dr_codg else {
            verdicts.not_evaluable.push(line.bkkp_sn.clone());
            continue;
        };
        let key = (line.fixmedins_code.clone(), doctor.clone(), line.day());
        groups.entry(key).or_default().push((place, line.cnt * minutes));
    }
    for group in groups.values() {
        if most < group.iter().map(|(_, minutes)| minutes).sum() {
            let all = group.iter().map(|(place, _)| (*place, Cut::Nothing)).collect();
            verdicts.hits.push(context.hit_of_nobody(all));
        }
    }
    verdicts
}
