//! One dictionary for every code of a run: items, institutions, types, flags.

use std::hash::{BuildHasher, Hasher};

use ahash::RandomState;
use hashbrown::HashTable;
use jihe_terms::Texts;

/// Distinct codes, each with a dense id in the order of arrival.
///
/// The order of ids has no meaning in results: everything written is sorted by text.
#[derive(Clone, Debug)]
pub struct Codes {
    texts: Texts,
    ids: HashTable<u32>,
    hasher: RandomState,
}

impl Default for Codes {
    fn default() -> Self {
        Self {
            texts: Texts::default(),
            ids: HashTable::new(),
            // Fixed keys: the table never leaves the process and no result depends on its order.
            hasher: RandomState::with_seeds(1, 2, 3, 4),
        }
    }
}

impl Codes {
    fn hash(&self, text: &[u8]) -> u64 {
        let mut hasher = self.hasher.build_hasher();
        hasher.write(text);
        hasher.finish()
    }

    /// The number of codes; ids are below it.
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// Tells whether there is none.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// The id of a code, if it is known.
    pub fn get(&self, text: &[u8]) -> Option<u32> {
        self.ids.find(self.hash(text), |&id| self.bytes(id) == text).copied()
    }

    /// The id of a code, new if it was not known.
    ///
    /// # Panics
    ///
    /// If there are more codes than 32 bits count.
    pub fn intern(&mut self, text: &[u8]) -> u32 {
        let hash = self.hash(text);
        if let Some(&id) = self.ids.find(hash, |&id| self.bytes(id) == text) {
            return id;
        }
        let id = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        assert!(id < u32::MAX, "more than four thousand million codes");
        self.texts.push(text);
        let (texts, hasher) = (&self.texts, &self.hasher);
        self.ids.insert_unique(hash, id, |&other| {
            let mut state = hasher.build_hasher();
            state.write(texts.bytes(idx(other)));
            state.finish()
        });
        id
    }

    /// The bytes of a code.
    ///
    /// # Panics
    ///
    /// If the id is not of this dictionary.
    pub fn bytes(&self, id: u32) -> &[u8] {
        self.texts.bytes(idx(id))
    }

    /// A code as text; the missing code is the empty text.
    ///
    /// # Panics
    ///
    /// If the id is not of this dictionary.
    pub fn text(&self, id: u32) -> &str {
        if id == jihe_terms::NO_CODE { "" } else { self.texts.text(idx(id)) }
    }
}

fn idx(id: u32) -> usize {
    usize::try_from(id).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_one_id_and_comes_back_as_text() {
        let mut codes = Codes::default();
        let ids: Vec<u32> = (0..1000).map(|n| codes.intern(format!("c{n}").as_bytes())).collect();
        for (n, &id) in ids.iter().enumerate() {
            assert_eq!(codes.intern(format!("c{n}").as_bytes()), id);
            assert_eq!(codes.text(id), format!("c{n}"));
        }
        assert_eq!(codes.get(b"other"), None);
        assert_eq!(codes.text(jihe_terms::NO_CODE), "");
    }
}
