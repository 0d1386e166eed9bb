//! Keys of many values, each as a head and a number: what most keys are.
//!
//! A key like `H330100001-2026100100017` is the head `H330100001-` and a number of 13 digits. Heads
//! are few, so a key takes eight bytes, and one or four more where heads differ, and keys of one head compare
//! as numbers. Keys that a machine made up (`ends`) end in digits of another kind, and their numbers take
//! up to 126 bits.

use std::cmp::Ordering;
use std::sync::Arc;

use jihe_terms::digits::{all_digits, number};

use crate::codes::Codes;
use crate::ends;
use crate::heads::Heads;

/// Digits at the end of a key that its number may hold: all of them fit 63 bits.
const MOST_DIGITS: usize = 18;

/// A column of keys; the empty key is missing.
#[derive(Clone, Debug, Default)]
pub struct Serials {
    heads: Arc<Codes>,
    head: Heads,
    number: Numbers,
}

/// The head of the missing key.
const NO_HEAD: u32 = u32::MAX;

/// Bits of a half of a number.
const HALF: u32 = 63;

/// A column of numbers of up to 126 bits; most columns have none above 63.
#[derive(Clone, Debug, Default)]
pub struct Numbers {
    low: Vec<u64>,
    /// The higher halves; nothing where all are 0.
    high: Vec<u64>,
}

impl Numbers {
    /// Numbers with higher halves, or without where there are none.
    ///
    /// # Panics
    ///
    /// If there are higher halves, and not as many as lower ones.
    pub fn of_halves(low: Vec<u64>, high: Vec<u64>) -> Self {
        assert!(high.is_empty() || high.len() == low.len(), "every number has two halves");
        Self { low, high }
    }

    /// So many times 0.
    pub fn zeros(n: usize) -> Self {
        Self { low: vec![0; n], high: Vec::new() }
    }

    /// The number of a row.
    ///
    /// # Panics
    ///
    /// If there is no such row.
    #[expect(clippy::indexing_slicing, reason = "documented panic")]
    #[inline]
    pub fn get(&self, row: usize) -> u128 {
        number_of([self.high.get(row).copied().unwrap_or(0), self.low[row]])
    }

    /// Adds a number of at most 126 bits.
    #[inline]
    pub fn push(&mut self, number: u128) {
        let (low, high) = (low_of(number), high_of(number));
        if high != 0 && self.high.is_empty() {
            self.high.resize(self.low.len(), 0);
        }
        self.low.push(low);
        if high != 0 || !self.high.is_empty() {
            self.high.push(high);
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.low.len()
    }

    /// Tells whether there is none.
    pub fn is_empty(&self) -> bool {
        self.low.is_empty()
    }

    /// All of them.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = u128> + '_ {
        (0..self.len()).map(|row| self.get(row))
    }

    /// The lower halves, and the higher ones if there are any but 0.
    pub fn halves(&self) -> (&[u64], &[u64]) {
        (&self.low, &self.high)
    }

    /// As [`Numbers::halves`], to be changed in the same way.
    pub fn halves_mut(&mut self) -> (&mut Vec<u64>, &mut Vec<u64>) {
        (&mut self.low, &mut self.high)
    }

    /// The numbers of rows, in their order.
    ///
    /// # Panics
    ///
    /// If one of them is not there.
    #[expect(clippy::indexing_slicing, reason = "documented panic")]
    #[must_use]
    pub fn gather(&self, rows: impl Iterator<Item = usize> + Clone) -> Self {
        let low = rows.clone().map(|row| self.low[row]).collect();
        let high = if self.high.is_empty() {
            Vec::new()
        } else {
            rows.map(|row| self.high[row]).collect()
        };
        Self { low, high }
    }

    /// Makes room for so many more.
    pub fn reserve_exact(&mut self, n_more: usize) {
        self.low.reserve_exact(n_more);
        if !self.high.is_empty() {
            self.high.reserve_exact(n_more);
        }
    }

    /// Takes all out; their room stays.
    pub fn clear(&mut self) {
        self.low.clear();
        self.high.clear();
    }

    /// Adds those of another column.
    pub fn append(&mut self, mut other: Self) {
        let n_all = self.len().saturating_add(other.len());
        if !other.high.is_empty() {
            self.high.resize(self.len(), 0);
            self.high.append(&mut other.high);
        } else if !self.high.is_empty() {
            self.high.resize(n_all, 0);
        }
        self.low.append(&mut other.low);
    }
}

impl FromIterator<u128> for Numbers {
    fn from_iter<I: IntoIterator<Item = u128>>(numbers: I) -> Self {
        let numbers = numbers.into_iter();
        let mut all = Self::default();
        all.reserve_exact(numbers.size_hint().0);
        numbers.for_each(|number| all.push(number));
        all
    }
}

/// The lower half of a number.
#[inline]
pub fn low_of(number: u128) -> u64 {
    const LOW: u128 = (1 << HALF) - 1;
    u64::try_from(number & LOW).unwrap_or(0)
}

/// The higher half of a number.
#[inline]
pub fn high_of(number: u128) -> u64 {
    low_of(number >> HALF)
}

/// A number by its halves, the higher first.
#[inline]
pub fn number_of([high, low]: [u64; 2]) -> u128 {
    u128::from(high) << HALF | u128::from(low)
}

/// The number of digits at the end of a key, at most 18.
#[inline]
fn n_digits(key: &[u8]) -> usize {
    match key.last_chunk::<MOST_DIGITS>() {
        Some(all) if all_digits(all) => MOST_DIGITS,
        _ => key.iter().rev().take(MOST_DIGITS).take_while(|byte| byte.is_ascii_digit()).count(),
    }
}

/// The last 24 digits of a number.
#[inline]
fn digits(number: u64) -> [u8; 24] {
    const EIGHT: u64 = 100_000_000;
    let mut digits = [0; 24];
    let mut left = number;
    for eight in digits.as_chunks_mut::<8>().0.iter_mut().rev() {
        *eight = eight_digits(left % EIGHT);
        left /= EIGHT;
    }
    digits
}

/// The digits of a number below 10⁸: halves, quarters and digits side by side in one word.
#[inline]
fn eight_digits(number: u64) -> [u8; 8] {
    let halves = number.wrapping_div(10_000) | number.wrapping_rem(10_000) << 32;
    // Times 10486 ÷ 2²⁰ is a hundredth below 10⁴, times 103 ÷ 2¹⁰ a tenth below 100.
    let hundreds = (halves.wrapping_mul(10_486) >> 20) & 0x0000_007f_0000_007f;
    let pairs = hundreds | halves.wrapping_sub(hundreds.wrapping_mul(100)) << 16;
    let tens = (pairs.wrapping_mul(103) >> 10) & 0x000f_000f_000f_000f;
    let digits = tens | pairs.wrapping_sub(tens.wrapping_mul(10)) << 8;
    digits.wrapping_add(0x3030_3030_3030_3030).to_le_bytes()
}

/// The name of a head in the dictionary of heads: how the number is written, then the head.
pub fn head_name(head: &[u8], form: u8) -> Vec<u8> {
    let mut name = Vec::with_capacity(head.len().saturating_add(1));
    name.push(form);
    name.extend_from_slice(head);
    name
}

/// A key in two parts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Split<'k> {
    /// What stands before the number.
    pub head: &'k [u8],
    /// How the number is written: the number of its digits, or a form of `ends`.
    pub form: u8,
    /// The number, below 2¹²⁶; below 2⁶³ if it has digits only.
    pub number: u128,
}

impl Split<'_> {
    /// How many digits the number has, if it has nothing else.
    pub fn width(&self) -> Option<usize> {
        let width = usize::from(self.form);
        (width <= MOST_DIGITS).then_some(width)
    }
}

/// Takes a key apart. Cost: one pass over its end.
#[inline]
pub fn split(key: &[u8]) -> Split<'_> {
    let n_digits = n_digits(key);
    ends::split(key, n_digits).unwrap_or_else(|| {
        let (head, digits) = key.split_at(key.len().saturating_sub(n_digits));
        let form = u8::try_from(n_digits).unwrap_or(u8::MAX);
        Split { head, form, number: number(digits).into() }
    })
}

impl Serials {
    /// Takes columns that were split before: heads are ids of `heads`, `u32::MAX` is missing.
    ///
    /// # Panics
    ///
    /// If there are not as many numbers as heads.
    pub fn new(heads: Arc<Codes>, head: Vec<u32>, number: Numbers) -> Self {
        assert_eq!(head.len(), number.len(), "every key has a head and a number");
        Self { heads, head: Heads::new(head), number }
    }

    /// The heads, by the ids that [`Serials::pair`] tells.
    pub fn heads(&self) -> &Codes {
        &self.heads
    }

    /// The number of keys.
    pub fn len(&self) -> usize {
        self.head.len()
    }

    /// Tells whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Tells whether the key of a row is missing.
    ///
    /// # Panics
    ///
    /// If there is no such row.
    pub fn is_missing(&self, row: usize) -> bool {
        self.head.get(row) == NO_HEAD
    }

    /// A value that equal keys of this run share, and other keys do not.
    ///
    /// # Panics
    ///
    /// If there is no such row.
    #[inline]
    pub fn pair(&self, row: usize) -> (u32, u128) {
        (self.head.get(row), self.number.get(row))
    }

    /// The name of the head of a key that is not missing, as `head_name` makes it.
    ///
    /// # Panics
    ///
    /// If there is no such row, or its key is missing.
    pub fn head(&self, row: usize) -> &[u8] {
        self.heads.bytes(self.head.get(row))
    }

    /// Adds the key of a row at the end of `bytes`.
    ///
    /// # Panics
    ///
    /// If there is no such row.
    pub fn write(&self, row: usize, bytes: &mut Vec<u8>) {
        let (head, number) = self.pair(row);
        if head == NO_HEAD {
            return;
        }
        let (&form, head) = self.heads.bytes(head).split_first().unwrap_or((&0, &[]));
        bytes.extend_from_slice(head);
        let width = usize::from(form);
        if MOST_DIGITS < width {
            return ends::write(form, number, bytes);
        }
        let digits = digits(u64::try_from(number).unwrap_or(0));
        let from = digits.len().saturating_sub(width);
        bytes.extend_from_slice(digits.get(from..).unwrap_or(&[]));
    }

    /// The key of a row.
    ///
    /// # Panics
    ///
    /// If there is no such row.
    pub fn bytes(&self, row: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.write(row, &mut bytes);
        bytes
    }

    /// The key of a row as text; bytes that are no UTF-8 are replaced.
    ///
    /// # Panics
    ///
    /// If there is no such row.
    pub fn text(&self, row: usize) -> String {
        String::from_utf8(self.bytes(row))
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
    }

    /// Compares two keys as bytes.
    ///
    /// # Panics
    ///
    /// If there is no such row.
    pub fn compare(&self, a: usize, b: usize) -> Ordering {
        let (left, right) = (self.pair(a), self.pair(b));
        if left.0 == right.0 {
            return left.1.cmp(&right.1);
        }
        self.bytes(a).cmp(&self.bytes(b))
    }

    /// The keys of `rows`, in that order.
    ///
    /// # Panics
    ///
    /// If one of them is not there.
    #[must_use]
    pub fn gather(&self, rows: &[u32]) -> Self {
        let at = |row: &u32| usize::try_from(*row).unwrap_or(usize::MAX);
        Self {
            heads: Arc::clone(&self.heads),
            head: self.head.gather(rows.iter().map(at)),
            number: self.number.gather(rows.iter().map(at)),
        }
    }

    /// Keys with the heads of this column, as [`Serials::pair`] tells them.
    ///
    /// # Panics
    ///
    /// If there are not as many numbers as heads.
    #[must_use]
    pub fn with(&self, head: Vec<u32>, number: Numbers) -> Self {
        Self::new(Arc::clone(&self.heads), head, number)
    }

    /// Makes room for the numbers of so many keys more.
    pub fn reserve(&mut self, n_more: usize) {
        self.number.reserve_exact(n_more);
    }

    /// Adds the keys of another column of the same month.
    pub fn append(&mut self, other: Self) {
        if self.is_empty() {
            self.heads = Arc::clone(&other.heads);
        }
        debug_assert!(Arc::ptr_eq(&self.heads, &other.heads), "columns of two months");
        self.head.append(other.head);
        self.number.append(other.number);
    }

    /// All keys in order, as text.
    pub fn iter(&self) -> impl Iterator<Item = String> + '_ {
        (0..self.len()).map(|row| self.text(row))
    }
}

impl<T: AsRef<[u8]>> FromIterator<T> for Serials {
    fn from_iter<I: IntoIterator<Item = T>>(keys: I) -> Self {
        let mut heads = Codes::default();
        let (head, number) = Self::split_all(keys, &mut heads);
        Self::new(Arc::new(heads), head, number)
    }
}

impl Serials {
    /// The columns of some keys, for [`Serials::new`]; their heads are added to `heads`.
    pub fn split_all<T: AsRef<[u8]>>(
        keys: impl IntoIterator<Item = T>,
        heads: &mut Codes,
    ) -> (Vec<u32>, Numbers) {
        let keys = keys.into_iter();
        let n_keys = keys.size_hint().0;
        let (mut ids, mut numbers) = (Vec::with_capacity(n_keys), Numbers::default());
        numbers.reserve_exact(n_keys);
        let mut last = NO_HEAD;
        for key in keys {
            let key = key.as_ref();
            let Split { head, form, number } = split(key);
            numbers.push(number);
            if key.is_empty() {
                ids.push(NO_HEAD);
                continue;
            }
            // Neighbours are mostly of one head.
            let is_last = last != NO_HEAD
                && heads
                    .bytes(last)
                    .split_first()
                    .is_some_and(|(&other, name)| name == head && other == form);
            if !is_last {
                last = heads.intern(&head_name(head, form));
            }
            ids.push(last);
        }
        (ids, numbers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: [&str; 8] =
        ["", "7", "007", "H1-0001", "医保12", "no digits", "12345678901234567890123", "x18446"];

    #[test]
    fn keys_come_back_as_they_went_in() {
        let keys: Serials = KEYS.into_iter().collect();
        assert_eq!(keys.iter().collect::<Vec<_>>(), KEYS);
        assert!(keys.is_missing(0) && !keys.is_missing(1));
        assert_eq!(keys.gather(&[3, 1]).text(0), "H1-0001");
    }

    #[test]
    fn digits_are_those_of_the_number() {
        let all = (0..10_000).flat_map(|half| [half, half * 10_000, half * 10_000 + 9_999 - half]);
        for number in all.chain([u64::MAX, 123_456_789_012_345_678]) {
            assert_eq!(digits(number), *format!("{number:024}").as_bytes());
        }
    }

    #[test]
    fn keys_compare_as_bytes() {
        let keys: Serials = KEYS.into_iter().collect();
        for (a, left) in KEYS.iter().enumerate() {
            for (b, right) in KEYS.iter().enumerate() {
                assert_eq!(keys.compare(a, b), left.as_bytes().cmp(right.as_bytes()));
            }
        }
    }
}
