//! visit-during-stay: a line of a visit strictly inside a stay of the person at another
//! institution (semantics, section 7).

use crate::oracle::context::{Context, Cut, Verdicts};
use crate::oracle::month::Encounter;

/// Judges every line outside stays by itself.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let mut verdicts = Verdicts::default();
    let stays = context.stays();
    for (place, line) in context.lines() {
        if context.net.encounters.is_none() {
            verdicts.not_evaluable.push(line.bkkp_sn.clone());
            continue;
        }
        if context.in_stay(line) == Some(true) {
            continue;
        }
        let began_elsewhere = |stay: &&&Encounter| {
            stay.psn_no == line.psn_no
                && stay.fixmedins_code != line.fixmedins_code
                && stay.admission() < line.day()
        };
        let candidates: Vec<_> = stays.iter().filter(began_elsewhere).collect();
        let ends_later = |stay: &&&Encounter| stay.discharge().is_some_and(|end| line.day() < end);
        let is_inside = candidates.iter().any(ends_later);
        if is_inside && context.in_stay(line).is_some() {
            verdicts.hits.push(context.line_hit(place, Cut::Whole));
        } else if is_inside || candidates.iter().any(|stay| stay.endtime.is_none()) {
            verdicts.not_evaluable.push(line.bkkp_sn.clone());
        }
    }
    verdicts
}
