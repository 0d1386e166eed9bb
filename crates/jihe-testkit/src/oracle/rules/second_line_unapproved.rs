//! second-line-unapproved: a drug of the second line whose line shows no approval and has an in-policy
//! amount; nothing is cut (semantics, section 7; `item_second_line`).

use crate::oracle::context::{Context, Cut, Verdicts};

/// Judges every line by itself.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let mut verdicts = Verdicts::default();
    for (place, line) in context.lines() {
        if context.item_rows("item_second_line", line).is_empty() || line.in_policy() <= 0 {
            continue;
        }
        match line.hosp_appr_flag.as_deref() {
            Some("1") => {}
            Some(_) => verdicts.hits.push(context.line_hit(place, Cut::Nothing)),
            None => verdicts.not_evaluable.push(line.bkkp_sn.clone()),
        }
    }
    verdicts
}
