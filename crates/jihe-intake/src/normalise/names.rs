//! Columns of names and texts: each distinct text is looked up once where it can be.

use std::convert::Infallible;

use arrow_array::ArrayRef;
use jihe_frame::codes::AHEAD;
use jihe_frame::serials::{Numbers, Split, head_name, split};
use jihe_terms::digits::{all_digits, number as number_of};
use jihe_terms::schema::{ColumnDef, Kind};
use jihe_terms::texts::same;
use jihe_terms::{Malformed, NO_CODE};
use xxhash_rust::xxh3::xxh3_64;

use super::lately::{Lately, Short};
use super::{Book, Normaliser, check_text, is_missing, push_id, seed, shown};
use crate::cells::{Cells, check_name, hash_of_text};

/// A dictionary of a file and the id of each of its texts, [`UNSEEN`] before it is asked for.
pub(super) struct Known {
    values: ArrayRef,
    ids: Vec<u32>,
}

/// A text of a file's dictionary that no row had yet, or that is no good.
const UNSEEN: u32 = NO_CODE - 1;

/// Names that are looked up together, and the rows that have them.
#[derive(Default)]
struct Asked<'t> {
    texts: Vec<&'t [u8]>,
    ids: Vec<u32>,
    /// The place of each row's name among them; [`MISSING`] of a row without one.
    rows: Vec<u8>,
}

/// No place of a name.
const MISSING: u8 = u8::MAX;

impl Asked<'_> {
    fn is_full(&self) -> bool {
        const MOST_ROWS: usize = 4096;
        self.texts.len() == AHEAD || self.rows.len() == MOST_ROWS
    }

    fn clear(&mut self) {
        self.texts.clear();
        self.ids.clear();
        self.rows.clear();
    }
}

/// The first number of more than eight digits.
const EIGHT: u64 = 100_000_000;

/// The head and width of the key that came last, and the id of its head.
pub(super) struct LastKey {
    head: Vec<u8>,
    width: usize,
    id: u32,
    /// All but its last eight digits, and the number that the digits there stand for; none of a key
    /// of fewer digits.
    front: Vec<u8>,
    high: Option<u64>,
}

impl LastKey {
    /// Like no key.
    pub(super) fn none() -> Self {
        Self::new(b"", usize::MAX, NO_CODE)
    }

    fn new(head: &[u8], width: usize, id: u32) -> Self {
        Self { head: head.to_vec(), width, id, front: Vec::new(), high: None }
    }

    /// The number of a key of which no more than the last eight digits differ, as mostly they do.
    #[inline]
    fn number_behind(&self, text: &[u8]) -> Option<u64> {
        let (high, (front, eight)) = (self.high?, text.split_last_chunk::<8>()?);
        let is_like = same(front, &self.front) && all_digits(eight);
        is_like.then(|| high.wrapping_mul(EIGHT).wrapping_add(number_of(eight)))
    }

    /// The head and number of a key with this head and as many digits.
    fn pair(&mut self, text: &[u8]) -> Option<(u32, u64)> {
        if let Some(number) = self.number_behind(text) {
            return Some((self.id, number));
        }
        let (first, digits) = text.split_at_checked(self.head.len())?;
        if digits.len() != self.width || !same(first, &self.head) || !all_digits(digits) {
            return None;
        }
        let number = number_of(digits);
        self.high = text.split_last_chunk::<8>().filter(|_| 8 <= digits.len()).map(|(front, _)| {
            self.front.clear();
            self.front.extend_from_slice(front);
            number.div_euclid(EIGHT)
        });
        Some((self.id, number))
    }

    /// Takes keys of a plain page, `n_most` at most, for as long as each is like the last one but for its last
    /// eight digits: adds the number of each, and gives the id of their head.
    pub(super) fn run(
        &self,
        page: &mut &[u8],
        n_most: usize,
        numbers: &mut Vec<u64>,
    ) -> Option<u32> {
        self.high?;
        let n_bytes = self.front.len().saturating_add(8);
        let length = u32::try_from(n_bytes).ok()?.to_le_bytes();
        for _ in 0..n_most {
            let Some((its_length, rest)) = page.split_first_chunk::<4>() else { break };
            let Some((key, rest)) = rest.split_at_checked(n_bytes) else { break };
            let number = self.number_behind(key).filter(|_| *its_length == length);
            let Some(number) = number else { break };
            numbers.push(number);
            *page = rest;
        }
        Some(self.id)
    }
}

impl Normaliser<'_> {
    /// Takes a column of texts that comes with its own dictionary.
    ///
    /// `key` gives the place of a row's text among `values`, none if null.
    #[expect(clippy::indexing_slicing, reason = "places are below the number of values, checked")]
    #[expect(clippy::too_many_arguments, reason = "a dictionary is keys and values")]
    pub(crate) fn dictionary<'t>(
        &mut self,
        column: usize,
        n_rows: usize,
        values: &ArrayRef,
        key: impl Fn(usize) -> Option<usize>,
        value: impl Fn(usize) -> Option<&'t [u8]>,
    ) {
        let n_values = values.len();
        let Some(definition) = self.column(column) else { return };
        let book = match (definition.kind, self.columns.get(column)) {
            (_, Some(Cells::Code(_))) => Book::Codes,
            (_, Some(&Cells::Entity(entity, _))) => Book::Entity(entity),
            (Kind::Code, _) => Book::Checked,
            _ => {
                self.texts(column, n_rows, |row| key(row).and_then(&value));
                return;
            }
        };
        let required = definition.required;
        let seed = seed(column);
        let mut cells = self.take(column);
        let known = self.known.get_mut(column).and_then(Option::take);
        // The same buffer of texts, kept alive here, is the same dictionary.
        let mut known =
            known.filter(|known| known.values.to_data().ptr_eq(&values.to_data())).unwrap_or_else(
                || Known { values: std::sync::Arc::clone(values), ids: vec![UNSEEN; n_values] },
            );
        for row in 0..n_rows {
            let place = key(row).filter(|&place| place < n_values);
            if let Some(id) = place.map(|place| known.ids[place]).filter(|&id| id < UNSEEN) {
                if self.hashing {
                    let hash = self.book(book).hash(id);
                    self.add_content(row, hash, seed);
                }
                push_id(&mut cells, id);
                continue;
            }
            let text = place.and_then(&value).filter(|text| !is_missing(text));
            let named = self.name(column, row, required, book, text);
            push_id(&mut cells, named.unwrap_or(NO_CODE));
            if let (Some(place), Some(id)) = (place, named) {
                known.ids[place] = id;
                if self.hashing {
                    let hash = self.book(book).hash(id);
                    self.add_content(row, hash, seed);
                }
            }
        }
        if let Some(slot) = self.known.get_mut(column) {
            *slot = Some(known);
        }
        self.put(column, cells);
    }

    /// Takes a column of names.
    pub(super) fn names<'t>(
        &mut self,
        column: usize,
        n_rows: usize,
        book: Book,
        get: impl Fn(usize) -> Option<&'t [u8]>,
    ) {
        let mut cells = self.take(column);
        let mut nowhere = Vec::new();
        let all = cells.ids_mut().unwrap_or(&mut nowhere);
        let first = all.len();
        let mut lately = self.lately.get_mut(column).map(std::mem::take).unwrap_or_default();
        if lately.is_worth_it() {
            self.names_one_by_one((column, n_rows), book, get, (&mut lately, all));
        } else {
            self.names_together((column, n_rows), book, get, all);
        }
        if let Some(slot) = self.lately.get_mut(column) {
            *slot = lately;
        }
        if self.hashing {
            let seed = seed(column);
            for (row, &id) in all.get(first..).unwrap_or(&[]).iter().enumerate() {
                if id != NO_CODE {
                    let hash = self.book(book).hash(id);
                    self.add_content(row, hash, seed);
                }
            }
        }
        self.put(column, cells);
    }

    /// Adds the ids of names that mostly came lately.
    fn names_one_by_one<'t>(
        &mut self,
        (column, n_rows): (usize, usize),
        book: Book,
        get: impl Fn(usize) -> Option<&'t [u8]>,
        (lately, all): (&mut Lately, &mut Vec<u32>),
    ) {
        let required = self.column(column).is_some_and(|column| column.required);
        let mut n_others = 0_usize;
        for row in 0..n_rows {
            let text = get(row);
            let short = text.and_then(Short::of);
            if let Some(id) = short.and_then(|short| lately.get(short)) {
                all.push(id);
                continue;
            }
            let id = self.name(column, row, required, book, text);
            if let (Some(short), Some(id)) = (short, id) {
                lately.put(short, id);
            }
            n_others = n_others.saturating_add(usize::from(text.is_some()));
            all.push(id.unwrap_or(NO_CODE));
        }
        lately.note(n_others, n_rows);
    }

    /// Adds the ids of names, which are looked up some at a time.
    fn names_together<'t>(
        &mut self,
        (column, n_rows): (usize, usize),
        book: Book,
        get: impl Fn(usize) -> Option<&'t [u8]>,
        all: &mut Vec<u32>,
    ) {
        let mut asked = Asked::default();
        for row in 0..n_rows {
            match get(row) {
                None => asked.rows.push(MISSING),
                Some(text) => {
                    if asked.texts.last().is_none_or(|last| !same(last, text)) {
                        asked.texts.push(text);
                    }
                    let n_texts = u8::try_from(asked.texts.len()).unwrap_or(MISSING);
                    asked.rows.push(n_texts.wrapping_sub(1));
                }
            }
            if asked.is_full() || row.saturating_add(1) == n_rows {
                self.answer(&mut asked, (column, row), book, all);
            }
        }
    }

    /// Looks up the names that were asked for and adds those of the rows that wait, up to `last`.
    fn answer(
        &mut self,
        asked: &mut Asked<'_>,
        (column, last): (usize, usize),
        book: Book,
        all: &mut Vec<u32>,
    ) {
        let required = self.column(column).is_some_and(|column| column.required);
        let is_good = |text: &[u8]| Ok::<_, Infallible>(check_name(text).is_ok());
        let Ok(()) = self.book(book).intern_all(&asked.texts, &mut asked.ids, is_good);
        let id_of = |&place: &u8| asked.ids.get(usize::from(place)).copied().unwrap_or(NO_CODE);
        let n_before = all.len();
        all.extend(asked.rows.iter().map(id_of));
        let some = all.get_mut(n_before..).unwrap_or(&mut []);
        // Some are no names, or missing where they must not be.
        let are_missing = || required && asked.rows.contains(&MISSING);
        if asked.ids.contains(&NO_CODE) || are_missing() {
            let first = last.saturating_add(1).saturating_sub(asked.rows.len());
            for ((row, id), &place) in (first..).zip(some).zip(&asked.rows) {
                if *id == NO_CODE {
                    let text = asked.texts.get(usize::from(place)).copied();
                    let named = self.name(column, row, required, book, text);
                    *id = named.unwrap_or(NO_CODE);
                }
            }
        }
        asked.clear();
    }

    fn is_description(&self, column: usize) -> bool {
        self.column(column).is_some_and(ColumnDef::is_description)
    }

    /// The id of one name, or its fault.
    #[expect(clippy::too_many_arguments, reason = "a cell is its column, row and text")]
    fn name(
        &mut self,
        column: usize,
        row: usize,
        required: bool,
        book: Book,
        text: Option<&[u8]>,
    ) -> Option<u32> {
        let Some(text) = text else {
            if required {
                self.fault(row, column, Malformed::Empty.reason(), String::new());
            }
            return None;
        };
        match self.book(book).intern(text) {
            Ok(named) => Some(named),
            Err(_) if check_text(text).is_ok() && self.is_description(column) => {
                let Ok(id) = self.book(book).intern_if(text, || Ok::<_, Infallible>(true));
                id
            }
            Err(reason) => {
                self.fault(row, column, reason, shown(text));
                None
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "a column with what its texts must pass")]
    pub(super) fn free_texts<'t>(
        &mut self,
        column: usize,
        n_rows: usize,
        required: bool,
        check: fn(&[u8]) -> Result<(), &'static str>,
        get: impl Fn(usize) -> Option<&'t [u8]>,
    ) {
        let seed = seed(column);
        let mut cells = self.take(column);
        // Neighbours are often equal; a good one is checked once.
        let is_checked = matches!(cells, Cells::Absent) && !self.hashing;
        let mut former: Option<&[u8]> = None;
        for row in 0..n_rows {
            let text = get(row);
            if is_checked
                && let (Some(text), Some(known)) = (text, former)
                && same(known, text)
            {
                continue;
            }
            if let (Some(text), Cells::Serial(heads, numbers), false) =
                (text, &mut cells, self.hashing)
                && let Some((head, number)) = self.serial_like_the_last(text)
            {
                heads.push(head);
                numbers.push(number);
                continue;
            }
            if let (Some(text), Some(known), Cells::Hash(values), false) =
                (text, former, &mut cells, self.hashing)
                && same(known, text)
                && let Some(&last) = values.last()
            {
                values.push(last);
                continue;
            }
            match text.map(|text| (text, check(text))) {
                Some((text, Ok(()))) => {
                    former = Some(text);
                    if self.hashing {
                        self.add_content(row, xxh3_64(text), seed);
                    }
                    match &mut cells {
                        Cells::Text(texts) => texts.push(text),
                        // 0 stands for a missing text.
                        Cells::Hash(values) => values.push(hash_of_text(text)),
                        Cells::Serial(heads, numbers) => {
                            let (head, number) = self.serial(text);
                            heads.push(head);
                            numbers.push(number);
                        }
                        Cells::Absent
                        | Cells::Code(_)
                        | Cells::Entity(..)
                        | Cells::Number(_)
                        | Cells::Day(_) => {}
                    }
                }
                Some((text, Err(reason))) => {
                    self.fault(row, column, reason, shown(text));
                    cells.push_missing();
                    former = None;
                }
                None => {
                    if required {
                        self.fault(row, column, Malformed::Empty.reason(), String::new());
                    }
                    cells.push_missing();
                    former = None;
                }
            }
        }
        self.put(column, cells);
    }

    /// A key that has the head and the digits of its neighbour: a good one, as its head was.
    #[inline]
    fn serial_like_the_last(&mut self, text: &[u8]) -> Option<(u32, u128)> {
        self.last_key.pair(text).map(|(head, number)| (head, number.into()))
    }

    /// Takes keys of a plain page that are like the last, `n_most` at most.
    pub(crate) fn serials_like_the_last(
        &self,
        page: &mut &[u8],
        n_most: usize,
        (heads, numbers): (&mut Vec<u32>, &mut Numbers),
    ) {
        let (low, high) = numbers.halves_mut();
        let Some(head) = self.last_key.run(page, n_most, low) else { return };
        heads.resize(low.len(), head);
        // Numbers of digits have no higher half.
        if !high.is_empty() {
            high.resize(low.len(), 0);
        }
    }

    /// The head and number of a good key; that of its neighbour is looked at first.
    #[inline]
    pub(crate) fn serial(&mut self, text: &[u8]) -> (u32, u128) {
        if let Some(pair) = self.serial_like_the_last(text) {
            return pair;
        }
        let key = split(text);
        let Split { head, form, number } = key;
        let id = self.heads.intern(&head_name(head, form));
        if let Some(width) = key.width() {
            self.last_key = LastKey::new(head, width, id);
        }
        (id, number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_like_the_last_is_read_as_one_of_its_own() {
        let keys = [
            "H33-2026100100017",
            "H33-2026100100018",
            "H33-2026199999999",
            "H33-2026200000000",
            "H33-202610010001x",
            "H33-202610010017",
            "H34-2026100100017",
            "202603000000000001",
            "202603000000000002",
            "202603000000000012345",
            "12345678",
            "12345679",
            "1234567",
            "A1234567",
            "",
        ];
        for first in keys {
            let n_digits = |key: &str| split(key.as_bytes()).width().unwrap_or(0);
            let split = |key: &'static str| key.split_at(key.len() - n_digits(key));
            let (head, digits) = split(first);
            let mut last = LastKey::new(head.as_bytes(), digits.len(), 7);
            // Twice: the second time the front of a key is known.
            for key in keys.into_iter().chain(keys) {
                let (its_head, its_digits) = split(key);
                let is_like = (its_head, its_digits.len()) == (head, digits.len());
                let wanted = is_like.then(|| (7, its_digits.parse().unwrap_or(0)));
                // In a page, too, where its front is known; and no more than one of two.
                let length = u32::try_from(key.len()).expect("few bytes").to_le_bytes();
                let mut page = [&length, key.as_bytes()].concat().repeat(2);
                page.push(b'0');
                let (mut rest, mut numbers) = (&page[..], Vec::new());
                let is_in_front = last.high.is_some() && wanted.is_some() && {
                    let eight = key.len() - 8;
                    key.as_bytes()[..eight] == last.front
                };
                let id = last.run(&mut rest, 1, &mut numbers);
                let taken =
                    if is_in_front { wanted.iter().map(|pair| pair.1).collect() } else { vec![] };
                assert_eq!((id, numbers), (last.high.map(|_| 7), taken), "{key} after {first}");
                let n_left = if is_in_front { page.len() / 2 + 1 } else { page.len() };
                assert_eq!(rest.len(), n_left, "{key} after {first}");
                assert_eq!(last.pair(key.as_bytes()), wanted, "{key} after {first}");
            }
        }
        assert_eq!(LastKey::none().pair(b""), None);
    }
}
