//! service-after-settlement: a line dated after the day it was settled on; nothing is cut,
//! and discharge drugs are exempt (semantics, section 7).

use crate::oracle::civil::day_of;
use crate::oracle::context::{Context, Cut, Verdicts};

/// Judges every settled line by itself.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let mut verdicts = Verdicts::default();
    for (place, line) in context.lines() {
        let settled = context.settlement(line).map(|row| day_of(row.setl_time));
        if settled.is_none_or(|settled| line.day() <= settled) {
            continue;
        }
        if line.dscg_tkdrug_flag.as_deref() == Some("1") {
            verdicts.exempt.push(line.bkkp_sn.clone());
        } else if context.lacks("lines", "dscg_tkdrug_flag") {
            verdicts.not_evaluable.push(line.bkkp_sn.clone());
        } else {
            verdicts.hits.push(context.line_hit(place, Cut::Nothing));
        }
    }
    verdicts
}
