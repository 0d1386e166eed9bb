//! practitioner-inactive: the billing doctor is not registered at the institution on the day
//! (semantics, section 7; `practitioners`).

use crate::oracle::context::{Context, Cut, Verdicts};

/// Judges every line by itself.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let mut verdicts = Verdicts::default();
    for (place, line) in context.lines() {
        let (Some(register), Some(doctor)) = (&context.reference.practitioners, &line.bilg_dr_codg)
        else {
            verdicts.not_evaluable.push(line.bkkp_sn.clone());
            continue;
        };
        if !register.iter().any(|row| row.works(doctor, &line.fixmedins_code, line.day())) {
            verdicts.hits.push(context.line_hit(place, Cut::Whole));
        }
    }
    verdicts
}
