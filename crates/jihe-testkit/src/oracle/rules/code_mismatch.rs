//! code-mismatch: the institution's own code is mapped to another national code than the billed one;
//! cut to the price of the mapped item (semantics, section 7; `item_map`, `price_limits`).

use crate::oracle::context::{Context, Cut, Verdicts};
use crate::oracle::month::Line;
use crate::oracle::reference::without_zero;
use crate::oracle::table::in_force;

/// Judges every line by itself.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let mut verdicts = Verdicts::default();
    for (place, line) in context.lines() {
        let (Some(map), Some(own)) = (&context.reference.item_map, &line.medins_list_codg) else {
            verdicts.not_evaluable.push(line.bkkp_sn.clone());
            continue;
        };
        let mut codes: Vec<_> = map
            .iter()
            .filter(|row| {
                row.fixmedins_code == line.fixmedins_code
                    && row.medins_list_codg == *own
                    && in_force(row.begndate, row.enddate, line.day())
            })
            .map(|row| (row.begndate, &row.med_list_codg))
            .collect();
        codes.sort_by_key(|(from, _)| *from);
        let billed = line.med_list_codg.as_ref().unwrap_or(&line.hilist_code);
        let Some((_, first)) = codes.first() else { continue };
        if codes.iter().any(|(_, code)| *code == billed) {
            continue;
        }
        match price_of(context, first, line) {
            Some(price) => verdicts.hits.push(context.line_hit(place, Cut::Price(price))),
            None => verdicts.not_evaluable.push(line.bkkp_sn.clone()),
        }
    }
    verdicts
}

/// The lowest limit of a code at the line's institution and day; `None` if it is not known.
fn price_of(context: &Context<'_>, code: &str, line: &Line) -> Option<i64> {
    let level = context.reference.level_on(&line.fixmedins_code, line.day());
    let mut lowest: Option<i64> = None;
    for row in context.reference.price_limits.iter().flatten() {
        if row.hilist_code != code || !in_force(row.begndate, row.enddate, line.day()) {
            continue;
        }
        if let Some(wanted) = row.lmtpric_hosp_lv.as_deref().map(without_zero)
            && wanted != *level.as_ref()?
        {
            continue;
        }
        let price = row.hilist_pric_uplmt_amt;
        lowest = Some(lowest.map_or(price, |found| found.min(price)));
    }
    lowest
}
