//! Many short texts in one buffer: the keys and codes of a column.

/// A growing list of texts, stored end to end.
#[derive(Clone, Debug)]
pub struct Texts {
    bytes: Vec<u8>,
    starts: Starts,
    /// Room that was asked for: starts of so many texts, once they are written down.
    room: usize,
}

/// Where texts begin: ids mostly have one length, and few lists have four thousand million bytes.
#[derive(Clone, Debug)]
enum Starts {
    /// So many texts of so many bytes each.
    Even(usize, usize),
    /// Where each text begins, and at last where the next one would.
    Near(Vec<u32>),
    /// The same, for long lists.
    Far(Vec<u64>),
}

impl Default for Texts {
    fn default() -> Self {
        Self { bytes: Vec::new(), starts: Starts::Even(0, 0), room: 0 }
    }
}

impl PartialEq for Texts {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
    }
}

impl Eq for Texts {}

impl Starts {
    /// Writes the starts down one by one.
    fn write_down(&mut self, room: usize) {
        let Self::Even(n, width) = *self else { return };
        let ends = (0..=n).map(|nth| nth.saturating_mul(width));
        let room = room.max(n).saturating_add(1);
        if u32::try_from(n.saturating_mul(width)).is_ok() {
            let mut starts = Vec::with_capacity(room);
            starts.extend(ends.map(|end| u32::try_from(end).unwrap_or(u32::MAX)));
            *self = Self::Near(starts);
        } else {
            let mut starts = Vec::with_capacity(room);
            starts.extend(ends.map(|end| u64::try_from(end).unwrap_or(u64::MAX)));
            *self = Self::Far(starts);
        }
    }

    /// Adds the end of a text.
    fn push(&mut self, end: usize) {
        self.extend(std::iter::once(end), end);
    }

    /// Adds the ends of some texts, and tells the last of them.
    fn extend(&mut self, ends: impl Iterator<Item = usize>, last: usize) {
        if let (Self::Near(starts), Err(_)) = (&*self, u32::try_from(last)) {
            *self = Self::Far(starts.iter().map(|&start| start.into()).collect());
        }
        match self {
            Self::Even(..) => {}
            Self::Near(starts) => {
                starts.extend(ends.map(|end| u32::try_from(end).unwrap_or(u32::MAX)));
            }
            Self::Far(starts) => {
                starts.extend(ends.map(|end| u64::try_from(end).unwrap_or(u64::MAX)));
            }
        }
    }
}

impl Texts {
    /// Makes an empty list with room for `n_texts` texts of `n_bytes` bytes together.
    pub fn with_capacity(n_texts: usize, n_bytes: usize) -> Self {
        Self { bytes: Vec::with_capacity(n_bytes), starts: Starts::Even(0, 0), room: n_texts }
    }

    /// Makes room for so many more texts, whatever bytes they have.
    pub fn reserve(&mut self, n_texts: usize) {
        let n_all = self.len().saturating_add(n_texts);
        match &mut self.starts {
            Starts::Even(..) => self.room = self.room.max(n_all),
            Starts::Near(starts) => starts.reserve(n_texts),
            Starts::Far(starts) => starts.reserve(n_texts),
        }
    }

    /// Makes a list of so many empty texts.
    pub fn blank(n_texts: usize) -> Self {
        Self { starts: Starts::Even(n_texts, 0), ..Self::default() }
    }

    /// The number of texts.
    pub fn len(&self) -> usize {
        match &self.starts {
            Starts::Even(n, _) => *n,
            Starts::Near(starts) => starts.len().saturating_sub(1),
            Starts::Far(starts) => starts.len().saturating_sub(1),
        }
    }

    /// Tells whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds a text at the end.
    #[inline]
    pub fn push(&mut self, text: &[u8]) {
        self.bytes.extend_from_slice(text);
        if let Starts::Even(n, width) = &mut self.starts
            && (*n == 0 || *width == text.len())
        {
            (*n, *width) = (n.saturating_add(1), text.len());
            return;
        }
        self.starts.write_down(self.room);
        self.starts.push(self.bytes.len());
    }

    /// The number of bytes of all texts together.
    pub fn n_bytes(&self) -> usize {
        self.bytes.len()
    }

    /// Adds all texts of another list at the end.
    pub fn append(&mut self, other: &Self) {
        match (&mut self.starts, &other.starts) {
            (Starts::Even(n, width), Starts::Even(more, other_width))
                if *n == 0 || *more == 0 || width == other_width =>
            {
                if 0 < *more {
                    (*n, *width) = (n.saturating_add(*more), *other_width);
                }
                self.bytes.extend_from_slice(&other.bytes);
            }
            _ => {
                let n_bytes = self.bytes.len();
                self.bytes.extend_from_slice(&other.bytes);
                self.starts.write_down(self.room.max(self.len().saturating_add(other.len())));
                let ends = (0..other.len()).map(|idx| n_bytes.saturating_add(other.end(idx)));
                self.starts.extend(ends, self.bytes.len());
            }
        }
    }

    /// Where a text ends.
    fn end(&self, idx: usize) -> usize {
        let next = idx.saturating_add(1);
        match &self.starts {
            Starts::Even(_, width) => width.saturating_mul(next),
            Starts::Near(starts) => starts.get(next).map_or(0, |&end| wide(end.into())),
            Starts::Far(starts) => starts.get(next).map_or(0, |&end| wide(end)),
        }
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
        match &self.starts {
            Starts::Even(n, width) => {
                assert!(idx < *n, "there is no such text");
                &self.bytes[idx * width..(idx + 1) * width]
            }
            Starts::Near(starts) => &self.bytes[starts[idx] as usize..starts[idx + 1] as usize],
            Starts::Far(starts) => &self.bytes[starts[idx] as usize..starts[idx + 1] as usize],
        }
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

    /// How many of texts in ascending order come before a text.
    pub fn n_before(&self, text: &[u8]) -> usize {
        let (mut from, mut until) = (0_usize, self.len());
        while from < until {
            let middle = from.midpoint(until);
            if self.bytes(middle) < text {
                from = middle.saturating_add(1);
            } else {
                until = middle;
            }
        }
        from
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

fn wide(place: u64) -> usize {
    usize::try_from(place).unwrap_or(usize::MAX)
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

/// Whether two texts are the same; short ones are compared without a call, their ends first: names
/// of one kind differ there.
#[inline]
pub fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    match (a.last_chunk::<8>(), b.last_chunk::<8>()) {
        (Some(last_a), Some(last_b)) => {
            if u64::from_le_bytes(*last_a) != u64::from_le_bytes(*last_b) {
                return false;
            }
            match (a.first_chunk::<16>(), b.first_chunk::<16>()) {
                (Some(first_a), Some(first_b)) if a.len() <= 24 => {
                    u128::from_le_bytes(*first_a) == u128::from_le_bytes(*first_b)
                }
                (Some(_), _) => a == b,
                _ => a.first_chunk::<8>() == b.first_chunk::<8>(),
            }
        }
        _ => match (a.first_chunk::<4>(), a.last_chunk::<4>()) {
            (Some(first), Some(last)) => {
                b.first_chunk::<4>() == Some(first) && b.last_chunk::<4>() == Some(last)
            }
            _ => a.iter().zip(b).all(|(a, b)| a == b),
        },
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
        assert_eq!(texts, texts.gather(0..3));
        let turned = texts.gather([2, 0].into_iter());
        assert_eq!((turned.text(0), turned.text(1)), ("医保", "a"));
        let ascending: Texts = ["", "a", "c", "c", "e"].into_iter().collect();
        for (text, n) in [("", 0), ("a", 1), ("b", 2), ("c", 2), ("d", 4), ("f", 5)] {
            assert_eq!(ascending.n_before(text.as_bytes()), n, "{text}");
        }
        assert_eq!(Texts::default().n_before(b"a"), 0);
    }

    #[test]
    fn texts_of_one_length_are_the_same_list_as_any_other() {
        let even: Texts = ["ab", "cd", "ef"].into_iter().collect();
        let mut uneven: Texts = ["ab", "cd", "e"].into_iter().collect();
        assert_eq!((even.len(), even.text(2), even.n_bytes()), (3, "ef", 6));
        assert_eq!((uneven.len(), uneven.text(0), uneven.text(2)), (3, "ab", "e"));
        assert_ne!(even, uneven);
        uneven.append(&even);
        assert_eq!((uneven.len(), uneven.text(3), uneven.text(5)), (6, "ab", "ef"));
        let mut twice = even.clone();
        twice.append(&even);
        assert_eq!((twice.len(), twice.text(5)), (6, "ef"));
        let mut appended = Texts::with_capacity(2, 4);
        appended.append(&even);
        assert_eq!(appended, even);
        appended.append(&Texts::default());
        assert_eq!(appended, even);
        let empty: Texts = ["", "", "x"].into_iter().collect();
        assert_eq!((empty.len(), empty.text(1), empty.text(2)), (3, "", "x"));
        let mut blank = Texts::blank(2);
        blank.append(&["x", ""].into_iter().collect());
        assert_eq!(blank, ["", "", "x", ""].into_iter().collect());
    }

    #[test]
    fn long_lists_have_wide_starts() {
        let mut starts = Starts::Even(2, 3_000_000_000);
        starts.write_down(0);
        starts.push(6_000_000_001);
        assert!(matches!(&starts, Starts::Far(all) if all.last() == Some(&6_000_000_001)));
        let mut starts = Starts::Even(1, 5);
        starts.write_down(0);
        starts.push(7);
        starts.push(5_000_000_000);
        assert!(matches!(&starts, Starts::Far(all) if *all == [0, 5, 7, 5_000_000_000]));
    }

    #[test]
    fn texts_are_the_same_only_to_the_last_byte() {
        for n in 0..40 {
            let text = vec![b'a'; n];
            assert!(same(&text, &text.clone()) && !same(&text, b"other length than these"));
            for place in 0..n {
                let mut other = text.clone();
                other[place] = b'b';
                assert!(!same(&text, &other), "{n} {place}");
            }
        }
    }
}
