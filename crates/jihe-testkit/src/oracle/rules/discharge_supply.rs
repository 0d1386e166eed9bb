//! discharge-supply: a drug taken home from a stay lasts more days than its kind of illness allows;
//! whole packs are allowed up to the limit (semantics, section 7).

use crate::oracle::context::{Context, Cut, Verdicts};
use crate::oracle::supply::{days_of, is_drug, packs_beyond};

/// Judges every line by itself.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let mut verdicts = Verdicts::default();
    let acute = context.whole_param("acute_days", 3);
    let chronic = context.whole_param("chronic_days", 7);
    for (place, line) in context.lines() {
        let goes_home = line.dscg_tkdrug_flag.as_deref().map(|flag| flag == "1");
        let conditions = [context.in_stay(line), goes_home, is_drug(context, line)];
        if conditions.contains(&Some(false)) {
            continue;
        }
        let days = days_of(context, line).filter(|days| 0 < days.0 * 10_000 / days.1);
        let Some(days) = days.filter(|_| !conditions.contains(&None)) else {
            verdicts.not_evaluable.push(line.bkkp_sn.clone());
            continue;
        };
        let limit = match context.has_diagnosis_in(line, "chronic") {
            Some(true) => chronic,
            Some(false) => acute,
            None if 0 < packs_beyond(line, days, acute.min(chronic)) => {
                verdicts.not_evaluable.push(line.bkkp_sn.clone());
                continue;
            }
            None => continue,
        };
        let over = packs_beyond(line, days, limit);
        if 0 < over {
            verdicts.hits.push(context.line_hit(place, Cut::Units(over)));
        }
    }
    verdicts
}
