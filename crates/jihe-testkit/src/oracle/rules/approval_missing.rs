//! approval-missing: outside stays a price above 100.00 or a prescription above 500.00 without
//! approval; nothing is cut (semantics, section 7).

use crate::oracle::context::{Context, Cut, Verdicts};

/// Judges every line, by its price and its prescription.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let mut verdicts = Verdicts::default();
    let highest_price = context.param("price_max", 100_000_000);
    let highest_total = context.param("total_max", 500_000_000) / 10_000;
    for (place, line) in context.lines() {
        let in_stay = context.in_stay(line);
        if in_stay == Some(true) {
            continue;
        }
        let total = context
            .prescription(line)
            .map(|lines| lines.iter().map(|one| one.det_item_fee_sumamt).sum::<i64>());
        let is_costly = match total {
            _ if highest_price < line.pric => Some(true),
            Some(total) => Some(highest_total < total),
            None => None,
        };
        let is_approved = line.hosp_appr_flag.as_deref().map(|flag| flag == "1");
        match (in_stay, is_costly, is_approved) {
            (Some(_), Some(false), _) | (Some(_), _, Some(true)) => {}
            (Some(_), Some(true), Some(false)) => {
                verdicts.hits.push(context.line_hit(place, Cut::Nothing));
            }
            _ => verdicts.not_evaluable.push(line.bkkp_sn.clone()),
        }
    }
    verdicts
}
