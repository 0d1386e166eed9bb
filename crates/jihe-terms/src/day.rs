//! Days and moments of the wall clock, without zones: a service day is what the bill says.

use std::fmt;

use crate::decimal::Malformed;

/// A calendar day, counted from 1970-01-01.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Day(i32);

/// Seconds of a day.
pub const SECONDS_PER_DAY: i64 = 86_400;

/// The day, counted from 1970-01-01, that a second lies in; `NO_DAY` for the missing second and for
/// days that 32 bits do not hold.
pub fn day_of(second: i64) -> i32 {
    i32::try_from(second.div_euclid(SECONDS_PER_DAY)).unwrap_or(crate::NO_DAY)
}

impl Day {
    /// Wraps a number of days since 1970-01-01.
    pub const fn from_epoch(days: i32) -> Self {
        Self(days)
    }

    /// Returns the number of days since 1970-01-01.
    pub const fn epoch(self) -> i32 {
        self.0
    }

    /// Makes a day of the civil calendar.
    ///
    /// Returns `None` if there is no such day.
    pub fn from_civil(year: i32, month: u32, day: u32) -> Option<Self> {
        if !(1..=12).contains(&month) || day < 1 || last_of_month(year, month) < day {
            return None;
        }
        Some(Self(days_from_civil(year, month, day)))
    }

    /// Reads `yyyy-MM-dd`.
    ///
    /// # Errors
    ///
    /// If the text has another shape or names no day.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        parse_day(text.as_bytes())
    }

    /// Returns year, month (1 to 12) and day of the month.
    pub fn civil(self) -> (i32, u32, u32) {
        civil_from_days(self.0)
    }

    /// Adds `yyyy-MM-dd` at the end of `text`.
    pub fn write(self, text: &mut Vec<u8>) {
        let (year, month, day) = self.civil();
        let year = match u32::try_from(year) {
            Ok(year) if year < 10_000 => year,
            Ok(_) | Err(_) => {
                text.extend_from_slice(self.to_string().as_bytes());
                return;
            }
        };
        let ([y1, y2], [y3, y4]) = (digits(year.div_euclid(100)), digits(year.rem_euclid(100)));
        let ([m1, m2], [d1, d2]) = (digits(month), digits(day));
        text.extend_from_slice(&[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2]);
    }
}

/// The two digits of a number below 100.
fn digits(number: u32) -> [u8; 2] {
    let digit = |digit: u32| b'0'.wrapping_add(u8::try_from(digit).unwrap_or(0));
    [digit(number.div_euclid(10)), digit(number.rem_euclid(10))]
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.civil();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

/// A moment of the wall clock in seconds since 1970-01-01 00:00:00.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Moment(i64);

impl Moment {
    /// Wraps a number of seconds.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds)
    }

    /// Returns the number of seconds.
    pub const fn seconds(self) -> i64 {
        self.0
    }

    /// Returns the day this moment lies in.
    pub fn day(self) -> Day {
        Day(i32::try_from(self.0.div_euclid(SECONDS_PER_DAY)).unwrap_or(i32::MAX))
    }

    /// Reads `yyyy-MM-dd HH:mm:ss`, or a day alone as its midnight.
    ///
    /// # Errors
    ///
    /// If the text has another shape or names no moment.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        parse_moment(text.as_bytes())
    }

    /// Adds `yyyy-MM-dd HH:mm:ss` at the end of `text`.
    pub fn write(self, text: &mut Vec<u8>) {
        self.day().write(text);
        self.write_clock(text);
    }

    /// Adds what stands behind its day, ` HH:mm:ss`, at the end of `text`.
    pub fn write_clock(self, text: &mut Vec<u8>) {
        let rest = u32::try_from(self.0.rem_euclid(SECONDS_PER_DAY)).unwrap_or(0);
        let [h1, h2] = digits(rest.div_euclid(3600));
        let [m1, m2] = digits(rest.div_euclid(60).rem_euclid(60));
        let [s1, s2] = digits(rest.rem_euclid(60));
        text.extend_from_slice(&[b' ', h1, h2, b':', m1, m2, b':', s1, s2]);
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rest = self.0.rem_euclid(SECONDS_PER_DAY);
        let (hour, minute, second) =
            (rest.div_euclid(3600), rest.div_euclid(60).rem_euclid(60), rest.rem_euclid(60));
        write!(f, "{} {hour:02}:{minute:02}:{second:02}", self.day())
    }
}

/// A half-open range of days: `from ≤ day < until`, open where `until` is none.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct DayRange {
    from: Day,
    until: Option<Day>,
}

impl DayRange {
    /// Every day.
    pub const ALWAYS: Self = Self { from: Day(i32::MIN), until: None };

    /// Makes a range.
    ///
    /// Returns `None` if it would be empty.
    pub fn new(from: Day, until: Option<Day>) -> Option<Self> {
        match until {
            Some(end) if end <= from => None,
            Some(_) | None => Some(Self { from, until }),
        }
    }

    /// The first day.
    pub fn from(self) -> Day {
        self.from
    }

    /// The first day after it, if it ends.
    pub fn until(self) -> Option<Day> {
        self.until
    }

    /// Tells whether `day` lies in it.
    pub fn contains(self, day: Day) -> bool {
        self.from <= day && self.until.is_none_or(|until| day < until)
    }

    /// Tells whether some day lies in both.
    pub fn overlaps(self, other: Self) -> bool {
        self.until.is_none_or(|until| other.from < until)
            && other.until.is_none_or(|until| self.from < until)
    }
}

impl fmt::Display for DayRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.until {
            Some(until) => write!(f, "{}..{until}", self.from),
            None => write!(f, "{}..", self.from),
        }
    }
}

/// Reads `yyyy-MM-dd` from bytes. See [`Day::parse`].
///
/// # Errors
///
/// If the text has another shape or names no day.
pub fn parse_day(text: &[u8]) -> Result<Day, Malformed> {
    let &[century1, century2, ref rest @ ..] = text else {
        return Err(if text.is_empty() { Malformed::Empty } else { Malformed::NotPlain });
    };
    let century = two(century1, century2)?;
    let [year, month, day] = three(rest, *b"00-00-00")?;
    let year = i32::try_from(century.saturating_mul(100).saturating_add(year));
    let year = year.map_err(|_| Malformed::NotPlain)?;
    if year < 1800 {
        return Err(Malformed::NoSuchDay);
    }
    Day::from_civil(year, month, day).ok_or(Malformed::NoSuchDay)
}

/// Reads `yyyy-MM-dd HH:mm:ss` from bytes. See [`Moment::parse`].
///
/// # Errors
///
/// If the text has another shape or names no moment.
pub fn parse_moment(text: &[u8]) -> Result<Moment, Malformed> {
    let Some((date, clock)) = text.split_at_checked(10) else {
        return Err(if text.is_empty() { Malformed::Empty } else { Malformed::NotPlain });
    };
    let day = i64::from(parse_day(date)?.epoch());
    Ok(Moment(day.saturating_mul(SECONDS_PER_DAY).saturating_add(parse_clock(clock)?)))
}

/// The seconds of ` HH:MM:SS` after the beginning of a day; 0 if there is nothing.
///
/// # Errors
///
/// If the text has another shape or names no time of day.
pub fn parse_clock(clock: &[u8]) -> Result<i64, Malformed> {
    match clock {
        [] => Ok(0),
        [b' ' | b'T', clock @ ..] => {
            let [hour, minute, second] = three(clock, *b"00:00:00")?;
            if hour > 23 || minute > 59 || second > 59 {
                return Err(Malformed::NoSuchDay);
            }
            let minutes = hour.saturating_mul(60).saturating_add(minute);
            Ok(minutes.saturating_mul(60).saturating_add(second).into())
        }
        _ => Err(Malformed::NotPlain),
    }
}

/// Three numbers of two digits each with a mark between them, all eight bytes at once; `zeros` has the
/// marks and nothing else.
fn three(text: &[u8], zeros: [u8; 8]) -> Result<[u32; 3], Malformed> {
    let Ok(text) = <[u8; 8]>::try_from(text) else { return Err(Malformed::NotPlain) };
    // A digit leaves its value behind, and a mark 0.
    let values = u64::from_le_bytes(text) ^ u64::from_le_bytes(zeros);
    // Sixteen is reached from ten on; what is more to begin with, or no mark, is seen without it.
    let too_much = (values | values.wrapping_add(0x0606_0606_0606_0606)) & 0xf0f0_f0f0_f0f0_f0f0;
    if too_much | values & 0x0000_ff00_00ff_0000 != 0 {
        return Err(Malformed::NotPlain);
    }
    // In the byte of each tens: ten times it, and the ones behind.
    let numbers = values.wrapping_mul(10).wrapping_add(values >> 8);
    let [first, _, _, second, _, _, third, _] = numbers.to_le_bytes();
    Ok([first, second, third].map(u32::from))
}

fn two(tens: u8, ones: u8) -> Result<u32, Malformed> {
    if tens.is_ascii_digit() && ones.is_ascii_digit() {
        let digit = |byte: u8| u32::from(byte.wrapping_sub(b'0'));
        Ok(digit(tens).saturating_mul(10).saturating_add(digit(ones)))
    } else {
        Err(Malformed::NotPlain)
    }
}

/// The last day of a month, 28 to 31.
pub fn last_of_month(year: i32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if (year.rem_euclid(4) == 0 && year.rem_euclid(100) != 0)
            || year.rem_euclid(400) == 0 =>
        {
            29
        }
        2 => 28,
        _ => 31,
    }
}

/// Completed years from `birth` to `day`: the birthday itself completes one.
pub fn completed_years(birth: Day, day: Day) -> i32 {
    let (birth_year, birth_month, birth_day) = birth.civil();
    let (year, month, day_of_month) = day.civil();
    let before_birthday = (month, day_of_month) < (birth_month, birth_day);
    year.saturating_sub(birth_year).saturating_sub(i32::from(before_birthday))
}

/// Completed months from `from` to `until`, below 0 if that is before: the same day of the month
/// completes one, in a month without that day its last one (Civil Code, art. 202).
pub fn completed_months(from: Day, until: Day) -> i32 {
    let (from_year, from_month, from_day) = from.civil();
    let (year, month, day) = until.civil();
    let of = |year: i32, month: u32| {
        year.saturating_mul(12).saturating_add(i32::try_from(month).unwrap_or(0))
    };
    let is_short = day < from_day.min(last_of_month(year, month));
    let begun = of(year, month).saturating_sub(of(from_year, from_month));
    begun.saturating_sub(i32::from(is_short))
}

#[expect(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    reason = "year, month and day were checked by the caller; all sums stay far inside i64"
)]
fn days_from_civil(year: i32, month: u32, day: u32) -> i32 {
    let year = i64::from(year) - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let march_month = i64::from((month + 9) % 12);
    let day_of_year = (153 * march_month + 2) / 5 + i64::from(day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    (era * 146_097 + day_of_era - 719_468) as i32
}

#[expect(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    reason = "every value is bounded by the days an i32 can hold, widened to i64 first"
)]
fn civil_from_days(days: i32) -> (i32, u32, u32) {
    /// Eras of 400 years before the first day that there is: numbers without a sign are divided faster.
    const ERAS: i64 = 14_695;
    // Years begin in March here, so that the leap day is the last of its year.
    let shifted = (i64::from(days) + 719_468 + ERAS * 146_097) as u64;
    let era = shifted / 146_097;
    let day_of_era = (shifted % 146_097) as u32;
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = (era as i64 - ERAS) * 400 + i64::from(year_of_era) + i64::from(month <= 2);
    (year as i32, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_lies_in_its_day_and_a_missing_one_in_none() {
        assert_eq!([-1, 0, 86_399, 86_400].map(day_of), [-1, 0, 0, 1]);
        assert_eq!(day_of(crate::NO_NUMBER), crate::NO_DAY);
        assert_eq!(day_of(i64::MAX), crate::NO_DAY);
    }

    #[test]
    fn only_days_of_the_calendar_are_days() {
        for (text, good) in [
            ("2026-10-31", true),
            ("2024-02-29", true),
            ("2025-02-29", false),
            ("2025-02-30", false),
            ("0000-00-00", false),
            ("25-01-02", false),
            ("2026/10/31", false),
            ("2026-10-31 00:00:00", false),
            ("", false),
        ] {
            assert_eq!(Day::parse(text).is_ok(), good, "{text}");
        }
    }

    #[test]
    fn text_and_day_are_the_same_over_two_centuries() {
        let (first, last) = (Day::from_epoch(i32::MIN), Day::from_epoch(i32::MAX));
        assert_eq!((first.civil(), last.civil()), ((-5_877_641, 6, 23), (5_881_580, 7, 11)));
        for days in (-40_000..40_000).step_by(7) {
            let day = Day::from_epoch(days);
            assert_eq!(Day::parse(&day.to_string()), Ok(day));
            let mut written = Vec::new();
            day.write(&mut written);
            assert_eq!(written, day.to_string().as_bytes());
        }
    }

    #[test]
    fn a_moment_keeps_its_day_and_clock() {
        let moment = Moment::parse("1986-05-04 23:59:59").unwrap();
        assert_eq!(moment.day().to_string(), "1986-05-04");
        assert_eq!(moment.to_string(), "1986-05-04 23:59:59");
        for seconds in [-1, 0, 59, 86_399, 1_735_779_661, 300_000_000_000] {
            let (moment, mut written) = (Moment::from_seconds(seconds), Vec::new());
            moment.write(&mut written);
            assert_eq!(written, moment.to_string().as_bytes());
        }
        assert!(Moment::parse("2026-10-01 24:00:00").is_err());
        assert!(Moment::parse("2026-10-01 8:00:00").is_err());
        let good = "2026-10-01 08:09:17";
        for (place, old) in good.bytes().enumerate() {
            for byte in (0..=255).filter(|&byte| byte != old) {
                let mut text = good.as_bytes().to_vec();
                text[place] = byte;
                let read = parse_moment(&text).map(|moment| moment.to_string());
                let is_digit = old.is_ascii_digit() && byte.is_ascii_digit();
                let is_mark = place == 10 && byte == b'T';
                match read {
                    Ok(_) if is_mark => {}
                    Ok(read) => assert_eq!((read.as_bytes(), is_digit), (&*text, true)),
                    Err(error) if is_digit => assert_eq!(error, Malformed::NoSuchDay),
                    Err(error) => assert_eq!((error, is_mark), (Malformed::NotPlain, false)),
                }
            }
        }
        assert_eq!(Moment::parse("2026-10-01").unwrap().to_string(), "2026-10-01 00:00:00");
    }

    #[test]
    fn a_month_is_completed_on_its_day_or_the_last_of_a_shorter_month() {
        let day = |text| Day::parse(text).unwrap();
        for (from, until, months) in [
            ("2025-12-31", "2026-03-31", 3),
            ("2026-01-01", "2026-03-31", 2),
            ("2025-11-30", "2026-02-27", 2),
            ("2025-11-30", "2026-02-28", 3),
            ("2026-01-01", "2027-01-01", 12),
            ("2026-03-15", "2026-03-10", -1),
            ("2026-03-15", "2026-03-15", 0),
        ] {
            assert_eq!(completed_months(day(from), day(until)), months, "{from} {until}");
        }
    }

    #[test]
    fn a_year_is_completed_on_the_birthday() {
        let day = |text| Day::parse(text).unwrap();
        assert_eq!(completed_years(day("2012-10-15"), day("2026-10-14")), 13);
        assert_eq!(completed_years(day("2012-10-15"), day("2026-10-15")), 14);
        assert_eq!(completed_years(day("2024-02-29"), day("2025-02-28")), 0);
        assert_eq!(completed_years(day("2024-02-29"), day("2025-03-01")), 1);
    }

    #[test]
    fn the_last_day_of_a_range_is_out() {
        let day = |text| Day::parse(text).unwrap();
        let range = DayRange::new(day("2026-10-01"), Some(day("2026-11-01"))).unwrap();
        assert!(range.contains(day("2026-10-01")) && range.contains(day("2026-10-31")));
        assert!(!range.contains(day("2026-11-01")) && !range.contains(day("2026-09-30")));
        assert!(DayRange::new(day("2026-10-01"), Some(day("2026-10-01"))).is_none());
    }
}
