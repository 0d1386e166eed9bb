//! Columns of integers in as few bytes a value as their range needs.
//!
//! A sealed column is its [`Head`] and the distances of its values from the least one, in hundreds or
//! ten-thousands where all of them are whole ones; with missing values distance 0 is the missing
//! one. Where neighbours are mostly equal, or go up by one, a run of them is one distance and its length.
//! `unseal` reads it.

use std::io::Result;

/// The column is not in the file.
const ABSENT: u8 = 0xff;
/// Added to the width if distance 0 stands for the missing value.
const GAPS: u8 = 0x10;
/// Added to the width if a distance stands for a run of equal values.
const EQUAL: u8 = 0x40;
/// Added to the width if a distance stands for a run of values that go up by one.
const STEPS: u8 = 0x80;

/// A sealed text that ended too early: the file was changed under our hands.
pub(crate) fn cut_short() -> std::io::Error {
    std::io::Error::new(std::io::ErrorKind::InvalidData, "a spilled part is cut short")
}

/// A value of a column that is sealed.
pub(crate) trait Value: Copy + Ord {
    /// Below and above all others.
    const ENDS: (Self, Self);
    /// Whether values may be whole hundreds: decimals are.
    const IS_SCALED: bool;

    fn wide(self) -> i64;

    /// Whether another value is the next whole number.
    #[inline]
    fn is_before(self, other: Self) -> bool {
        self.wide().wrapping_add(1) == other.wide()
    }
}

impl Value for u32 {
    const ENDS: (Self, Self) = (Self::MIN, Self::MAX);
    const IS_SCALED: bool = false;

    fn wide(self) -> i64 {
        self.into()
    }
}

impl Value for i32 {
    const ENDS: (Self, Self) = (Self::MIN, Self::MAX);
    const IS_SCALED: bool = false;

    fn wide(self) -> i64 {
        self.into()
    }
}

impl Value for i64 {
    const ENDS: (Self, Self) = (Self::MIN, Self::MAX);
    const IS_SCALED: bool = true;

    fn wide(self) -> i64 {
        self
    }
}

impl Value for u64 {
    const ENDS: (Self, Self) = (Self::MIN, Self::MAX);
    const IS_SCALED: bool = false;

    fn wide(self) -> i64 {
        self.cast_signed()
    }
}

/// What distances are counted in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Scale {
    Ones,
    Hundreds,
    TenThousands,
}

impl Scale {
    /// The largest of which all values are multiples.
    fn of<T: Value>(values: &[T], null: T) -> Self {
        if !T::IS_SCALED {
            Self::Ones
        } else if are_multiples::<T, 10_000>(values, null) {
            Self::TenThousands
        } else if are_multiples::<T, 100>(values, null) {
            Self::Hundreds
        } else {
            Self::Ones
        }
    }

    pub(super) fn unit(self) -> u64 {
        match self {
            Self::Ones => 1,
            Self::Hundreds => 100,
            Self::TenThousands => 10_000,
        }
    }
}

/// Tells whether all values are whole units; most columns say no after a few of them.
fn are_multiples<T: Value, const UNIT: i64>(values: &[T], null: T) -> bool {
    let is_multiple = |value: i64| value.checked_rem(UNIT).unwrap_or(1) == 0;
    values.iter().all(|&value| is_multiple(value.wide()) || value == null)
}

/// What a distance stands for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Run {
    /// One value.
    One,
    /// Equal values.
    Equal,
    /// Values that go up by one, from the first.
    Steps,
}

impl Run {
    /// What takes the fewest bytes, by the first of the values as they are to lie.
    fn of<T: Value>(values: impl Iterator<Item = T>, width: usize, has_gaps: bool) -> Self {
        let (mut n_values, mut n_equal, mut n_steps) = (0_usize, 0_usize, 0_usize);
        let mut former = None;
        for value in values.take(SAMPLE) {
            n_values = n_values.saturating_add(1);
            n_equal = n_equal.saturating_add((former == Some(value)).into());
            let is_step = former.is_some_and(|former: T| former.is_before(value));
            n_steps = n_steps.saturating_add(is_step.into());
            former = Some(value);
        }
        let (run, n_spared) = if n_equal < n_steps && !has_gaps {
            (Self::Steps, n_steps)
        } else {
            (Self::Equal, n_equal)
        };
        // A run has a length of two bytes, and is to take less than three quarters of its values.
        let n_runs = n_values.saturating_sub(n_spared);
        let of_runs = n_runs.saturating_mul(width.saturating_add(2)).saturating_mul(4);
        if of_runs < n_values.saturating_mul(width).saturating_mul(3) { run } else { Self::One }
    }
}

/// How a sealed column lies.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    /// Bytes of a distance.
    pub(super) width: usize,
    pub(super) has_gaps: bool,
    pub(super) run: Run,
    pub(super) scale: Scale,
    pub(super) least: i64,
}

impl Head {
    fn write(self, out: &mut Vec<u8>) {
        let width = u8::try_from(self.width).unwrap_or(8);
        let gaps = if self.has_gaps { GAPS } else { 0 };
        let run = match self.run {
            Run::One => 0,
            Run::Equal => EQUAL,
            Run::Steps => STEPS,
        };
        out.push(width | gaps | run);
        out.push(match self.scale {
            Scale::Ones => 0,
            Scale::Hundreds => 1,
            Scale::TenThousands => 2,
        });
        out.extend_from_slice(&self.least.to_le_bytes());
    }

    /// Takes the head of a column from the front; none if the file does not have the column.
    pub(super) fn read(sealed: &mut &[u8]) -> Result<Option<Self>> {
        let tag = take(sealed, 1)?.first().copied().ok_or_else(cut_short)?;
        if tag == ABSENT {
            return Ok(None);
        }
        let scale = match take(sealed, 1)? {
            [0] => Scale::Ones,
            [1] => Scale::Hundreds,
            [2] => Scale::TenThousands,
            _ => return Err(cut_short()),
        };
        let least = take(sealed, 8)?.try_into().map_err(|_| cut_short())?;
        Ok(Some(Self {
            width: usize::from(tag & 0x0f),
            has_gaps: tag & GAPS != 0,
            run: match tag & (EQUAL | STEPS) {
                0 => Run::One,
                EQUAL => Run::Equal,
                STEPS => Run::Steps,
                _ => return Err(cut_short()),
            },
            scale,
            least: i64::from_le_bytes(least),
        }))
    }
}

/// How values of a batch are sealed: with their missing one, in bytes that their range needs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Form<T> {
    null: T,
    head: Head,
}

impl<T: Value> Form<T> {
    /// The form that holds all of `values`; `null` is the missing one, the least or the greatest of its
    /// type. `dealt` are the first of them in the order that they are sealed in.
    pub(crate) fn of(values: &[T], null: T, dealt: impl Iterator<Item = T>) -> Self {
        let mut head =
            Head { width: 0, has_gaps: false, run: Run::One, scale: Scale::Ones, least: 0 };
        let (below, above) = T::ENDS;
        let (mut least, mut most) = ends(values.iter().map(|&value| (value, value)), T::ENDS);
        head.has_gaps = !values.is_empty() && (least == null || most == null);
        if head.has_gaps {
            // A choice, not a branch: values are missing at random.
            let found = |&value: &T| if value == null { (above, below) } else { (value, value) };
            (least, most) = ends(values.iter().map(found), T::ENDS);
        }
        let has_gaps = head.has_gaps;
        // Nothing but missing values.
        if (least, most) == (above, below) {
            return Self { null, head };
        }
        head.least = least.wide();
        // Many columns have one value in a whole batch.
        if least == most && !has_gaps {
            return Self { null, head };
        }
        let range = most.wide().wrapping_sub(least.wide()).cast_unsigned();
        let scale = Scale::of(values, null);
        let top = range.checked_div(scale.unit()).unwrap_or(range);
        let Some(top) = top.checked_add(u64::from(has_gaps)) else {
            // The range leaves no room for the missing value: values as they are.
            head = Head { width: 8, has_gaps: false, least: 0, ..head };
            return Self { null, head };
        };
        head = Head { width: bytes_of(top), scale, ..head };
        head.run = Run::of(dealt, head.width, has_gaps);
        Self { null, head }
    }

    /// The form of whole numbers from `least` to `most` without gaps, whose neighbours are to each
    /// other as those of `like`.
    pub(crate) fn between<U: Value>(least: i64, most: i64, null: T, like: &[U]) -> Self {
        let width = bytes_of(most.wrapping_sub(least).cast_unsigned());
        let (has_gaps, run, scale) =
            (false, Run::of(like.iter().copied(), width, false), Scale::Ones);
        Self { null, head: Head { width, has_gaps, run, scale, least } }
    }

    /// Seals some of the values that the form was made of; `scratch` is for its use.
    pub(crate) fn seal(
        &self,
        values: impl ExactSizeIterator<Item = T>,
        scratch: &mut Runs<T>,
        out: &mut Vec<u8>,
    ) {
        self.head.write(out);
        if self.head.width == 0 {
            return;
        }
        match self.head.run {
            Run::One => return self.distances(values, out),
            Run::Equal => scratch.fill(values, |last, value| last == value),
            Run::Steps => scratch.fill(values, T::is_before),
        }
        let (lengths, firsts) = scratch.found();
        out.extend_from_slice(&crate::place::id(firsts.len()).to_le_bytes());
        fill_all(2, lengths.iter().map(|&length| length.into()), out);
        self.distances(firsts.iter().copied(), out);
    }

    fn distances(&self, values: impl ExactSizeIterator<Item = T>, out: &mut Vec<u8>) {
        match (self.head.scale, self.head.has_gaps) {
            (Scale::Ones, false) => self.in_units::<1, false>(values, out),
            (Scale::Ones, true) => self.in_units::<1, true>(values, out),
            (Scale::Hundreds, false) => self.in_units::<100, false>(values, out),
            (Scale::Hundreds, true) => self.in_units::<100, true>(values, out),
            (Scale::TenThousands, false) => self.in_units::<10_000, false>(values, out),
            (Scale::TenThousands, true) => self.in_units::<10_000, true>(values, out),
        }
    }

    /// A unit known here costs a product.
    fn in_units<const UNIT: u64, const GAPS: bool>(
        &self,
        values: impl ExactSizeIterator<Item = T>,
        out: &mut Vec<u8>,
    ) {
        let (least, null) = (self.head.least, self.null);
        let distance = |value: T| {
            let distance = value.wide().wrapping_sub(least).cast_unsigned();
            let distance = distance.checked_div(UNIT).unwrap_or(0);
            match (GAPS, value == null) {
                (false, _) => distance,
                (true, true) => 0,
                (true, false) => distance.wrapping_add(1),
            }
        };
        fill_all(self.head.width, values.map(distance), out);
    }
}

/// The least of some values and the greatest of others; the ends of their type, the other way round,
/// of none.
#[inline]
fn ends<T: Ord + Copy>(values: impl Iterator<Item = (T, T)>, (below, above): (T, T)) -> (T, T) {
    let (mut least, mut most) = (above, below);
    for (low, high) in values {
        (least, most) = (least.min(low), most.max(high));
    }
    (least, most)
}

/// Runs of neighbours.
#[derive(Debug)]
pub(crate) struct Runs<T> {
    n: usize,
    /// Of each run; there is room for as many runs as there were ever values.
    lengths: Vec<u16>,
    /// The first of each run.
    firsts: Vec<T>,
}

impl<T> Default for Runs<T> {
    fn default() -> Self {
        Self { n: 0, lengths: Vec::new(), firsts: Vec::new() }
    }
}

impl<T: Value> Runs<T> {
    /// Finds the runs of some values, none of them longer than 16 bits count.
    fn fill(
        &mut self,
        mut values: impl ExactSizeIterator<Item = T>,
        goes_on: impl Fn(T, T) -> bool,
    ) {
        self.n = 0;
        let most = self.firsts.len().max(values.len());
        self.firsts.resize(most, T::ENDS.0);
        self.lengths.resize(most, 0);
        while let Some(value) = values.next() {
            let (mut first, mut last, mut place, mut length) = (value, value, self.n, 1_u16);
            self.set(place, first, length);
            // What a run has so far is stored with each value: there is no branch to guess.
            for value in values.by_ref().take(usize::from(u16::MAX.wrapping_sub(1))) {
                let is_on = goes_on(last, value);
                place = place.wrapping_add(usize::from(!is_on));
                first = if is_on { first } else { value };
                length = if is_on { length.wrapping_add(1) } else { 1 };
                self.set(place, first, length);
                last = value;
            }
            self.n = place.saturating_add(1);
        }
    }

    #[inline]
    fn set(&mut self, place: usize, first: T, length: u16) {
        if let (Some(to), Some(n)) = (self.firsts.get_mut(place), self.lengths.get_mut(place)) {
            (*to, *n) = (first, length);
        }
    }

    /// Lengths and first values of the runs that were found.
    fn found(&self) -> (&[u16], &[T]) {
        let all = ..self.n;
        (self.lengths.get(all).unwrap_or(&[]), self.firsts.get(all).unwrap_or(&[]))
    }
}

/// Bytes that a number needs.
fn bytes_of(number: u64) -> usize {
    let n_bits = 64_u32.saturating_sub(number.leading_zeros());
    usize::try_from(n_bits.div_ceil(8)).unwrap_or(8)
}

/// Values that tell whether a column has runs.
const SAMPLE: usize = 4096;

/// Writes each distance in so many bytes.
fn fill_all(width: usize, distances: impl ExactSizeIterator<Item = u64>, out: &mut Vec<u8>) {
    let from = out.len();
    let n_bytes = distances.len().saturating_mul(width);
    out.resize(from.saturating_add(n_bytes), 0);
    let room = out.get_mut(from..).unwrap_or(&mut []);
    match width {
        0 => {}
        1 => fill::<1>(room, distances),
        2 => fill::<2>(room, distances),
        3 => fill::<3>(room, distances),
        4 => fill::<4>(room, distances),
        5 => fill::<5>(room, distances),
        6 => fill::<6>(room, distances),
        7 => fill::<7>(room, distances),
        _ => fill::<8>(room, distances),
    }
}

/// Writes the lowest bytes of each distance.
#[inline]
fn fill<const N: usize>(room: &mut [u8], distances: impl Iterator<Item = u64>) {
    let (slots, _) = room.as_chunks_mut::<N>();
    slots.iter_mut().zip(distances).for_each(|(slot, distance)| set_low(slot, distance));
}

/// Writes the lowest bytes of a number, in as few stores as there are powers of two in their number:
/// bytes that are stored alone and read together, or the other way round, hold the processor up.
#[inline]
fn set_low<const N: usize>(slot: &mut [u8; N], mut number: u64) {
    if N == 8 {
        slot.copy_from_slice(&number.to_le_bytes());
        return;
    }
    let (four, rest) = slot.split_at_mut(N & 4);
    let (two, one) = rest.split_at_mut(N & 2);
    if let Some(four) = four.as_mut_array::<4>() {
        let [a, b, c, d, ..] = number.to_le_bytes();
        *four = [a, b, c, d];
        number >>= 32;
    }
    if let Some(two) = two.as_mut_array::<2>() {
        let [a, b, ..] = number.to_le_bytes();
        *two = [a, b];
        number >>= 16;
    }
    if let [one] = one {
        [*one, ..] = number.to_le_bytes();
    }
}

/// Notes a column that the file does not have.
pub(crate) fn seal_absent(out: &mut Vec<u8>) {
    out.push(ABSENT);
}

/// Whether the next column is not in the file.
pub(crate) fn is_absent(sealed: &[u8]) -> bool {
    sealed.first() == Some(&ABSENT)
}

/// Takes `n` bytes from the front.
pub(crate) fn take<'s>(sealed: &mut &'s [u8], n: usize) -> Result<&'s [u8]> {
    let (front, rest) = sealed.split_at_checked(n).ok_or_else(cut_short)?;
    *sealed = rest;
    Ok(front)
}

pub(crate) fn take_u32(sealed: &mut &[u8]) -> Result<u32> {
    let bytes = take(sealed, 4)?;
    Ok(u32::from_le_bytes(bytes.try_into().map_err(|_| cut_short())?))
}
