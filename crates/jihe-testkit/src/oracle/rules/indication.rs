//! indication: no diagnosis of the encounter is in a set of the item; a set without rows in force
//! says nothing (semantics, section 7; `item_indication`, `diagnosis_set`).

use crate::oracle::context::{Context, Cut, Verdicts, cell};

/// Judges every line by itself.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let mut verdicts = Verdicts::default();
    for (place, line) in context.lines() {
        let rows = context.item_rows("item_indication", line);
        let sets = rows.iter().map(|row| cell(row, "set"));
        let known: Vec<&str> = sets.filter(|set| context.knows_set(line, set)).collect();
        if known.is_empty() {
            continue;
        }
        let shown: Vec<Option<bool>> =
            known.iter().map(|set| context.has_diagnosis_in(line, set)).collect();
        if shown.contains(&None) {
            verdicts.not_evaluable.push(line.bkkp_sn.clone());
        } else if !shown.contains(&Some(true)) {
            verdicts.hits.push(context.line_hit(place, Cut::Whole));
        }
    }
    verdicts
}
