//! Days of medicine: more than the kind allows, and a refill before the former supply is used up.

use jihe_frame::{Cut, Evidence, HitLine, Value};
use jihe_kernels::supply::{Refill, Supply, beyond_limit, overlaps};
use jihe_rules::plan::Shape;
use jihe_terms::schema::TableName;
use jihe_terms::{NO_CODE, NO_NUMBER};

use crate::found::{Found, Place, in_scope, without_exempt};
use crate::run::{Part, Run};
use crate::subjects::{Subjects, param_on};
use crate::vector::{FALSE, NULL};

/// One line of medicine dispensed outside a stay.
struct Dispensed {
    row: u32,
    generic: u32,
    kind: u32,
    supply: Option<Supply>,
}

/// The dispensed lines of a part that the rule looks at.
fn dispensed(run: &Run<'_>, rule: usize, part: &Part<'_>, found: &mut Found) -> Vec<Dispensed> {
    let plan = run.rule(rule);
    // What is dispensed in a stay is none of these rules' concern.
    let outside = run.dispensed_lines(part);
    let rows: Vec<u32> = outside.iter().map(|&(row, _)| row).collect();
    let rows = in_scope(run, rule, part, &rows, found);
    let rows = without_exempt(run, rule, part, rows, found);
    let on = Subjects::of_lines(run, part, &rows, &plan.params);
    let med_types = on.med_type();
    let diseases = run.month.encounters.rows.codes("dise_codg");
    let mut lines = Vec::with_capacity(rows.len());
    let mut outside = outside.iter();
    for (idx, &row) in rows.iter().enumerate() {
        let day = on.day()[idx];
        let is_known = outside.find(|line| line.0 == row).is_some_and(|line| line.1);
        match run.inpatient(med_types[idx], day) {
            FALSE if is_known => {}
            FALSE | NULL => {
                if !part.carried[row as usize] {
                    found.not_evaluable(part.amount[row as usize]);
                }
                continue;
            }
            _ => continue,
        }
        let disease = diseases.and_then(|codes| codes.get(on.encounter()[idx] as usize)).copied();
        let kind = run.engine.supply.kind(disease.unwrap_or(NO_CODE), med_types[idx], day);
        if kind == NO_CODE {
            continue;
        }
        let catalogue = on.item_row()[idx];
        let generic = catalogue_code(run, "genname_codg", catalogue);
        lines.push(Dispensed {
            row,
            generic: if generic == NO_CODE { part.item[row as usize] } else { generic },
            kind,
            supply: supply_of(run, part, row, catalogue),
        });
    }
    lines
}

fn catalogue_code(run: &Run<'_>, column: &str, row: u32) -> u32 {
    let place = TableName::Catalogue.column(column).unwrap_or(usize::MAX);
    let codes = run.engine.catalogue.as_ref().and_then(|table| table.codes(place));
    codes.and_then(|codes| codes.get(row as usize)).copied().unwrap_or(NO_CODE)
}

fn catalogue_number(run: &Run<'_>, column: &str, row: u32) -> i64 {
    let place = TableName::Catalogue.column(column).unwrap_or(usize::MAX);
    let values = run.engine.catalogue.as_ref().and_then(|table| table.numbers(place));
    values.and_then(|values| values.get(row as usize)).copied().unwrap_or(NO_NUMBER)
}

fn supply_of(run: &Run<'_>, part: &Part<'_>, row: u32, catalogue: u32) -> Option<Supply> {
    let cnt = part.cnt[row as usize];
    let stated = part.optional.numbers("prd_days").map_or(NO_NUMBER, |days| days[row as usize]);
    let supply = Supply::from_days(cnt, stated).or_else(|| {
        let number = |column| catalogue_number(run, column, catalogue);
        Supply::from_dose(cnt, number("min_pac_cnt"), number("dose_per_unit"), number("daily_dose"))
    });
    supply.filter(|supply| 0 < supply.days())
}

/// Judges the lines of a part for more days than their kind allows.
pub(crate) fn judge_over_supply(run: &Run<'_>, rule: usize, part: &Part<'_>, found: &mut Found) {
    if run.engine.supply.is_empty() {
        return;
    }
    for line in dispensed(run, rule, part, found) {
        let idx = line.row as usize;
        let Some((limit, limit_row)) = run.engine.supply.limit(line.kind, part.day[idx]) else {
            continue;
        };
        if part.carried[idx] {
            continue;
        }
        let Some(supply) = line.supply else {
            found.not_evaluable(part.amount[idx]);
            found.reason = Some("days of supply are not known");
            continue;
        };
        found.n_judged += 1;
        let beyond = beyond_limit(supply, limit);
        if beyond <= 0 {
            continue;
        }
        let lines =
            [HitLine { line: part.first + line.row, part: Evidence::Cut(Cut::Units(beyond)) }];
        let values = [
            Value::Number(supply.days(), 4),
            Value::Int(limit),
            Value::Code(line.kind),
            Value::Number(part.cnt[idx] - beyond, 4),
        ];
        let place =
            Place { row: limit_row, ..Place::of_line(rule, run.rule(rule).grade, part, line.row) };
        found.push(place, &lines, values);
    }
}

/// Judges the lines of a part for refills before the former supply is used up.
pub(crate) fn judge_early_refill(run: &Run<'_>, rule: usize, part: &Part<'_>, found: &mut Found) {
    if run.engine.supply.is_empty() {
        return;
    }
    let plan = run.rule(rule);
    let Shape::EarlyRefill { allowance, chronic_allowance } = plan.shape else { return };
    let chronic = run.month.codes.get(b"chronic");
    let mut known: Vec<(u32, u32, Refill, u32)> = Vec::new();
    for line in dispensed(run, rule, part, found) {
        let idx = line.row as usize;
        let Some(supply) = line.supply else {
            if !part.carried[idx] {
                found.not_evaluable(part.amount[idx]);
                found.reason = Some("days of supply are not known");
            }
            continue;
        };
        found.n_judged += u64::from(!part.carried[idx]);
        let which = if Some(line.kind) == chronic { chronic_allowance } else { allowance };
        let allowed = param_on(&plan.params[which].values, part.day[idx]);
        let refill = Refill {
            day: part.day[idx],
            cnt: part.cnt[idx],
            days: supply.days(),
            allowance: allowed.saturating_mul(10_000),
        };
        known.push((part.person[idx], line.generic, refill, line.row));
    }
    known.sort_unstable_by_key(|&(person, generic, _, row)| (person, generic, row));
    for group in known.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
        let refills: Vec<Refill> = group.iter().map(|&(_, _, refill, _)| refill).collect();
        for (idx, overlap) in overlaps(&refills).into_iter().enumerate() {
            let (_, _, refill, row) = group[idx];
            if overlap.over <= 0 || part.carried[row as usize] {
                continue;
            }
            let mut lines = vec![HitLine {
                line: part.first + row,
                part: Evidence::Cut(Cut::Units(overlap.units)),
            }];
            if let Some(&(_, _, _, former)) =
                idx.checked_sub(1).and_then(|before| group.get(before))
            {
                lines.push(HitLine { line: part.first + former, part: Evidence::Shown });
            }
            let values = [
                Value::Number(overlap.on_hand, 4),
                Value::Number(refill.days, 4),
                Value::Number(overlap.over, 4),
                Value::Number(refill.allowance, 4),
            ];
            found.push(Place::of_line(rule, plan.grade, part, row), &lines, values);
        }
    }
}
