//! price-ceiling: a unit price above the lowest ceiling in force for the institution's level
//! (semantics, section 7).

use crate::oracle::context::{Context, Cut, Verdicts};
use crate::oracle::month::Line;
use crate::oracle::reference::{PriceLimit, without_zero};
use crate::oracle::table::in_force;

/// Judges every line by itself.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let mut verdicts = Verdicts::default();
    let Some(limits) = &context.reference.price_limits else {
        let lines = context.lines().into_iter();
        verdicts.not_evaluable = lines.map(|(_, line)| line.bkkp_sn.clone()).collect();
        return verdicts;
    };
    for (place, line) in context.lines() {
        match ceiling(context, limits, line) {
            (Some(price), _) if price < line.pric => {
                verdicts.hits.push(context.line_hit(place, Cut::Price(price)));
            }
            (_, true) => verdicts.not_evaluable.push(line.bkkp_sn.clone()),
            (_, false) => {}
        }
    }
    verdicts
}

/// The lowest ceiling in force that is known, and whether another may apply.
fn ceiling(context: &Context<'_>, limits: &[PriceLimit], line: &Line) -> (Option<i64>, bool) {
    let own_level = context.reference.level_on(&line.fixmedins_code, line.day());
    let mut lowest: Option<i64> = None;
    let mut may_apply = false;
    for row in limits {
        let is_its =
            row.hilist_code == line.hilist_code && in_force(row.begndate, row.enddate, line.day());
        if !is_its {
            continue;
        }
        let row_level = row.lmtpric_hosp_lv.as_deref().map(without_zero);
        if row_level.is_some() && own_level.is_none() {
            may_apply |= row.hilist_pric_uplmt_amt < line.pric;
        } else if row_level.is_none() || row_level == own_level {
            let price = row.hilist_pric_uplmt_amt;
            lowest = Some(lowest.map_or(price, |found| found.min(price)));
        }
    }
    (lowest, may_apply)
}
