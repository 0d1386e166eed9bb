//! One cell of a sheet, and the codes in it.

use jihe_terms::{Day, Malformed};

/// A cell: text without outer spaces, a number in its shortest plain decimal text, or a day.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) enum Cell {
    /// Nothing.
    #[default]
    Empty,
    /// Text as it was typed.
    Text(String),
    /// A number cell: what the program that saved it kept.
    Number(String),
    /// A date cell as `yyyy-MM-dd`.
    Date(String),
}

impl Cell {
    /// Takes text; blank text is nothing.
    pub(crate) fn of_text(text: &str) -> Self {
        let trimmed = text.trim_matches(is_blank);
        if trimmed.is_empty() { Self::Empty } else { Self::Text(trimmed.to_owned()) }
    }

    /// The text, empty if there is none.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Empty => "",
            Self::Text(text) | Self::Number(text) | Self::Date(text) => text,
        }
    }

    /// The cell with its full-width letters, digits and signs made plain.
    pub(crate) fn narrow(self) -> Self {
        match self {
            Self::Text(text) => Self::Text(narrow(&text)),
            Self::Empty | Self::Number(_) | Self::Date(_) => self,
        }
    }

    /// The cell of a column of days: a number counts days from `zero`.
    pub(crate) fn dated(self, zero: Day) -> Self {
        let Self::Number(text) = &self else { return self };
        let whole = text.split_once('.').map_or(text.as_str(), |(whole, _)| whole);
        let days: Option<i32> = whole.parse().ok();
        let day = days.and_then(|days| zero.epoch().checked_add(days)).map(Day::from_epoch);
        // Numbers far off are no days of any official sheet: `20260511` is digits of a day.
        match day.filter(|day| (1980..2120).contains(&day.civil().0)) {
            Some(day) => Self::Date(day.to_string()),
            None => self,
        }
    }

    /// Tells whether there is nothing.
    pub(crate) fn is_empty(&self) -> bool {
        matches!(self, Self::Empty)
    }
}

/// White space, and the marks without width that copies from web pages carry.
pub(crate) fn is_blank(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '\u{feff}' | '\u{200b}' | '\u{200c}' | '\u{200d}')
}

/// Text whose full-width letters, digits and signs are made plain: `Ａ１（％）` is `A1(%)`.
pub(crate) fn narrow(text: &str) -> String {
    let plain = |letter: char| match u32::from(letter) {
        code @ 0xFF01..=0xFF5E => char::from_u32(code.saturating_sub(0xFEE0)).unwrap_or(letter),
        0x3000 => ' ',
        _ => letter,
    };
    text.chars().map(plain).collect()
}

/// Whose code it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum CodeOf {
    /// The nation's: upper-case letters and digits.
    Nation,
    /// A price list's: nine digits, below them a small letter (`110200002a`).
    List,
}

/// Reads a code: never repaired, never guessed.
///
/// # Errors
///
/// The reason it is none.
pub(crate) fn code(cell: &Cell, whose: CodeOf) -> Result<&str, &'static str> {
    match cell {
        Cell::Empty => Err("code is missing"),
        Cell::Text(text) => code_text(text, whose),
        Cell::Date(_) => Err("code was turned into a date by a spreadsheet, save it as text"),
        Cell::Number(text) => {
            if whose == CodeOf::List && text.len() == 9 && text.bytes().all(|b| b.is_ascii_digit())
            {
                Ok(text)
            } else {
                Err("code is a number cell: its zeros or digits may be lost, save it as text")
            }
        }
    }
}

/// What is wrong with a number, and what to do.
pub(crate) fn no_number(fault: Malformed) -> &'static str {
    match fault {
        Malformed::NotPlain => "not a plain number: write it in digits, as 1200.50",
        Malformed::Empty | Malformed::TooPrecise | Malformed::TooLong | Malformed::NoSuchDay => {
            fault.reason()
        }
    }
}

fn code_text(text: &str, whose: CodeOf) -> Result<&str, &'static str> {
    let n_bytes = text.len();
    let all_digits = text.bytes().all(|byte| byte.is_ascii_digit());
    if is_exponent(text) {
        return Err("code was turned into a number by a spreadsheet");
    }
    if all_digits && n_bytes == 13 && !text.starts_with('0') {
        return Err("code has 13 digits: its leading zeros seem lost");
    }
    if text.split_once('-').is_some_and(|(from, until)| {
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        6 <= from.len() && from.len() == until.len() && digits(from) && digits(until)
    }) {
        return Err("a range of codes: name each of them");
    }
    let fits = |byte: u8| {
        byte.is_ascii_digit()
            || byte.is_ascii_uppercase()
            || byte == b'-'
            || byte == b'.'
            || (whose == CodeOf::List && byte.is_ascii_lowercase())
    };
    if (3..=50).contains(&n_bytes) && text.bytes().all(fits) {
        Ok(text)
    } else {
        Err("not a code of 3 to 50 digits and capital letters")
    }
}

/// `1.10101E+14` and its like.
fn is_exponent(text: &str) -> bool {
    text.split_once(['E', 'e']).is_some_and(|(number, power)| {
        let digits = power.strip_prefix('+').unwrap_or(power);
        number.contains('.')
            && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
            && !digits.is_empty()
            && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(cell: &Cell, whose: CodeOf, good: bool) {
        assert_eq!(code(cell, whose).is_ok(), good, "{cell:?}");
    }

    #[test]
    fn only_whole_codes_are_codes() {
        for (text, good) in [
            ("001103000010000", true),
            (" XL02BBA326A001010102180　", true),
            ("T001700233", true),
            ("1.10101E+14", false),
            ("1103000010000", false),
            ("00", false),
            ("110200002a", false),
            ("待定", false),
            ("", false),
        ] {
            check(&Cell::of_text(text), CodeOf::Nation, good);
        }
        for (text, good) in
            [("110200002a", true), ("330100001-1", true), ("110200005-110200009", false)]
        {
            check(&Cell::of_text(text), CodeOf::List, good);
        }
    }

    #[test]
    fn a_number_cell_is_a_code_only_where_nothing_can_be_lost() {
        check(&Cell::Number("1103000010000".to_owned()), CodeOf::Nation, false);
        check(&Cell::Number("110200001".to_owned()), CodeOf::Nation, false);
        check(&Cell::Number("110200001".to_owned()), CodeOf::List, true);
        check(&Cell::Number("110200001.5".to_owned()), CodeOf::List, false);
        check(&Cell::Date("2026-02-15".to_owned()), CodeOf::List, false);
    }

    #[test]
    fn a_number_in_a_column_of_days_counts_them_from_the_zero_of_its_workbook() {
        for (year, month, number, expected) in [
            (1899, 12, "46068", Some("2026-02-15")),
            (1899, 12, "46068.75", Some("2026-02-15")),
            (1899, 12, "20260215", None),
            (1899, 12, "3", None),
            (1899, 12, "x", None),
        ] {
            let zero = Day::from_civil(year, month, 30).unwrap();
            let cell = Cell::Number(number.to_owned());
            let day = expected.map(|day| Cell::Date(day.to_owned()));
            assert_eq!(cell.clone().dated(zero), day.unwrap_or(cell), "{number}");
        }
        let zero = Day::from_civil(1904, 1, 1).unwrap();
        let cell = Cell::Number("44606".to_owned()).dated(zero);
        assert_eq!(cell, Cell::Date("2026-02-15".to_owned()));
    }
}
