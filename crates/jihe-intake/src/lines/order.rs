//! Rows of a part in canonical order, packed: two bytes a row where a part has few, mostly three, and on
//! disk where a run has no memory left for them.

use std::io::Result;

use crate::lines::seal::cut_short;
use crate::lines::shelf::Shelf;

/// Rows in an order.
#[derive(Debug, Default)]
pub(crate) struct Order {
    n_rows: usize,
    /// Bytes of each row.
    width: usize,
    packed: Packed,
}

#[derive(Debug)]
enum Packed {
    Here(Box<[u8]>),
    /// Its place in the file of the shelf.
    Away(u64),
}

impl Default for Packed {
    fn default() -> Self {
        Self::Here(Box::default())
    }
}

impl Order {
    /// Packs rows of a part.
    pub(crate) fn new(shelf: &Shelf, rows: &[u32]) -> Result<Self> {
        let most = rows.iter().copied().max().unwrap_or(0);
        let width = match most {
            0..=0xffff => 2,
            0x1_0000..=0xff_ffff => 3,
            _ => 4,
        };
        let mut bytes = vec![0; rows.len().saturating_mul(width)];
        match width {
            2 => pack::<2>(&mut bytes, rows),
            3 => pack::<3>(&mut bytes, rows),
            _ => pack::<4>(&mut bytes, rows),
        }
        let packed = match shelf.put_away(&bytes, 0)? {
            Some(place) => Packed::Away(place),
            None => Packed::Here(bytes.into()),
        };
        Ok(Self { n_rows: rows.len(), width, packed })
    }

    /// The number of rows.
    pub(crate) fn len(&self) -> usize {
        self.n_rows
    }

    /// The rows.
    pub(crate) fn rows(&self, file: &Shelf) -> Result<Vec<u32>> {
        let brought;
        let bytes = match &self.packed {
            Packed::Here(bytes) => bytes,
            Packed::Away(place) => {
                let n_bytes = self.n_rows.saturating_mul(self.width);
                brought = file.bring_back(*place, n_bytes)?.into();
                &brought
            }
        };
        let rows = match self.width {
            2 => unpacked::<2>(bytes),
            3 => unpacked::<3>(bytes),
            _ => unpacked::<4>(bytes),
        };
        if rows.len() == self.n_rows { Ok(rows) } else { Err(cut_short()) }
    }
}

/// Writes the lowest bytes of each row.
fn pack<const N: usize>(bytes: &mut [u8], rows: &[u32]) {
    for (to, row) in bytes.as_chunks_mut::<N>().0.iter_mut().zip(rows) {
        if let Some(low) = row.to_le_bytes().first_chunk::<N>() {
            *to = *low;
        }
    }
}

/// The rows of so many bytes each.
fn unpacked<const N: usize>(bytes: &[u8]) -> Vec<u32> {
    let row = |low: &[u8; N]| {
        let mut bytes = [0; 4];
        if let Some(to) = bytes.first_chunk_mut::<N>() {
            *to = *low;
        }
        u32::from_le_bytes(bytes)
    };
    bytes.as_chunks::<N>().0.iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::Room;

    #[test]
    fn rows_come_back_in_their_order_from_memory_and_disk() {
        let tight = Room { of_process: Some(1), ..Room::BOUNDLESS };
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
