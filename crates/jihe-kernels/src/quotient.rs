//! Division of exact quantities.

/// `dividend ÷ divisor`, rounded towards zero. Most quantities have 64 bits, which divide several
/// times as fast as 128.
///
/// # Panics
///
/// If the divisor is 0.
pub(crate) fn quotient(dividend: i128, divisor: i128) -> i128 {
    match (u64::try_from(dividend), u64::try_from(divisor)) {
        (Ok(dividend), Ok(divisor)) => (dividend / divisor).into(),
        _ => dividend / divisor,
    }
}
