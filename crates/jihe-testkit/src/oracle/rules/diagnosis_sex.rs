//! diagnosis-sex: a diagnosis of the encounter occurs in the other sex only; nothing is cut
//! (semantics, section 7; sets `female_only`, `male_only`).

use crate::oracle::context::{Context, Cut, Verdicts};

/// Judges every line by itself.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let mut verdicts = Verdicts::default();
    for (place, line) in context.lines() {
        let sets = ["female_only", "male_only"];
        if !sets.iter().any(|set| context.knows_set(line, set)) {
            continue;
        }
        let [of_women, of_men] = sets.map(|set| context.has_diagnosis_in(line, set));
        let sex = context.person(line).and_then(|person| person.gend.as_deref());
        let of_the_other = match sex {
            Some("1") => of_women,
            Some("2") => of_men,
            // The sex is not known, which matters only where a diagnosis has one.
            _ if of_women == Some(false) && of_men == Some(false) => Some(false),
            _ => None,
        };
        match of_the_other {
            Some(true) => verdicts.hits.push(context.line_hit(place, Cut::Nothing)),
            Some(false) => {}
            None => verdicts.not_evaluable.push(line.bkkp_sn.clone()),
        }
    }
    verdicts
}
