//! Days and wall-clock seconds, counted by hand from 1970-01-01.
//!
//! A day is the number of days since 1970-01-01, a time the number of seconds since that midnight.
//! There is no zone: the platform writes Shanghai wall clock.

/// Days since 1970-01-01.
pub type Day = i64;

/// Seconds since 1970-01-01 00:00:00, wall clock.
pub type Seconds = i64;

const SECONDS_OF_DAY: i64 = 86_400;

/// Counts the days from 1970-01-01 to a civil date that is known to exist.
pub fn day(year: i64, month: i64, of_month: i64) -> Day {
    let mut days = 0;
    for past in 1970..year {
        days += if is_leap(past) { 366 } else { 365 };
    }
    for past in year..1970 {
        days -= if is_leap(past) { 366 } else { 365 };
    }
    for past in 1..month {
        days += days_in_month(year, past);
    }
    days + of_month - 1
}

/// Gives year, month and day of month.
pub fn civil(day: Day) -> (i64, i64, i64) {
    let (mut year, mut left) = (1970, day);
    while left < 0 {
        year -= 1;
        left += if is_leap(year) { 366 } else { 365 };
    }
    while (if is_leap(year) { 366 } else { 365 }) <= left {
        left -= if is_leap(year) { 366 } else { 365 };
        year += 1;
    }
    let mut month = 1;
    while days_in_month(year, month) <= left {
        left -= days_in_month(year, month);
        month += 1;
    }
    (year, month, left + 1)
}

/// Gives the calendar day of a time.
pub fn day_of(time: Seconds) -> Day {
    time.div_euclid(SECONDS_OF_DAY)
}

/// Gives the time that many seconds after midnight of a day.
pub fn at(day: Day, seconds: i64) -> Seconds {
    day * SECONDS_OF_DAY + seconds
}

/// Counts completed years from `birth` to `on`; the caller has checked that `birth` is not later.
pub fn completed_years(birth: Day, on: Day) -> i64 {
    let (birth_year, birth_month, birth_day) = civil(birth);
    let (year, month, of_month) = civil(on);
    let before_birthday = (month, of_month) < (birth_month, birth_day);
    year - birth_year - i64::from(before_birthday)
}

/// The day some months later; where that month has no such day, its last one.
pub fn months_later(from: Day, months: i64) -> Day {
    let (year, month, of_month) = civil(from);
    let (year, month) =
        (year + (month - 1 + months).div_euclid(12), (month - 1 + months).rem_euclid(12) + 1);
    day(year, month, of_month.min(days_in_month(year, month)))
}

/// Counts the months completed from one day to another, below 0 if that is before.
pub fn completed_months(from: Day, until: Day) -> i64 {
    let mut months = 0;
    while until < months_later(from, months) {
        months -= 1;
    }
    while months_later(from, months + 1) <= until {
        months += 1;
    }
    months
}

/// Reads `yyyy-MM-dd` exactly; `None` for anything else, and for days that do not exist.
pub fn parse_day(text: &str) -> Option<Day> {
    let bytes = text.as_bytes();
    if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    let (year, month, of_month) =
        (digits(&bytes[0..4])?, digits(&bytes[5..7])?, digits(&bytes[8..10])?);
    let exists = 1 <= year
        && (1..=12).contains(&month)
        && (1..=days_in_month(year, month)).contains(&of_month);
    exists.then(|| day(year, month, of_month))
}

/// Reads `yyyy-MM-dd HH:mm:ss` exactly.
pub fn parse_time(text: &str) -> Option<Seconds> {
    let bytes = text.as_bytes();
    if bytes.len() != 19 || bytes[10] != b' ' || bytes[13] != b':' || bytes[16] != b':' {
        return None;
    }
    let day = parse_day(text.get(0..10)?)?;
    let (hour, minute, second) =
        (digits(&bytes[11..13])?, digits(&bytes[14..16])?, digits(&bytes[17..19])?);
    let exists = hour < 24 && minute < 60 && second < 60;
    exists.then(|| at(day, hour * 3600 + minute * 60 + second))
}

/// Writes a day as `yyyy-MM-dd`.
pub fn day_text(day: Day) -> String {
    let (year, month, of_month) = civil(day);
    format!("{year:04}-{month:02}-{of_month:02}")
}

/// Writes a time as `yyyy-MM-dd HH:mm:ss`.
pub fn time_text(time: Seconds) -> String {
    let rest = time.rem_euclid(SECONDS_OF_DAY);
    let day = day_text(day_of(time));
    format!("{day} {:02}:{:02}:{:02}", rest / 3600, rest / 60 % 60, rest % 60)
}

fn digits(bytes: &[u8]) -> Option<i64> {
    let mut value = 0;
    for byte in bytes {
        if !byte.is_ascii_digit() {
            return None;
        }
        value = value * 10 + i64::from(byte - b'0');
    }
    Some(value)
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_reads_and_writes_back() {
        for text in ["1970-01-01", "1969-12-31", "2024-02-29", "2026-10-01", "1900-03-01"] {
            assert_eq!(day_text(parse_day(text).unwrap()), text);
        }
        assert_eq!(parse_day("1970-01-02"), Some(1));
        assert_eq!(parse_day("2000-03-01"), Some(11_017));
    }

    #[test]
    fn a_day_that_does_not_exist_or_is_written_otherwise_is_refused() {
        for text in
            ["2026-02-29", "2026-02-30", "2026-13-01", "2026-1-01", "20260101", "2026/01/01"]
        {
            assert_eq!(parse_day(text), None, "{text}");
        }
        assert_eq!(parse_time("2026-01-01 24:00:00"), None);
        assert_eq!(parse_time("2026-01-01T10:00:00"), None);
    }

    #[test]
    fn a_year_is_completed_on_the_birthday_and_for_a_leap_day_on_the_first_of_march() {
        let years = |birth, on| completed_years(parse_day(birth).unwrap(), parse_day(on).unwrap());
        assert_eq!(years("2012-10-05", "2026-10-04"), 13);
        assert_eq!(years("2012-10-05", "2026-10-05"), 14);
        assert_eq!(years("2012-02-29", "2026-02-28"), 13);
        assert_eq!(years("2012-02-29", "2026-03-01"), 14);
    }
}
