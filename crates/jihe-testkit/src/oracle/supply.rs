//! Days of supply and kind of supply, which both supply rules ask for (semantics, section 7).

use super::context::{Context, cell};
use super::decimal::narrow;
use super::month::Line;

/// Kinds of item that are drugs.
const DRUGS: [&str; 5] = ["101", "102", "103", "104", "106"];

/// Where a line stands to the supply rules.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Supply {
    /// No drug, in a stay, or of no kind.
    NotApplicable,
    /// Something needed is missing.
    NotEvaluable,
    /// Dispensed outside stays.
    Dispensed {
        /// Its kind.
        kind: String,
        /// Days exactly, as a fraction.
        exact: (i128, i128),
        /// The same kept to 10^-4 day, rounded down.
        days: i64,
    },
}

/// Tells the supply of a line.
pub fn supply_of(context: &Context<'_>, line: &Line) -> Supply {
    let is_empty = |table: &str| context.pack.tables.get(table).is_none_or(Vec::is_empty);
    if is_empty("supply_kind") || is_empty("supply_limit") {
        return Supply::NotApplicable;
    }
    let is_drug = context.list_type(line).map(|kind| DRUGS.contains(&kind.as_str()));
    let in_stay = context.in_stay(line);
    if is_drug == Some(false) || in_stay == Some(true) {
        return Supply::NotApplicable;
    }
    if is_drug.is_none() || in_stay.is_none() {
        return Supply::NotEvaluable;
    }
    let Some(kind) = kind_of(context, line) else { return Supply::NotApplicable };
    let Some(exact) = days_of(context, line) else { return Supply::NotEvaluable };
    let days = narrow(exact.0 * 10_000 / exact.1);
    if days <= 0 {
        return Supply::NotEvaluable;
    }
    Supply::Dispensed { kind, exact, days }
}

/// The row for the encounter's disease, else for its kind of visit.
fn kind_of(context: &Context<'_>, line: &Line) -> Option<String> {
    let disease = context.encounter(line).and_then(|encounter| encounter.dise_codg.clone());
    let by_disease = disease.and_then(|code| kind_by(context, line, "dise_codg", &code));
    by_disease.or_else(|| kind_by(context, line, "med_type", &context.med_type(line)?))
}

fn kind_by(context: &Context<'_>, line: &Line, column: &str, code: &str) -> Option<String> {
    let rows = context.pack.rows("supply_kind", line.day(), (column, code));
    rows.first().map(|row| cell(row, "kind").to_owned())
}

/// `prd_days` if above 0, else by the dose of the catalogue row in force.
fn days_of(context: &Context<'_>, line: &Line) -> Option<(i128, i128)> {
    if let Some(days) = line.prd_days.filter(|days| 0 < *days) {
        return Some((i128::from(days), 10_000));
    }
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
