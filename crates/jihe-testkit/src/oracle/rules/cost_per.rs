//! cost-per-visit, cost-per-stay, cost-per-day: what an encounter, or a day of a stay, comes to.

use std::collections::BTreeMap;

use crate::oracle::context::{Context, Verdicts};
use crate::oracle::houses::{How, Sums, add, compare};

/// What the cost is divided by.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Per {
    /// Encounters that are no stays.
    Visit,
    /// Stays that have ended.
    Stay,
    /// Days of those stays.
    Day,
}

/// Judges every institution.
pub fn judge(context: &Context<'_>, per: Per) -> Verdicts {
    let mut verdicts = Verdicts::default();
    let mut costs: BTreeMap<&str, i64> = BTreeMap::new();
    for line in context.net.lines.iter().filter(|line| 0 < line.cnt) {
        *costs.entry(&line.mdtrt_id).or_default() += line.det_item_fee_sumamt;
    }
    let mut sums = Sums::new();
    for (id, cost) in costs {
        let rows = context.net.encounters.iter().flatten();
        let Some(encounter) = rows.into_iter().find(|row| row.mdtrt_id == id) else {
            verdicts.not_evaluable.push(id.to_owned());
            continue;
        };
        let day = encounter.admission();
        let is_stay = context.is_inpatient(&encounter.med_type, day);
        if !context.rule.is_in_force(day) || is_stay == (per == Per::Visit) {
            continue;
        }
        if is_stay && context.lacks("encounters", "endtime") {
            verdicts.not_evaluable.push(id.to_owned());
            continue;
        }
        let count = match (per, encounter.discharge()) {
            (Per::Visit, _) | (Per::Stay, Some(_)) => 1,
            (Per::Day, Some(discharge)) => (discharge - day).max(1),
            (Per::Stay | Per::Day, None) => continue,
        };
        let both = (&[(String::new(), cost)][..], count);
        add(&mut sums, &encounter.fixmedins_code, day, both);
    }
    // Fen over a number, in 10^-6 yuan.
    let how = How { classes: vec![String::new()], factor: 10_000, shown_by: 10_000, is_high: true };
    compare(context, &sums, &how, &mut verdicts);
    verdicts
}
