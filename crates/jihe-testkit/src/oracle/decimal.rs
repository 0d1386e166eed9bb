//! Exact decimals: text to scaled integers and back, and the one rounding of money.

/// Reads a plain decimal with at most `scale` decimals as an integer of 10^-scale units.
///
/// `None` for signs other than a leading minus, exponents, thousands marks, full-width digits,
/// spaces, a missing digit on either side of the point, and too many decimals.
pub fn parse_decimal(text: &str, scale: usize) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, part) = match digits.split_once('.') {
        Some((_, "")) => return None,
        Some(halves) => halves,
        None => (digits, ""),
    };
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !plain(whole) || !plain(part) || scale < part.len() {
        return None;
    }
    let value: i64 = format!("{whole}{part:0<scale$}").parse().ok()?;
    Some(if negative { -value } else { value })
}

/// Writes an integer of 10^-scale units with exactly `scale` decimals.
pub fn decimal_text(value: i64, scale: usize) -> String {
    let sign = if value < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", value.unsigned_abs(), width = scale + 1);
    let (whole, part) = digits.split_at(digits.len() - scale);
    if scale == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part}") }
}

/// Divides and rounds half away from zero; `by` is above 0.
pub fn half_up(value: i128, by: i128) -> i64 {
    let rounded = (value.abs() * 2 + by) / (by * 2);
    narrow(if value < 0 { -rounded } else { rounded })
}

/// Gives the fen of `cnt` (10^-4 units) at `pric` (10^-6 yuan), half up.
pub fn fen_of(cnt: i64, pric: i64) -> i64 {
    // 10^-4 x 10^-6 yuan = 10^-10 yuan, and a fen is 10^-2 yuan.
    half_up(i128::from(cnt) * i128::from(pric), 100_000_000)
}

/// Brings a sum or product that fits its column back to 64 bits.
///
/// # Panics
///
/// If it does not fit: no column of the platform holds such a number.
pub fn narrow(value: i128) -> i64 {
    i64::try_from(value).expect("a number of the platform's columns fits 64 bits")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_reads_exactly_or_not_at_all() {
        assert_eq!(parse_decimal("12.3", 2), Some(1230));
        assert_eq!(parse_decimal("-0.01", 2), Some(-1));
        assert_eq!(parse_decimal("7", 4), Some(70_000));
        for text in ["", "-", "1.234", "1e3", "1,000", "+1", ".5", "5.", " 1", "１", "--1", "1.-2"]
        {
            assert_eq!(parse_decimal(text, 2), None, "{text}");
        }
        assert_eq!(decimal_text(-1, 2), "-0.01");
        assert_eq!(decimal_text(1230, 2), "12.30");
        assert_eq!(decimal_text(5, 0), "5");
    }

    #[test]
    fn half_a_fen_rounds_away_from_zero() {
        assert_eq!(half_up(5, 10), 1);
        assert_eq!(half_up(4, 10), 0);
        assert_eq!(half_up(-5, 10), -1);
        assert_eq!(fen_of(30_000, 5_000_000), 1500);
        assert_eq!(fen_of(10_000, 5_000), 1);
        assert_eq!(fen_of(10_000, 4_999), 0);
    }
}
