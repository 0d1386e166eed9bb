//! Daily doses: what a line writes, and the highest of the label (semantics, section 7).

use super::context::{Context, cell, number};
use super::decimal::narrow;
use super::month::Line;
use super::table::{Row, micro};

/// An exact number above 0: numerator, denominator.
pub type Fraction = (i128, i128);

/// A dose: how much, in 10^-6, and its unit as it is written, in small letters.
type Dose = (i64, String);

/// Reads a number at the beginning of a text, and what follows it.
fn number_then(text: &str) -> Option<(i64, String)> {
    let words = "半一二三四五六七八九十";
    let first = text.chars().next()?;
    if first == '两' {
        return Some((2_000_000, text.chars().skip(1).collect()));
    }
    if let Some(nth) = words.chars().position(|word| word == first) {
        let value = if nth == 0 { 500_000 } else { 1_000_000 * i64::try_from(nth).ok()? };
        return Some((value, text.chars().skip(1).collect()));
    }
    let digits: String =
        text.chars().take_while(|sign| sign.is_ascii_digit() || *sign == '.').collect();
    Some((micro(&digits)?, text.chars().skip(digits.chars().count()).collect()))
}

fn plain(text: &str) -> String {
    text.split_whitespace().collect::<String>().to_lowercase()
}

/// Reads a dose; `None` if any of it is not understood.
fn dose_of(text: &str) -> Option<Dose> {
    let mut text = plain(text);
    for word in ["每次", "一次", "单次", "/次"] {
        if text.starts_with(word) {
            text = text[word.len()..].to_owned();
        } else if text.ends_with(word) {
            text = text[..text.len() - word.len()].to_owned();
        }
    }
    let (amount, unit) = number_then(&text)?;
    (0 < amount && kind_of(&unit).is_some()).then_some((amount, unit))
}

/// The kind of a unit and how many of the least of its kind it is.
fn kind_of(unit: &str) -> Option<(&'static str, i128)> {
    let found = match unit {
        "" => ("none", 1),
        "片" | "粒" | "丸" | "枚" | "颗" | "袋" | "包" | "支" | "瓶" | "贴" | "胶囊" | "tab"
        | "cap" | "unit" => ("count", 1),
        "kg" => ("weight", 1_000_000_000),
        "g" | "克" => ("weight", 1_000_000),
        "mg" | "毫克" => ("weight", 1_000),
        "ug" | "μg" | "µg" | "mcg" | "微克" => ("weight", 1),
        "l" | "升" => ("volume", 1_000),
        "ml" | "毫升" => ("volume", 1),
        "iu" | "u" | "单位" | "国际单位" => ("activity", 1),
        "万iu" | "万u" | "万单位" | "万国际单位" => ("activity", 10_000),
        _ => return None,
    };
    Some(found)
}

/// Reads a frequency: times, days.
fn frequency_of(text: &str) -> Option<(i64, i64)> {
    let text = plain(text);
    let of_word = match text.as_str() {
        "11" | "qd" | "41" | "qn" | "q24h" | "每晚一次" | "每晚1次" | "每早一次" => {
            (1, 1)
        }
        "12" | "bid" | "37" | "q12h" => (2, 1),
        "13" | "tid" | "36" | "q8h" => (3, 1),
        "14" | "qid" | "35" | "q6h" => (4, 1),
        "21" | "qw" => (1, 7),
        "22" | "biw" => (2, 7),
        "23" | "tiw" => (3, 7),
        "31" | "qh" | "q1h" => (24, 1),
        "32" | "q2h" => (12, 1),
        "q3h" => (8, 1),
        "33" | "q4h" => (6, 1),
        "34" | "q5h" => (24, 5),
        "42" | "qod" | "隔日一次" | "隔日1次" | "隔天一次" | "隔天1次" => (1, 2),
        "43" | "q5d" => (1, 5),
        "44" | "q10d" => (1, 10),
        "q2w" => (1, 14),
        "qm" => (1, 30),
        _ => (0, 0),
    };
    if of_word != (0, 0) {
        return Some(of_word);
    }
    let whole = |text: &str| {
        let (value, rest) = number_then(text)?;
        (rest.is_empty() && 0 < value && value % 1_000_000 == 0).then_some(value / 1_000_000)
    };
    for begin in ["每日", "每天", "一日", "一天", "1日", "1天", "日", "每周", "一周"]
    {
        let inner = text.strip_prefix(begin).and_then(|rest| rest.strip_suffix("次"));
        if let Some(times) = inner.and_then(whole) {
            return Some((times, if begin.ends_with('周') { 7 } else { 1 }));
        }
    }
    for end in ["次/日", "次/天"] {
        if let Some(times) = text.strip_suffix(end).and_then(whole) {
            return Some((times, 1));
        }
    }
    let hours = text.strip_prefix('每').unwrap_or(&text);
    let hours = hours.strip_suffix("小时一次").or_else(|| hours.strip_suffix("小时1次"));
    Some((24, hours.and_then(whole)?))
}

/// What an item is measured in: its unit, and what one smallest unit holds in it, 10^-6.
fn item_of(context: &Context<'_>, line: &Line) -> Option<(String, Option<i64>)> {
    let row = context.catalogue(line);
    let unit = plain(row.and_then(|row| row.dose_unit.as_deref()).unwrap_or(""));
    kind_of(&unit)?;
    Some((unit, row.and_then(|row| row.dose_per_unit)))
}

/// A dose in the item's own unit, 10^-6 of it.
fn in_own_unit(dose: &Dose, unit: &str, holds: Option<i64>) -> Option<Fraction> {
    let ((from, least), (to, own_least)) = (kind_of(&dose.1)?, kind_of(unit)?);
    if from == "count" && to != "count" {
        let holds = i128::from(holds.filter(|holds| 0 < *holds)?);
        return Some((i128::from(dose.0) * holds, 1_000_000));
    }
    let is_same = |side: &str| side == "none" || side == "count";
    match (from, to) {
        // A weight is no count, and nobody takes more than a hundred units at once, nor less than a
        // hundredth of one: such a dose is in another unit than the catalogue's.
        (_, "count") if !is_same(from) => None,
        (_, "none") if !is_same(from) && is_unlikely(dose.0, holds) => None,
        _ if is_same(from) || is_same(to) => Some((i128::from(dose.0), 1)),
        _ if from == to => Some((i128::from(dose.0) * least, own_least)),
        _ => None,
    }
}

fn is_unlikely(dose: i64, holds: Option<i64>) -> bool {
    let (dose, holds) = (i128::from(dose), i128::from(holds.unwrap_or(0)));
    0 < holds && (100 * holds < dose || 100 * dose < holds)
}

/// Days of a line by its written dose and frequency.
pub fn days_by_dose(context: &Context<'_>, line: &Line) -> Option<Fraction> {
    let dose = dose_of(line.sin_dos_dscr.as_ref()?)?;
    let (times, days) = frequency_of(line.used_frqu_dscr.as_ref()?)?;
    let pack = i128::from(context.catalogue(line)?.min_pac_cnt.filter(|pack| 0 < *pack)?);
    let (unit, holds) = item_of(context, line)?;
    // Counted units last as many days whatever they hold.
    let (daily, holds) = match (kind_of(&dose.1)?.0, holds) {
        ("count", None) => ((i128::from(dose.0), 1), 1_000_000),
        (_, holds) => (in_own_unit(&dose, &unit, holds)?, holds.filter(|holds| 0 < *holds)?),
    };
    let all = i128::from(line.cnt) * pack * i128::from(holds);
    Some((all * daily.1 * i128::from(days), daily.0 * i128::from(times) * 100_000_000))
}

/// As [`item_of`]; where the catalogue names no unit, it is the one in which the highest dose is given, unless
/// that is a count.
fn item_beside(context: &Context<'_>, line: &Line, row: &Row) -> Option<(String, Option<i64>)> {
    let (unit, holds) = item_of(context, line)?;
    let given = plain(cell(row, "unit"));
    let is_taken = unit.is_empty() && kind_of(&given)?.0 != "count";
    Some((if is_taken { given } else { unit }, holds))
}

/// The daily dose of a line in the item's own unit: as written, else by its days.
pub fn daily_dose(context: &Context<'_>, line: &Line, row: &Row) -> Option<Fraction> {
    let (unit, holds) = item_beside(context, line, row)?;
    let written = || {
        let dose = dose_of(line.sin_dos_dscr.as_ref()?)?;
        let (times, days) = frequency_of(line.used_frqu_dscr.as_ref()?)?;
        let one = in_own_unit(&dose, &unit, holds)?;
        Some((one.0 * i128::from(times), one.1 * i128::from(days)))
    };
    if let Some(daily) = written() {
        return Some(daily);
    }
    let pack = context.catalogue(line)?.min_pac_cnt.filter(|pack| 0 < *pack)?;
    let holds = holds.filter(|holds| 0 < *holds)?;
    let days = line.prd_days.filter(|days| 0 < *days)?;
    // Days are 10^-4 here, quantity and pack too.
    let all = i128::from(line.cnt) * i128::from(pack) * i128::from(holds);
    Some((all, i128::from(days) * 10_000))
}

/// The highest daily dose of a row of `item_dose` in the item's own unit.
pub fn highest_dose(context: &Context<'_>, line: &Line, row: &Row) -> Option<Fraction> {
    let (unit, holds) = item_beside(context, line, row)?;
    let dose = (number(row, "daily_max", 6)?, plain(cell(row, "unit")));
    (0 < dose.0).then(|| in_own_unit(&dose, &unit, holds)).flatten()
}

/// Units beyond the highest dose, rounded down: `cnt x (daily - highest) / daily`.
pub fn units_beyond(cnt: i64, daily: Fraction, highest: Fraction) -> i64 {
    let (own, limit) = (daily.0 * highest.1, highest.0 * daily.1);
    if own <= limit { 0 } else { narrow(i128::from(cnt) * (own - limit) / own) }
}
