//! amount-mismatch: amount above `half_up(cnt x pric) + 0.01`, cut to `half_up(cnt x pric)`
//! (semantics, section 7).

use crate::oracle::context::{Context, Cut, Verdicts};
use crate::oracle::decimal::fen_of;

/// Judges every line by itself.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let mut verdicts = Verdicts::default();
    // The parameter is in 10^-6 yuan; a fen is 10^4 of these.
    let tolerance = context.param("tolerance", 10_000) / 10_000;
    for (place, line) in context.lines() {
        let due = fen_of(line.cnt, line.pric);
        if due + tolerance < line.det_item_fee_sumamt {
            verdicts.hits.push(context.line_hit(place, Cut::Amount(due)));
        }
    }
    verdicts
}
