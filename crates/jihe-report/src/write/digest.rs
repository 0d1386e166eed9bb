//! A file that is hashed while it is written.

use std::fs::File;
use std::io::{self, Write};

/// Bytes that wait for each other: a hash of many is faster than many of few.
const ROOM: usize = 1 << 18;

/// A file in the making, with its BLAKE3 so far.
pub(crate) struct Digesting {
    file: File,
    waiting: Vec<u8>,
    hasher: blake3::Hasher,
    n_bytes: u64,
}

impl Digesting {
    /// Starts with an empty file.
    pub(crate) fn new(file: File) -> Self {
        Self { file, waiting: Vec::new(), hasher: blake3::Hasher::new(), n_bytes: 0 }
    }

    /// The number of bytes so far.
    pub(crate) fn n_bytes(&self) -> u64 {
        self.n_bytes
    }

    /// Brings the file to the disk; returns its BLAKE3 and its length.
    ///
    /// # Errors
    ///
    /// If the bytes could not be brought to the disk.
    pub(crate) fn finish(mut self) -> io::Result<(String, u64)> {
        self.flush()?;
        self.file.sync_all()?;
        Ok((self.hasher.finalize().to_hex().to_string(), self.n_bytes))
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hasher.update(bytes);
        self.file.write_all(bytes)
    }
}

impl Write for Digesting {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if ROOM < self.waiting.len().saturating_add(bytes.len()) {
            self.flush()?;
        }
        if ROOM < bytes.len() {
            self.put(bytes)?;
        } else {
            self.waiting.extend_from_slice(bytes);
        }
        self.n_bytes = self.n_bytes.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let mut waiting = std::mem::take(&mut self.waiting);
        self.put(&waiting)?;
        waiting.clear();
        self.waiting = waiting;
        Ok(())
    }
}
