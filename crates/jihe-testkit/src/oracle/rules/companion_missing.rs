//! companion-missing: none of the items that an item needs is in its encounter
//! (semantics, section 7; `companion`).

use crate::oracle::context::{Context, Cut, Verdicts, cell};

/// Judges every line with needs.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let mut verdicts = Verdicts::default();
    for (place, line) in context.lines() {
        let rows = context.item_rows("companion", line);
        let is_there = |needed: &str| {
            context.net.lines.iter().any(|other| {
                0 < other.cnt && other.visit() == line.visit() && other.hilist_code == needed
            })
        };
        if !rows.is_empty() && !rows.iter().any(|row| is_there(cell(row, "needs"))) {
            verdicts.hits.push(context.line_hit(place, Cut::Whole));
        }
    }
    verdicts
}
