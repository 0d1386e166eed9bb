//! A file that is hashed while it is written, and brought to the disk while more of it is made.

use std::fs::File;
use std::io::{self, Write};
use std::thread::JoinHandle;

/// Bytes that wait for each other: a hash of many is faster than many of few, and fastest where each
/// time as many come as a whole branch of its tree has.
const ROOM: usize = 1 << 18;

/// Bytes that are worth a way to the disk of their own before the file ends.
const WORTH_IT: u64 = 1 << 23;

/// Bytes that are worth it when the file ends, while other files are made.
const WORTH_IT_AT_END: u64 = 1 << 20;

/// A file in the making, with its BLAKE3 so far.
pub(crate) struct Digesting {
    file: File,
    waiting: Vec<u8>,
    hasher: blake3::Hasher,
    /// What waits no more.
    n_written: u64,
    /// What of the file is on its way to the disk.
    on_its_way: Option<JoinHandle<io::Result<()>>>,
    n_sent: u64,
}

impl Digesting {
    /// Starts with an empty file.
    pub(crate) fn new(file: File) -> Self {
        Self {
            file,
            waiting: Vec::new(),
            hasher: blake3::Hasher::new(),
            n_written: 0,
            on_its_way: None,
            n_sent: 0,
        }
    }

    /// The number of bytes so far.
    pub(crate) fn n_bytes(&self) -> u64 {
        self.n_written.saturating_add(u64::try_from(self.waiting.len()).unwrap_or(u64::MAX))
    }

    /// Sends the rest of the file to the disk, where it is worth it.
    ///
    /// # Errors
    ///
    /// If the bytes, or those before them, could not be brought to the disk.
    pub(crate) fn end(&mut self) -> io::Result<()> {
        self.flush()?;
        if WORTH_IT_AT_END <= self.n_written { self.send() } else { Ok(()) }
    }

    /// Brings the file to the disk; returns its BLAKE3 and its length.
    ///
    /// # Errors
    ///
    /// If the bytes could not be brought to the disk.
    pub(crate) fn finish(mut self) -> io::Result<(String, u64)> {
        self.flush()?;
        // What could not be written is told once: to whoever waits for it first.
        self.arrive()?;
        self.file.sync_all()?;
        Ok((self.hasher.finalize().to_hex().to_string(), self.n_written))
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hasher.update(bytes);
        self.file.write_all(bytes)?;
        self.n_written =
            self.n_written.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        let n_new = self.n_written.saturating_sub(self.n_sent);
        if WORTH_IT <= n_new { self.send() } else { Ok(()) }
    }

    /// Sends what there is to the disk, unless something is on its way: a thread of its own waits for
    /// it, which no thread that has work to do should.
    fn send(&mut self) -> io::Result<()> {
        if self.on_its_way.as_ref().is_some_and(|sent| !sent.is_finished()) {
            return Ok(());
        }
        self.arrive()?;
        self.n_sent = self.n_written;
        let file = self.file.try_clone()?;
        let sent = std::thread::Builder::new().name("to disk".to_owned());
        // Without a thread the end of the file waits for all of it.
        self.on_its_way = sent.spawn(move || file.sync_data()).ok();
        Ok(())
    }

    /// Waits for what is on its way to the disk.
    fn arrive(&mut self) -> io::Result<()> {
        let Some(sent) = self.on_its_way.take() else { return Ok(()) };
        sent.join()
            .unwrap_or_else(|_| Err(io::Error::other("bytes were lost on their way to the disk")))
    }
}

impl Write for Digesting {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut left = bytes;
        while let Some((now, later)) =
            left.split_at_checked(ROOM.saturating_sub(self.waiting.len()))
        {
            self.waiting.extend_from_slice(now);
            self.flush()?;
            left = later;
        }
        self.waiting.extend_from_slice(left);
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
