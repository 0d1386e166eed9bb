//! Texts of plain pages into the columns of a sheet.
//!
//! Each kind of column has its own loop: neighbours are often equal, a known name needs no second
//! check, and a key that goes on like the one before is only digits.

use jihe_frame::codes::AHEAD;
use jihe_frame::serials::{Numbers, number_of};
use jihe_terms::schema::Kind;
use jihe_terms::texts::same;
use jihe_terms::{Malformed, NO_CODE, NO_NUMBER};

use super::Damaged;
use super::take::{
    Bad, Fault, Goal, Rows, check, goal, is_good_name, is_surely_good, kind, missing_rows,
    next_text, push_numbers, spread_numbers,
};
use crate::cells::{Cells, Dictionary, hash_of_text};
use crate::normalise::{Normaliser, is_missing, read_text, shown};

/// The texts of a page that are taken now.
struct Page<'b, 'r> {
    rest: &'r mut &'b [u8],
    n: usize,
    kind: Kind,
    utf8: bool,
    required: bool,
    /// Texts that are missing where they must not be, or no good, by their place among the texts.
    odd: Vec<Bad>,
}

impl<'b> Page<'b, '_> {
    /// Whether a text is a good value; notes it if it is no good.
    #[inline]
    fn is_good(&mut self, nth: usize, text: &[u8]) -> Result<bool, Damaged> {
        if is_surely_good(text) {
            return Ok(true);
        }
        self.is_good_anyway(nth, text)
    }

    fn is_good_anyway(&mut self, nth: usize, text: &[u8]) -> Result<bool, Damaged> {
        let fault: Fault = if is_missing(text) {
            self.required.then(|| (Malformed::Empty.reason(), String::new()))
        } else {
            match check(self.kind, text, self.utf8)? {
                None => return Ok(true),
                fault @ Some(_) => fault,
            }
        };
        self.odd.extend(fault.map(|fault| (nth, fault)));
        Ok(false)
    }

    /// Calls `new` with each text that is not the one before; equal neighbours get its value.
    fn each<T: Copy>(
        &mut self,
        mut new: impl FnMut(&mut Self, usize, &'b [u8]) -> Result<T, Damaged>,
    ) -> Result<Vec<T>, Damaged> {
        let mut all = Vec::with_capacity(self.n);
        let mut former: Option<(&[u8], T)> = None;
        for nth in 0..self.n {
            let text = next_text(self.rest)?;
            if let Some((known, value)) = former
                && same(known, text)
            {
                all.push(value);
                continue;
            }
            let n_odd = self.odd.len();
            let value = new(self, nth, text)?;
            all.push(value);
            // A text that is no good is noted in every row.
            former = (n_odd == self.odd.len()).then_some((text, value));
        }
        Ok(all)
    }

    /// The ids of names, which are looked up together; equal neighbours once.
    fn names(&mut self, known: &mut Dictionary) -> Result<Vec<u32>, Damaged> {
        let (kind, utf8) = (self.kind, self.utf8);
        let mut all = Vec::with_capacity(self.n);
        let mut texts: Vec<&[u8]> = Vec::with_capacity(AHEAD);
        let mut ends = Vec::with_capacity(AHEAD);
        let mut ids = Vec::with_capacity(AHEAD);
        let mut nth = 0_usize;
        while nth < self.n {
            texts.clear();
            ends.clear();
            ids.clear();
            while nth < self.n {
                let mut rest = *self.rest;
                let text = next_text(&mut rest)?;
                if texts.last().is_some_and(|last| same(last, text)) {
                    ends.pop();
                } else if texts.len() == AHEAD {
                    break;
                } else {
                    texts.push(text);
                }
                *self.rest = rest;
                nth = nth.saturating_add(1);
                ends.push(nth);
            }
            known.intern_all(&texts, &mut ids, |text| is_good_name(kind, text, utf8))?;
            for ((&id, text), &end) in ids.iter().zip(&texts).zip(&ends) {
                if id == NO_CODE {
                    // A text that is no good is noted in every row.
                    for nth in all.len()..end {
                        self.is_good(nth, text)?;
                    }
                }
                all.resize(end, id);
            }
        }
        Ok(all)
    }

    /// Heads and numbers of keys.
    fn keys(&mut self, sheet: &mut Normaliser<'_>) -> Result<(Vec<u32>, Numbers), Damaged> {
        let (mut heads, mut numbers) = (Vec::with_capacity(self.n), Numbers::default());
        numbers.reserve_exact(self.n);
        while heads.len() < self.n {
            let n_left = self.n.saturating_sub(heads.len());
            sheet.serials_like_the_last(self.rest, n_left, (&mut heads, &mut numbers));
            if heads.len() < self.n {
                let text = next_text(self.rest)?;
                let is_good = self.is_good(heads.len(), text)?;
                let (head, number) = if is_good { sheet.serial(text) } else { (NO_CODE, 0) };
                heads.push(head);
                numbers.push(number);
            }
        }
        Ok((heads, numbers))
    }

    /// Numbers written as texts.
    fn numbers(&mut self) -> Result<Vec<i64>, Damaged> {
        let kind = self.kind;
        self.each(|page, nth, text| {
            if is_missing(text) {
                page.is_good(nth, text)?;
                return Ok(NO_NUMBER);
            }
            match read_text(kind, text) {
                Ok(value) => Ok(value),
                Err(why) => {
                    page.odd.push((nth, (why.reason(), shown(text))));
                    Ok(NO_NUMBER)
                }
            }
        })
    }
}

/// Takes the next `n` texts of a plain page.
#[expect(clippy::too_many_arguments, reason = "a column, its page and its rows")]
pub(super) fn texts(
    sheet: &mut Normaliser<'_>,
    place: usize,
    utf8: bool,
    rest: &mut &[u8],
    n: usize,
    rows: Rows<'_>,
) -> Result<(), Damaged> {
    let (kind, goal) = (kind(sheet, place), goal(sheet, place));
    let required = sheet.column(place).is_some_and(|column| column.required);
    let mut page = Page { rest, n, kind, utf8, required, odd: Vec::new() };
    if !matches!(kind, Kind::Code | Kind::Key | Kind::Text) {
        let numbers = page.numbers()?;
        let odd = page.odd;
        note(sheet, place, odd, rows);
        push_numbers(sheet, place, &numbers, rows);
        return Ok(());
    }
    match goal {
        Goal::Ids(book) => {
            let ids = page.names(sheet.book(book))?;
            if let Some(Cells::Code(all) | Cells::Entity(_, all)) = sheet.columns.get_mut(place) {
                rows.spread(all, &ids, |&id| id, NO_CODE);
            }
        }
        Goal::Serials => {
            let (heads, numbers) = page.keys(sheet)?;
            if let Some(Cells::Serial(all_heads, all)) = sheet.columns.get_mut(place) {
                rows.spread(all_heads, &heads, |&head| head, NO_CODE);
                match numbers.halves() {
                    (low, []) => spread_numbers(rows, all, low, |&low| low.into()),
                    (low, high) => {
                        let halves: Vec<(&u64, &u64)> = high.iter().zip(low).collect();
                        spread_numbers(rows, all, &halves, |&(&high, &low)| number_of([high, low]));
                    }
                }
            }
        }
        Goal::Hashes => {
            let hash = |page: &mut Page<'_, '_>, nth, text| {
                Ok(if page.is_good(nth, text)? { hash_of_text(text) } else { 0 })
            };
            let hashes = page.each(hash)?;
            if let Some(Cells::Hash(all)) = sheet.columns.get_mut(place) {
                rows.spread(all, &hashes, |&hash| hash, 0);
            }
        }
        Goal::Texts => {
            let texts = page.each(|page, nth, text| {
                Ok(if page.is_good(nth, text)? { text } else { &b""[..] })
            })?;
            if let Some(Cells::Text(all)) = sheet.columns.get_mut(place) {
                rows.spread_texts(all, texts.into_iter());
            }
        }
        Goal::Numbers | Goal::Checked => {
            // To compare a text with its neighbour costs as much as to see that it is surely good.
            let mut former: Option<&[u8]> = None;
            for nth in 0..n {
                let text = next_text(page.rest)?;
                if is_surely_good(text) || former.is_some_and(|known| same(known, text)) {
                    continue;
                }
                let n_odd = page.odd.len();
                page.is_good_anyway(nth, text)?;
                former = (n_odd == page.odd.len()).then_some(text);
            }
        }
    }
    let odd = page.odd;
    note(sheet, place, odd, rows);
    missing_rows(sheet, place, required, rows);
    Ok(())
}

/// Puts aside the rows of values that are no good; faults are in the order of the values.
pub(super) fn note(sheet: &mut Normaliser<'_>, place: usize, odd: Vec<Bad>, rows: Rows<'_>) {
    let mut odd = odd.into_iter().peekable();
    if odd.peek().is_none() {
        return;
    }
    let mut nth = 0_usize;
    rows.each(|row| {
        if let Some((_, (reason, shown))) = odd.next_if(|one| one.0 == nth) {
            sheet.fault(row, place, reason, shown);
        }
        nth = nth.saturating_add(1);
    });
}
