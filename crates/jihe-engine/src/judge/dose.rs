//! Daily doses of lines: as they are written, and above the highest one of the label.

use jihe_frame::{Cut, Evidence, HitLine, Value};
use jihe_kernels::supply::{Daily, Dose, Frequency, Measure};
use jihe_terms::{NO_CODE, NO_NUMBER};

use crate::found::{Found, Place, in_scope, without_exempt};
use crate::judge::supply::{catalogue_codes, catalogue_numbers};
use crate::run::{Part, Run};
use crate::subjects::Subjects;
use crate::tables::CodedTable;

/// The scale of a smallest unit where the catalogue does not say what it holds.
const ONE: i64 = 1_000_000;

fn catalogue_number(run: &Run<'_>, column: &str, row: u32) -> i64 {
    catalogue_numbers(run, column).get(row as usize).copied().unwrap_or(NO_NUMBER)
}

/// The item's own unit of dose.
pub(crate) fn own_measure(run: &Run<'_>, catalogue: u32) -> Option<Measure> {
    let units = catalogue_codes(run, "dose_unit");
    measure(run, units.get(catalogue as usize).copied().unwrap_or(NO_CODE))
}

fn measure(run: &Run<'_>, code: u32) -> Option<Measure> {
    if code == NO_CODE {
        return Some(Measure::Unnamed);
    }
    Measure::parse(run.month.codes.text(code))
}

fn text<'a>(run: &'a Run<'_>, part: &Part<'_>, column: &str, row: u32) -> Option<&'a str> {
    let code = part.optional.codes(column)?[row as usize];
    (code != NO_CODE).then(|| run.month.codes.text(code))
}

/// The daily dose that a line states, dose by frequency, and what a smallest unit of the item holds in
/// the same measure; `None` unless both texts are understood.
pub(crate) fn stated(
    run: &Run<'_>,
    part: &Part<'_>,
    row: u32,
    (catalogue, own): (u32, Measure),
) -> Option<(Daily, i64)> {
    let dose = Dose::parse(text(run, part, "sin_dos_dscr", row)?)?;
    let frequency = Frequency::parse(text(run, part, "used_frqu_dscr", row)?)?;
    let per_unit = catalogue_number(run, "dose_per_unit", catalogue);
    // Counted units are compared with counted packs, whatever they hold.
    if dose.measure == Measure::Counted && per_unit == NO_NUMBER {
        return Some((Daily::of_own(dose.amount)?.times(frequency)?, ONE));
    }
    Some((Daily::of(dose, own, per_unit)?.times(frequency)?, per_unit))
}

/// The daily dose of a line in the item's own unit: as it is written, else by its days.
fn daily_of(
    run: &Run<'_>,
    part: &Part<'_>,
    row: u32,
    (catalogue, own): (u32, Measure),
) -> Option<Daily> {
    let number = |column| catalogue_number(run, column, catalogue);
    let per_unit = number("dose_per_unit");
    let written = stated(run, part, row, (catalogue, own));
    // A count of units without their strength is no dose.
    let is_counted = own == Measure::Counted;
    if let Some((daily, _)) = written.filter(|_| is_counted || is_dose(run, part, row, per_unit)) {
        return Some(daily);
    }
    let days = part.optional.numbers("prd_days").map_or(NO_NUMBER, |days| days[row as usize]);
    Daily::of_supply(part.cnt[row as usize], number("min_pac_cnt"), per_unit, days)
}

fn is_dose(run: &Run<'_>, part: &Part<'_>, row: u32, per_unit: i64) -> bool {
    let dose = text(run, part, "sin_dos_dscr", row).and_then(Dose::parse);
    per_unit != NO_NUMBER || dose.is_some_and(|dose| dose.measure != Measure::Counted)
}

/// The daily dose of a line, and the highest one of a row of `item_dose`, in the item's own unit. Where the
/// catalogue does not name it, it is that of the row, but for a count.
fn daily_and_highest(
    run: &Run<'_>,
    part: &Part<'_>,
    (row, catalogue): (u32, u32),
    (table, limit_row): (&CodedTable, u32),
) -> Option<(Daily, Daily)> {
    let amount = table.numbers(1)?.get(limit_row as usize).copied()?;
    let unit = table.codes(2).and_then(|units| units.get(limit_row as usize)).copied();
    let limit = Dose { amount, measure: measure(run, unit.unwrap_or(NO_CODE))? };
    let own = match own_measure(run, catalogue)? {
        Measure::Unnamed if limit.measure != Measure::Counted => limit.measure,
        own => own,
    };
    let per_unit = catalogue_number(run, "dose_per_unit", catalogue);
    let limit = Daily::of(limit, own, per_unit)?;
    Some((daily_of(run, part, row, (catalogue, own))?, limit))
}

/// Judges the lines of items that have a highest daily dose.
pub(crate) fn judge(run: &Run<'_>, rule: usize, part: &Part<'_>, rows: &[u32], found: &mut Found) {
    let plan = run.rule(rule);
    let Some(table) = run.engine.tables.get("item_dose") else { return };
    let own: Vec<u32> = rows.iter().copied().filter(|&row| !part.carried[row as usize]).collect();
    let rows = crate::judge::line::in_force(&table.by_key, part, &own);
    let rows = in_scope(run, rule, part, &rows, found);
    let rows = without_exempt(run, rule, part, rows, found);
    let on = Subjects::of_lines(run, part, &rows, &plan.params);
    for (&row, &catalogue) in rows.iter().zip(on.item_row()) {
        let idx = row as usize;
        let limit_row = table.by_key.on(part.item[idx], part.day[idx]).next().unwrap_or(NO_CODE);
        let doses = daily_and_highest(run, part, (row, catalogue), (table, limit_row));
        let Some((daily, limit)) = doses else {
            found.not_evaluable_for(part.amount[idx], "the daily dose is not known");
            continue;
        };
        found.n_judged += 1;
        let units = daily.units_beyond(limit, part.cnt[idx]);
        if units <= 0 {
            continue;
        }
        let cut = HitLine::new(part.first + row, Evidence::Cut(Cut::Units(units)));
        let values = [
            Value::Number(daily.amount(), 6),
            Value::Number(limit.amount(), 6),
            Value::Number(units, 4),
            Value::Missing,
        ];
        let place = Place { row: limit_row, ..Place::of_line(rule, plan.grade, part, row) };
        found.push(place, &[cut], values);
    }
}
