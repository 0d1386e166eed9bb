//! out-of-catalogue: class 03, or not payable by the catalogue, with an in-policy amount
//! (semantics, section 7).

use crate::oracle::context::{Context, Cut, Verdicts};

/// Judges every line by itself. `chrgitm_lv` is the catalogue's, else the line's own.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let mut verdicts = Verdicts::default();
    for (place, line) in context.lines() {
        if line.in_policy() <= 0 {
            continue;
        }
        let class = context.chrgitm_lv(line);
        let flag = context.catalogue(line).and_then(|row| row.med_use_flag.clone());
        let is_out = class.as_deref() == Some("03") || flag.as_deref() == Some("0");
        if is_out {
            verdicts.hits.push(context.line_hit(place, Cut::Whole));
        } else if class.is_none() {
            verdicts.not_evaluable.push(line.bkkp_sn.clone());
        }
    }
    verdicts
}
