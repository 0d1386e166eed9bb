//! special-disease-scope: in a special-disease visit, a drug that is not on the list of the visit's
//! disease, if that list is whole (semantics, section 7; `disease_items`, `special_disease`).

use crate::oracle::context::{Context, Cut, Verdicts, cell};
use crate::oracle::month::Line;

const DRUGS: [&str; 5] = ["101", "102", "103", "104", "106"];

/// Judges every line by itself.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let mut verdicts = Verdicts::default();
    for (place, line) in context.lines() {
        if context.pack.table("disease_items").is_empty() {
            continue;
        }
        let rows = context.item_rows("disease_items", line);
        let disease = context.encounter(line).and_then(|row| row.dise_codg.clone());
        match is_in_scope(context, line, disease.as_deref()) {
            Some(true) => {
                if rows.iter().all(|row| Some(cell(row, "dise_codg")) != disease.as_deref()) {
                    verdicts.hits.push(context.line_hit(place, Cut::Whole));
                }
            }
            Some(false) => {}
            None => verdicts.not_evaluable.push(line.bkkp_sn.clone()),
        }
    }
    verdicts
}

/// A drug in a special-disease visit for a disease whose list is whole; one thing that is known to
/// be otherwise is enough to say no.
fn is_in_scope(context: &Context<'_>, line: &Line, disease: Option<&str>) -> Option<bool> {
    // Where nothing says which lists are whole, every list is.
    let names = context.pack.table("special_disease");
    let lists = if names.is_empty() { "disease_items" } else { "special_disease" };
    let has_list =
        |code: &str| !context.pack.rows(lists, line.day(), ("dise_codg", code)).is_empty();
    let shown = [
        context.med_type(line).map(|kind| kind.starts_with("14")),
        context.list_type(line).map(|kind| DRUGS.contains(&kind.as_str())),
        disease.map(has_list),
    ];
    if shown.contains(&Some(false)) {
        return Some(false);
    }
    (!shown.contains(&None)).then_some(true)
}
