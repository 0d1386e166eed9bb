//! herb-alone: every herb of the prescription is listed as not paid alone (semantics, section 7;
//! `herb_alone`).

use crate::oracle::context::{Context, Cut, Verdicts};
use crate::oracle::month::Line;

/// Judges each listed herb by its prescription.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let mut verdicts = Verdicts::default();
    for (place, line) in context.lines() {
        if context.item_rows("herb_alone", line).is_empty() {
            continue;
        }
        let is_herb = context.list_type(line).map(|kind| kind == "102");
        match (is_herb, is_made_of_listed(context, line)) {
            (Some(true), _) if line.in_policy() <= 0 => {}
            (Some(false), _) | (Some(true), Some(false)) => {}
            (Some(true), Some(true)) => verdicts.hits.push(context.line_hit(place, Cut::Whole)),
            (None, _) | (Some(true), None) => verdicts.not_evaluable.push(line.bkkp_sn.clone()),
        }
    }
    verdicts
}

/// Whether no herb of the line's prescription is missing from the list; `None` if nobody knows.
fn is_made_of_listed(context: &Context<'_>, line: &Line) -> Option<bool> {
    let mut is_known = true;
    for other in context.prescription(line)? {
        let is_listed = !context.item_rows("herb_alone", other).is_empty();
        match context.list_type(other).map(|kind| kind == "102") {
            Some(true) if !is_listed => return Some(false),
            None if !is_listed => is_known = false,
            Some(_) | None => {}
        }
    }
    is_known.then_some(true)
}
