//! operation-coding: an operation is billed and none is coded, or coded and nothing of the kind is
//! billed (semantics, section 7).

use crate::oracle::context::{Context, Verdicts};

/// Judges every stay that has ended and has lines.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let mut verdicts = Verdicts { not_evaluable: context.untold_stays(), ..Verdicts::default() };
    for stay in context.stays() {
        let lines = context.stay_lines(stay);
        let is_judged = context.rule.is_in_force(stay.admission()) && stay.endtime.is_some();
        if !is_judged || lines.is_empty() {
            continue;
        }
        let kinds: Vec<Option<String>> =
            lines.iter().map(|(_, line)| context.charge_type(line)).collect();
        let has =
            |wanted: &[&str]| kinds.iter().flatten().any(|kind| wanted.contains(&kind.as_str()));
        // One line whose kind is not known leaves the counts open.
        if kinds.iter().any(Option::is_none) {
            verdicts.not_evaluable.push(stay.mdtrt_id.clone());
            continue;
        }
        let is_hit = match &stay.oprn_oprt_code {
            None => has(&["06"]),
            Some(_) => !has(&["03", "05", "06"]),
        };
        if is_hit {
            verdicts.hits.push(context.stay_pointer(stay));
        }
    }
    verdicts
}
