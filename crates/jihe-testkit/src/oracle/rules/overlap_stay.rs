//! overlap-stay: a stay that begins before an earlier stay of the person has ended
//! (semantics, section 7).

use crate::oracle::context::{Context, Verdicts};
use crate::oracle::month::Encounter;
use crate::oracle::pack::Grade;

/// Judges every stay against all earlier ones of the person.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let mut verdicts = Verdicts { not_evaluable: context.untold_stays(), ..Verdicts::default() };
    let stays = context.stays();
    for (nth, later) in stays.iter().enumerate() {
        if !context.rule.is_in_force(later.admission()) {
            continue;
        }
        let overlaps = |stay: &&&Encounter| {
            stay.psn_no == later.psn_no
                && stay.discharge().is_some_and(|discharge| later.admission() < discharge)
        };
        let earlier: Vec<_> = stays[..nth].iter().filter(overlaps).collect();
        if earlier.is_empty() {
            // One that may still be running may overlap.
            let is_open =
                |stay: &&&Encounter| stay.psn_no == later.psn_no && stay.endtime.is_none();
            if stays[..nth].iter().any(|stay| is_open(&stay)) {
                verdicts.not_evaluable.push(later.mdtrt_id.clone());
            }
            continue;
        }
        let elsewhere = earlier.iter().any(|stay| stay.fixmedins_code != later.fixmedins_code);
        let grade = if elsewhere { Grade::Definite } else { Grade::Likely };
        verdicts.hits.push(context.stay_hit(later, grade));
    }
    verdicts
}
