//! outside-stay: a line of a stay before its admission day or after its discharge day; discharge
//! drugs are exempt (semantics, section 7).

use crate::oracle::context::{Context, Cut, Verdicts};

/// Judges every line of a stay by itself.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let mut verdicts = Verdicts::default();
    for (place, line) in context.lines() {
        if context.in_stay(line) == Some(false) {
            continue;
        }
        let Some(stay) = context.encounter(line) else {
            verdicts.not_evaluable.push(line.bkkp_sn.clone());
            continue;
        };
        let is_before = line.day() < stay.admission();
        let is_after = stay.discharge().is_some_and(|discharge| discharge < line.day());
        if !is_before && context.lacks("encounters", "endtime") {
            verdicts.not_evaluable.push(line.bkkp_sn.clone());
            continue;
        }
        if !is_before && !is_after {
            continue;
        }
        if context.lacks("lines", "dscg_tkdrug_flag") {
            verdicts.not_evaluable.push(line.bkkp_sn.clone());
            continue;
        }
        if line.dscg_tkdrug_flag.as_deref() == Some("1") {
            verdicts.exempt.push(line.bkkp_sn.clone());
        } else {
            verdicts.hits.push(context.line_hit(place, Cut::Whole));
        }
    }
    verdicts
}
