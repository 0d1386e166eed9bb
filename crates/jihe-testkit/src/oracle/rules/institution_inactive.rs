//! institution-inactive: service before the first or after the last day of the institution's
//! agreement; emergencies are exempt (semantics, section 7).

use crate::oracle::context::{Context, Cut, Verdicts};

/// Judges every line by itself.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let mut verdicts = Verdicts::default();
    for (place, line) in context.lines() {
        let row = context.reference.institution_on(&line.fixmedins_code, line.day());
        let first = row.and_then(|row| row.begntime);
        let last = row.and_then(|row| row.endtime);
        let is_early = first.is_some_and(|first| line.day() < first);
        let is_late = last.is_some_and(|last| last < line.day());
        if !is_early && !is_late {
            if first.is_none() {
                verdicts.not_evaluable.push(line.bkkp_sn.clone());
            }
            continue;
        }
        let kind = context.med_type(line);
        if kind.is_none() && context.net.encounters.is_none() {
            // Nothing can show that it was no emergency.
            verdicts.not_evaluable.push(line.bkkp_sn.clone());
            continue;
        }
        let kind = kind.unwrap_or_default();
        if kind.starts_with("13") || kind.starts_with("24") {
            verdicts.exempt.push(line.bkkp_sn.clone());
        } else {
            verdicts.hits.push(context.line_hit(place, Cut::Whole));
        }
    }
    verdicts
}
