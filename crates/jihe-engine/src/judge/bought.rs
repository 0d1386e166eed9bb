//! Billed by an institution that has stock records, and nothing of the item came in before.

use jihe_frame::{Cut, Evidence, HitLine, NetMonth, Value};
use jihe_rules::plan::{Rule, Shape};
use jihe_terms::{Day, NO_CODE, NO_DAY};

use crate::compile::Engine;
use crate::found::{Found, Place, in_scope, without_exempt};
use crate::index::has_bit;
use crate::judge::stock::{PUT_ASIDE, Stocked, is_asked_once};
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

/// Groups of stock of which something came in in time whatever the day of the month.
pub(crate) struct InTime {
    /// The first and the last of these days.
    days: (i32, i32),
    bits: Vec<u64>,
}

impl InTime {
    fn new(engine: &Engine, rule: &Rule, last: i32) -> Option<Self> {
        let Shape::NeverBought { days } = rule.shape else { return None };
        let within = rule.params[days].values.iter().map(|&(_, value)| value).min()?;
        let (year, month, _) = Day::from_epoch(last).civil();
        let days = (Day::from_civil(year, month, 1)?.epoch(), last);
        let bits = engine.stock.bits(|stock, group| always_came(stock.came(group), days, within));
        Some(Self { days, bits })
    }

    fn holds(&self, group: u32, day: i32) -> bool {
        self.days.0 <= day && day <= self.days.1 && has_bit(&self.bits, group)
    }
}

/// Whether the last of some days, which ascend, is near enough for each day from `first` to `last`.
fn always_came(came: &[i32], (first, last): (i32, i32), within: i64) -> bool {
    let place = came.partition_point(|&on| on <= first);
    let before = place.checked_sub(1).map(|place| came[place]).filter(|&day| day != NO_DAY);
    let Some(mut before) = before else { return false };
    let is_near = |before: i32, day: i32| i64::from(day) - i64::from(before) <= within;
    for &on in came[place..].iter().take_while(|&&on| on <= last) {
        if !is_near(before, on - 1) {
            return false;
        }
        before = on;
    }
    is_near(before, last)
}

/// What came in in time, by rule that asks for it.
pub(crate) fn in_time(engine: &Engine, month: &NetMonth) -> Vec<(usize, InTime)> {
    let Some(last) = month.last_day.filter(|_| is_asked_once(engine, month)) else {
        return Vec::new();
    };
    let rules = engine.rules.iter().enumerate().filter(|&(idx, _)| engine.is_judged(idx));
    rules.filter_map(|(idx, rule)| Some((idx, InTime::new(engine, rule, last)?))).collect()
}

/// Judges the lines of a part.
pub(crate) fn judge(run: &Run<'_>, rule: usize, part: &Part<'_>, found: &mut Found) {
    let Shape::NeverBought { days } = run.rule(rule).shape else { return };
    let days = &run.rule(rule).params[days].values;
    let rows = in_scope(run, rule, part, part.own(), found);
    let rows = without_exempt(run, rule, part, rows, found);
    let in_time = run.in_time(rule);
    let stocked = Stocked::new(run, part);
    let groups = stocked.groups();
    for &row in &*rows {
        let (idx, day) = (row as usize, part.day[row as usize]);
        let within = param_on(days, day);
        let group = groups[idx];
        let came = if stocked.is_aside(row) {
            Came::Unknown(PUT_ASIDE)
        } else if group != NO_CODE && in_time.is_some_and(|in_time| in_time.holds(group, day)) {
            Came::InTime
        } else {
            came(run, &stocked, (row, group), (day, within))
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
    }
}

fn came(
    run: &Run<'_>,
    stocked: &Stocked<'_>,
    (row, group): (u32, u32),
    (day, within): (i32, i64),
) -> Came {
    let Some(stock) = &run.engine.reference.stock else {
        return Came::Unknown("table inventory is missing");
    };
    if group == NO_CODE {
        let has_records = stocked.has_records(row);
        let unknown = Came::Unknown("no stock record of the institution");
        return if has_records { Came::Not(NO_DAY) } else { unknown };
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_in_time_on_every_day_is_near_each_of_them() {
        let lists: [&[i32]; 8] =
            [&[], &[NO_DAY], &[3], &[10], &[NO_DAY, 8], &[1, 12], &[5, 9, 20], &[2, 18, 30]];
        for came in lists {
            for within in (0..12).chain([i64::MAX]) {
                let in_time = |day: &i32| {
                    let before = came.iter().rfind(|&on| on <= day);
                    before.is_some_and(|&on| on != NO_DAY && i64::from(*day - on) <= within)
                };
                let expected = (10..=20).all(|day| in_time(&day));
                assert_eq!(always_came(came, (10, 20), within), expected, "{came:?} {within}");
            }
        }
    }
}
