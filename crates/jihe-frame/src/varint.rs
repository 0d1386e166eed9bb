//! Whole numbers in few bytes: seven bits in each, the lowest first, small differences of either sign in
//! one.

/// Adds a number.
#[inline]
pub fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while 0x80 <= number {
        bytes.push(low(number) | 0x80);
        number >>= 7;
    }
    bytes.push(low(number));
}

/// Adds a number of either sign.
#[inline]
pub fn put_signed(bytes: &mut Vec<u8>, number: i64) {
    put(bytes, (number << 1 ^ number >> 63).cast_unsigned());
}

/// Takes the next number; none where there is none.
#[inline]
pub fn take(bytes: &mut &[u8]) -> Option<u64> {
    // Most numbers are small.
    if let [byte @ 0..0x80, rest @ ..] = *bytes {
        *bytes = rest;
        return Some((*byte).into());
    }
    take_large(bytes)
}

fn take_large(bytes: &mut &[u8]) -> Option<u64> {
    let (mut number, mut shift) = (0_u64, 0_u32);
    while let Some((&byte, rest)) = bytes.split_first() {
        *bytes = rest;
        number |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
        if byte < 0x80 {
            return Some(number);
        }
        shift = shift.saturating_add(7);
    }
    None
}

/// Takes the next number of either sign; none where there is none.
#[inline]
pub fn take_signed(bytes: &mut &[u8]) -> Option<i64> {
    take(bytes).map(signed)
}

/// The number that [`put_signed`] made one without a sign.
#[inline]
pub fn signed(number: u64) -> i64 {
    let sign = if number & 1 == 1 { -1 } else { 0 };
    (number >> 1).cast_signed() ^ sign
}

fn low(number: u64) -> u8 {
    let [low, ..] = number.to_le_bytes();
    low
}
