//! over-prescribed: more of a drug sold outside stays than its prescription says (semantics,
//! section 7).

use crate::oracle::context::{Context, Cut, Verdicts};
use crate::oracle::supply::is_sold_drug;

/// Judges every line by itself.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let mut verdicts = Verdicts::default();
    for (place, line) in context.lines() {
        match (is_sold_drug(context, line), line.drug_cnt) {
            (Some(false), _) => {}
            (Some(true), Some(prescribed)) => {
                if prescribed < line.cnt {
                    let over = Cut::Units(line.cnt - prescribed);
                    verdicts.hits.push(context.line_hit(place, over));
                }
            }
            _ => verdicts.not_evaluable.push(line.bkkp_sn.clone()),
        }
    }
    verdicts
}
