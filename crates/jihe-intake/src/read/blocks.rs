//! A text file as blocks of whole records in UTF-8, hashed as it is read. Bytes that are no character in the
//! encoding of the file are none in UTF-8 either, so that their record is known.

use std::fs::File;
use std::io::Read;

use encoding_rs::{Decoder, DecoderResult, GB18030};
use jihe_frame::{Profile, timed};

use crate::error::IntakeError;
use crate::options::Encoding;
use crate::place::count;
use crate::read::folder::Shard;
use crate::read::record::{self, Endless};
use crate::words::Marks;

/// Reads a file block by block.
pub(crate) struct Blocks<'a> {
    shard: &'a Shard,
    file: File,
    hasher: blake3::Hasher,
    decoder: Option<Decoder>,
    /// Bytes before they are decoded.
    raw: Vec<u8>,
    /// The beginning of a record that goes on behind the last block.
    carry: Vec<u8>,
    /// Blocks that were given back.
    spare: Vec<Vec<u8>>,
    block_bytes: usize,
    is_first: bool,
    is_done: bool,
    n_lines: u64,
    n_bytes: u64,
    profile: Option<&'a Profile>,
}

/// The encoding that a file is read in: a file whose head is surely UTF-8 stays UTF-8, whatever was said
/// of its neighbours (a month in GB18030 may lie beside a reference in UTF-8).
pub(crate) fn encoding_of(shard: &Shard, asked: Encoding) -> Result<Encoding, IntakeError> {
    if asked == Encoding::Utf8 {
        return Ok(asked);
    }
    let mut head = Vec::new();
    let file = shard.open()?;
    file.take(HEAD_BYTES).read_to_end(&mut head).map_err(|error| shard.cannot_read(error))?;
    let text = match std::str::from_utf8(&head) {
        Ok(text) => text,
        // Only the last character may be cut by the end of the head.
        Err(error) if error.error_len().is_none() => {
            head.get(..error.valid_up_to()).and_then(|head| str::from_utf8(head).ok()).unwrap_or("")
        }
        Err(_) => "",
    };
    // Chinese has three bytes in UTF-8. A character of two may be one of GB18030 as well, such as 片.
    let is_utf8 = text.chars().any(|character| '\u{7ff}' < character);
    Ok(if is_utf8 { Encoding::Utf8 } else { asked })
}

/// The most bytes that are read at a time.
const MOST_READ: usize = 1 << 20;

/// As much of a file as tells its encoding.
const HEAD_BYTES: u64 = 1 << 20;

impl<'a> Blocks<'a> {
    pub(crate) fn open(
        shard: &'a Shard,
        encoding: Encoding,
        block_bytes: usize,
    ) -> Result<Self, IntakeError> {
        let file = shard.open()?;
        let decoder = match encoding {
            Encoding::Utf8 => None,
            Encoding::Gb18030 => Some(GB18030.new_decoder_without_bom_handling()),
        };
        Ok(Self {
            shard,
            file,
            hasher: blake3::Hasher::new(),
            decoder,
            raw: Vec::new(),
            carry: Vec::new(),
            spare: Vec::new(),
            block_bytes,
            is_first: true,
            is_done: false,
            n_lines: 0,
            n_bytes: 0,
            profile: None,
        })
    }

    /// Tells how long the digest takes.
    pub(crate) fn profiled(self, profile: Option<&'a Profile>) -> Self {
        Self { profile, ..self }
    }

    /// The encoding that the file is read in.
    pub(crate) fn encoding(&self) -> Encoding {
        if self.decoder.is_some() { Encoding::Gb18030 } else { Encoding::Utf8 }
    }

    /// The next block of whole records, none at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Vec<u8>>, IntakeError> {
        let mut block = self.spare.pop().unwrap_or_default();
        block.clear();
        block.reserve(self.block_bytes.saturating_add(MOST_READ));
        block.append(&mut self.carry);
        let mut marks = Marks::of(&block);
        let mut goal = self.block_bytes;
        while !self.is_done {
            while !self.is_done && block.len() < goal {
                let read = self.read_some(&mut block)?;
                marks = marks.and(read);
            }
            if self.is_done {
                break;
            }
            let end = record::complete(&block, marks).map_err(|endless| self.endless(endless))?;
            if 0 < end {
                self.carry.extend_from_slice(block.get(end..).unwrap_or(&[]));
                block.truncate(end);
                let n_lines = if marks.has_quotes || marks.has_returns {
                    u64::from(record::n_lines(&block))
                } else {
                    // Behind the last of them a record goes on.
                    marks.n_newlines
                };
                self.n_lines = self.n_lines.saturating_add(n_lines);
                return Ok(Some(block));
            }
            goal = goal.saturating_mul(2);
        }
        Ok(if block.is_empty() { None } else { Some(block) })
    }

    /// Lines of the blocks that were given.
    pub(crate) fn n_lines(&self) -> u64 {
        self.n_lines
    }

    /// Takes a block back whose records were read, so that its room is used again.
    pub(crate) fn give_back(&mut self, block: Vec<u8>) {
        self.spare.push(block);
    }

    /// Reads on, and tells the marks of what was added to the block.
    fn read_some(&mut self, block: &mut Vec<u8>) -> Result<Marks, IntakeError> {
        let n_before = block.len();
        // Text in UTF-8 goes straight to its block.
        let from = if self.decoder.is_none() { n_before } else { 0 };
        self.raw.clear();
        let to = if self.decoder.is_none() { &mut *block } else { &mut self.raw };
        let n_bytes = count(self.block_bytes.clamp(64, MOST_READ));
        let n_read = self.file.by_ref().take(n_bytes).read_to_end(to);
        let n_read = n_read.map_err(|error| self.shard.cannot_read(error))?;
        let raw = to.get(from..).unwrap_or(&[]);
        timed(self.profile, "read / text / digest", || self.hasher.update(raw));
        self.n_bytes = self.n_bytes.saturating_add(count(n_read));
        self.is_done = n_read == 0;
        let was_first = std::mem::take(&mut self.is_first);
        if was_first && (raw.starts_with(b"\xff\xfe") || raw.starts_with(b"\xfe\xff")) {
            let advice = "save the file as UTF-8";
            return Err(IntakeError::unreadable("file is UTF-16", &self.shard.file, advice));
        }
        if let Some(decoder) = &mut self.decoder {
            decode(decoder, &self.raw, self.is_done, block);
        }
        if was_first && block.starts_with(b"\xef\xbb\xbf") {
            block.drain(..3);
        }
        Ok(Marks::of(block.get(n_before..).unwrap_or(&[])))
    }

    fn endless(&self, endless: Endless) -> IntakeError {
        endless_at(self.shard, self.n_lines.saturating_add(u64::from(endless.line)))
    }

    /// Bytes read and their BLAKE3.
    pub(crate) fn digest(&self) -> (u64, String) {
        (self.n_bytes, self.hasher.finalize().to_hex().to_string())
    }
}

/// An error for a record without end, after `n_lines` lines of the file.
pub(crate) fn endless_at(shard: &Shard, n_lines: u64) -> IntakeError {
    IntakeError::unreadable(
        "record without end: a quote is opened and not closed, or it is longer than 1 MiB",
        &format!("{} line {}", shard.file, n_lines.saturating_add(1)),
        "close the quote on that line",
    )
}

/// A byte that no text in UTF-8 has.
const NO_TEXT: u8 = 0xff;

fn decode(decoder: &mut Decoder, raw: &[u8], is_last: bool, block: &mut Vec<u8>) {
    let mut text = String::with_capacity(raw.len().saturating_mul(2).max(64));
    let mut raw = raw;
    loop {
        let (result, n_read) =
            decoder.decode_to_string_without_replacement(raw, &mut text, is_last);
        raw = raw.get(n_read..).unwrap_or(&[]);
        match result {
            DecoderResult::InputEmpty => break,
            DecoderResult::OutputFull => text.reserve(raw.len().max(64)),
            DecoderResult::Malformed(..) => {
                block.extend_from_slice(text.as_bytes());
                block.push(NO_TEXT);
                text.clear();
            }
        }
    }
    block.extend_from_slice(text.as_bytes());
}
