//! The months of the city and seconds of its days.

use jihe_terms::Day;
use jihe_terms::day::last_of_month;

use super::CityOptions;

/// Seconds of a day.
pub(super) const DAY: i64 = 86_400;

/// One month.
#[derive(Clone, Debug)]
pub(super) struct CalendarMonth {
    /// Its name, `2026-10`.
    pub(super) name: String,
    /// Its name in numbers, `202610`.
    pub(super) digits: String,
    /// Its first day since 1970-01-01.
    pub(super) first: i64,
    /// How many days it has.
    pub(super) n_days: i64,
}

/// The months of the options, one after the other; none if the first is no month.
pub(super) fn months(options: &CityOptions) -> Option<Vec<CalendarMonth>> {
    let (mut year, mut month) = options.first_month;
    let mut months = Vec::new();
    for _ in 0..options.n_months {
        let first = Day::from_civil(year, month, 1)?;
        months.push(CalendarMonth {
            name: format!("{year:04}-{month:02}"),
            digits: format!("{year:04}{month:02}"),
            first: i64::from(first.epoch()),
            n_days: i64::from(last_of_month(year, month)),
        });
        (year, month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
    }
    Some(months)
}

/// The day that `text` names, if it names one.
pub(super) fn day_of(text: &str) -> Option<i64> {
    Day::parse(text).ok().map(|day| i64::from(day.epoch()))
}

/// The text of a day.
pub(super) fn day_text(day: i64) -> String {
    Day::from_epoch(day as i32).to_string()
}

/// The day of a moment.
pub(super) fn day_at(moment: i64) -> i64 {
    moment.div_euclid(DAY)
}
