//! Places in columns: ids are `u32`, slices want `usize`.

/// The place that an id stands for.
#[inline]
pub(crate) fn at(id: u32) -> usize {
    usize::try_from(id).unwrap_or(usize::MAX)
}

/// The id of a place.
///
/// # Panics
///
/// If the place is past what ids hold; tables of that size are refused while they are read.
#[inline]
pub(crate) fn id(place: usize) -> u32 {
    u32::try_from(place).expect("a table has fewer than four thousand million rows")
}

/// A number of rows for counts.
#[inline]
pub(crate) fn count(n_rows: usize) -> u64 {
    u64::try_from(n_rows).unwrap_or(u64::MAX)
}
