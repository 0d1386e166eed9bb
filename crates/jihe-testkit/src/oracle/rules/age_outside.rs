//! age-outside: age on the day of service outside the item's `age_min <= age < age_max`
//! (semantics, section 2; interface, `item_age`).

use crate::oracle::civil::completed_years;
use crate::oracle::context::{Context, Cut, Verdicts, cell, number};
use crate::oracle::table::Row;

/// Judges every line by itself.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let mut verdicts = Verdicts::default();
    for (place, line) in context.lines() {
        let rows = context.item_rows("item_age", line);
        if rows.is_empty() {
            continue;
        }
        let birth = context.person(line).and_then(|person| person.brdy);
        match birth {
            // Nobody is aged before birth.
            Some(birth) if birth <= line.day() => {
                if !rows.iter().any(|row| admits(row, birth, line.day())) {
                    verdicts.hits.push(context.line_hit(place, Cut::Whole));
                }
            }
            Some(_) | None => verdicts.not_evaluable.push(line.bkkp_sn.clone()),
        }
    }
    verdicts
}

fn admits(row: &Row, birth: i64, day: i64) -> bool {
    let age = match cell(row, "unit") {
        "day" => day - birth,
        _ => completed_years(birth, day),
    };
    let is_old_enough = number(row, "age_min", 0).is_none_or(|least| least <= age);
    let is_young_enough = number(row, "age_max", 0).is_none_or(|bound| age < bound);
    is_old_enough && is_young_enough
}
