//! Sealed bytes that wait to be asked for: in memory, or on disk where a run has no memory left for them.

use std::borrow::Cow;
use std::io::Result;

use crate::lines::shelf::Shelf;

/// Where the bytes are.
#[derive(Debug)]
pub(crate) enum Sealed {
    Here(Box<[u8]>),
    /// In the file of the shelf.
    Away {
        place: u64,
        n_bytes: usize,
    },
}

impl Default for Sealed {
    fn default() -> Self {
        Self::Here(Box::default())
    }
}

impl From<Vec<u8>> for Sealed {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Here(bytes.into())
    }
}

impl Sealed {
    /// Puts them on disk if the run has no memory left.
    pub(crate) fn make_room(&mut self, file: &Shelf) -> Result<()> {
        if let Self::Here(bytes) = self
            && !bytes.is_empty()
            && let Some(place) = file.put_away(bytes, 0)?
        {
            *self = Self::Away { place, n_bytes: bytes.len() };
        }
        Ok(())
    }

    /// The bytes.
    pub(crate) fn bytes(&self, file: &Shelf) -> Result<Cow<'_, [u8]>> {
        Ok(match self {
            Self::Here(bytes) => Cow::Borrowed(bytes),
            &Self::Away { place, n_bytes } => Cow::Owned(file.bring_back(place, n_bytes)?),
        })
    }
}
