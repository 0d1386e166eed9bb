//! operation-coding: an operation is billed and none is coded, or coded and nothing of the kind is
//! billed (semantics, section 7).

use crate::oracle::context::{Context, Verdicts};

/// Judges every stay that has ended and has lines.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let mut verdicts = Verdicts { not_evaluable: context.untold_stays(), ..Verdicts::default() };
    for stay in context.stays() {
        let lines = context.stay_lines(stay);
        let no_end = context.lacks("encounters", "endtime");
        let has_ended = stay.endtime.is_some() || no_end;
        if !context.rule.is_in_force(stay.admission()) || !has_ended || lines.is_empty() {
            continue;
        }
        let kinds: Vec<Option<String>> =
            lines.iter().map(|(_, line)| context.charge_type(line)).collect();
        let has =
            |wanted: &[&str]| kinds.iter().flatten().any(|kind| wanted.contains(&kind.as_str()));
        // One line whose kind is not known leaves the counts open, and so do files without ends.
        if no_end || kinds.iter().any(Option::is_none) {
            verdicts.not_evaluable.push(stay.mdtrt_id.clone());
            continue;
        }
        let is_hit = match &stay.oprn_oprt_code {
            None => has(&["06"]),
            Some(_) => !has(&["03", "05", "06"]),
        };
        let no_code = context.lacks("encounters", "oprn_oprt_code");
        let may_be_hit = is_hit || (no_code && !has(&["03", "05", "06"]));
        if may_be_hit && no_code {
            verdicts.not_evaluable.push(stay.mdtrt_id.clone());
        } else if is_hit {
            verdicts.hits.push(context.stay_pointer(stay));
        }
    }
    verdicts
}
