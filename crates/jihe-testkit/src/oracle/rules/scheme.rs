//! scheme: the item has rows in force and the line was settled under none of their schemes; a
//! maternity visit counts as maternity (semantics, section 7; `item_scheme`).

use crate::oracle::context::{Context, Cut, Verdicts, cell};
use crate::oracle::month::Line;

const MATERNITY: &str = "510";

/// Judges every line by itself.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let mut verdicts = Verdicts::default();
    for (place, line) in context.lines() {
        let rows = context.item_rows("item_scheme", line);
        if rows.is_empty() {
            continue;
        }
        let paid: Vec<Option<bool>> =
            rows.iter().map(|row| is_paid(context, line, cell(row, "insutype"))).collect();
        if paid.contains(&Some(true)) {
            continue;
        }
        if paid.contains(&None) {
            verdicts.not_evaluable.push(line.bkkp_sn.clone());
        } else {
            verdicts.hits.push(context.line_hit(place, Cut::Whole));
        }
    }
    verdicts
}

/// Whether a scheme pays the line; `None` if it cannot be told.
fn is_paid(context: &Context<'_>, line: &Line, scheme: &str) -> Option<bool> {
    let settled = context.settlement(line).and_then(|row| row.insutype.clone());
    let own = settled.or_else(|| context.encounter(line)?.insutype.clone());
    if own.as_deref() == Some(scheme) {
        return Some(true);
    }
    if scheme == MATERNITY {
        let is_maternity = |kind: &str| ["51", "52", "53"].iter().any(|of| kind.starts_with(of));
        match context.med_type(line) {
            Some(kind) if is_maternity(&kind) => return Some(true),
            Some(_) => {}
            None => return None,
        }
    }
    own.map(|_| false)
}
