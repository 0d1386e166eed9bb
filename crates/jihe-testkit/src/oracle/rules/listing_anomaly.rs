//! listing-anomaly: service before the person's day of birth; nothing is cut
//! (semantics, section 7).

use crate::oracle::context::{Context, Cut, Verdicts};

/// Judges every line by itself.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let mut verdicts = Verdicts::default();
    for (place, line) in context.lines() {
        match context.person(line).and_then(|person| person.brdy) {
            Some(birth) if line.day() < birth => {
                verdicts.hits.push(context.line_hit(place, Cut::Nothing));
            }
            Some(_) => {}
            None => verdicts.not_evaluable.push(line.bkkp_sn.clone()),
        }
    }
    verdicts
}
