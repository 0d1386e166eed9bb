//! late-upload: the line reached the platform after the last day of its month and the days of grace;
//! nothing is cut (semantics, section 7).

use crate::oracle::civil::{at, civil, day};
use crate::oracle::context::{Context, Cut, Verdicts};

/// Judges every line by itself.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let mut verdicts = Verdicts::default();
    let grace = context.whole_param("grace_days", 2);
    for (place, line) in context.lines() {
        let Some(uploaded) = line.crte_time else {
            verdicts.not_evaluable.push(line.bkkp_sn.clone());
            continue;
        };
        let (year, month, _) = civil(line.day());
        let next = if month == 12 { day(year + 1, 1, 1) } else { day(year, month + 1, 1) };
        if at(next + grace, 0) < uploaded {
            verdicts.hits.push(context.line_hit(place, Cut::Nothing));
        }
    }
    verdicts
}
