//! The price set for an item at an institution on a day.

use jihe_terms::schema::TableName;
use jihe_terms::{NO_CODE, NO_NUMBER};

use crate::run::Run;
use crate::tables::CodedTable;

/// What `price_limits` says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum SetPrice {
    /// The lowest price in force, 10⁻⁶ yuan.
    Known(i64),
    /// No row holds for the institution.
    None,
    /// Rows differ by level, and the institution's is not known.
    Unknown,
}

/// The lowest price in force of an item for the level of an institution, or for all levels.
pub(crate) fn set_price(run: &Run<'_>, item: u32, institution: u32, day: i32) -> SetPrice {
    let Some(table) = &run.engine.price_limits else { return SetPrice::Unknown };
    let level = level_of(run, institution, day);
    let levels = column(table, TableName::PriceLimits, "lmtpric_hosp_lv");
    let prices = column(table, TableName::PriceLimits, "hilist_pric_uplmt_amt");
    let at = |values: Option<&[i64]>, row: u32| -> i64 {
        values.and_then(|values| values.get(row as usize).copied()).unwrap_or(NO_NUMBER)
    };
    let (mut lowest, mut is_unknown) = (None, false);
    for row in table.by_key.on(item, day) {
        let (own, price) = (at(levels, row), at(prices, row));
        if price == NO_NUMBER || (own != NO_NUMBER && level != NO_NUMBER && own != level) {
            continue;
        }
        if own != NO_NUMBER && level == NO_NUMBER {
            is_unknown = true;
        } else {
            lowest = Some(lowest.map_or(price, |found: i64| found.min(price)));
        }
    }
    match (is_unknown, lowest) {
        (true, _) => SetPrice::Unknown,
        (false, Some(price)) => SetPrice::Known(price),
        (false, None) => SetPrice::None,
    }
}

fn level_of(run: &Run<'_>, institution: u32, day: i32) -> i64 {
    let Some(table) = &run.engine.institutions else { return NO_NUMBER };
    let levels = column(table, TableName::Institutions, "lmtpric_hosp_lv");
    let row = table.by_key.on(institution, day).next().unwrap_or(NO_CODE);
    levels.and_then(|levels| levels.get(row as usize).copied()).unwrap_or(NO_NUMBER)
}

fn column<'a>(table: &'a CodedTable, of: TableName, name: &str) -> Option<&'a [i64]> {
    table.numbers(of.column(name)?)
}
