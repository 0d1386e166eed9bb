//! two-places: a line soon after one of the person at another institution.

use crate::oracle::context::{Context, Cut, Verdicts};
use crate::oracle::month::Line;

/// Judges every line against those before it.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let mut verdicts = Verdicts::default();
    let window = context.whole_param("minutes", 30) * 60;
    let lines = context.lines();
    for (nth, (place, line)) in lines.iter().enumerate() {
        let is_near = |other: &&(usize, &Line)| {
            other.1.psn_no == line.psn_no
                && other.1.fixmedins_code != line.fixmedins_code
                && line.fee_ocur_time - other.1.fee_ocur_time <= window
        };
        let Some((other, former)) = lines[..nth].iter().rev().find(is_near) else { continue };
        let no_hour = |line: &Line| line.fee_ocur_time.rem_euclid(86_400) == 0;
        if no_hour(line) || no_hour(former) {
            verdicts.not_evaluable.push(line.bkkp_sn.clone());
        } else {
            let mut hit = context.line_hit(*place, Cut::Nothing);
            hit.cuts.push((*other, Cut::Nothing));
            verdicts.hits.push(hit);
        }
    }
    verdicts
}
