//! class-ab-share: the drugs of payment classes 01 and 02 in all drugs that an institution billed.

use crate::oracle::context::{Context, Verdicts};
use crate::oracle::houses::{How, Sums, add, compare};

/// Judges every institution.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let mut verdicts = Verdicts::default();
    let mut sums = Sums::new();
    for (_, line) in context.lines() {
        let Some(kind) = context.list_type(line) else {
            verdicts.not_evaluable.push(line.bkkp_sn.clone());
            continue;
        };
        if !["101", "102", "103"].contains(&kind.as_str()) {
            continue;
        }
        let Some(class) = context.chrgitm_lv(line) else {
            verdicts.not_evaluable.push(line.bkkp_sn.clone());
            continue;
        };
        let is_ab = class == "01" || class == "02";
        let above = if is_ab { line.det_item_fee_sumamt } else { 0 };
        let both = (&[(String::new(), above)][..], line.det_item_fee_sumamt);
        add(&mut sums, &line.fixmedins_code, line.day(), both);
    }
    let how = How { classes: vec![String::new()], factor: 1_000_000, shown_by: 1, is_high: false };
    compare(context, &sums, &how, &mut verdicts);
    verdicts
}
