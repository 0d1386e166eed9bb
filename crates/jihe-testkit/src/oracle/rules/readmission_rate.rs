//! readmission-rate: stays that begin soon after the person's former stay at the institution.

use crate::oracle::context::{Context, Verdicts};
use crate::oracle::houses::{How, Sums, add, compare};
use crate::oracle::month::Encounter;

/// Judges every institution.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let mut verdicts = Verdicts { not_evaluable: context.untold_stays(), ..Verdicts::default() };
    let window = context.whole_param("window_days", 31);
    let mut sums = Sums::new();
    let stays = context.stays();
    for (nth, stay) in stays.iter().enumerate() {
        let day = stay.admission();
        if !context.rule.is_in_force(day) {
            continue;
        }
        if super::split_stay::is_planned(context, stay) {
            verdicts.exempt.push(stay.mdtrt_id.clone());
            continue;
        }
        let is_former = |other: &&&Encounter| {
            other.psn_no == stay.psn_no && other.fixmedins_code == stay.fixmedins_code
        };
        let returned = match stays[..nth].iter().rev().find(is_former) {
            None => 0,
            Some(former) => match former.discharge() {
                None => {
                    verdicts.not_evaluable.push(stay.mdtrt_id.clone());
                    continue;
                }
                Some(discharge) => i64::from((0..=window).contains(&(day - discharge))),
            },
        };
        let both = (&[(String::new(), returned)][..], 1);
        add(&mut sums, &stay.fixmedins_code, day, both);
    }
    let how = How { classes: vec![String::new()], factor: 1_000_000, shown_by: 1, is_high: true };
    compare(context, &sums, &how, &mut verdicts);
    verdicts
}
