//! Where the bytes of a page come from: memory, or its file piece by piece; and what decompresses them as they are
//! asked for.

use std::fs::File;
use std::io::{BufReader, Read};
use std::os::unix::fs::FileExt;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::{Buf, Bytes};
use flate2::read::MultiGzDecoder;
use parquet::basic::Compression;
use parquet::errors::Result;
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::reader::{ChunkReader, Length};
use zstd::stream::read::Decoder;

use super::window::{Format, Window};
use super::{Checked, Damaged, damaged};
use crate::place::{at, count};

/// Whether a page of so many bytes does not come as a whole.
pub(super) fn is_large(n_bytes: usize) -> bool {
    const LARGE: usize = 4 << 20;
    LARGE <= n_bytes
}

/// Bytes of a page's header that tell its lengths and whether it has a checksum: four small numbers.
const HEAD: usize = 32;
/// Later pieces of zstd may repeat what came so many bytes before (two to the power of it), as in a page as a whole.
const LONGEST_WINDOW: u32 = 31;

/// How the pages of a column are compressed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Codec {
    Plain,
    Zstd,
    Snappy,
    Lz4,
    Gzip,
}

impl Codec {
    /// Of a column whose pages can be decompressed piece by piece.
    pub(super) fn of(chunk: &ColumnChunkMetaData) -> Option<Self> {
        match chunk.compression() {
            Compression::UNCOMPRESSED => Some(Self::Plain),
            Compression::ZSTD(_) => Some(Self::Zstd),
            Compression::SNAPPY => Some(Self::Snappy),
            Compression::LZ4_RAW => Some(Self::Lz4),
            Compression::GZIP(_) => Some(Self::Gzip),
            Compression::LZ4 | Compression::LZO | Compression::BROTLI(_) => None,
        }
    }

    /// Decompresses bytes as they are asked for.
    pub(super) fn open(self, raw: Raw) -> Checked<Box<dyn Read + Send>> {
        Ok(match self {
            Self::Plain => Box::new(raw),
            Self::Zstd => {
                let mut decoder = Decoder::new(raw).map_err(|error| unread(&error))?;
                decoder.window_log_max(LONGEST_WINDOW).map_err(|error| unread(&error))?;
                Box::new(decoder)
            }
            Self::Snappy => Box::new(Window::new(raw, Format::Snappy)),
            Self::Lz4 => Box::new(Window::new(raw, Format::Lz4)),
            Self::Gzip => Box::new(MultiGzDecoder::new(raw)),
        })
    }
}

pub(super) fn unread(error: &std::io::Error) -> Damaged {
    Damaged(error.to_string())
}

/// The bytes of a page as they are in the file.
#[derive(Clone, Debug)]
pub(super) enum Raw {
    Whole(Bytes),
    /// Some bytes of a file, from one place to another.
    Piece(Arc<File>, u64, u64),
}

impl Raw {
    /// How many bytes are left.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Whole(bytes) => bytes.len(),
            Self::Piece(_, from, until) => {
                usize::try_from(until.saturating_sub(*from)).unwrap_or(usize::MAX)
            }
        }
    }

    /// The next bytes, taken.
    pub(super) fn split_to(&mut self, n_bytes: usize) -> Checked<Bytes> {
        match self {
            Self::Whole(bytes) if n_bytes <= bytes.len() => Ok(bytes.split_to(n_bytes)),
            Self::Piece(..) if n_bytes <= self.len() => {
                let mut bytes = vec![0; n_bytes];
                self.read_exact(&mut bytes).map_err(|error| unread(&error))?;
                Ok(bytes.into())
            }
            Self::Whole(_) | Self::Piece(..) => Err(damaged("levels are cut short")),
        }
    }
}

impl Read for Raw {
    fn read(&mut self, room: &mut [u8]) -> std::io::Result<usize> {
        let n_asked = room.len().min(self.len());
        let room = room.get_mut(..n_asked).unwrap_or(&mut []);
        match self {
            Self::Whole(bytes) => {
                bytes.copy_to_slice(room);
                Ok(n_asked)
            }
            Self::Piece(file, from, _) => {
                let n_read = file.read_at(room, *from)?;
                *from = from.saturating_add(count(n_read));
                Ok(n_read)
            }
        }
    }
}

/// The column as one whose pages come as they are in the file.
pub(super) fn as_stored(chunk: &ColumnChunkMetaData) -> Option<ColumnChunkMetaData> {
    chunk.clone().into_builder().set_compression(Compression::UNCOMPRESSED).build().ok()
}

/// A file of which the page that was read last is known: how long it is when it is decompressed, which nobody else
/// tells, and where it is, if it is large and has to be read yet.
#[derive(Debug)]
pub(super) struct Watched {
    file: Arc<File>,
    codec: Codec,
    head: Arc<Mutex<Vec<u8>>>,
    place: Mutex<Option<(u64, u64)>>,
}

impl Watched {
    pub(super) fn new(file: &Arc<File>, codec: Codec) -> Self {
        Self { file: Arc::clone(file), codec, head: Arc::default(), place: Mutex::default() }
    }

    /// What decompresses the last page, and how many bytes it has then; `bytes` are those that came of it.
    pub(super) fn page(&self, bytes: Bytes) -> Checked<(Codec, Raw, usize)> {
        let head = self.head.lock().unwrap_or_else(PoisonError::into_inner);
        let head = Header::of(&head).ok_or_else(|| damaged("a page does not tell its length"))?;
        let raw = match self.place.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some((from, until)) => Raw::Piece(Arc::clone(&self.file), from, until),
            None => Raw::Whole(bytes),
        };
        Ok((self.codec, raw, head.n_bytes))
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

    /// A page; nothing of a large one, which is read when its values are taken. What has a checksum comes as a whole.
    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        let head = self.head.lock().unwrap_or_else(PoisonError::into_inner);
        let head = Header::of(&head).filter(|head| !head.has_checksum);
        let n_bytes = head.map_or(0, |head| head.n_bytes.max(length));
        let end = start.saturating_add(count(length));
        let is_there = end <= Length::len(self);
        let place = (is_large(n_bytes) && is_there).then_some((start, end));
        *self.place.lock().unwrap_or_else(PoisonError::into_inner) = place;
        if place.is_some() { Ok(Bytes::new()) } else { self.file.get_bytes(start, length) }
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

/// Bytes of the first data page of a column when it is decompressed, if its header can be read.
pub(super) fn first_page(file: &File, chunk: &ColumnChunkMetaData) -> Option<i64> {
    let mut head = [0; HEAD];
    let n_read = file.read_at(&mut head, u64::try_from(chunk.data_page_offset()).ok()?).ok()?;
    i64::try_from(Header::of(head.get(..n_read)?)?.n_bytes).ok()
}

/// What a page's header says first.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Header {
    /// What the page has when it is decompressed.
    n_bytes: usize,
    has_checksum: bool,
}

impl Header {
    fn of(head: &[u8]) -> Option<Self> {
        // A number behind the one of the field before, as Thrift's compact form has it.
        const NEXT_NUMBER: u8 = 0x15;
        let mut head = head.iter().copied();
        // The kind of the page, its length and that of what is stored of it.
        let mut numbers = [0_u64; 3];
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
        let [_, length, _] = numbers;
        // Numbers below 0 are the odd ones.
        (length % 2 == 0).then_some(())?;
        let n_bytes = i32::try_from(length.div_euclid(2)).ok().map(i32::unsigned_abs)?;
        Some(Self { n_bytes: at(n_bytes), has_checksum: head.next()? == NEXT_NUMBER })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_tells_the_length_of_its_page_and_whether_it_has_a_checksum() {
        let of = |n_bytes, has_checksum| Some(Header { n_bytes, has_checksum });
        let small = [0x15, 0x00, 0x15, 0x80, 0x08, 0x15, 0x02, 0x2c];
        assert_eq!(Header::of(&small), of(512, false));
        assert_eq!(Header::of(&[0x15, 0x06, 0x15, 0x00, 0x15, 0x00, 0x15, 0x01]), of(0, true));
        let most = [0x15, 0x06, 0x15, 0xfe, 0xff, 0xff, 0xff, 0x0f, 0x15, 0x02, 0x2c];
        assert_eq!(Header::of(&most), of(0x7fff_ffff, false));
        for odd in [
            &[0x15, 0x06, 0x15, 0x01, 0x15, 0x02, 0x2c][..],
            &[0x15, 0x06, 0x15, 0x80, 0x80, 0x80, 0x80, 0x10, 0x15, 0x02, 0x2c],
            &[0x15, 0x06, 0x25, 0x02, 0x15, 0x02, 0x2c],
            &[0x15, 0x06, 0x15, 0x02, 0x15],
            &[0x15, 0x06, 0x15],
            &[],
        ] {
            assert_eq!(Header::of(odd), None, "{odd:?}");
        }
    }
}
