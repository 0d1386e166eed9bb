//! Sealed columns (`seal`) read back: all values, each to its place, or some of them.

use std::io::Result;

use crate::lines::seal::{Head, Run, Scale, cut_short, take, take_u32};
use crate::place::at;

/// What a sealed column holds after its head.
struct Body<'s> {
    /// Lengths of runs, two bytes each; empty where each distance is one value.
    runs: &'s [u8],
    distances: &'s [u8],
}

impl<'s> Body<'s> {
    fn read(sealed: &mut &'s [u8], head: Head, n: usize) -> Result<Self> {
        let (runs, n) = if head.run == Run::One {
            (&[][..], n)
        } else {
            let n_runs = at(take_u32(sealed)?);
            (take(sealed, n_runs.saturating_mul(2))?, n_runs)
        };
        Ok(Self { runs, distances: take(sealed, head.width.saturating_mul(n))? })
    }

    fn lengths(&self) -> impl Iterator<Item = u16> + 's {
        self.runs.as_chunks::<2>().0.iter().map(|&length| u16::from_le_bytes(length))
    }
}

/// Where the values of a column go, from the first to the last.
trait Taker<T> {
    fn values(&mut self, values: impl ExactSizeIterator<Item = T>);
    fn repeat(&mut self, value: T, n: usize);
}

/// One after the other.
struct Append<'a, T>(&'a mut Vec<T>);

impl<T: Copy> Taker<T> for Append<'_, T> {
    fn values(&mut self, values: impl ExactSizeIterator<Item = T>) {
        self.0.extend(values);
    }

    fn repeat(&mut self, value: T, n: usize) {
        self.0.resize(self.0.len().saturating_add(n), value);
    }
}

/// Each to its place.
struct Places<'a, T> {
    to: &'a [u32],
    all: &'a mut [T],
}

#[expect(clippy::indexing_slicing, reason = "a place past the end is a bug of this crate")]
impl<T: Copy> Taker<T> for Places<'_, T> {
    fn values(&mut self, values: impl ExactSizeIterator<Item = T>) {
        let (now, rest) = self.to.split_at(values.len().min(self.to.len()));
        self.to = rest;
        for (&to, value) in now.iter().zip(values) {
            self.all[at(to)] = value;
        }
    }

    fn repeat(&mut self, value: T, n: usize) {
        let (now, rest) = self.to.split_at(n.min(self.to.len()));
        self.to = rest;
        for &to in now {
            self.all[at(to)] = value;
        }
    }
}

/// Passes over a sealed column of `n` values; tells whether the file had it.
pub(crate) fn skip(sealed: &mut &[u8], n: usize) -> Result<bool> {
    let Some(head) = Head::read(sealed)? else { return Ok(false) };
    Body::read(sealed, head, n)?;
    Ok(true)
}

/// Adds the `n` values of a sealed column to `all`; tells whether the file had the column.
pub(crate) fn unseal<T: Copy>(
    sealed: &mut &[u8],
    n: usize,
    null: T,
    of: impl Fn(i64) -> T + Copy,
    all: &mut Vec<T>,
) -> Result<bool> {
    column(sealed, n, null, of, &mut Append(all))
}

/// Puts the values of a sealed column to their places: `to` has one for each value. Tells whether the
/// file had the column.
pub(crate) fn put<T: Copy>(
    sealed: &mut &[u8],
    to: &[u32],
    null: T,
    of: impl Fn(i64) -> T + Copy,
    all: &mut [T],
) -> Result<bool> {
    column(sealed, to.len(), null, of, &mut Places { to, all })
}

fn column<T: Copy>(
    sealed: &mut &[u8],
    n: usize,
    null: T,
    of: impl Fn(i64) -> T + Copy,
    taker: &mut impl Taker<T>,
) -> Result<bool> {
    let Some(head) = Head::read(sealed)? else {
        taker.repeat(null, n);
        return Ok(false);
    };
    let body = Body::read(sealed, head, n)?;
    if head.run == Run::One {
        values(head, (body.distances, n), null, of, taker);
        return Ok(true);
    }
    if body.lengths().map(usize::from).sum::<usize>() != n {
        return Err(cut_short());
    }
    let n_runs = body.runs.len() / 2;
    if head.run == Run::Equal {
        let mut of_runs = Vec::with_capacity(n_runs);
        values(head, (body.distances, n_runs), null, of, &mut Append(&mut of_runs));
        body.lengths().zip(of_runs).for_each(|(n, value)| taker.repeat(value, n.into()));
        return Ok(true);
    }
    let mut firsts: Vec<i64> = Vec::with_capacity(n_runs);
    values(head, (body.distances, n_runs), 0, |first| first, &mut Append(&mut firsts));
    for (n, first) in body.lengths().zip(firsts) {
        taker.values((0..n).map(|step| of(first.wrapping_add(step.into()))));
    }
    Ok(true)
}

/// Hands over the values of so many distances.
fn values<T: Copy>(
    head: Head,
    (distances, n): (&[u8], usize),
    null: T,
    of: impl Fn(i64) -> T + Copy,
    taker: &mut impl Taker<T>,
) {
    let least = head.least;
    match (head.scale, head.has_gaps) {
        (Scale::Ones, false) => {
            let value = move |distance: u64| of(least.wrapping_add(distance.cast_signed()));
            of_width(head.width, (distances, n), value, taker);
        }
        (Scale::Ones, true) => {
            let least = least.wrapping_sub(1);
            let value = move |distance: u64| match distance {
                0 => null,
                _ => of(least.wrapping_add(distance.cast_signed())),
            };
            of_width(head.width, (distances, n), value, taker);
        }
        (Scale::Hundreds | Scale::TenThousands, false) => {
            let unit = head.scale.unit();
            let value = move |distance: u64| {
                of(least.wrapping_add(distance.wrapping_mul(unit).cast_signed()))
            };
            of_width(head.width, (distances, n), value, taker);
        }
        (Scale::Hundreds | Scale::TenThousands, true) => {
            let value = move |distance: u64| valued(head, distance).map_or(null, of);
            of_width(head.width, (distances, n), value, taker);
        }
    }
}

/// The value that a distance stands for; none for the missing one.
#[inline]
fn valued(head: Head, distance: u64) -> Option<i64> {
    let distance = match (head.has_gaps, distance) {
        (true, 0) => return None,
        (true, _) => distance.wrapping_sub(1),
        (false, _) => distance,
    };
    let distance = distance.wrapping_mul(head.scale.unit());
    Some(head.least.wrapping_add(distance.cast_signed()))
}

fn of_width<T: Copy>(
    width: usize,
    (distances, n): (&[u8], usize),
    value: impl Fn(u64) -> T,
    taker: &mut impl Taker<T>,
) {
    match width {
        0 => taker.repeat(value(0), n),
        1 => taker.values(distances.iter().map(|&byte| value(byte.into()))),
        2 => taker.values(words::<2>(distances).map(value)),
        3 => taker.values(words::<3>(distances).map(value)),
        4 => taker.values(words::<4>(distances).map(value)),
        5 => taker.values(words::<5>(distances).map(value)),
        6 => taker.values(words::<6>(distances).map(value)),
        7 => taker.values(words::<7>(distances).map(value)),
        _ => taker.values(words::<8>(distances).map(value)),
    }
}

/// Numbers of `N` bytes each.
fn words<const N: usize>(bytes: &[u8]) -> impl ExactSizeIterator<Item = u64> + '_ {
    bytes.as_chunks::<N>().0.iter().map(|word| wide(word))
}

/// A number of up to eight bytes, in few loads: see `set_low` of `seal`.
#[inline]
fn wide(mut bytes: &[u8]) -> u64 {
    if let Some((&eight, _)) = bytes.split_first_chunk::<8>() {
        return u64::from_le_bytes(eight);
    }
    let (mut number, mut n_bits) = (0_u64, 0_u32);
    if let Some((&four, rest)) = bytes.split_first_chunk::<4>() {
        (number, n_bits, bytes) = (u32::from_le_bytes(four).into(), 32, rest);
    }
    if let Some((&two, rest)) = bytes.split_first_chunk::<2>() {
        number |= u64::from(u16::from_le_bytes(two)) << n_bits;
        (n_bits, bytes) = (n_bits.wrapping_add(16), rest);
    }
    if let &[one] = bytes {
        number |= u64::from(one) << n_bits;
    }
    number
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
) -> Result<bool> {
    let Some(head) = Head::read(sealed)? else {
        all.resize(all.len().saturating_add(picks.len()), null);
        return Ok(false);
    };
    let body = Body::read(sealed, head, n)?;
    let mut end = 0_usize;
    let ends = body.lengths().map(|n| {
        end = end.saturating_add(n.into());
        end
    });
    let ends: Vec<usize> = ends.collect();
    for &pick in picks {
        let pick = at(pick);
        // The run of the value, and how far it goes up from its first.
        let nth = ends.partition_point(|&end| end <= pick);
        let start = || nth.checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or(0);
        let (place, step) = match head.run {
            Run::One => (pick, 0),
            Run::Equal => (nth, 0),
            Run::Steps => (nth, pick.saturating_sub(start())),
        };
        let from = place.saturating_mul(head.width);
        let distance = body.distances.get(from..from.saturating_add(head.width));
        let value = valued(head, wide(distance.ok_or_else(cut_short)?));
        let step = i64::try_from(step).unwrap_or(0);
        all.push(value.map_or(null, |value| of(value.wrapping_add(step))));
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::lines::seal::{Form, Runs, seal_absent};

    const NULL: i64 = i64::MIN;

    fn seal(values: &[i64], sealed: &mut Vec<u8>) {
        let form = Form::of(values, NULL, values.iter().copied());
        form.seal(values.iter().copied(), &mut Runs::default(), sealed);
    }

    fn there_and_back(values: &[i64]) -> usize {
        let mut sealed = Vec::new();
        seal(values, &mut sealed);
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
        for top in [0, 1, 254, 255, 256, 65_535, 65_536, u32::MAX.into(), 1 << 40, i64::MAX] {
            there_and_back(&[0, top, 0]);
            there_and_back(&[NULL, top, NULL, 0]);
            there_and_back(&[-top, 0, NULL]);
            there_and_back(&[NULL + 1, top, NULL]);
            there_and_back(&[NULL + 1, top]);
        }
        assert_eq!(there_and_back(&[7; 100]), 10);
        assert_eq!(there_and_back(&[NULL; 100]), 10);
        assert_eq!(there_and_back(&[]), 10);
    }

    #[test]
    fn whole_units_and_runs_take_few_bytes() {
        let units: Vec<i64> = (0..100).map(|n| n * 37 % 200 * 10_000).collect();
        assert_eq!(there_and_back(&units), 110);
        let hundreds: Vec<i64> = (0..100).map(|n| n * 37 % 200 * 100 - 5_000).collect();
        assert_eq!(there_and_back(&hundreds), 110);
        let runs: Vec<i64> = (0..1_000).map(|n| n / 100 * 70_001).collect();
        assert_eq!(there_and_back(&runs), 10 + 4 + 10 * (2 + 3));
        assert_eq!(there_and_back(&vec![1; 70_000]), 10);
        let mut long = vec![1_000; 70_000];
        long.push(2);
        assert_eq!(there_and_back(&long), 10 + 4 + 3 * (2 + 2));
    }

    #[test]
    fn values_that_go_up_by_one_are_one() {
        let up: Vec<i64> = (0..1_000).map(|n| n / 100 * 70_000 + n).collect();
        assert_eq!(there_and_back(&up), 10 + 4 + 10 * (2 + 3));
        let long: Vec<i64> = (7..80_007).collect();
        assert_eq!(there_and_back(&long), 10 + 4 + 2 * (2 + 3));
        let over: Vec<i64> = (i64::MAX - 50..=i64::MAX).chain(NULL + 1..NULL + 50).collect();
        there_and_back(&over);
        // A missing value is no step, whatever stands beside it.
        there_and_back(&[&up[..], &[NULL, NULL + 1, NULL + 2]].concat());
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
        let steps: Vec<i64> = (1_000..1_100).chain(7..100).collect();
        for values in [vec![1, 300], [vec![1; 50], vec![300; 50]].concat(), steps] {
            let mut sealed = Vec::new();
            seal(&values, &mut sealed);
            sealed.pop();
            let mut all: Vec<i64> = Vec::new();
            let n = values.len();
            assert!(unseal(&mut sealed.as_slice(), n, -1, |value| value, &mut all).is_err());
            sealed.push(0);
            let past = [crate::place::id(n)];
            assert!(pick(&mut sealed.as_slice(), n, &past, -1, |value| value, &mut all).is_err());
        }
    }

    proptest! {
        #[test]
        fn any_values_come_back(
            values in prop::collection::vec((any::<i64>(), 1_usize..40, 0_u32..3, 0_u32..63), 0..60),
        ) {
            let values: Vec<i64> = values
                .into_iter()
                .flat_map(|(value, n, scale, shift)| {
                    let unit = [1, 100, 10_000][usize::try_from(scale).unwrap()];
                    let value = value >> shift;
                    let value = value.saturating_sub(value.checked_rem(unit).unwrap());
                    std::iter::repeat_n(value, n)
                })
                .collect();
            there_and_back(&values);
        }
    }
}
