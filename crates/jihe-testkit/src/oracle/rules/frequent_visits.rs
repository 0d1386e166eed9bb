//! frequent-visits, frequent-purchases, frequent-stays: one of too many visits in a window that
//! rolls; nothing is cut (semantics, section 7).

use std::collections::BTreeMap;

use crate::oracle::context::{Context, Cut, Hit, Verdicts};
use crate::oracle::month::{Encounter, Line};

/// Judges visits that are neither stays nor purchases.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let is_visit = |kind: &str, in_stay: bool| !in_stay && !kind.starts_with("41");
    judge_by(context, ("visits", 6, 7), &is_visit, true)
}

/// Judges one kind of visit: the name and value of the limit, the days, and what counts.
pub fn judge_by(
    context: &Context<'_>,
    (limit, most, days): (&str, i64, i64),
    counts: &dyn Fn(&str, bool) -> bool,
    frees_cycles: bool,
) -> Verdicts {
    let (most, days) = (context.whole_param(limit, most), context.whole_param("days", days));
    let mut verdicts = Verdicts::default();
    let mut visits: BTreeMap<&String, Vec<(usize, &Line)>> = BTreeMap::new();
    for (place, line) in context.lines() {
        let Some((kind, in_stay)) = context.med_type(line).zip(context.in_stay(line)) else {
            verdicts.not_evaluable.push(line.bkkp_sn.clone());
            continue;
        };
        if !counts(&kind, in_stay) {
            continue;
        }
        if frees_cycles && context.has_diagnosis_in(line, "planned_cycle") == Some(true) {
            verdicts.exempt.push(line.bkkp_sn.clone());
            continue;
        }
        let firsts = visits.entry(&line.psn_no).or_default();
        if firsts.iter().all(|(_, first)| first.mdtrt_id != line.mdtrt_id) {
            firsts.push((place, line));
        }
    }
    for firsts in visits.values_mut() {
        let day = |line: &Line| context.encounter(line).map_or(line.day(), Encounter::admission);
        firsts.sort_by_key(|(place, line)| (day(line), *place));
        for (nth, (_, last)) in firsts.iter().enumerate() {
            let near: Vec<(usize, Cut)> = firsts[..=nth]
                .iter()
                .filter(|(_, line)| day(last) - day(line) < days)
                .map(|(place, _)| (*place, Cut::Nothing))
                .collect();
            if most < i64::try_from(near.len()).unwrap_or(i64::MAX) {
                // It stands under the visit that is one too many.
                let subject =
                    (last.psn_no.clone(), last.mdtrt_id.clone(), last.fixmedins_code.clone());
                verdicts.hits.push(Hit { subject, ..context.hit(near) });
            }
        }
    }
    verdicts
}
