//! prescription-stale: a drug sold outside stays more days after its prescription than that is valid
//! (semantics, section 7).

use crate::oracle::civil::day_of;
use crate::oracle::context::{Context, Cut, Verdicts};
use crate::oracle::supply::is_sold_drug;

/// Judges every line by itself.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let mut verdicts = Verdicts::default();
    let valid = context.whole_param("valid_days", 1);
    for (place, line) in context.lines() {
        match (is_sold_drug(context, line), line.prsc_time) {
            (Some(false), _) => {}
            (Some(true), Some(written)) => {
                if valid < line.day() - day_of(written) {
                    verdicts.hits.push(context.line_hit(place, Cut::Whole));
                }
            }
            _ => verdicts.not_evaluable.push(line.bkkp_sn.clone()),
        }
    }
    verdicts
}
