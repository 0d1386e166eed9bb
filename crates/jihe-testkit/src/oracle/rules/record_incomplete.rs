//! record-incomplete: a stay that ended lacks its main diagnosis or its way of discharge, or ends before
//! it begins (semantics, section 7).

use crate::oracle::context::{Context, Verdicts};
use crate::oracle::rules::split_stay::main_diagnosis;

/// Judges every stay that has ended and has lines.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let mut verdicts = Verdicts { not_evaluable: context.untold_stays(), ..Verdicts::default() };
    for stay in context.stays() {
        let is_judged = context.rule.is_in_force(stay.admission());
        if !is_judged || context.stay_lines(stay).is_empty() {
            continue;
        }
        // What no column tells is not known to be missing.
        let lacks = |column: &'static str| context.lacks("encounters", column);
        let no_diagnosis = main_diagnosis(context, stay).is_none();
        let no_way = stay.dscg_way.is_none();
        let is_early = stay.endtime.is_some_and(|end| end < stay.begntime);
        let is_hit = is_early
            || (no_diagnosis && !lacks("dscg_maindiag_code"))
            || (no_way && !lacks("dscg_way"));
        let has_ended = stay.endtime.is_some();
        if is_hit && has_ended {
            verdicts.hits.push(context.stay_pointer(stay));
        } else if lacks("endtime") || (has_ended && (no_diagnosis || no_way)) {
            verdicts.not_evaluable.push(stay.mdtrt_id.clone());
        }
    }
    verdicts
}
