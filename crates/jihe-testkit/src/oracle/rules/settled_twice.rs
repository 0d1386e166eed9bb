//! settled-twice: the same service in two settlements (semantics, section 7).

use crate::oracle::context::{Context, Cut, Verdicts};
use crate::oracle::month::Line;

/// Judges every line against those before it.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let mut verdicts = Verdicts::default();
    let lines = context.lines();
    for (place, line) in &lines {
        let same = |other: &Line| {
            (&other.psn_no, other.fee_ocur_time, &other.hilist_code)
                == (&line.psn_no, line.fee_ocur_time, &line.hilist_code)
                && (other.cnt, other.det_item_fee_sumamt) == (line.cnt, line.det_item_fee_sumamt)
        };
        let alike: Vec<&Line> =
            lines.iter().map(|(_, other)| *other).filter(|other| same(other)).collect();
        let first = alike.iter().find_map(|other| other.setl_id.as_ref());
        match (&line.setl_id, first) {
            (None, _) if 1 < alike.len() => verdicts.not_evaluable.push(line.bkkp_sn.clone()),
            (Some(own), Some(first)) if own != first => {
                verdicts.hits.push(context.line_hit(*place, Cut::Whole));
            }
            _ => {}
        }
    }
    verdicts
}
