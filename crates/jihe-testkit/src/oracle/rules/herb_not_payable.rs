//! herb-not-payable: a listed herb with an in-policy amount (semantics, section 7;
//! `herb_not_payable`).

use crate::oracle::context::{Context, Cut, Verdicts};

/// Judges every line by itself.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let mut verdicts = Verdicts::default();
    for (place, line) in context.lines() {
        let is_listed = !context.item_rows("herb_not_payable", line).is_empty();
        if is_listed && 0 < line.in_policy() {
            verdicts.hits.push(context.line_hit(place, Cut::Whole));
        }
    }
    verdicts
}
