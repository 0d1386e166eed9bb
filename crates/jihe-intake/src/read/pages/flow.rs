//! The values of a plain page that are left: all that are there, or those of a large page as they are
//! decompressed.
//!
//! A writer may make a page as large as its row group. Such a page is decompressed as its values are taken: nobody
//! holds all of it, and what is taken is still in the cache.

use std::io::{Cursor, Read, Take, copy, sink};

use bytes::Bytes;
use parquet::basic::Compression;
use parquet::file::metadata::ColumnChunkMetaData;
use zstd::stream::read::Decoder;

use super::take::width;
use super::{Damaged, Stored, damaged, data_pages};
use crate::place::at;

/// Bytes of a page that is not decompressed as a whole.
const LARGE: i64 = 4 << 20;
/// Bytes of a page of most writers.
const MOSTLY: i64 = 1 << 20;
/// Bytes that a page takes while it is decompressed piece by piece: what later pieces may repeat, and the
/// values of a batch.
const OF_FLOW: i64 = 6 << 20;
/// Bytes that are decompressed at a time, at least and at most.
const AT_ONCE: usize = 256 << 10;
const MOST_AT_ONCE: usize = 4 << 20;
/// Bytes behind the last value that are passed over.
const MOST_BEHIND: u64 = 4 << 10;

/// Bytes of a page of a column whose pages are large and can be decompressed piece by piece.
pub(super) fn large_page(chunk: &ColumnChunkMetaData) -> Option<i64> {
    let is_zstd = matches!(chunk.compression(), Compression::ZSTD(_));
    let n_bytes = of_page(chunk, chunk.uncompressed_size()).filter(|_| is_zstd)?;
    (LARGE <= n_bytes).then_some(n_bytes)
}

/// Bytes that a page of a column takes while it is read, a large one piece by piece where that can be.
pub(super) fn page_bytes(chunk: &ColumnChunkMetaData) -> i64 {
    let whole = of_page(chunk, chunk.uncompressed_size());
    match large_page(chunk).and_then(|_| of_page(chunk, chunk.compressed_size())) {
        Some(compressed) => compressed.saturating_add(OF_FLOW),
        // Where nobody says how many pages there are, they are as small as most writers make them.
        None => whole.unwrap_or(chunk.uncompressed_size().min(MOSTLY)),
    }
}

/// The share of a page, if the file says how many there are.
fn of_page(chunk: &ColumnChunkMetaData, n_bytes: i64) -> Option<i64> {
    let pages = data_pages(chunk)?.map(|pages| i64::from(pages.count));
    n_bytes.checked_div(pages.fold(0, i64::saturating_add))
}

/// The column as one whose pages come as they are in the file.
pub(super) fn compressed(chunk: &ColumnChunkMetaData) -> Option<ColumnChunkMetaData> {
    chunk.clone().into_builder().set_compression(Compression::UNCOMPRESSED).build().ok()
}

/// What is left of the values of a plain page.
pub(super) enum Plain {
    Whole(Bytes),
    Flow(Flow),
}

impl Plain {
    /// The next `n` values and perhaps some behind them.
    pub(super) fn bring(&mut self, stored: Stored, n: usize) -> Result<&[u8], Damaged> {
        match self {
            Self::Whole(bytes) => Ok(bytes),
            Self::Flow(flow) => flow.bring(stored, n),
        }
    }

    /// The next bytes, taken.
    pub(super) fn take(&mut self, n_bytes: usize) -> Result<Bytes, Damaged> {
        match self {
            Self::Whole(bytes) if n_bytes <= bytes.len() => Ok(bytes.split_to(n_bytes)),
            Self::Whole(_) => Err(damaged("levels are cut short")),
            Self::Flow(flow) => flow.take(n_bytes),
        }
    }

    /// All that is left.
    pub(super) fn rest(self) -> Result<Bytes, Damaged> {
        match self {
            Self::Whole(bytes) => Ok(bytes),
            Self::Flow(flow) => flow.rest(),
        }
    }

    /// Passes over bytes that are there.
    pub(super) fn pass(&mut self, n_bytes: usize) -> Result<(), Damaged> {
        match self {
            Self::Whole(bytes) if n_bytes <= bytes.len() => {
                let _ = bytes.split_to(n_bytes);
                Ok(())
            }
            Self::Flow(flow) if n_bytes <= flow.left().len() => {
                flow.n_taken = flow.n_taken.saturating_add(n_bytes);
                Ok(())
            }
            Self::Whole(_) | Self::Flow(_) => Err(damaged("a page is cut short")),
        }
    }

    /// Ends a page of which all values were taken.
    pub(super) fn end(self) -> Result<(), Damaged> {
        match self {
            Self::Whole(_) => Ok(()),
            Self::Flow(flow) => flow.end(),
        }
    }
}

/// A page while it is decompressed.
pub(super) struct Flow {
    /// It ends where no page of its column is longer.
    decoder: Take<Decoder<'static, Cursor<Bytes>>>,
    /// What was decompressed and how much of that was taken.
    bytes: Vec<u8>,
    n_taken: usize,
}

impl Flow {
    /// A page of no more than `most` bytes.
    pub(super) fn new(page: Bytes, most: i64) -> Result<Self, Damaged> {
        let decoder = Decoder::with_buffer(Cursor::new(page)).map_err(|error| no_zstd(&error))?;
        let most = u64::try_from(most).unwrap_or(0).saturating_add(1);
        Ok(Self { decoder: decoder.take(most), bytes: Vec::new(), n_taken: 0 })
    }

    /// The next bytes, taken.
    pub(super) fn take(&mut self, n_bytes: usize) -> Result<Bytes, Damaged> {
        self.begin();
        self.reach(n_bytes)?;
        self.n_taken = n_bytes;
        Ok(Bytes::copy_from_slice(self.bytes.get(..n_bytes).unwrap_or(&[])))
    }

    /// All that is left.
    pub(super) fn rest(mut self) -> Result<Bytes, Damaged> {
        self.begin();
        self.decoder.read_to_end(&mut self.bytes).map_err(|error| no_zstd(&error))?;
        self.end_behind()?;
        Ok(Bytes::from(self.bytes))
    }

    fn left(&self) -> &[u8] {
        self.bytes.get(self.n_taken..).unwrap_or(&[])
    }

    /// Gives up what was taken.
    fn begin(&mut self) {
        self.bytes.drain(..self.n_taken);
        self.n_taken = 0;
    }

    fn bring(&mut self, stored: Stored, n: usize) -> Result<&[u8], Damaged> {
        self.begin();
        if let Some(width) = width(stored) {
            self.reach(n.saturating_mul(width))?;
            return Ok(&self.bytes);
        }
        let mut end = 0_usize;
        for _ in 0..n {
            let text = end.saturating_add(4);
            self.reach(text)?;
            let length = self.bytes.get(end..text).and_then(|length| length.try_into().ok());
            end = text.saturating_add(length.map_or(0, |length| at(u32::from_le_bytes(length))));
        }
        self.reach(end)?;
        Ok(&self.bytes)
    }

    /// Decompresses until so many bytes are there.
    #[inline]
    fn reach(&mut self, n_bytes: usize) -> Result<(), Damaged> {
        if n_bytes <= self.bytes.len() { Ok(()) } else { self.read_to(n_bytes) }
    }

    fn read_to(&mut self, n_bytes: usize) -> Result<(), Damaged> {
        let mut end = self.bytes.len();
        while end < n_bytes {
            // A page that is damaged may ask for more than it has.
            let n_more = n_bytes.saturating_sub(end).clamp(AT_ONCE, MOST_AT_ONCE);
            self.bytes.resize(end.saturating_add(n_more), 0);
            let first = end;
            while let Some(room) = self.bytes.get_mut(end..).filter(|room| !room.is_empty()) {
                match self.decoder.read(room).map_err(|error| no_zstd(&error))? {
                    0 => break,
                    n_read => end = end.saturating_add(n_read),
                }
            }
            self.bytes.truncate(end);
            if end < first.saturating_add(n_more) && end < n_bytes {
                return Err(damaged("a page is cut short"));
            }
        }
        Ok(())
    }

    fn end(mut self) -> Result<(), Damaged> {
        self.end_behind()
    }

    /// Comes to the end of the page, where checksums are.
    fn end_behind(&mut self) -> Result<(), Damaged> {
        let mut behind = self.decoder.by_ref().take(MOST_BEHIND);
        let n_behind = copy(&mut behind, &mut sink()).map_err(|error| no_zstd(&error))?;
        if n_behind < MOST_BEHIND {
            Ok(())
        } else {
            Err(damaged("a page goes on behind its values"))
        }
    }
}

fn no_zstd(error: &std::io::Error) -> Damaged {
    Damaged(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::super::take::pass_over;
    use super::*;

    /// Texts of a plain page, and how many bytes each takes.
    fn page() -> (Vec<u8>, Vec<usize>) {
        let (mut bytes, mut lengths) = (Vec::new(), Vec::new());
        for n in 0..90_000_usize {
            let text = n.wrapping_mul(7919).to_string().repeat(n % 4);
            let length = u32::try_from(text.len()).unwrap();
            let value = [&length.to_le_bytes()[..], text.as_bytes()].concat();
            bytes.extend_from_slice(&value);
            lengths.push(value.len());
        }
        (bytes, lengths)
    }

    fn flow(page: &[u8]) -> Plain {
        let compressed = zstd::encode_all(page, 1).unwrap();
        Plain::Flow(Flow::new(compressed.into(), 1 << 30).unwrap())
    }

    /// Takes all values, some at a time.
    fn take_all(mut page: Plain, lengths: &[usize], stored: Stored) -> Option<Vec<u8>> {
        let mut all = Vec::new();
        for some in lengths.chunks(4_001) {
            let n_bytes: usize = some.iter().sum();
            let bytes = page.bring(stored, some.len()).ok()?;
            all.extend_from_slice(&bytes[..n_bytes.min(bytes.len())]);
            if let Plain::Flow(flow) = &page {
                assert!(flow.bytes.len() < 600_000, "a large page is there as a whole");
            }
            page.pass(n_bytes).ok()?;
        }
        page.end().ok().map(|()| all)
    }

    #[test]
    fn a_page_piece_by_piece_has_the_values_of_the_whole() {
        let (bytes, lengths) = page();
        let texts = Stored::Texts { utf8: true };
        assert_eq!(take_all(flow(&bytes), &lengths, texts).unwrap(), bytes);
        assert_eq!(take_all(Plain::Whole(bytes.clone().into()), &lengths, texts).unwrap(), bytes);
        let eights = vec![8; bytes.len() / 8];
        let n_bytes = eights.len() * 8;
        let numbers =
            Stored::Fixed(8, crate::values::Unit::of(&arrow_schema::DataType::Int64).unwrap());
        let taken = take_all(flow(&bytes[..n_bytes]), &eights, numbers).unwrap();
        assert_eq!(taken, bytes[..n_bytes]);
        assert_eq!(flow(&bytes).rest().unwrap(), bytes);
        let mut page = flow(&bytes);
        pass_over(texts, &mut page, 70_000).unwrap();
        let n_passed: usize = lengths[..70_000].iter().sum();
        assert_eq!(take_all(page, &lengths[70_000..], texts).unwrap(), bytes[n_passed..]);
        let mut page = flow(&bytes);
        assert_eq!(page.take(1_000).unwrap(), bytes[..1_000]);
        assert_eq!(page.rest().unwrap(), bytes[1_000..]);
    }

    #[test]
    fn a_page_that_is_cut_or_goes_on_is_damaged() {
        let (bytes, lengths) = page();
        let texts = Stored::Texts { utf8: true };
        assert!(take_all(flow(&bytes[..bytes.len() - 1]), &lengths, texts).is_none());
        assert!(take_all(flow(&bytes.repeat(2)), &lengths, texts).is_none());
        let compressed = zstd::encode_all(&bytes[..], 1).unwrap();
        let cut = Bytes::from(compressed).split_to(100_000);
        assert!(take_all(Plain::Flow(Flow::new(cut, 1 << 30).unwrap()), &lengths, texts).is_none());
        // No page is longer than its column, whatever its frame says.
        let compressed = zstd::encode_all(&bytes[..], 1).unwrap();
        let longer = Plain::Flow(Flow::new(compressed.into(), 700_000).unwrap());
        assert!(take_all(longer, &lengths, texts).is_none());
        // A length that says more than there is takes no room for it.
        let mut page = flow(&[&[0xff; 4][..], &bytes].concat());
        assert!(page.bring(texts, 1).is_err());
        let Plain::Flow(flow) = page else { unreachable!("it was made so") };
        assert!(flow.bytes.capacity() < 8 << 20);
        let nonsense =
            Plain::Flow(Flow::new(Bytes::from_static(b"no frame of zstd"), 1 << 30).unwrap());
        assert!(take_all(nonsense, &lengths, texts).is_none());
    }
}
