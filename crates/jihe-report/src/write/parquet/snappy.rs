//! Pages compressed by Snappy.
//!
//! Its blocks know nothing of each other: each goes through a room that stays in the cache, and what
//! begins a page need not be put in front of its values.

use jihe_frame::varint;
use snap::raw::{Encoder, max_compress_len};

use crate::write::Cause;

/// Bytes of a block.
pub(super) const BLOCK: usize = 1 << 16;

/// An encoder and its room.
pub(super) struct Snappy {
    encoder: Encoder,
    room: Vec<u8>,
}

impl Snappy {
    pub(super) fn new() -> Self {
        Self { encoder: Encoder::new(), room: vec![0; max_compress_len(BLOCK)] }
    }

    /// A page of what begins it, less than a block, and of values.
    pub(super) fn compress(&mut self, mut begin: Vec<u8>, values: &[u8]) -> Result<Vec<u8>, Cause> {
        let n_bytes = begin.len().saturating_add(values.len());
        let mut page = Vec::with_capacity(n_bytes.div_euclid(3).saturating_add(64));
        varint::put(&mut page, u64::try_from(n_bytes)?);
        let n_first = BLOCK.saturating_sub(begin.len()).min(values.len());
        let (first, later) = values.split_at(n_first);
        begin.extend_from_slice(first);
        for block in std::iter::once(&*begin).chain(later.chunks(BLOCK)) {
            let n_coded = self.encoder.compress(block, &mut self.room)?;
            // The encoder tells the length of each block, and a page that of all.
            let n_head = match block.len() {
                ..0x80 => 1,
                0x80..0x4000 => 2,
                0x4000.. => 3,
            };
            page.extend_from_slice(self.room.get(n_head..n_coded).unwrap_or(&[]));
        }
        Ok(page)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_the_same_as_those_that_are_compressed_at_once() {
        let text: Vec<u8> =
            (0..200_000_u32).flat_map(|n| n.wrapping_mul(n / 3).to_le_bytes()).collect();
        for n in [0, 1, 15, 16, 17, 127, 128, 16_383, 16_384, 65_525, 65_526, 131_062, 800_000] {
            let page = [b"levels 123", &text[..n]].concat();
            let expected = Encoder::new().compress_vec(&page).unwrap();
            let coded = Snappy::new().compress(b"levels 123".to_vec(), &text[..n]).unwrap();
            assert_eq!(coded, expected, "{n}");
        }
    }
}
