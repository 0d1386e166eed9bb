//! self-pay-share: what the fund did not pay of an institution's settlements.

use crate::oracle::civil::day_of;
use crate::oracle::context::{Context, Verdicts};
use crate::oracle::houses::{How, Sums, add, compare};

/// Judges every institution.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let mut verdicts = Verdicts::default();
    let mut sums = Sums::new();
    for settlement in &context.net.settlements {
        let day = day_of(settlement.setl_time);
        if context.rule.is_in_force(day) {
            let own = settlement.medfee_sumamt - settlement.fund_pay_sumamt;
            let both = (&[(String::new(), own)][..], settlement.medfee_sumamt);
            add(&mut sums, &settlement.fixmedins_code, day, both);
        }
    }
    let how = How { classes: vec![String::new()], factor: 1_000_000, shown_by: 1, is_high: true };
    compare(context, &sums, &how, &mut verdicts);
    verdicts
}
