//! More stays at an institution on a day than it has beds.

use std::collections::BTreeMap;

use jihe_frame::{Column, Value};
use jihe_rules::plan::Shape;
use jihe_terms::schema::TableName;
use jihe_terms::{NO_DAY, NO_NUMBER, half_up};

use crate::found::{Found, Place, exceptions, scope_of};
use crate::judge::stay::{NO_ENDTIME, StayList, span};
use crate::run::{Run, bounds};
use crate::subjects::{Subjects, param_on};
use crate::vector::{NULL, TRUE};

/// One whole, 10⁻⁶.
const ONE: i128 = 1_000_000;

/// The day on which an institution is fullest.
struct Fullest {
    day: i32,
    n_stays: i64,
    beds: i64,
    limit: Option<i128>,
    n_days: i64,
}

/// How many stays more or fewer there are from a day on: all, and those of this month.
#[derive(Default, PartialEq)]
struct Changes {
    by_day: BTreeMap<i32, (i64, i64)>,
    /// Whether the files do not tell when some of them ended.
    is_untold: bool,
}

/// Counts the stays present on each day on which one of this month is present.
pub(crate) fn judge(run: &Run<'_>, list: &StayList, rule: usize, found: &mut Found) {
    let plan = run.rule(rule);
    let stays = list.all();
    let on = Subjects::of_stays(run, stays, stays, &plan.params);
    let (scope, excepted) = (scope_of(&on, rule), exceptions(&on, rule));
    // By institution: all stays, and those that surely count.
    let mut changes: BTreeMap<u32, [Changes; 2]> = BTreeMap::new();
    let ends = run.month.encounters.rows.column("endtime");
    let endtime = TableName::Encounters.column("endtime").unwrap_or(usize::MAX);
    let is_absent =
        matches!(ends, Column::Absent) || run.month.lacks(TableName::Encounters, endtime);
    for (place, (&stay, &scope)) in stays.iter().zip(&*scope).enumerate() {
        let here = span(run, stay);
        let own = !run.month.encounters.carried[stay as usize];
        if scope == NULL && own {
            found.not_evaluable(0, &[]);
        }
        if scope != TRUE {
            continue;
        }
        if let Some(exception) = excepted.exempt(place) {
            if own {
                found.exempt_visit(rule, exception, stay);
            }
            continue;
        }
        // Of a stay without discharge only the first day is certain.
        let until = if here.discharge == NO_DAY { NO_DAY } else { here.discharge };
        let until = until.max(here.admission + 1);
        let n_kinds = if excepted.is_open(place) { 1 } else { 2 };
        let is_gap = || on.is_gap(TableName::Encounters, endtime, place);
        let is_untold = is_absent || here.discharge == NO_DAY && is_gap();
        let of_house = changes.entry(here.institution).or_default();
        for changes in of_house.iter_mut().take(n_kinds) {
            changes.is_untold |= is_untold;
            for (day, by) in [(here.admission, 1), (until, -1)] {
                let change = changes.by_day.entry(day).or_default();
                *change = (change.0 + by, change.1 + if own { by } else { 0 });
            }
        }
    }
    for (institution, changes) in changes {
        judge_house(run, rule, institution, &changes, found);
    }
}

/// What the days of an institution come to.
struct Days {
    fullest: Option<Fullest>,
    is_judged: bool,
    /// Whether its beds are not known on some day.
    is_unknown: bool,
}

fn days_of(run: &Run<'_>, rule: usize, institution: u32, changes: &Changes) -> Days {
    let plan = run.rule(rule);
    let mut of_house = Days { fullest: None, is_judged: false, is_unknown: false };
    let Shape::Beds { tolerance } = plan.shape else { return of_house };
    let Days { fullest, is_judged, is_unknown } = &mut of_house;
    let (from, until) = bounds(plan.range);
    let (mut n_stays, mut n_own) = (0, 0);
    let mut days = changes.by_day.iter().peekable();
    while let Some((&first, &change)) = days.next() {
        (n_stays, n_own) = (n_stays + change.0, n_own + change.1);
        let last = days.peek().map_or(first + 1, |(next, _)| **next);
        if n_own == 0 {
            continue;
        }
        for day in first.max(from)..last.min(until) {
            let beds = beds_of(run, institution, day);
            if beds == NO_NUMBER {
                *is_unknown = true;
                continue;
            }
            *is_judged = true;
            let whole = ONE + i128::from(param_on(&plan.params[tolerance].values, day));
            if i128::from(beds) * whole < i128::from(n_stays) * ONE {
                // Shown in hundredths; it is the exact product that is held against the stays.
                let limit = half_up(i128::from(beds) * whole, ONE / 100);
                let n_days = fullest.as_ref().map_or(0, |full| full.n_days) + 1;
                let now = Fullest { day, n_stays, beds, limit, n_days };
                *fullest = Some(match fullest.take() {
                    Some(full) if n_stays <= full.n_stays => Fullest { n_days, ..full },
                    _ => now,
                });
            }
        }
    }
    of_house
}

fn judge_house(
    run: &Run<'_>,
    rule: usize,
    institution: u32,
    [all, sure]: &[Changes; 2],
    found: &mut Found,
) {
    let Days { mut fullest, is_judged, is_unknown } = days_of(run, rule, institution, all);
    if fullest.is_some() && sure != all {
        fullest = days_of(run, rule, institution, sure).fullest;
        if fullest.is_none() {
            // Only with stays that an exception may take out there are too many.
            return found.open_exception(0);
        }
    }
    if is_judged && fullest.is_none() && all.is_untold {
        // Only the days of admission are certain: the others may be too many.
        found.not_evaluable_for(0, NO_ENDTIME);
        return;
    }
    found.n_judged += u64::from(is_judged);
    if is_unknown {
        found.not_evaluable_for(0, "institutions.aprv_bed_cnt is missing");
    }
    let Some(full) = fullest else { return };
    let values = [
        Value::Day(full.day),
        Value::Int(full.n_stays),
        Value::Int(full.beds),
        full.limit.map_or(Value::Missing, |limit| Value::of_sum(limit, 2)),
        Value::Int(full.n_days),
    ];
    let place = Place::of_institution(rule, run.rule(rule).grade, institution);
    found.push(place, &[], values);
}

fn beds_of(run: &Run<'_>, institution: u32, day: i32) -> i64 {
    let beds = |table: &crate::tables::CodedTable| {
        let row = table.by_key.on(institution, day).next()?;
        let place = TableName::Institutions.column("aprv_bed_cnt")?;
        table.numbers(place).map(|beds| beds[row as usize])
    };
    run.engine.institutions.as_ref().and_then(beds).unwrap_or(NO_NUMBER)
}
