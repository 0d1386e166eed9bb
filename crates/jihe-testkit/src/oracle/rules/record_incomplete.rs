//! record-incomplete: a stay that ended lacks its main diagnosis or its way of discharge, or ends before
//! it begins (semantics, section 7).

use crate::oracle::context::{Context, Verdicts};
use crate::oracle::rules::split_stay::main_diagnosis;

/// Judges every stay that has ended and has lines.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let mut verdicts = Verdicts { not_evaluable: context.untold_stays(), ..Verdicts::default() };
    for stay in context.stays() {
        let is_judged = context.rule.is_in_force(stay.admission());
        let Some(end) = stay.endtime.filter(|_| is_judged) else { continue };
        let lacks = main_diagnosis(context, stay).is_none() || stay.dscg_way.is_none();
        if (lacks || end < stay.begntime) && !context.stay_lines(stay).is_empty() {
            verdicts.hits.push(context.stay_pointer(stay));
        }
    }
    verdicts
}
