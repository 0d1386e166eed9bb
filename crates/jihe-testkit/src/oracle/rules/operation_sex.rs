//! operation-sex: the main operation of a stay is one on the organs of the other sex
//! (semantics, section 7).

use crate::oracle::context::{Context, Verdicts};

/// Judges every stay that has lines.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let mut verdicts = Verdicts { not_evaluable: context.untold_stays(), ..Verdicts::default() };
    for stay in context.stays() {
        let is_judged = context.rule.is_in_force(stay.admission());
        if is_judged && context.lacks("encounters", "oprn_oprt_code") {
            if !context.stay_lines(stay).is_empty() {
                verdicts.not_evaluable.push(stay.mdtrt_id.clone());
            }
            continue;
        }
        let Some(code) = stay.oprn_oprt_code.as_deref().filter(|_| is_judged) else { continue };
        if context.stay_lines(stay).is_empty() {
            continue;
        }
        // Chapters of ICD-9-CM-3: 60 to 64 male, 65 to 71 female organs, 72 to 75 births.
        let chapter = code.get(..2).and_then(|text| text.parse::<u32>().ok());
        let wanted = match chapter {
            Some(60..=64) => "1",
            Some(65..=75) => "2",
            _ => continue,
        };
        let person = context.net.persons.iter().flatten().find(|row| row.psn_no == stay.psn_no);
        match person.and_then(|person| person.gend.as_deref()) {
            Some(own) if own == wanted => {}
            Some("1" | "2") => verdicts.hits.push(context.stay_pointer(stay)),
            _ => verdicts.not_evaluable.push(stay.mdtrt_id.clone()),
        }
    }
    verdicts
}
