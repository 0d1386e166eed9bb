//! One dictionary for every code of a run: items, institutions, types, flags.

use std::convert::Infallible;
use std::hash::{BuildHasher, Hasher};
use std::sync::{Arc, OnceLock};

use ahash::RandomState;
use jihe_terms::texts::same;
use jihe_terms::{NO_CODE, Texts};

use crate::slots::{Slots, half};

/// Codes that are looked for together.
pub const AHEAD: usize = 64;

/// Distinct codes, each with a dense id in the order of arrival.
///
/// The order of ids has no meaning in results: everything written is sorted by text. A dictionary
/// may stand over another one that no longer changes: it shares that one's ids and adds its own.
#[derive(Clone, Debug)]
pub struct Codes {
    base: Option<Arc<Self>>,
    n_base: usize,
    texts: Texts,
    /// The ids by the hashes of their codes. There are none while codes only ascend and nobody looks for
    /// one: tables mostly go by their keys.
    ids: OnceLock<Slots>,
    hasher: RandomState,
}

impl Default for Codes {
    fn default() -> Self {
        Self {
            base: None,
            n_base: 0,
            texts: Texts::default(),
            ids: OnceLock::new(),
            // Fixed keys: the table never leaves the process and no result depends on its order.
            hasher: RandomState::with_seeds(1, 2, 3, 4),
        }
    }
}

impl Codes {
    /// Half of the hash of a text.
    fn hash(&self, text: &[u8]) -> u32 {
        let mut hasher = self.hasher.build_hasher();
        hasher.write(text);
        half(hasher.finish())
    }

    /// A dictionary that begins with all codes of another.
    pub fn over(base: Arc<Self>) -> Self {
        let n_base = base.len();
        Self { base: Some(base), n_base, ..Self::default() }
    }

    /// Makes room for so many more codes.
    pub fn reserve(&mut self, n_codes: usize) {
        self.texts.reserve(n_codes);
        if let Some(ids) = self.ids.get_mut() {
            ids.reserve(n_codes);
        }
    }

    /// The number of codes; ids are below it.
    pub fn len(&self) -> usize {
        self.n_base.saturating_add(self.texts.len())
    }

    /// Tells whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The id of a code if it is the one behind another: lists that name the same things mostly go
    /// by one order. Nothing is hashed.
    pub fn get_behind(&self, id: u32, text: &[u8]) -> Option<u32> {
        let next = id.wrapping_add(1);
        (idx(next) < self.len() && same(self.bytes(next), text)).then_some(next)
    }

    /// The id of a code, if it is known.
    pub fn get(&self, text: &[u8]) -> Option<u32> {
        if self.is_behind_all(text) {
            return None;
        }
        self.find(self.hash(text), text)
    }

    /// Adds the ids of codes to a list, [`NO_CODE`] for those that are not known. Of some codes at a
    /// time first all places are looked at, then all texts: what they wait for comes from memory
    /// together.
    pub fn get_all(&self, texts: &[&[u8]], ids: &mut Vec<u32>) {
        let mut halves = [0; AHEAD];
        for texts in texts.chunks(AHEAD) {
            self.make_tables(texts);
            for (half, text) in halves.iter_mut().zip(texts) {
                *half = self.hash(text);
            }
            let halves = halves.get(..texts.len()).unwrap_or(&halves);
            let mut guesses = [NO_CODE; AHEAD];
            self.guess_all(halves, &mut guesses);
            // Where their texts are first, then the texts: what one waits for is on its way for the next.
            let mut known = [&b""[..]; AHEAD];
            for (known, &id) in known.iter_mut().zip(&guesses).filter(|one| *one.1 != NO_CODE) {
                *known = self.bytes(id);
            }
            let asked = texts.iter().zip(halves).zip(&guesses);
            ids.extend(asked.zip(&known).map(|(((text, &half), &id), known)| {
                if id == NO_CODE || same(known, text) {
                    return id;
                }
                self.find(half, text).unwrap_or(NO_CODE)
            }));
        }
    }

    /// The same of codes that may come in the order of this dictionary: those behind `last`, the id
    /// that was found last, are only looked at.
    pub fn get_all_behind(&self, last: &mut u32, texts: &[&[u8]], ids: &mut Vec<u32>) {
        for mut texts in texts.chunks(AHEAD) {
            while let Some((text, rest)) = texts.split_first()
                && let Some(id) = self.get_behind(*last, text)
            {
                *last = id;
                ids.push(id);
                texts = rest;
            }
            self.get_all(texts, ids);
            *last = ids.last().copied().filter(|&id| id != NO_CODE).unwrap_or(*last);
        }
    }

    /// Makes the tables that looking for some codes takes.
    fn make_tables(&self, texts: &[&[u8]]) {
        if let Some(base) = &self.base {
            base.make_tables(texts);
        }
        if self.ids.get().is_none() && texts.iter().any(|text| !self.is_behind_own(text)) {
            self.table();
        }
    }

    /// For each half of a hash a code that has it, if there is one; texts are not looked at. What is
    /// known stays.
    fn guess_all(&self, halves: &[u32], guesses: &mut [u32]) {
        if let Some(base) = &self.base {
            base.guess_all(halves, guesses);
        }
        if let Some(ids) = self.ids.get() {
            ids.guess_all(halves, guesses);
        }
    }

    /// Whether a code is behind all that are there, which ascend: it is new.
    fn is_behind_all(&self, text: &[u8]) -> bool {
        self.is_behind_own(text) && self.base.as_ref().is_none_or(|base| base.is_behind_all(text))
    }

    fn is_behind_own(&self, text: &[u8]) -> bool {
        let last = || self.texts.len().checked_sub(1).map(|last| self.texts.bytes(last));
        self.ids.get().is_none() && last().is_none_or(|last| last < text)
    }

    fn find(&self, half: u32, text: &[u8]) -> Option<u32> {
        if let Some(found) = self.base.as_ref().and_then(|base| base.find(half, text)) {
            return Some(found);
        }
        if self.is_behind_own(text) {
            return None;
        }
        self.table().find(half, |id| same(self.bytes(id), text))
    }

    /// The table of all own codes.
    fn table(&self) -> &Slots {
        self.ids.get_or_init(|| {
            let mut ids = Slots::with_capacity(self.texts.len());
            for (own, text) in self.texts.iter().enumerate() {
                ids.insert(self.hash(text), place(self.n_base.saturating_add(own)));
            }
            ids
        })
    }

    /// The id of a code, new if it was not known.
    ///
    /// # Panics
    ///
    /// If there are more codes than 32 bits count.
    pub fn intern(&mut self, text: &[u8]) -> u32 {
        let Ok(id) = self.intern_if(text, || Ok::<_, Infallible>(true));
        id.unwrap_or(u32::MAX)
    }

    /// The id of a code, new if it was not known and is good; none if it is neither.
    ///
    /// # Errors
    ///
    /// What `is_good` says of a code that was not known.
    ///
    /// # Panics
    ///
    /// If there are more codes than 32 bits count.
    pub fn intern_if<E>(
        &mut self,
        text: &[u8],
        is_good: impl FnOnce() -> Result<bool, E>,
    ) -> Result<Option<u32>, E> {
        if self.is_behind_all(text) {
            return Ok(is_good()?.then(|| self.push(text)));
        }
        let half = self.hash(text);
        match self.find(half, text) {
            None if is_good()? => Ok(Some(self.add(half, text))),
            known => Ok(known),
        }
    }

    /// Adds to a list the ids of what another dictionary over the same one has of its own, from `first` on;
    /// what is not known is new. As with [`Self::get_all`], some codes are looked for together.
    ///
    /// # Panics
    ///
    /// If there are more codes than 32 bits count.
    pub fn adopt(&mut self, other: &Self, first: u32, ids: &mut Vec<u32>) {
        let mut texts = first..place(other.len());
        while !texts.is_empty() {
            // While codes only ascend they are new.
            while self.ids.get().is_none() {
                match texts.next().map(|id| other.bytes(id)) {
                    None => return,
                    Some(text) if self.is_behind_own(text) => ids.push(self.push(text)),
                    Some(text) => ids.push(self.intern(text)),
                }
            }
            let some = texts.start..texts.end.min(texts.start.saturating_add(place(AHEAD)));
            texts.start = some.end;
            let mut halves = [0; AHEAD];
            for (half, id) in halves.iter_mut().zip(some.clone()) {
                *half = self.hash(other.bytes(id));
            }
            let mut guesses = [NO_CODE; AHEAD];
            if let Some(own) = self.ids.get() {
                own.guess_all(halves.get(..some.len()).unwrap_or(&halves), &mut guesses);
            }
            for ((id, &half), &guess) in some.zip(&halves).zip(&guesses) {
                let text = other.bytes(id);
                // What nobody had of these codes nobody has: they differ from each other.
                let id = match guess {
                    NO_CODE => self.add(half, text),
                    guess if same(self.bytes(guess), text) => guess,
                    _ => self.intern(text),
                };
                ids.push(id);
            }
        }
    }

    /// Adds a code that is not known.
    fn add(&mut self, half: u32, text: &[u8]) -> u32 {
        if !self.is_behind_own(text) {
            self.table();
        }
        let id = place(self.len());
        if let Some(ids) = self.ids.get_mut() {
            ids.insert(half, id);
        }
        self.push(text)
    }

    /// Adds a code to the list.
    fn push(&mut self, text: &[u8]) -> u32 {
        let id = place(self.len());
        assert!(id < u32::MAX, "more than four thousand million codes");
        self.texts.push(text);
        id
    }

    /// The bytes of a code.
    ///
    /// # Panics
    ///
    /// If the id is not of this dictionary.
    pub fn bytes(&self, id: u32) -> &[u8] {
        match (idx(id).checked_sub(self.n_base), &self.base) {
            (None, Some(base)) => base.bytes(id),
            (own, _) => self.texts.bytes(own.unwrap_or(usize::MAX)),
        }
    }

    /// All codes by their ids: nobody looks for one any more.
    pub fn into_texts(self) -> Texts {
        let Some(base) = self.base else { return self.texts };
        let mut all = match Arc::try_unwrap(base) {
            Ok(base) => base.into_texts(),
            Err(base) => (0..base.len()).map(|id| base.bytes(place(id))).collect(),
        };
        all.append(&self.texts);
        all
    }

    /// A code as text; the missing code is the empty text.
    ///
    /// # Panics
    ///
    /// If the id is not of this dictionary.
    pub fn text(&self, id: u32) -> &str {
        if id == NO_CODE { "" } else { std::str::from_utf8(self.bytes(id)).unwrap_or("") }
    }
}

fn place(idx: usize) -> u32 {
    u32::try_from(idx).unwrap_or(u32::MAX)
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
        assert_eq!(codes.text(NO_CODE), "");
    }

    #[test]
    fn codes_are_found_whether_they_came_in_their_order_or_not() {
        let name = |n: u32| format!("{n:04}");
        for order in [[0, 1, 2, 3, 4], [0, 1, 4, 2, 3], [4, 3, 2, 1, 0]] {
            let mut codes = Codes::default();
            for (place, n) in (0..).zip(order) {
                assert_eq!(codes.get(name(n).as_bytes()), None);
                assert_eq!(codes.intern(name(n).as_bytes()), place);
                assert_eq!(codes.intern(name(order[0]).as_bytes()), 0);
            }
            let mut above = Codes::over(Arc::new(codes));
            assert_eq!((above.intern(b"0003x"), above.intern(b"0005"), above.len()), (5, 6, 7));
            for (place, n) in (0..).zip(order) {
                assert_eq!(above.get(name(n).as_bytes()), Some(place));
            }
            let texts: Vec<String> = (0..200).map(name).chain(["0003x".to_owned()]).collect();
            let texts: Vec<&[u8]> = texts.iter().map(String::as_bytes).collect();
            let mut ids = Vec::new();
            above.get_all(&texts, &mut ids);
            let one = |text: &&[u8]| above.get(text).unwrap_or(NO_CODE);
            let one_by_one: Vec<u32> = texts.iter().map(one).collect();
            assert_eq!(ids, one_by_one);
            ids.clear();
            let mut last = NO_CODE;
            above.get_all_behind(&mut last, &texts, &mut ids);
            assert_eq!(ids, one_by_one);
            assert_eq!((above.get(b"0003x"), above.get(b"0005")), (Some(5), Some(6)));
            assert_eq!((above.get(b"0002x"), above.get(b"0006")), (None, None));
        }
    }

    #[test]
    fn what_another_dictionary_added_is_adopted_once() {
        let known = Arc::new([&b"b"[..], b"a"].iter().fold(Codes::default(), |mut codes, text| {
            codes.intern(text);
            codes
        }));
        let name = |n: u32| format!("{}", n.wrapping_mul(7_919) % 500);
        let added = |names: std::ops::Range<u32>, is_in_order: bool| {
            let mut names: Vec<String> = names.map(name).collect();
            if is_in_order {
                names.sort();
            }
            let mut codes = Codes::over(Arc::clone(&known));
            for name in names {
                codes.intern(name.as_bytes());
            }
            codes
        };
        for is_in_order in [true, false] {
            let mut all = Codes::over(Arc::clone(&known));
            for (names, first) in [(0..150, 2), (100..400, 2), (0..500, 2), (200..500, 17)] {
                let other = added(names, is_in_order);
                let mut ids = Vec::new();
                all.adopt(&other, first, &mut ids);
                let own = (first..).map_while(|id| (idx(id) < other.len()).then(|| other.text(id)));
                assert!(ids.iter().map(|&id| all.text(id)).eq(own));
                assert!(ids.iter().all(|&id| all.get(all.bytes(id)) == Some(id)));
            }
            assert_eq!(all.len(), 502);
        }
    }

    #[test]
    fn a_dictionary_over_another_shares_its_ids_and_adds_its_own() {
        let mut base = Codes::default();
        let known = base.intern(b"known");
        let mut codes = Codes::over(Arc::new(base));
        assert_eq!(codes.intern(b"known"), known);
        let new = codes.intern(b"new");
        assert_eq!((new, codes.len()), (1, 2));
        assert_eq!((codes.text(known), codes.text(new)), ("known", "new"));
        assert_eq!(codes.get(b"new"), Some(new));
        assert_eq!(codes.get_behind(known, b"new"), Some(new));
        assert_eq!(
            (codes.get_behind(new, b"new"), codes.get_behind(u32::MAX, b"new")),
            (None, None)
        );
        // Whether another has the base or not.
        for codes in [codes.clone(), codes] {
            let texts = codes.into_texts();
            assert_eq!(texts.iter().collect::<Vec<_>>(), [&b"known"[..], b"new"]);
        }
    }
}
