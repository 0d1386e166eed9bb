//! Many short texts in one buffer: the keys and codes of a column.

/// A growing list of texts, stored end to end.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Texts {
    bytes: Vec<u8>,
    /// Where each text begins, and at last where the next one would.
    starts: Vec<u64>,
}

impl Default for Texts {
    fn default() -> Self {
        Self { bytes: Vec::new(), starts: vec![0] }
    }
}

impl Texts {
    /// Makes an empty list with room for `n_texts` texts of `n_bytes` bytes together.
    pub fn with_capacity(n_texts: usize, n_bytes: usize) -> Self {
        let mut starts = Vec::with_capacity(n_texts.saturating_add(1));
        starts.push(0);
        Self { bytes: Vec::with_capacity(n_bytes), starts }
    }

    /// The number of texts.
    pub fn len(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// Tells whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds a text at the end.
    pub fn push(&mut self, text: &[u8]) {
        self.bytes.extend_from_slice(text);
        self.starts.push(u64::try_from(self.bytes.len()).unwrap_or(u64::MAX));
    }

    /// The number of bytes of all texts together.
    pub fn n_bytes(&self) -> usize {
        self.bytes.len()
    }

    /// Adds all texts of another list at the end.
    pub fn append(&mut self, other: &Self) {
        let n_before = u64::try_from(self.bytes.len()).unwrap_or(u64::MAX);
        self.bytes.extend_from_slice(&other.bytes);
        self.starts.extend(other.starts.iter().skip(1).map(|end| end.saturating_add(n_before)));
    }

    /// The bytes of one text.
    ///
    /// # Panics
    ///
    /// If there is no such text.
    #[inline]
    #[expect(
        clippy::indexing_slicing,
        clippy::as_conversions,
        clippy::cast_possible_truncation,
        clippy::arithmetic_side_effects,
        reason = "starts only hold lengths of `bytes`; an index past the end is the caller's bug"
    )]
    pub fn bytes(&self, idx: usize) -> &[u8] {
        &self.bytes[self.starts[idx] as usize..self.starts[idx + 1] as usize]
    }

    /// One text; bytes that are no UTF-8 read as the empty text.
    ///
    /// # Panics
    ///
    /// If there is no such text.
    #[inline]
    pub fn text(&self, idx: usize) -> &str {
        std::str::from_utf8(self.bytes(idx)).unwrap_or("")
    }

    /// All texts in order.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.len()).map(|idx| self.bytes(idx))
    }

    /// The texts at `idxs`, in that order.
    ///
    /// # Panics
    ///
    /// If one of them is not there.
    #[must_use]
    pub fn gather(&self, idxs: impl ExactSizeIterator<Item = usize>) -> Self {
        let mean = self.bytes.len().checked_div(self.len()).unwrap_or(0);
        let mut gathered =
            Self::with_capacity(idxs.len(), mean.saturating_add(1).saturating_mul(idxs.len()));
        for idx in idxs {
            gathered.push(self.bytes(idx));
        }
        gathered
    }
}

impl<T: AsRef<[u8]>> FromIterator<T> for Texts {
    fn from_iter<I: IntoIterator<Item = T>>(texts: I) -> Self {
        let mut all = Self::default();
        for text in texts {
            all.push(text.as_ref());
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_come_back_as_they_went_in() {
        let texts: Texts = ["a", "", "医保"].into_iter().collect();
        assert_eq!(texts.len(), 3);
        assert_eq!((texts.text(0), texts.text(1), texts.text(2)), ("a", "", "医保"));
        let turned = texts.gather([2, 0].into_iter());
        assert_eq!((turned.text(0), turned.text(1)), ("医保", "a"));
    }
}
