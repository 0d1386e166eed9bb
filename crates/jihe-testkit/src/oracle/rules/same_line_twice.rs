//! same-line-twice: the same service billed again under another key (semantics, section 7).

use crate::oracle::context::{Context, Cut, Verdicts};
use crate::oracle::month::Line;

/// Judges each line against the lines before it: every one but the first is hit.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let mut verdicts = Verdicts::default();
    let lines = context.lines();
    for (nth, (place, line)) in lines.iter().enumerate() {
        if lines[..nth].iter().any(|(_, earlier)| is_same(earlier, line)) {
            if context.lacks("lines", "rx_drord_no") {
                verdicts.not_evaluable.push(line.bkkp_sn.clone());
            } else {
                verdicts.hits.push(context.line_hit(*place, Cut::Whole));
            }
        }
    }
    verdicts
}

fn is_same(one: &Line, other: &Line) -> bool {
    one.psn_no == other.psn_no
        && one.fixmedins_code == other.fixmedins_code
        && one.hilist_code == other.hilist_code
        && one.fee_ocur_time == other.fee_ocur_time
        && one.pric == other.pric
        && one.cnt == other.cnt
        && one.rx_drord_no == other.rx_drord_no
}
