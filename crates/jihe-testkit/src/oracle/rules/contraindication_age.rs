//! contraindication-age: age on the day of service inside a band that forbids the item; nothing is
//! cut (semantics, section 7; `item_age_forbidden`).

use crate::oracle::civil::completed_years;
use crate::oracle::context::{Context, Cut, Verdicts, cell, number};
use crate::oracle::table::Row;

/// Judges every line by itself.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let mut verdicts = Verdicts::default();
    for (place, line) in context.lines() {
        let rows = context.item_rows("item_age_forbidden", line);
        if rows.is_empty() {
            continue;
        }
        // Nobody is aged before birth.
        let birth = context.person(line).and_then(|person| person.brdy);
        let birth = birth.filter(|birth| *birth <= line.day());
        let inside: Vec<Option<bool>> =
            rows.iter().map(|row| is_inside(row, birth, line.day())).collect();
        if inside.contains(&Some(true)) {
            verdicts.hits.push(context.line_hit(place, Cut::Nothing));
        } else if inside.contains(&None) {
            verdicts.not_evaluable.push(line.bkkp_sn.clone());
        }
    }
    verdicts
}

/// Whether an age lies in the band of a row; a band without bounds holds every age.
fn is_inside(row: &Row, birth: Option<i64>, day: i64) -> Option<bool> {
    let (low, until) = (number(row, "age_min", 0), number(row, "age_max", 0));
    if low.is_none() && until.is_none() {
        return Some(true);
    }
    let age = match cell(row, "unit") {
        "day" => day - birth?,
        _ => completed_years(birth?, day),
    };
    Some(low.is_none_or(|low| low <= age) && until.is_none_or(|until| age < until))
}
