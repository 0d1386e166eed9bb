//! over-dose: the daily dose of a line is above the highest one of its item (semantics, section 7;
//! `item_dose`).

use crate::oracle::context::{Context, Cut, Verdicts};
use crate::oracle::dose::{daily_dose, highest_dose, units_beyond};
use crate::oracle::supply::is_drug;

/// Judges every line by itself.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let mut verdicts = Verdicts::default();
    for (place, line) in context.lines() {
        let rows = context.item_rows("item_dose", line);
        let is_drug = is_drug(context, line);
        let Some(row) = rows.first().filter(|_| is_drug != Some(false)) else { continue };
        let (daily, highest) = (daily_dose(context, line, row), highest_dose(context, line, row));
        let (Some(daily), Some(highest), Some(true)) = (daily, highest, is_drug) else {
            verdicts.not_evaluable.push(line.bkkp_sn.clone());
            continue;
        };
        let units = units_beyond(line.cnt, daily, highest);
        if 0 < units {
            verdicts.hits.push(context.line_hit(place, Cut::Units(units)));
        }
    }
    verdicts
}
