//! unknown-item: no catalogue row in force that day, or a placeholder code (semantics, section 7).

use crate::oracle::context::{Context, Cut, Verdicts};

/// Judges every line by itself; without a catalogue nothing can be said.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let mut verdicts = Verdicts::default();
    for (place, line) in context.lines() {
        if context.reference.catalogue.is_none() {
            verdicts.not_evaluable.push(line.bkkp_sn.clone());
            continue;
        }
        let is_placeholder = !context.item_rows("placeholder", line).is_empty();
        if is_placeholder || context.catalogue(line).is_none() {
            verdicts.hits.push(context.line_hit(place, Cut::Whole));
        }
    }
    verdicts
}
