//! institution-level: the institution's level lies below the item's (rule table, `item_level`).

use crate::oracle::context::{Context, Cut, Verdicts, number};

/// Judges every line by itself.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let mut verdicts = Verdicts::default();
    for (place, line) in context.lines() {
        let rows = context.item_rows("item_level", line);
        let least = rows.iter().filter_map(|row| number(row, "level_min", 0)).max();
        let Some(least) = least else { continue };
        let level = context.reference.level_on(&line.fixmedins_code, line.day());
        match level.and_then(|level| level.parse::<i64>().ok()) {
            Some(level) if level < least => {
                verdicts.hits.push(context.line_hit(place, Cut::Whole));
            }
            Some(_) => {}
            None => verdicts.not_evaluable.push(line.bkkp_sn.clone()),
        }
    }
    verdicts
}
