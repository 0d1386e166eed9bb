//! early-refill: medicine dispensed while more than the allowance is on hand
//! (semantics, section 7).

use std::collections::BTreeMap;

use crate::oracle::context::{Context, Cut, Verdicts};
use crate::oracle::decimal::narrow;
use crate::oracle::supply::{Supply, supply_of};

/// Judges the dispensings of one generic to one person in canonical order.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let mut verdicts = Verdicts::default();
    if context.pack.table("supply_kind").is_empty() {
        return verdicts;
    }
    // By person and generic, else item: the time in 10^-4 days until which there is supply.
    let mut until_of: BTreeMap<(String, Result<String, String>), i64> = BTreeMap::new();
    for (place, line) in context.lines() {
        let (kind, days) = match supply_of(context, line) {
            Supply::NotApplicable => continue,
            Supply::NotEvaluable => {
                verdicts.not_evaluable.push(line.bkkp_sn.clone());
                continue;
            }
            Supply::Dispensed { kind, days, .. } => (kind, days),
        };
        let generic = context.catalogue(line).and_then(|row| row.genname_codg.clone());
        let what = generic.ok_or_else(|| line.hilist_code.clone());
        let until = until_of.entry((line.psn_no.clone(), what)).or_insert(0);
        let today = line.day() * 10_000;
        let over = *until - today - allowance(context, kind.as_deref());
        if 0 < over {
            let cut = i128::from(line.cnt) * i128::from(over.min(days)) / i128::from(days);
            // Units of 0 cut nothing (semantics, section 3).
            if 0 < cut {
                verdicts.hits.push(context.line_hit(place, Cut::Units(narrow(cut))));
            }
        }
        *until = (*until).max(today) + days;
    }
    verdicts
}

/// The days on hand that are allowed, in 10^-4 days.
fn allowance(context: &Context<'_>, kind: Option<&str>) -> i64 {
    let days = match kind {
        Some("chronic") => context.param("chronic_allowance_days", 7_000_000),
        _ => context.param("allowance_days", 0),
    };
    days / 100
}
