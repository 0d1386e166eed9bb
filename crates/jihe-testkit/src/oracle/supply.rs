//! Days of supply and kind of supply, which both supply rules ask for (semantics, section 7).

use super::context::{Context, cell};
use super::decimal::narrow;
use super::dose::days_by_dose;
use super::month::Line;

/// Kinds of item that are drugs.
const DRUGS: [&str; 5] = ["101", "102", "103", "104", "106"];

/// Where a line stands to the supply rules.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Supply {
    /// No drug, or in a stay.
    NotApplicable,
    /// Something needed is missing.
    NotEvaluable,
    /// Dispensed outside stays.
    Dispensed {
        /// Its kind, where a row names one.
        kind: Option<String>,
        /// Days exactly, as a fraction.
        exact: (i128, i128),
        /// The same kept to 10^-4 day, rounded down.
        days: i64,
    },
}

/// Tells the supply of a line.
pub fn supply_of(context: &Context<'_>, line: &Line) -> Supply {
    match is_sold_drug(context, line) {
        Some(false) => return Supply::NotApplicable,
        None => return Supply::NotEvaluable,
        Some(true) => {}
    }
    let kind = kind_of(context, line);
    let Some(exact) = days_of(context, line) else { return Supply::NotEvaluable };
    let days = narrow(exact.0 * 10_000 / exact.1);
    if days <= 0 {
        return Supply::NotEvaluable;
    }
    Supply::Dispensed { kind, exact, days }
}

/// Whether a line is of a drug; `None` if that is not known.
pub fn is_drug(context: &Context<'_>, line: &Line) -> Option<bool> {
    context.list_type(line).map(|kind| DRUGS.contains(&kind.as_str()))
}

/// Units beyond the whole packs that a limit of days needs; the days are exact.
pub fn packs_beyond(line: &Line, days: (i128, i128), limit: i64) -> i64 {
    if days.0 <= i128::from(limit) * days.1 {
        return 0;
    }
    // Packs = limit x cnt / days, started packs whole.
    let above = i128::from(limit) * i128::from(line.cnt) * days.1;
    let below = days.0 * 10_000;
    (line.cnt - narrow((above + below - 1) / below * 10_000)).max(0)
}

/// Whether a line is of a drug dispensed outside stays; `None` if that is not known.
pub fn is_sold_drug(context: &Context<'_>, line: &Line) -> Option<bool> {
    match (is_drug(context, line), context.in_stay(line)) {
        (Some(false), _) | (_, Some(true)) => Some(false),
        (Some(true), Some(false)) => Some(true),
        (None, _) | (_, None) => None,
    }
}

/// The row for the encounter's disease, else for its kind of visit.
pub fn kind_of(context: &Context<'_>, line: &Line) -> Option<String> {
    let disease = context.encounter(line).and_then(|encounter| encounter.dise_codg.clone());
    let by_disease = disease.and_then(|code| kind_by(context, line, "dise_codg", &code));
    by_disease.or_else(|| {
        // A local code belongs to the longest national one that it extends.
        let med_type = context.med_type(line)?;
        let starts = (1..=med_type.len()).rev().filter_map(|end| med_type.get(..end));
        starts.into_iter().find_map(|start| kind_by(context, line, "med_type", start))
    })
}

fn kind_by(context: &Context<'_>, line: &Line, column: &str, code: &str) -> Option<String> {
    let rows = context.pack.rows("supply_kind", line.day(), (column, code));
    rows.first().map(|row| cell(row, "kind").to_owned())
}

/// `prd_days` if above 0, else by the daily dose of the catalogue row in force, else by the line's.
pub fn days_of(context: &Context<'_>, line: &Line) -> Option<(i128, i128)> {
    if let Some(days) = line.prd_days.filter(|days| 0 < *days) {
        return Some((i128::from(days), 10_000));
    }
    by_catalogue(context, line).or_else(|| days_by_dose(context, line))
}

fn by_catalogue(context: &Context<'_>, line: &Line) -> Option<(i128, i128)> {
    let row = context.catalogue(line)?;
    let pack = i128::from(row.min_pac_cnt?);
    let dose = i128::from(row.dose_per_unit?);
    let daily = i128::from(row.daily_dose?);
    if daily <= 0 {
        return None;
    }
    // Quantity and pack size are 10^-4, both doses 10^-6, which fall out of the fraction.
    Some((i128::from(line.cnt) * pack * dose, daily * 100_000_000))
}
