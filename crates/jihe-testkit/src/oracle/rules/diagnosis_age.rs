//! diagnosis-age: pregnancy or childbirth at an age at which there is none; nothing is cut
//! (semantics, section 7; set `childbearing`).

use crate::oracle::civil::completed_years;
use crate::oracle::context::{Context, Cut, Verdicts};

const SET: &str = "childbearing";

/// Judges every line by itself.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let (youngest, oldest) =
        (context.whole_param("youngest", 10), context.whole_param("oldest", 60));
    let mut verdicts = Verdicts::default();
    for (place, line) in context.lines() {
        if !context.knows_set(line, SET) {
            continue;
        }
        let birth = context.person(line).and_then(|person| person.brdy);
        let birth = birth.filter(|birth| *birth <= line.day());
        let is_odd_age = birth.map(|birth| {
            let age = completed_years(birth, line.day());
            age < youngest || oldest < age
        });
        match (context.has_diagnosis_in(line, SET), is_odd_age) {
            (Some(true), Some(true)) => {
                verdicts.hits.push(context.line_hit(place, Cut::Nothing));
            }
            (Some(false), _) | (_, Some(false)) => {}
            (None, _) | (_, None) => verdicts.not_evaluable.push(line.bkkp_sn.clone()),
        }
    }
    verdicts
}
