//! Columns of intermediate values; a vector of length 1 stands for a constant.

/// Unknown, in three-valued logic.
pub(crate) const NULL: u8 = 2;
/// True.
pub(crate) const TRUE: u8 = 1;
/// False.
pub(crate) const FALSE: u8 = 0;

/// A column of one type, with the missing value of its type inside.
#[derive(Clone, Debug)]
pub(crate) enum Vector {
    Bool(Vec<u8>),
    Code(Vec<u32>),
    Number(Vec<i64>),
    Day(Vec<i32>),
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
