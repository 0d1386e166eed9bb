//! A file that is hashed while it is written.

use std::fs::File;
use std::io::{self, BufWriter, Write};

/// A file in the making, with its BLAKE3 so far.
pub(crate) struct Digesting {
    file: BufWriter<File>,
    hasher: blake3::Hasher,
    n_bytes: u64,
}

impl Digesting {
    /// Starts with an empty file.
    pub(crate) fn new(file: BufWriter<File>) -> Self {
        Self { file, hasher: blake3::Hasher::new(), n_bytes: 0 }
    }

    /// Flushes and syncs the file; returns its BLAKE3 and its length.
    ///
    /// # Errors
    ///
    /// If the bytes could not be brought to the disk.
    pub(crate) fn finish(self) -> io::Result<(String, u64)> {
        let file = self.file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.sync_all()?;
        Ok((self.hasher.finalize().to_hex().to_string(), self.n_bytes))
    }
}

impl Write for Digesting {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n_written = self.file.write(bytes)?;
        self.hasher.update(bytes.get(..n_written).unwrap_or(bytes));
        self.n_bytes = self.n_bytes.saturating_add(u64::try_from(n_written).unwrap_or(u64::MAX));
        Ok(n_written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
