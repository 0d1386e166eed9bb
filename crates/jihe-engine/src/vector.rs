//! Columns of intermediate values; a vector of length 1 stands for a constant.

use std::ops::{Deref, DerefMut};

use jihe_terms::{NO_CODE, NO_DAY, NO_NUMBER};

/// Unknown, in three-valued logic.
pub(crate) const NULL: u8 = 2;
/// True.
pub(crate) const TRUE: u8 = 1;
/// False.
pub(crate) const FALSE: u8 = 0;

/// Whether something surely holds of none; a loop without a choice, as mostly it does.
pub(crate) fn holds_of_none(truth: &[u8]) -> bool {
    truth.iter().fold(FALSE, |any, &truth| any | truth) == FALSE
}

/// Some values; a single one, as constants are, takes no room of its own.
#[derive(Clone, Debug)]
pub(crate) enum Values<T> {
    One(T),
    Many(Vec<T>),
}

impl<T> Deref for Values<T> {
    type Target = [T];

    #[inline]
    fn deref(&self) -> &[T] {
        match self {
            Self::One(value) => std::slice::from_ref(value),
            Self::Many(values) => values,
        }
    }
}

impl<T> DerefMut for Values<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut [T] {
        match self {
            Self::One(value) => std::slice::from_mut(value),
            Self::Many(values) => values,
        }
    }
}

impl<T> FromIterator<T> for Values<T> {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        let mut values = values.into_iter();
        if let (1, Some(1)) = values.size_hint()
            && let Some(value) = values.next()
        {
            return Self::One(value);
        }
        Self::Many(values.collect())
    }
}

impl<T> From<Vec<T>> for Values<T> {
    fn from(values: Vec<T>) -> Self {
        Self::Many(values)
    }
}

impl<T: Copy> Values<T> {
    /// So many equal values.
    pub(crate) fn of(value: T, n: usize) -> Self {
        if n == 1 { Self::One(value) } else { Self::Many(vec![value; n]) }
    }

    /// As many values as there are subjects; `missing` where there is none to repeat.
    pub(crate) fn spread(self, n: usize, missing: T) -> Self {
        if self.len() == n { self } else { Self::of(self.first().copied().unwrap_or(missing), n) }
    }
}

/// A column of one type, with the missing value of its type inside.
#[derive(Clone, Debug)]
pub(crate) enum Vector {
    Bool(Values<u8>),
    Code(Values<u32>),
    Number(Values<i64>),
    Day(Values<i32>),
}

/// Values of a slice by row; a slice of one value repeats it.
#[derive(Clone, Copy)]
pub(crate) struct Rows<'a, T> {
    values: &'a [T],
    mask: usize,
}

impl<'a, T: Copy> Rows<'a, T> {
    pub(crate) fn new(values: &'a [T]) -> Self {
        Self { values, mask: if values.len() == 1 { 0 } else { usize::MAX } }
    }

    #[inline]
    pub(crate) fn get(&self, row: usize) -> T {
        self.values[row & self.mask]
    }
}

impl Vector {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Bool(values) => values.len(),
            Self::Code(values) => values.len(),
            Self::Number(values) => values.len(),
            Self::Day(values) => values.len(),
        }
    }

    /// Whether it is the missing value for all.
    pub(crate) fn is_missing(&self) -> bool {
        match self {
            Self::Bool(values) => matches!(values, Values::One(NULL)),
            Self::Code(values) => matches!(values, Values::One(NO_CODE)),
            Self::Number(values) => matches!(values, Values::One(NO_NUMBER)),
            Self::Day(values) => matches!(values, Values::One(NO_DAY)),
        }
    }

    pub(crate) fn bools(&self) -> &[u8] {
        match self {
            Self::Bool(values) => values,
            Self::Code(_) | Self::Number(_) | Self::Day(_) => unreachable_type("truth value"),
        }
    }

    pub(crate) fn codes(&self) -> &[u32] {
        match self {
            Self::Code(values) => values,
            Self::Bool(_) | Self::Number(_) | Self::Day(_) => unreachable_type("code"),
        }
    }

    pub(crate) fn into_bools(self) -> Values<u8> {
        match self {
            Self::Bool(values) => values,
            Self::Code(_) | Self::Number(_) | Self::Day(_) => unreachable_type("truth value"),
        }
    }

    pub(crate) fn into_numbers(self) -> Values<i64> {
        match self {
            Self::Number(values) => values,
            Self::Bool(_) | Self::Code(_) | Self::Day(_) => unreachable_type("number"),
        }
    }

    pub(crate) fn days(&self) -> &[i32] {
        match self {
            Self::Day(values) => values,
            Self::Bool(_) | Self::Code(_) | Self::Number(_) => unreachable_type("day"),
        }
    }

    pub(crate) fn numbers(&self) -> &[i64] {
        match self {
            Self::Number(values) => values,
            Self::Bool(_) | Self::Code(_) | Self::Day(_) => unreachable_type("number"),
        }
    }
}

fn unreachable_type(wanted: &str) -> ! {
    panic!("the checker let an expression through that is no {wanted}")
}
