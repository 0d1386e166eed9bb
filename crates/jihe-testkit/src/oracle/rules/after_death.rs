//! after-death: service on a day after the day of death (semantics, section 7).

use crate::oracle::context::{Context, Cut, Verdicts};

/// Judges every line by itself.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let mut verdicts = Verdicts::default();
    for (place, line) in context.lines() {
        let Some(person) = context.person(line) else {
            verdicts.not_evaluable.push(line.bkkp_sn.clone());
            continue;
        };
        match person.die_date {
            Some(death) if death < line.day() => {
                verdicts.hits.push(context.line_hit(place, Cut::Whole));
            }
            None if person.surv_stas.as_deref() == Some("2") => {
                verdicts.not_evaluable.push(line.bkkp_sn.clone());
            }
            Some(_) | None => {}
        }
    }
    verdicts
}
