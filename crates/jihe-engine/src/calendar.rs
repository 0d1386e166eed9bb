//! Days and months of the calendar, over vectors.

use jihe_terms::day::{completed_months, last_of_month};
use jihe_terms::{Day, NO_DAY, NO_NUMBER, SECONDS_PER_DAY};

use crate::evaluate::longest;
use crate::vector::{Rows, Vector};

/// The last day of the month of each day.
pub(crate) fn month_end(days: &Vector) -> Vector {
    let end = |day: i32| {
        let (year, month, _) = Day::from_epoch(day).civil();
        let last = last_of_month(year, month);
        Day::from_civil(year, month, last).map_or(NO_DAY, Day::epoch)
    };
    // Neighbours are mostly of one day.
    let mut known = (NO_DAY, NO_DAY);
    let last = |&day: &i32| {
        if day != known.0 {
            known = (day, end(day));
        }
        known.1
    };
    Vector::Day(days.days().iter().map(last).collect())
}

/// The moment at which each day ends.
pub(crate) fn day_end(days: &Vector) -> Vector {
    let end = |&day: &i32| match day {
        NO_DAY => NO_NUMBER,
        day => (i64::from(day) + 1) * SECONDS_PER_DAY,
    };
    Vector::Number(days.days().iter().map(end).collect())
}

/// The completed months between days.
pub(crate) fn months(from: &Vector, until: &Vector) -> Vector {
    let n = longest(from.len(), until.len());
    let (from, until) = (Rows::new(from.days()), Rows::new(until.days()));
    let value = |row| match (from.get(row), until.get(row)) {
        (NO_DAY, _) | (_, NO_DAY) => NO_NUMBER,
        (from, until) => completed_months(Day::from_epoch(from), Day::from_epoch(until)).into(),
    };
    Vector::Number((0..n).map(value).collect())
}
