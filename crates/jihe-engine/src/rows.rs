//! The rows that rules look up for the items of lines, on the days of one month.
//!
//! In: a table's rows by item and day. Out: the same, those that hold all month long found at the price of
//! four bytes a line, which stay in the cache.

use std::sync::OnceLock;

use jihe_catalogue::{During, InForce};
use jihe_frame::NetMonth;
use jihe_terms::{Day, NO_CODE};

use crate::compile::Engine;
use crate::tables::CodedTable;

/// What is looked up in a month, made when it is first asked for.
pub(crate) struct MonthRows {
    /// The first day after the month.
    month_end: i32,
    n_lines: usize,
    /// By rule: those of its look-up.
    by_rule: OnceLock<Vec<OnceLock<During>>>,
    of_catalogue: OnceLock<During>,
}

impl MonthRows {
    pub(crate) fn new(month: &NetMonth, month_end: i32) -> Self {
        let n_lines = month.lines.len();
        Self { month_end, n_lines, by_rule: OnceLock::new(), of_catalogue: OnceLock::new() }
    }

    /// The rows of a rule's look-up that can match.
    pub(crate) fn of_rule<'a>(
        &'a self,
        engine: &'a Engine,
        rule: usize,
        table: &'a CodedTable,
    ) -> RowsOn<'a> {
        let by_key = engine.rows_of(rule, table);
        let by_rule = || engine.rules.iter().map(|_| OnceLock::new()).collect();
        // Rules that look up the same share it.
        let place = engine.known.rows_like[rule];
        self.on(by_key, || &self.by_rule.get_or_init(by_rule)[place])
    }

    /// The rows of the catalogue.
    pub(crate) fn of_catalogue<'a>(&'a self, by_key: &'a InForce) -> RowsOn<'a> {
        self.on(by_key, || &self.of_catalogue)
    }

    fn on<'a>(
        &self,
        by_key: &'a InForce,
        during: impl FnOnce() -> &'a OnceLock<During>,
    ) -> RowsOn<'a> {
        let of_month = || by_key.during(month_begin(self.month_end), self.month_end);
        // A few lines are answered by the table itself.
        let is_worth = by_key.n_keys() < self.n_lines;
        RowsOn { by_key, during: is_worth.then(|| during().get_or_init(of_month)) }
    }
}

/// The rows of a table by key and day.
#[derive(Clone, Copy)]
pub(crate) struct RowsOn<'a> {
    by_key: &'a InForce,
    during: Option<&'a During>,
}

impl RowsOn<'_> {
    /// Calls `each` with the rows of a key in force on a day, in order.
    #[inline]
    pub(crate) fn each(&self, key: u32, day: i32, mut each: impl FnMut(u32)) {
        match self.during.map_or(During::ASK, |during| during.row(key, day)) {
            During::ASK => self.by_key.on(key, day).for_each(each),
            NO_CODE => {}
            row => each(row),
        }
    }

    /// The first of them; `NO_CODE` for none.
    #[inline]
    pub(crate) fn first(&self, key: u32, day: i32) -> u32 {
        match self.during.map_or(During::ASK, |during| during.row(key, day)) {
            During::ASK => self.by_key.on(key, day).next().unwrap_or(NO_CODE),
            row => row,
        }
    }
}

/// The first day of the month before a day.
fn month_begin(month_end: i32) -> i32 {
    let (year, month, _) = Day::from_epoch(month_end.saturating_sub(1)).civil();
    Day::from_civil(year, month, 1).map_or(i32::MIN, Day::epoch)
}
