//! internet-drug: a listed drug that an internet hospital settled (semantics, section 7;
//! `internet_forbidden`).

use crate::oracle::context::{Context, Cut, Verdicts};

/// Judges every line by itself.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let mut verdicts = Verdicts::default();
    for (place, line) in context.lines() {
        if context.item_rows("internet_forbidden", line).is_empty() {
            continue;
        }
        match context.settlement(line).and_then(|row| row.pay_loc.as_deref()) {
            Some("5") => verdicts.hits.push(context.line_hit(place, Cut::Whole)),
            Some(_) => {}
            None => verdicts.not_evaluable.push(line.bkkp_sn.clone()),
        }
    }
    verdicts
}
