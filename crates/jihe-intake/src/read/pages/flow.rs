//! The values of a plain page that are left: all that are there, or those of a large page as they are
//! decompressed.
//!
//! A writer may make a page as large as its row group. Such a page is decompressed as its values are taken: nobody
//! holds all of it, and what is taken is still in the cache.

use std::fs::File;
use std::io::{BufReader, Cursor, Read, Take, copy, sink};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use parquet::basic::Compression;
use parquet::errors::Result;
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::reader::{ChunkReader, Length};
use zstd::stream::read::Decoder;

use super::take::width;
use super::{Damaged, Stored, damaged, data_pages};
use crate::place::{at, count};

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
/// Bytes of a page's header that tell its length: three small numbers.
const HEAD: usize = 24;
/// Later pieces may repeat what came so many bytes before (two to the power of it), as in a page as a whole.
const LONGEST_WINDOW: u32 = 31;

type Checked<T> = std::result::Result<T, Damaged>;

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

/// A file of which the header of the page that was read last is known: nobody else tells how long the page is when it
/// is decompressed.
#[derive(Debug)]
pub(super) struct Watched {
    file: Arc<File>,
    head: Arc<Mutex<Vec<u8>>>,
}

impl Watched {
    pub(super) fn new(file: &Arc<File>) -> Self {
        Self { file: Arc::clone(file), head: Arc::default() }
    }

    /// How many bytes the last page has when it is decompressed.
    pub(super) fn n_bytes(&self) -> Checked<usize> {
        let head = self.head.lock().unwrap_or_else(PoisonError::into_inner);
        length_of(&head).ok_or_else(|| damaged("a page does not tell its length"))
    }
}

impl Length for Watched {
    fn len(&self) -> u64 {
        Length::len(&*self.file)
    }
}

impl ChunkReader for Watched {
    type T = Head;

    fn get_read(&self, start: u64) -> Result<Head> {
        let file = self.file.get_read(start)?;
        Ok(Head { file, n_seen: 0, seen: Arc::clone(&self.head) })
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        self.file.get_bytes(start, length)
    }
}

/// Reads a header, of which the first bytes are kept.
#[derive(Debug)]
pub(super) struct Head {
    file: BufReader<File>,
    n_seen: usize,
    seen: Arc<Mutex<Vec<u8>>>,
}

impl Read for Head {
    fn read(&mut self, room: &mut [u8]) -> std::io::Result<usize> {
        let n_read = self.file.read(room)?;
        if self.n_seen < HEAD {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            seen.truncate(self.n_seen);
            let n_kept = n_read.min(HEAD.saturating_sub(self.n_seen));
            seen.extend_from_slice(room.get(..n_kept).unwrap_or(&[]));
            self.n_seen = self.n_seen.saturating_add(n_kept);
        }
        Ok(n_read)
    }
}

/// The second of the numbers that a page's header begins with: what the page has when it is decompressed.
fn length_of(head: &[u8]) -> Option<usize> {
    // A number behind the one of the field before, as Thrift's compact form has it.
    const NEXT_NUMBER: u8 = 0x15;
    let mut head = head.iter().copied();
    let mut numbers = [0_u64; 2];
    for number in &mut numbers {
        (head.next()? == NEXT_NUMBER).then_some(())?;
        for shift in (0..64).step_by(7) {
            let byte = head.next()?;
            *number |= u64::from(byte & 0x7f).checked_shl(shift)?;
            if byte < 0x80 {
                break;
            }
        }
    }
    let [_, length] = numbers;
    // Numbers below 0 are the odd ones.
    (length % 2 == 0).then_some(())?;
    i32::try_from(length.div_euclid(2)).ok().and_then(|length| usize::try_from(length).ok())
}

/// What is left of the values of a plain page.
pub(super) enum Plain {
    Whole(Bytes),
    Flow(Flow),
}

impl Plain {
    /// A compressed page that has so many bytes when it is decompressed.
    pub(super) fn of_zstd(page: Bytes, n_bytes: usize) -> Checked<Self> {
        if n_bytes == 0 {
            return Ok(Self::Whole(Bytes::new()));
        }
        let flow = Flow::new(page, n_bytes)?;
        let is_large = LARGE <= i64::try_from(n_bytes).unwrap_or(i64::MAX);
        if is_large { Ok(Self::Flow(flow)) } else { flow.rest().map(Self::Whole) }
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
    pub(super) fn end(self) -> Checked<()> {
        match self {
            Self::Whole(_) => Ok(()),
            Self::Flow(flow) => flow.end(),
        }
    }
}

/// A page while it is decompressed.
pub(super) struct Flow {
    /// It ends behind the length of the page.
    decoder: Take<Decoder<'static, Cursor<Bytes>>>,
    /// What was decompressed and how much of that was taken.
    bytes: Vec<u8>,
    n_taken: usize,
}

impl Flow {
    /// A page that has so many bytes when it is decompressed.
    fn new(page: Bytes, n_bytes: usize) -> Checked<Self> {
        let mut decoder =
            Decoder::with_buffer(Cursor::new(page)).map_err(|error| no_zstd(&error))?;
        decoder.window_log_max(LONGEST_WINDOW).map_err(|error| no_zstd(&error))?;
        // One more, so that a longer page is seen.
        let decoder = decoder.take(count(n_bytes).saturating_add(1));
        Ok(Self { decoder, bytes: Vec::new(), n_taken: 0 })
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
        self.decoder.read_to_end(&mut self.bytes).map_err(|error| no_zstd(&error))?;
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

    /// Comes to the end of the page, where checksums are.
    fn end(mut self) -> Checked<()> {
        copy(&mut self.decoder, &mut sink()).map_err(|error| no_zstd(&error))?;
        self.check_length()
    }

    fn check_length(&self) -> Checked<()> {
        match self.decoder.limit() {
            1 => Ok(()),
            _ => Err(damaged("a page is not as long as its header says")),
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

    /// A page, and how long its header says that it is.
    fn flow_of(page: &[u8], n_bytes: usize) -> Plain {
        let compressed = zstd::encode_all(page, 1).unwrap();
        Plain::Flow(Flow::new(compressed.into(), n_bytes).unwrap())
    }

    fn flow(page: &[u8]) -> Plain {
        flow_of(page, page.len())
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
        assert!(take_all(Plain::Flow(Flow::new(cut, n_bytes).unwrap()), &lengths, texts).is_none());
        let nonsense = Flow::new(Bytes::from_static(b"no frame of zstd"), n_bytes).unwrap();
        assert!(take_all(Plain::Flow(nonsense), &lengths, texts).is_none());
        // A length that says more than there is takes no room for it.
        let mut page = flow(&[&[0xff; 4][..], &bytes].concat());
        assert!(page.bring(texts, 1).is_err());
        let Plain::Flow(flow) = page else { unreachable!("it was made so") };
        assert!(flow.bytes.capacity() < 8 << 20);
        let nonsense =
            Plain::Flow(Flow::new(Bytes::from_static(b"no frame of zstd"), 1 << 30).unwrap());
        assert!(take_all(nonsense, &lengths, texts).is_none());
    }

    #[test]
    fn a_header_tells_the_length_of_its_page() {
        assert_eq!(length_of(&[0x15, 0x00, 0x15, 0x80, 0x08, 0x15, 0x02]), Some(512));
        assert_eq!(length_of(&[0x15, 0x06, 0x15, 0x00]), Some(0));
        assert_eq!(length_of(&[0x15, 0x06, 0x15, 0xfe, 0xff, 0xff, 0xff, 0x0f]), Some(0x7fff_ffff));
        for odd in [
            &[0x15, 0x06, 0x15, 0x01][..],
            &[0x15, 0x06, 0x15, 0x80, 0x80, 0x80, 0x80, 0x10],
            &[0x15, 0x06, 0x25, 0x02],
            &[0x15, 0x06, 0x15],
            &[],
        ] {
            assert_eq!(length_of(odd), None, "{odd:?}");
        }
    }
}
