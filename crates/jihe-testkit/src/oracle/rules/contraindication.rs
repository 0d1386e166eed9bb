//! contraindication: a diagnosis of the encounter is in a set that forbids the item; nothing is cut
//! (semantics, section 7; `item_forbidden`, `diagnosis_set`).

use crate::oracle::context::{Context, Cut, Verdicts, cell};

/// Judges every line by itself.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let mut verdicts = Verdicts::default();
    for (place, line) in context.lines() {
        let rows = context.item_rows("item_forbidden", line);
        let sets = rows.iter().map(|row| cell(row, "set"));
        let shown: Vec<Option<bool>> = sets
            .filter(|set| context.knows_set(line, set))
            .map(|set| context.has_diagnosis_in(line, set))
            .collect();
        if shown.contains(&None) {
            verdicts.not_evaluable.push(line.bkkp_sn.clone());
        } else if shown.contains(&Some(true)) {
            verdicts.hits.push(context.line_hit(place, Cut::Nothing));
        }
    }
    verdicts
}
