//! excluded-cause: a diagnosis of the encounter is a cause that the fund does not bear
//! (semantics, section 7; set `excluded_cause`).

use crate::oracle::context::{Context, Cut, Verdicts};

const SET: &str = "excluded_cause";

/// Judges every line by itself.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let mut verdicts = Verdicts::default();
    for (place, line) in context.lines() {
        if !context.knows_set(line, SET) {
            continue;
        }
        match context.has_diagnosis_in(line, SET) {
            Some(true) => verdicts.hits.push(context.line_hit(place, Cut::Whole)),
            Some(false) => {}
            None => verdicts.not_evaluable.push(line.bkkp_sn.clone()),
        }
    }
    verdicts
}
