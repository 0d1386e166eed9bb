//! visit-type: the item has rows in force and none has the encounter's `med_type`
//! (semantics, section 7).

use crate::oracle::context::{Context, Cut, Verdicts, cell};

/// Judges every line by itself.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let mut verdicts = Verdicts::default();
    for (place, line) in context.lines() {
        let rows = context.item_rows("item_visit", line);
        if rows.is_empty() {
            continue;
        }
        match context.med_type(line) {
            Some(med_type) => {
                if rows.iter().all(|row| !med_type.starts_with(cell(row, "med_type"))) {
                    verdicts.hits.push(context.line_hit(place, Cut::Whole));
                }
            }
            None => verdicts.not_evaluable.push(line.bkkp_sn.clone()),
        }
    }
    verdicts
}
