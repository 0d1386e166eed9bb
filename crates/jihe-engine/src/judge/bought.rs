//! Billed by an institution that has stock records, and nothing of the item came in before.

use jihe_frame::{Cut, Evidence, HitLine, Value};
use jihe_rules::plan::Shape;
use jihe_terms::NO_DAY;

use crate::found::{Found, Place, in_scope, without_exempt};
use crate::index::ItemsOf;
use crate::judge::stock::{PUT_ASIDE, Stocked};
use crate::run::{Part, Run};
use crate::subjects::param_on;

/// What the stock says of a line.
enum Came {
    /// Something came in in time.
    InTime,
    /// Nothing did; the last day before on which something came in, or `NO_DAY`.
    Not(i32),
    /// It cannot be told.
    Unknown(&'static str),
}

/// Judges the lines of a part.
pub(crate) fn judge(run: &Run<'_>, rule: usize, part: &Part<'_>, found: &mut Found) {
    let Shape::NeverBought { days } = run.rule(rule).shape else { return };
    let days = &run.rule(rule).params[days].values;
    let rows = in_scope(run, rule, part, part.own(), found);
    let rows = without_exempt(run, rule, part, rows, found);
    Stocked::new(run, part).each(&rows, |stocked, row, (items, item)| {
        let idx = row as usize;
        let within = param_on(days, part.day[idx]);
        let came = if stocked.is_aside(row, item) {
            Came::Unknown(PUT_ASIDE)
        } else {
            came(run, items, item, (part.day[idx], within))
        };
        match came {
            Came::InTime => found.n_judged += 1,
            Came::Unknown(reason) => {
                found.not_evaluable_for(part.amount[idx], reason);
            }
            Came::Not(before) => {
                found.n_judged += 1;
                let before = if before == NO_DAY { Value::Missing } else { Value::Day(before) };
                let lines = [HitLine::new(part.first + row, Evidence::Cut(Cut::Whole))];
                let place = Place::of_line(rule, run.rule(rule).grade, part, row);
                found.push(place, &lines, [before, Value::Int(within)]);
            }
        }
    });
}

fn came(run: &Run<'_>, items: ItemsOf, item: u32, (day, within): (i32, i64)) -> Came {
    let Some(stock) = &run.engine.reference.stock else {
        return Came::Unknown("table inventory is missing");
    };
    if items.is_empty() {
        return Came::Unknown("no stock record of the institution");
    }
    let Some(group) = run.engine.stock.group(items, item) else { return Came::Not(NO_DAY) };
    let days = stock.came(group);
    let before = days.partition_point(|&on| on <= day).checked_sub(1);
    let before = before.map_or(NO_DAY, |place| days[place]);
    if before != NO_DAY && i64::from(day) - i64::from(before) <= within {
        return Came::InTime;
    }
    if days.first() == Some(&NO_DAY) {
        return Came::Unknown("inventory.event_time is missing");
    }
    Came::Not(before)
}
