//! Columns of integers in as few bytes a value as their range needs.
//!
//! A sealed column is a tag, the least value, and the distances from it in 0, 1, 2, 4 or 8 bytes;
//! with missing values distance 0 is the missing one.

/// The column is not in the file.
const ABSENT: u8 = 0xff;
/// Added to the width if distance 0 stands for the missing value.
const GAPS: u8 = 0x10;
/// Values as they are, where the range leaves no room for the missing one.
const RAW: u8 = 0x20;

/// A sealed text that ended too early: the file was changed under our hands.
pub(crate) fn cut_short() -> std::io::Error {
    std::io::Error::new(std::io::ErrorKind::InvalidData, "a spilled part is cut short")
}

/// A value of a column that is sealed.
pub(crate) trait Value: Copy + Ord {
    /// Below and above all others.
    const ENDS: (Self, Self);

    fn wide(self) -> i64;
}

impl Value for u32 {
    const ENDS: (Self, Self) = (Self::MIN, Self::MAX);

    fn wide(self) -> i64 {
        self.into()
    }
}

impl Value for i32 {
    const ENDS: (Self, Self) = (Self::MIN, Self::MAX);

    fn wide(self) -> i64 {
        self.into()
    }
}

impl Value for i64 {
    const ENDS: (Self, Self) = (Self::MIN, Self::MAX);

    fn wide(self) -> i64 {
        self
    }
}

impl Value for u64 {
    const ENDS: (Self, Self) = (Self::MIN, Self::MAX);

    fn wide(self) -> i64 {
        self.cast_signed()
    }
}

/// How values of a batch are sealed: with their missing one, in bytes that their range needs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Form<T> {
    null: T,
    tag: u8,
    least: i64,
}

impl<T: Value> Form<T> {
    /// The form that holds all of `values`; `null` is the missing one.
    pub(crate) fn of(values: &[T], null: T) -> Self {
        let (below, above) = T::ENDS;
        let (mut least, mut most, mut gaps) = (above, below, false);
        for &value in values {
            let is_null = value == null;
            gaps |= is_null;
            least = least.min(if is_null { above } else { value });
            most = most.max(if is_null { below } else { value });
        }
        if most < least {
            return Self { null, tag: if gaps { GAPS } else { 0 }, least: 0 };
        }
        let range = most.wide().wrapping_sub(least.wide()).cast_unsigned();
        let Some(top) = range.checked_add(u64::from(gaps)) else {
            return Self { null, tag: RAW, least: 0 };
        };
        let width = match top {
            0 => 0,
            1..=0xff => 1,
            0x100..=0xffff => 2,
            0x1_0000..=0xffff_ffff => 4,
            _ => 8,
        };
        Self { null, tag: if gaps { width | GAPS } else { width }, least: least.wide() }
    }

    /// Seals some of the values that the form was made of.
    pub(crate) fn seal(&self, values: impl ExactSizeIterator<Item = T>, out: &mut Vec<u8>) {
        out.push(self.tag);
        out.extend_from_slice(&self.least.to_le_bytes());
        let from = out.len();
        let n_bytes = values.len().saturating_mul(width(self.tag));
        out.resize(from.saturating_add(n_bytes), 0);
        let room = out.get_mut(from..).unwrap_or(&mut []);
        if self.tag == RAW {
            return fill::<8>(room, values.map(|value| value.wide().cast_unsigned()));
        }
        let (gaps, least, null) = (self.tag & GAPS != 0, self.least, self.null);
        let distance = move |value: T| {
            let distance = value.wide().wrapping_sub(least).cast_unsigned();
            if !gaps {
                distance
            } else if value == null {
                0
            } else {
                distance.wrapping_add(1)
            }
        };
        match width(self.tag) {
            0 => {}
            1 => fill::<1>(room, values.map(distance)),
            2 => fill::<2>(room, values.map(distance)),
            4 => fill::<4>(room, values.map(distance)),
            _ => fill::<8>(room, values.map(distance)),
        }
    }
}

/// Writes the lowest bytes of each distance.
#[inline]
fn fill<const N: usize>(room: &mut [u8], distances: impl Iterator<Item = u64>) {
    let (slots, _) = room.as_chunks_mut::<N>();
    slots.iter_mut().zip(distances).for_each(|(slot, distance)| *slot = low::<N>(distance));
}

/// The lowest bytes of a number.
#[inline]
fn low<const N: usize>(value: u64) -> [u8; N] {
    let bytes = value.to_le_bytes();
    let mut lowest = [0; N];
    lowest.iter_mut().zip(bytes).for_each(|(low, byte)| *low = byte);
    lowest
}

/// Notes a column that the file does not have.
pub(crate) fn seal_absent(out: &mut Vec<u8>) {
    out.push(ABSENT);
}

/// Takes `n` bytes from the front.
pub(crate) fn take<'s>(sealed: &mut &'s [u8], n: usize) -> std::io::Result<&'s [u8]> {
    let (front, rest) = sealed.split_at_checked(n).ok_or_else(cut_short)?;
    *sealed = rest;
    Ok(front)
}

pub(crate) fn take_u32(sealed: &mut &[u8]) -> std::io::Result<u32> {
    let bytes = take(sealed, 4)?;
    Ok(u32::from_le_bytes(bytes.try_into().map_err(|_| cut_short())?))
}

fn head(sealed: &mut &[u8]) -> std::io::Result<Option<(u8, i64)>> {
    let tag = take(sealed, 1)?.first().copied().ok_or_else(cut_short)?;
    if tag == ABSENT {
        return Ok(None);
    }
    let least = take(sealed, 8)?;
    Ok(Some((tag, i64::from_le_bytes(least.try_into().map_err(|_| cut_short())?))))
}

fn width(tag: u8) -> usize {
    if tag == RAW { 8 } else { usize::from(tag & 0x0f) }
}

/// Passes over a sealed column of `n` values; tells whether the file had it.
pub(crate) fn skip(sealed: &mut &[u8], n: usize) -> std::io::Result<bool> {
    let Some((tag, _)) = head(sealed)? else { return Ok(false) };
    take(sealed, width(tag).saturating_mul(n))?;
    Ok(true)
}

/// Adds the `n` values of a sealed column to `all`; tells whether the file had the column.
pub(crate) fn unseal<T: Copy>(
    sealed: &mut &[u8],
    n: usize,
    null: T,
    of: impl Fn(i64) -> T + Copy,
    all: &mut Vec<T>,
) -> std::io::Result<bool> {
    let Some((tag, least)) = head(sealed)? else {
        all.resize(all.len().saturating_add(n), null);
        return Ok(false);
    };
    let bytes = take(sealed, width(tag).saturating_mul(n))?;
    if tag == RAW {
        all.extend(words(bytes).map(|word| of(word.cast_signed())));
        return Ok(true);
    }
    let gaps = tag & GAPS != 0;
    let least = if gaps { least.wrapping_sub(1) } else { least };
    let value = move |distance: u64| {
        if gaps && distance == 0 { null } else { of(least.wrapping_add(distance.cast_signed())) }
    };
    match width(tag) {
        0 => all.resize(all.len().saturating_add(n), value(0)),
        1 => all.extend(bytes.iter().map(|&byte| value(byte.into()))),
        2 => {
            let (pairs, _) = bytes.as_chunks::<2>();
            all.extend(pairs.iter().map(|&pair| value(u16::from_le_bytes(pair).into())));
        }
        4 => {
            let (fours, _) = bytes.as_chunks::<4>();
            all.extend(fours.iter().map(|&four| value(u32::from_le_bytes(four).into())));
        }
        _ => all.extend(words(bytes).map(value)),
    }
    Ok(true)
}

/// Puts the values of a sealed column to their places: `to` has one for each value. Tells whether the
/// file had the column.
#[expect(clippy::indexing_slicing, reason = "a place past the end is a bug of this crate")]
pub(crate) fn put<T: Copy>(
    sealed: &mut &[u8],
    to: &[u32],
    null: T,
    of: impl Fn(i64) -> T + Copy,
    all: &mut [T],
) -> std::io::Result<bool> {
    let Some((tag, least)) = head(sealed)? else {
        for &to in to {
            all[crate::place::at(to)] = null;
        }
        return Ok(false);
    };
    let bytes = take(sealed, width(tag).saturating_mul(to.len()))?;
    let gaps = tag & GAPS != 0 && tag != RAW;
    let least = if gaps { least.wrapping_sub(1) } else { least };
    let value = move |distance: u64| {
        if gaps && distance == 0 { null } else { of(least.wrapping_add(distance.cast_signed())) }
    };
    let places = to.iter().map(|&to| crate::place::at(to));
    match width(tag) {
        0 => places.for_each(|to| all[to] = value(0)),
        1 => places.zip(bytes).for_each(|(to, &byte)| all[to] = value(byte.into())),
        2 => {
            let (pairs, _) = bytes.as_chunks::<2>();
            let pairs = pairs.iter().map(|&pair| u16::from_le_bytes(pair));
            places.zip(pairs).for_each(|(to, pair)| all[to] = value(pair.into()));
        }
        4 => {
            let (fours, _) = bytes.as_chunks::<4>();
            let fours = fours.iter().map(|&four| u32::from_le_bytes(four));
            places.zip(fours).for_each(|(to, four)| all[to] = value(four.into()));
        }
        _ => places.zip(words(bytes)).for_each(|(to, word)| all[to] = value(word)),
    }
    Ok(true)
}

/// Adds the values at `picks` of a sealed column of `n` values; tells whether the file had it.
#[expect(clippy::too_many_arguments, reason = "as `unseal`, with the rows")]
pub(crate) fn pick<T: Copy>(
    sealed: &mut &[u8],
    n: usize,
    picks: &[u32],
    null: T,
    of: impl Fn(i64) -> T + Copy,
    all: &mut Vec<T>,
) -> std::io::Result<bool> {
    let Some((tag, least)) = head(sealed)? else {
        all.resize(all.len().saturating_add(picks.len()), null);
        return Ok(false);
    };
    let width = width(tag);
    let bytes = take(sealed, width.saturating_mul(n))?;
    let gaps = tag & GAPS != 0 && tag != RAW;
    for &pick in picks {
        let from = crate::place::at(pick).saturating_mul(width);
        let mut word = [0_u8; 8];
        let value = bytes.get(from..from.saturating_add(width)).ok_or_else(cut_short)?;
        word.iter_mut().zip(value).for_each(|(byte, &next)| *byte = next);
        let distance = u64::from_le_bytes(word);
        all.push(match (gaps, distance) {
            (true, 0) => null,
            (true, _) => of(least.wrapping_add(distance.wrapping_sub(1).cast_signed())),
            (false, _) => of(least.wrapping_add(distance.cast_signed())),
        });
    }
    Ok(true)
}

fn words(bytes: &[u8]) -> impl Iterator<Item = u64> + '_ {
    let (words, _) = bytes.as_chunks::<8>();
    words.iter().map(|&word| u64::from_le_bytes(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal(values: &[i64], null: i64, sealed: &mut Vec<u8>) {
        Form::of(values, null).seal(values.iter().copied(), sealed);
    }

    fn there_and_back(values: &[i64]) -> usize {
        const NULL: i64 = i64::MIN;
        let mut sealed = Vec::new();
        seal(values, NULL, &mut sealed);
        let mut rest = sealed.as_slice();
        let mut back = Vec::new();
        assert!(unseal(&mut rest, values.len(), NULL, |value| value, &mut back).unwrap());
        assert!(rest.is_empty());
        assert_eq!(back, values);
        let picks: Vec<u32> = (0..u32::try_from(values.len()).unwrap()).rev().collect();
        let mut picked = Vec::new();
        pick(&mut sealed.as_slice(), values.len(), &picks, NULL, |value| value, &mut picked)
            .unwrap();
        picked.reverse();
        assert_eq!(picked, values);
        let mut put_back = vec![NULL; values.len()];
        put(&mut sealed.as_slice(), &picks, NULL, |value| value, &mut put_back).unwrap();
        put_back.reverse();
        assert_eq!(put_back, values);
        let mut rest = sealed.as_slice();
        skip(&mut rest, values.len()).unwrap();
        assert!(rest.is_empty());
        sealed.len()
    }

    #[test]
    fn values_of_every_range_come_back_with_their_gaps() {
        const NULL: i64 = i64::MIN;
        for top in [0, 1, 254, 255, 256, 65_535, 65_536, u32::MAX.into(), 1 << 40, i64::MAX] {
            there_and_back(&[0, top, 0]);
            there_and_back(&[NULL, top, NULL, 0]);
            there_and_back(&[-top, 0, NULL]);
            there_and_back(&[NULL + 1, top, NULL]);
            there_and_back(&[NULL + 1, top]);
        }
        assert_eq!(there_and_back(&[7; 100]), 9);
        assert_eq!(there_and_back(&[NULL; 100]), 9);
        assert_eq!(there_and_back(&[]), 9);
    }

    #[test]
    fn an_absent_column_reads_as_missing_values() {
        let mut sealed = Vec::new();
        seal_absent(&mut sealed);
        let mut all = vec![1];
        assert!(!unseal(&mut sealed.as_slice(), 2, -1, |value| value, &mut all).unwrap());
        assert_eq!(all, [1, -1, -1]);
    }

    #[test]
    fn a_cut_text_is_an_error() {
        let mut sealed = Vec::new();
        seal(&[1, 300], i64::MIN, &mut sealed);
        sealed.pop();
        let mut all: Vec<i64> = Vec::new();
        assert!(unseal(&mut sealed.as_slice(), 2, 0, |value| value, &mut all).is_err());
    }
}
