//! The bytes of a page that are left: all that are there, or those of a large page as they are read and decompressed.
//!
//! A writer may make a page as large as its row group. Such a page is read and decompressed as its values are taken:
//! nobody holds all of it, and what is taken is still in the cache.

use std::fs::File;
use std::io::{Read, Take, copy, sink};

use bytes::{Buf, Bytes};
use parquet::file::metadata::{ColumnChunkMetaData, RowGroupMetaData};

use super::source::{Codec, Raw, first_page, is_large, unread};
use super::take::width;
use super::{Checked, Stored, damaged, data_pages};
use crate::place::{at, count};

/// Columns of so many bytes are not asked for the size of their pages.
const SMALL: i64 = 1 << 20;
/// Bytes that a page takes while it is read piece by piece: what later pieces may repeat, and the values of a batch.
const OF_FLOW: i64 = 2 << 20;
/// The same of zstd, of which later pieces may repeat much.
const OF_ZSTD: i64 = 6 << 20;
/// Bytes that are decompressed at a time, at least and at most.
const AT_ONCE: usize = 256 << 10;
const MOST_AT_ONCE: usize = 4 << 20;
/// Bytes of a page that are made room for at once.
const MOST_RESERVED: usize = 128 << 20;

/// How large a page of each column of a row group is.
#[derive(Clone, Debug, Default)]
pub(crate) struct PageSizes(Vec<i64>);

impl PageSizes {
    /// By what the file says, else by the first page.
    pub(crate) fn of(file: &File, group: &RowGroupMetaData) -> Self {
        Self(group.columns().iter().map(|chunk| page_size(file, chunk)).collect())
    }

    fn columns<'a>(
        &'a self,
        group: &'a RowGroupMetaData,
    ) -> impl Iterator<Item = (&'a ColumnChunkMetaData, i64)> {
        group.columns().iter().zip(self.0.iter().copied())
    }

    /// Whether no more than a quarter of a group would be read twice where it is cut: a page of each column.
    pub(crate) fn may_split(&self, group: &RowGroupMetaData) -> bool {
        let all = group.columns().iter().map(|chunk| chunk.uncompressed_size().max(0));
        let all = all.fold(0, i64::saturating_add);
        self.0.iter().copied().fold(0, i64::saturating_add) <= all.div_euclid(4)
    }

    /// The codec of a column whose pages are large, and can be read piece by piece.
    pub(super) fn large(&self, place: usize, chunk: &ColumnChunkMetaData) -> Option<Codec> {
        self.0.get(place).and_then(|&size| large(chunk, size))
    }

    /// Bytes of the large pages that need not be in memory as a whole: a page of each column.
    pub(crate) fn large_pages(&self, group: &RowGroupMetaData) -> u64 {
        sum(self
            .columns(group)
            .filter(|&(chunk, size)| large(chunk, size).is_some())
            .map(|it| it.1))
    }

    /// Bytes that a page of each column takes while it is read, a large one piece by piece where that can be.
    pub(crate) fn page_bytes(&self, group: &RowGroupMetaData) -> u64 {
        sum(self.columns(group).map(|(chunk, size)| match large(chunk, size) {
            Some(Codec::Zstd) => OF_ZSTD,
            Some(_) => OF_FLOW,
            None => size,
        }))
    }
}

fn sum(sizes: impl Iterator<Item = i64>) -> u64 {
    sizes.filter_map(|n_bytes| u64::try_from(n_bytes).ok()).fold(0, u64::saturating_add)
}

fn large(chunk: &ColumnChunkMetaData, size: i64) -> Option<Codec> {
    Codec::of(chunk).filter(|_| usize::try_from(size).is_ok_and(is_large))
}

/// Bytes of a page of a column: its share, if the file says how many there are, else those of the first.
fn page_size(file: &File, chunk: &ColumnChunkMetaData) -> i64 {
    let whole = chunk.uncompressed_size().max(0);
    let n_pages = data_pages(chunk);
    let n_pages =
        n_pages.map(|pages| pages.map(|it| i64::from(it.count)).fold(0, i64::saturating_add));
    match n_pages {
        Some(n_pages) => whole.div_euclid(n_pages.max(1)),
        None if whole < SMALL => whole,
        None => first_page(file, chunk).map_or(whole, |size| size.min(whole)),
    }
}

/// What remains of a page.
pub(super) enum Remains {
    Whole(Bytes),
    Flow(Flow),
}

impl Remains {
    /// A page as it is stored that has so many bytes when it is decompressed.
    pub(super) fn of(codec: Codec, raw: Raw, n_bytes: usize) -> Checked<Self> {
        // What is not compressed is all that is stored.
        let n_bytes = if codec == Codec::Plain { raw.len() } else { n_bytes };
        if n_bytes == 0 {
            return Ok(Self::Whole(Bytes::new()));
        }
        let flow = Flow::new(codec, raw, n_bytes)?;
        if is_large(n_bytes) { Ok(Self::Flow(flow)) } else { flow.rest().map(Self::Whole) }
    }

    /// The same, however small it is.
    #[cfg(test)]
    pub(super) fn of_flow(codec: Codec, raw: Raw, n_bytes: usize) -> Checked<Self> {
        Flow::new(codec, raw, n_bytes).map(Self::Flow)
    }

    /// The bytes that are left, at least so many of them unless the page ends before.
    pub(super) fn peek(&mut self, n_bytes: usize) -> Checked<&[u8]> {
        match self {
            Self::Whole(bytes) => Ok(bytes),
            Self::Flow(flow) => flow.peek(n_bytes),
        }
    }

    /// The next `n` values and perhaps some behind them.
    pub(super) fn bring(&mut self, stored: Stored, n: usize) -> Checked<&[u8]> {
        match self {
            Self::Whole(bytes) => Ok(bytes),
            Self::Flow(flow) => flow.bring(stored, n),
        }
    }

    /// The next bytes, taken.
    pub(super) fn take(&mut self, n_bytes: usize) -> Checked<Bytes> {
        match self {
            Self::Whole(bytes) if n_bytes <= bytes.len() => Ok(bytes.split_to(n_bytes)),
            Self::Whole(_) => Err(damaged("levels are cut short")),
            Self::Flow(flow) => flow.take(n_bytes),
        }
    }

    /// All that is left.
    pub(super) fn rest(self) -> Checked<Bytes> {
        match self {
            Self::Whole(bytes) => Ok(bytes),
            Self::Flow(flow) => flow.rest(),
        }
    }

    /// Passes over bytes that are there.
    pub(super) fn pass(&mut self, n_bytes: usize) -> Checked<()> {
        match self {
            Self::Whole(bytes) if n_bytes <= bytes.len() => {
                bytes.advance(n_bytes);
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
    pub(super) fn end(self) -> Checked<()> {
        match self {
            Self::Whole(_) => Ok(()),
            Self::Flow(flow) => flow.end(),
        }
    }
}

/// A page while it is read.
pub(super) struct Flow {
    /// It ends behind the length of the page.
    decoder: Take<Box<dyn Read + Send>>,
    /// What was decompressed and how much of that was taken.
    bytes: Vec<u8>,
    n_taken: usize,
}

impl Flow {
    /// A page that has so many bytes when it is decompressed.
    fn new(codec: Codec, raw: Raw, n_bytes: usize) -> Checked<Self> {
        // One more, so that a longer page is seen.
        let decoder = codec.open(raw)?.take(count(n_bytes).saturating_add(1));
        Ok(Self { decoder, bytes: Vec::new(), n_taken: 0 })
    }

    /// The bytes that are left, at least so many of them unless the page ends before.
    fn peek(&mut self, n_bytes: usize) -> Checked<&[u8]> {
        if self.left().len() < n_bytes {
            self.begin();
            self.fill(n_bytes)?;
        }
        Ok(self.left())
    }

    /// The next bytes, taken.
    fn take(&mut self, n_bytes: usize) -> Checked<Bytes> {
        self.begin();
        self.reach(n_bytes)?;
        self.n_taken = n_bytes;
        Ok(Bytes::copy_from_slice(self.bytes.get(..n_bytes).unwrap_or(&[])))
    }

    /// All that is left.
    fn rest(mut self) -> Checked<Bytes> {
        self.begin();
        // Room for a page that is there, however much a damaged one says that it has.
        let n_left = usize::try_from(self.decoder.limit()).unwrap_or(usize::MAX);
        self.bytes.reserve_exact(n_left.min(MOST_RESERVED));
        self.decoder.read_to_end(&mut self.bytes).map_err(|error| unread(&error))?;
        self.check_length()?;
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

    fn bring(&mut self, stored: Stored, n: usize) -> Checked<&[u8]> {
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
    fn reach(&mut self, n_bytes: usize) -> Checked<()> {
        if n_bytes <= self.bytes.len() { Ok(()) } else { self.read_to(n_bytes) }
    }

    fn read_to(&mut self, n_bytes: usize) -> Checked<()> {
        self.fill(n_bytes)?;
        if self.bytes.len() < n_bytes { Err(damaged("a page is cut short")) } else { Ok(()) }
    }

    /// Decompresses until so many bytes are there, or the page ends.
    fn fill(&mut self, n_bytes: usize) -> Checked<()> {
        let mut end = self.bytes.len();
        while end < n_bytes {
            // A page that is damaged may ask for more than it has.
            let n_more = n_bytes.saturating_sub(end).clamp(AT_ONCE, MOST_AT_ONCE);
            self.bytes.resize(end.saturating_add(n_more), 0);
            let first = end;
            while let Some(room) = self.bytes.get_mut(end..).filter(|room| !room.is_empty()) {
                match self.decoder.read(room).map_err(|error| unread(&error))? {
                    0 => break,
                    n_read => end = end.saturating_add(n_read),
                }
            }
            self.bytes.truncate(end);
            if end < first.saturating_add(n_more) {
                break;
            }
        }
        Ok(())
    }

    /// Comes to the end of the page, where checksums are.
    fn end(mut self) -> Checked<()> {
        copy(&mut self.decoder, &mut sink()).map_err(|error| unread(&error))?;
        self.check_length()
    }

    fn check_length(&self) -> Checked<()> {
        match self.decoder.limit() {
            1 => Ok(()),
            _ => Err(damaged("a page is not as long as its header says")),
        }
    }
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

    /// What is stored of a page, and how long its header says that it is.
    fn stored(codec: Codec, page: impl Into<Bytes>, n_bytes: usize) -> Remains {
        Remains::of_flow(codec, Raw::Whole(page.into()), n_bytes).unwrap()
    }

    fn flow_of(page: &[u8], n_bytes: usize) -> Remains {
        stored(Codec::Zstd, zstd::encode_all(page, 1).unwrap(), n_bytes)
    }

    fn flow(page: &[u8]) -> Remains {
        flow_of(page, page.len())
    }

    /// Takes all values, some at a time.
    fn take_all(mut page: Remains, lengths: &[usize], stored: Stored) -> Option<Vec<u8>> {
        let mut all = Vec::new();
        for some in lengths.chunks(4_001) {
            let n_bytes: usize = some.iter().sum();
            let bytes = page.bring(stored, some.len()).ok()?;
            all.extend_from_slice(&bytes[..n_bytes.min(bytes.len())]);
            if let Remains::Flow(flow) = &page {
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
        assert_eq!(take_all(Remains::Whole(bytes.clone().into()), &lengths, texts).unwrap(), bytes);
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
        let n_bytes = bytes.len();
        assert!(take_all(flow(&bytes[..n_bytes - 1]), &lengths, texts).is_none());
        for told in [n_bytes - 1, n_bytes + 1, 700_000, 1 << 30] {
            assert!(take_all(flow_of(&bytes, told), &lengths, texts).is_none(), "{told}");
            assert!(flow_of(&bytes, told).rest().is_err(), "{told}");
        }
        // What stands behind the values is no fault if the header tells of it.
        assert!(take_all(flow(&bytes.repeat(2)), &lengths, texts).is_some());
        assert!(take_all(flow_of(&bytes.repeat(2), n_bytes), &lengths, texts).is_none());
        let compressed = zstd::encode_all(&bytes[..], 1).unwrap();
        let cut = Bytes::from(compressed).split_to(100_000);
        assert!(take_all(stored(Codec::Zstd, cut, n_bytes), &lengths, texts).is_none());
        // A length that says more than there is takes no room for it.
        let mut page = flow(&[&[0xff; 4][..], &bytes].concat());
        assert!(page.bring(texts, 1).is_err());
        let Remains::Flow(flow) = page else { unreachable!("it was made so") };
        assert!(flow.bytes.capacity() < 8 << 20);
        for codec in [Codec::Plain, Codec::Zstd, Codec::Snappy, Codec::Lz4, Codec::Gzip] {
            for told in [n_bytes, 1 << 30] {
                let nonsense = stored(codec, &b"\x90\x03no block of any kind"[..], told);
                assert!(take_all(nonsense, &lengths, texts).is_none(), "{codec:?} {told}");
            }
        }
    }

    #[test]
    fn a_page_that_lies_in_its_file_is_taken_from_there() {
        let (bytes, lengths) = page();
        let texts = Stored::Texts { utf8: true };
        let snappy = snap::raw::Encoder::new().compress_vec(&bytes).unwrap();
        for (codec, page) in [(Codec::Plain, &bytes), (Codec::Snappy, &snappy)] {
            let mut file = tempfile::tempfile().unwrap();
            let all = [b"before", &page[..], b"behind"].concat();
            std::io::Write::write_all(&mut file, &all).unwrap();
            let file = std::sync::Arc::new(file);
            let until = count(page.len()) + 6;
            let piece = |until| Raw::Piece(std::sync::Arc::clone(&file), 6, until);
            let of = |until| Remains::of_flow(codec, piece(until), bytes.len()).unwrap();
            assert_eq!(take_all(of(until), &lengths, texts).unwrap(), bytes, "{codec:?}");
            assert!(take_all(of(until - 1), &lengths, texts).is_none(), "{codec:?}");
            assert!(take_all(of(until + 6), &lengths, texts).is_none(), "{codec:?}");
            let mut levels = piece(until);
            assert_eq!(levels.split_to(3).unwrap(), page[..3]);
            assert!(levels.split_to(page.len()).is_err());
        }
    }
}
