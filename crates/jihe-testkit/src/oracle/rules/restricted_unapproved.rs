//! restricted-unapproved: a line that is limited in use, not approved, and has an in-policy amount
//! (semantics, section 7).

use crate::oracle::context::{Context, Cut, Verdicts};

/// Judges every line by itself.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let mut verdicts = Verdicts::default();
    for (place, line) in context.lines() {
        let is_limited = line.lmt_used_flag.as_deref().map(|flag| flag == "1");
        let is_approved = line.hosp_appr_flag.as_deref().map(|flag| flag == "1");
        match (is_limited, is_approved) {
            _ if line.in_policy() <= 0 => {}
            (Some(false), _) | (_, Some(true)) => {}
            (Some(true), Some(false)) => {
                verdicts.hits.push(context.line_hit(place, Cut::Whole));
            }
            (None, _) | (_, None) => verdicts.not_evaluable.push(line.bkkp_sn.clone()),
        }
    }
    verdicts
}
