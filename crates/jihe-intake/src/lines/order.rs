//! Rows of a part in canonical order, sealed: mostly two or three bytes a row or less, and on disk where a
//! run has no memory left for them.

use std::io::Result;

use jihe_terms::NO_CODE;

use crate::lines::seal::{Form, Runs, cut_short};
use crate::lines::sealed::Sealed;
use crate::lines::shelf::Shelf;
use crate::lines::unseal::unseal;

/// Rows in an order.
#[derive(Debug, Default)]
pub(crate) struct Order {
    n_rows: usize,
    sealed: Sealed,
}

impl Order {
    /// Seals rows of a part.
    pub(crate) fn new(shelf: &Shelf, rows: &[u32]) -> Result<Self> {
        let mut bytes = Vec::new();
        let form = Form::of(rows, NO_CODE, rows.iter().copied());
        form.seal(rows.iter().copied(), &mut Runs::default(), &mut bytes);
        let mut sealed = Sealed::from(bytes);
        sealed.make_room(shelf)?;
        Ok(Self { n_rows: rows.len(), sealed })
    }

    /// The number of rows.
    pub(crate) fn len(&self) -> usize {
        self.n_rows
    }

    /// The rows.
    pub(crate) fn rows(&self, file: &Shelf) -> Result<Vec<u32>> {
        let mut rows = Vec::with_capacity(self.n_rows);
        if self.n_rows == 0 {
            return Ok(rows);
        }
        let bytes = self.sealed.bytes(file)?;
        let row = |row: i64| u32::try_from(row).unwrap_or(NO_CODE);
        unseal(&mut &*bytes, self.n_rows, NO_CODE, row, &mut rows)?;
        if rows.len() == self.n_rows { Ok(rows) } else { Err(cut_short()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::{Bound, Room};

    #[test]
    fn rows_come_back_in_their_order_from_memory_and_disk() {
        let tight = Room { of_process: Bound::new(1), ..Room::BOUNDLESS };
        for room in [Room::BOUNDLESS, tight] {
            let shelf = Shelf::new(1, room, std::env::temp_dir());
            let far = [1 << 16, 7, 0xff_ffff];
            for rows in [&[][..], &[3, 0, 65_535], &far, &[1 << 24, 7, u32::MAX]] {
                let order = Order::new(&shelf, rows).unwrap();
                assert_eq!(order.rows(&shelf).unwrap(), rows);
                assert_eq!(order.len(), rows.len());
            }
        }
    }
}
