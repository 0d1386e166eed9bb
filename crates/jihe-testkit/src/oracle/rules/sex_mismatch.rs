//! sex-mismatch: an item limited to one sex for a person known to be of the other
//! (semantics, section 7; rule table, `item_sex`).

use crate::oracle::context::{Context, Cut, Verdicts, cell};

/// Judges every line by itself.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let mut verdicts = Verdicts::default();
    for (place, line) in context.lines() {
        let rows = context.item_rows("item_sex", line);
        if rows.is_empty() {
            continue;
        }
        let sex = context.person(line).and_then(|person| person.gend.as_deref());
        match sex {
            Some(known @ ("1" | "2")) => {
                if rows.iter().all(|row| cell(row, "gend") != known) {
                    verdicts.hits.push(context.line_hit(place, Cut::Whole));
                }
            }
            Some(_) | None => verdicts.not_evaluable.push(line.bkkp_sn.clone()),
        }
    }
    verdicts
}
