//! Sizes of memory as people write them.

/// Reads `2GiB`, `1.5G`, `800M`, `64kB` or a plain number of bytes.
///
/// `K`, `M`, `G`, `T`, with or without `iB`, are powers of 1024; with `B` alone, of 1000. A part of a byte is
/// none.
pub(crate) fn parse(text: &str) -> Result<u64, String> {
    let wrong = || format!("no size of memory, write it like 2GiB or 800M: {text}");
    let is_of_number = |sign: char| sign.is_ascii_digit() || sign == '.';
    let digits = text.find(|sign| !is_of_number(sign)).unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(digits).ok_or_else(wrong)?;
    let (whole, decimals) = number.split_once('.').unwrap_or((number, "0"));
    let whole: u64 = whole.parse().map_err(|_| wrong())?;
    let part: u64 = decimals.parse().map_err(|_| wrong())?;
    let parts = u32::try_from(decimals.len()).ok().and_then(|n| 10_u128.checked_pow(n));
    let unit = unit.trim().to_ascii_lowercase();
    let (letter, rest) = unit.split_at_checked(1).unwrap_or(("", ""));
    let power = match letter {
        "" | "b" => 0,
        "k" => 1,
        "m" => 2,
        "g" => 3,
        "t" => 4,
        _ => return Err(wrong()),
    };
    let base: u64 = match (power, rest) {
        (0, "") => 1,
        (1.., "" | "ib") => 1024,
        (1.., "b") => 1000,
        _ => return Err(wrong()),
    };
    let unit = base.checked_pow(power).ok_or_else(wrong)?;
    let rest = parts.and_then(|parts| {
        let rest = u128::from(part).checked_mul(unit.into())?.checked_div(parts)?;
        u64::try_from(rest).ok()
    });
    let bytes = whole.checked_mul(unit).and_then(|bytes| bytes.checked_add(rest?));
    bytes.filter(|&bytes| 0 < bytes).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_people_write_them() {
        for (text, bytes) in [
            ("2GiB", Some(2 << 30)),
            ("800M", Some(800 << 20)),
            ("64kB", Some(64_000)),
            ("512 MiB", Some(512 << 20)),
            ("1024", Some(1024)),
            ("10B", Some(10)),
            ("0", None),
            ("", None),
            ("G", None),
            ("1.5G", Some(3 << 29)),
            ("1.5GB", Some(1_500_000_000)),
            ("0.5 KiB", Some(512)),
            ("1.999999999TB", Some(1_999_999_999_000)),
            ("0.01B", None),
            ("1.", None),
            (".5G", None),
            ("1.2.3G", None),
            ("1.00000000000000000000G", Some(1 << 30)),
            ("-1", None),
            ("1Q", None),
            ("1GG", None),
            ("99999999999T", None),
            ("８G", None),
        ] {
            assert_eq!(parse(text).ok(), bytes, "{text}");
        }
    }
}
