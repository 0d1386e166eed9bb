//! department: the item has rows in force and the ordering department begins with none of them
//! (semantics, section 7; `item_department`).

use crate::oracle::context::{Context, Cut, Verdicts, cell};

/// Judges every line by itself.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let mut verdicts = Verdicts::default();
    for (place, line) in context.lines() {
        let rows = context.item_rows("item_department", line);
        if rows.is_empty() {
            continue;
        }
        match &line.bilg_dept_codg {
            Some(department) => {
                if rows.iter().all(|row| !department.starts_with(cell(row, "dept_codg"))) {
                    verdicts.hits.push(context.line_hit(place, Cut::Whole));
                }
            }
            None => verdicts.not_evaluable.push(line.bkkp_sn.clone()),
        }
    }
    verdicts
}
