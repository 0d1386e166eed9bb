//! beds-over-capacity: more stays present on a day than approved beds.

use std::collections::BTreeSet;

use crate::oracle::civil::Day;
use crate::oracle::context::{Context, Verdicts};
use crate::oracle::month::Encounter;
use crate::oracle::outcome::HouseHit;

/// Judges every institution that has stays.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let mut verdicts = Verdicts { not_evaluable: context.untold_stays(), ..Verdicts::default() };
    let tolerance = context.param("tolerance", 100_000);
    let stays = context.stays();
    let houses: BTreeSet<&String> = stays.iter().map(|stay| &stay.fixmedins_code).collect();
    for house in houses {
        let its: Vec<&&Encounter> =
            stays.iter().filter(|stay| stay.fixmedins_code == *house).collect();
        let days: BTreeSet<Day> =
            its.iter().flat_map(|stay| stay.admission()..end_of(stay)).collect();
        let mut worst: Option<(Day, i64, i64)> = None;
        let (mut n_days, mut is_unknown, mut is_judged) = (0, false, false);
        for day in days.into_iter().filter(|day| context.rule.is_in_force(*day)) {
            let present = |stay: &&&&Encounter| stay.admission() <= day && day < end_of(stay);
            let n_stays = i64::try_from(its.iter().filter(present).count()).unwrap_or(0);
            let row = context.reference.institution_on(house, day);
            let Some(beds) = row.and_then(|row| row.aprv_bed_cnt) else {
                is_unknown = true;
                continue;
            };
            is_judged = true;
            if beds * (1_000_000 + tolerance) < n_stays * 1_000_000 {
                n_days += 1;
                if worst.is_none_or(|(_, most, _)| most < n_stays) {
                    worst = Some((day, n_stays, beds));
                }
            }
        }
        // Without their ends only the days of admission are certain.
        let is_open = is_judged && worst.is_none() && context.lacks("encounters", "endtime");
        if is_unknown || is_open {
            verdicts.not_evaluable.push(house.clone());
        }
        if let Some((day, n_stays, beds)) = worst {
            let limit = (beds * (1_000_000 + tolerance) + 5_000) / 10_000;
            verdicts.houses.push(HouseHit {
                rule_id: context.rule.id.clone(),
                fixmedins_code: house.clone(),
                said: format!("{day} {n_stays} {beds} {limit} {n_days}"),
            });
        }
    }
    verdicts
}

/// The day after the last on which a stay is surely present.
fn end_of(stay: &Encounter) -> Day {
    let next = stay.admission() + 1;
    stay.discharge().map_or(next, |out| out.max(next))
}
