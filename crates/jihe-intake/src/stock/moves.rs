//! Stock movements as they are read: by institution in runs, with the codes of one dictionary.

use std::ops::Range;

use jihe_catalogue::{Cells, TableSpec};
use jihe_frame::Codes;
use jihe_terms::{NO_CODE, NO_DAY, NO_NUMBER, day_of};

use crate::place::{at, id};

/// Movements whose codes are those of one dictionary.
#[derive(Debug, Default)]
pub(crate) struct Moves {
    codes: Codes,
    /// Institutions of rows, and where their rows end.
    institutions: Vec<(u32, usize)>,
    items: Vec<u32>,
    cnts: Vec<i64>,
    /// Days of movements; empty as long as nobody noted any.
    days: Vec<i32>,
}

/// Rows of one institution that follow one another in a part.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) institution: u32,
    pub(super) part: usize,
    pub(super) rows: Range<usize>,
}

/// Movements of one institution: items and quantities, and days if any day of the part is known.
pub(super) struct Rows<'a> {
    pub(super) items: &'a [u32],
    pub(super) cnts: &'a [i64],
    pub(super) days: &'a [i32],
}

impl Moves {
    /// Makes an empty list with room for so many rows.
    pub(crate) fn with_capacity(n_rows: usize) -> Self {
        Self {
            items: Vec::with_capacity(n_rows),
            cnts: Vec::with_capacity(n_rows),
            ..Self::default()
        }
    }

    /// The number of rows.
    pub(crate) fn len(&self) -> usize {
        self.items.len()
    }

    /// Adds rows by the columns of their table.
    pub(crate) fn add(&mut self, spec: &TableSpec, columns: &[Cells]) {
        let column = |name: &str| {
            let place = spec.columns.iter().position(|column| column.name == name);
            place.and_then(|place| columns.get(place))
        };
        let (Some(Cells::Text(institutions)), Some(Cells::Text(items)), Some(Cells::Number(cnts))) =
            (column("fixmedins_code"), column("med_list_codg"), column("cnt"))
        else {
            return;
        };
        let times = match column("event_time") {
            Some(Cells::Number(times)) => times.as_slice(),
            Some(Cells::Text(_) | Cells::Day(_)) | None => &[],
        };
        let mut former: (&[u8], u32) = (b"", NO_CODE);
        let rows = institutions.iter().zip(items.iter()).zip(cnts).enumerate();
        for (row, ((institution, item), &cnt)) in rows {
            if cnt == NO_NUMBER {
                continue;
            }
            if former.1 == NO_CODE || former.0 != institution {
                former = (institution, self.codes.intern(institution));
            }
            let item = self.codes.intern(item);
            let times = times.get(row..=row).unwrap_or(&[]);
            self.add_coded((&[former.1], &[item]), &[cnt], times);
        }
    }

    /// Adds good rows: codes of institutions and items, quantities, and times if they are noted.
    pub(crate) fn add_coded(&mut self, codes: (&[u32], &[u32]), cnts: &[i64], times: &[i64]) {
        let n_before = self.items.len();
        let mut until = n_before;
        for of_one in codes.0.chunk_by(|a, b| a == b) {
            until = until.saturating_add(of_one.len());
            let institution = of_one.first().copied().unwrap_or(NO_CODE);
            match self.institutions.last_mut() {
                Some(last) if last.0 == institution => last.1 = until,
                _ => self.institutions.push((institution, until)),
            }
        }
        self.items.extend_from_slice(codes.1);
        self.cnts.extend_from_slice(cnts);
        let mut days = times.iter().map(|&time| day_of(time));
        if self.has_days() || days.clone().any(|day| day != NO_DAY) {
            self.days.resize(n_before, NO_DAY);
            self.days.extend(codes.1.iter().map(|_| days.next().unwrap_or(NO_DAY)));
        }
    }

    /// Names the dictionary of the coded rows, which are all of them.
    pub(crate) fn coded_by(&mut self, codes: Codes) {
        self.codes = codes;
    }

    /// Whether the day of any movement is known.
    pub(super) fn has_days(&self) -> bool {
        !self.days.is_empty()
    }

    /// The ids of its codes in another dictionary, which takes the codes; none if they stay as they
    /// are.
    pub(super) fn named_in(&mut self, all: &mut Codes) -> Option<Vec<u32>> {
        let own = std::mem::take(&mut self.codes);
        if all.is_empty() {
            *all = own;
            return None;
        }
        Some((0..id(own.len())).map(|id| all.intern(own.bytes(id))).collect())
    }

    /// Gives rows other ids.
    #[expect(clippy::indexing_slicing, reason = "codes are below the length of their dictionary")]
    pub(super) fn recode(&mut self, ids: &[u32]) {
        self.institutions.iter_mut().for_each(|(code, _)| *code = ids[at(*code)]);
        self.items.iter_mut().for_each(|code| *code = ids[at(*code)]);
    }

    /// The rows of each institution, in their order.
    pub(super) fn runs(&self, part: usize) -> impl Iterator<Item = Run> + '_ {
        let mut from = 0;
        self.institutions.iter().map(move |&(institution, until)| {
            let rows = from..until;
            from = until;
            Run { institution, part, rows }
        })
    }

    /// The items of a run.
    pub(super) fn items(&self, run: &Run) -> &[u32] {
        self.items.get(run.rows.clone()).unwrap_or(&[])
    }

    /// The rows of a run.
    pub(super) fn rows(&self, run: &Run) -> Rows<'_> {
        let cnts = self.cnts.get(run.rows.clone()).unwrap_or(&[]);
        let days = self.days.get(run.rows.clone()).unwrap_or(&[]);
        Rows { items: self.items(run), cnts, days }
    }
}
