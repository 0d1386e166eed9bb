//! Days of medicine: more than the kind allows, and a refill before the former supply is used up.

use jihe_frame::{Cut, Evidence, HitLine, Value};
use jihe_kernels::supply::{Refill, Supply, beyond_limit, overlaps};
use jihe_rules::plan::Shape;
use jihe_terms::schema::TableName;
use jihe_terms::{NO_CODE, NO_DAY, NO_NUMBER};

use crate::evaluate::{numbers, truths};
use crate::found::{Found, Place, in_scope, without_exempt};
use crate::judge::dose;
use crate::run::{Part, Run};
use crate::subjects::{Subjects, param_on};
use crate::vector::{FALSE, TRUE, Values};

/// One drug, or what may be one, dispensed outside a stay.
pub(crate) struct Dispensed {
    row: u32,
    generic: u32,
    /// `NO_CODE` where no row names one.
    kind: u32,
    supply: Option<Supply>,
    /// Whether it is known that the line is a drug outside a stay.
    is_known: bool,
}

/// What no rule asks differently: the drugs that a part dispensed outside stays.
fn all_dispensed<'p>(run: &Run<'_>, part: &'p Part<'_>) -> &'p [Dispensed] {
    part.dispensed.get_or_init(|| {
        let outside = run.dispensed_lines(part);
        let rows: Vec<u32> = outside.iter().map(|&(row, _)| row).collect();
        let on = Subjects::of_lines(run, part, &rows, &[]);
        let med_types = on.med_type();
        let diseases = run.month.encounters.rows.codes("dise_codg");
        let (days, encounters, item_rows) = (on.day(), on.encounter(), on.item_row());
        let (generics, doses) = (catalogue_codes(run, "genname_codg"), Doses::new(run, part));
        // Neighbours are mostly of one visit and day.
        let mut last = (NO_CODE, NO_CODE, NO_DAY, NO_CODE);
        let mut all = Vec::with_capacity(rows.len());
        for (idx, &(row, is_known)) in outside.iter().enumerate() {
            let (day, med_type) = (days[idx], med_types[idx]);
            let disease = diseases.and_then(|codes| codes.get(encounters[idx] as usize)).copied();
            let disease = disease.unwrap_or(NO_CODE);
            if (last.0, last.1, last.2) != (med_type, disease, day) {
                let kind = run.engine.supply.kind(disease, med_type, (day, &run.month.codes));
                last = (med_type, disease, day, kind);
            }
            let catalogue = item_rows[idx];
            let generic = generics.get(catalogue as usize).copied().unwrap_or(NO_CODE);
            all.push(Dispensed {
                row,
                generic: if generic == NO_CODE { part.item[row as usize] } else { generic },
                kind: last.3,
                supply: doses.supply(row, catalogue),
                is_known,
            });
        }
        all
    })
}

/// The dispensed lines of a part that the rule looks at.
fn dispensed<'p>(
    run: &Run<'_>,
    rule: usize,
    part: &'p Part<'_>,
    found: &mut Found,
) -> Vec<&'p Dispensed> {
    // What is dispensed in a stay is none of these rules' concern.
    let outside = all_dispensed(run, part);
    let rows: Vec<u32> = outside.iter().map(|line| line.row).collect();
    let rows = in_scope(run, rule, part, &rows, found);
    let rows = without_exempt(run, rule, part, rows, found);
    let mut all = outside.iter();
    let mut lines = Vec::with_capacity(rows.len());
    for &row in &*rows {
        match all.find(|line| line.row == row) {
            Some(line) if line.is_known => lines.push(line),
            _ if !part.carried[row as usize] => found.line_not_evaluable(part, row),
            _ => {}
        }
    }
    lines
}

pub(crate) fn catalogue_codes<'a>(run: &Run<'a>, column: &str) -> &'a [u32] {
    let place = TableName::Catalogue.column(column).unwrap_or(usize::MAX);
    run.engine.catalogue.as_ref().and_then(|table| table.codes(place)).unwrap_or(&[])
}

pub(crate) fn catalogue_numbers<'a>(run: &Run<'a>, column: &str) -> &'a [i64] {
    let place = TableName::Catalogue.column(column).unwrap_or(usize::MAX);
    run.engine.catalogue.as_ref().and_then(|table| table.numbers(place)).unwrap_or(&[])
}

/// What the days of a line are reckoned from, each column looked up once for a part.
struct Doses<'a> {
    run: &'a Run<'a>,
    part: &'a Part<'a>,
    prd_days: Option<&'a [i64]>,
    min_pac_cnt: &'a [i64],
    dose_per_unit: &'a [i64],
    daily_dose: &'a [i64],
}

impl<'a> Doses<'a> {
    fn new(run: &'a Run<'a>, part: &'a Part<'a>) -> Self {
        let number = |column| catalogue_numbers(run, column);
        Self {
            run,
            part,
            prd_days: part.optional.numbers("prd_days"),
            min_pac_cnt: number("min_pac_cnt"),
            dose_per_unit: number("dose_per_unit"),
            daily_dose: number("daily_dose"),
        }
    }

    /// The supply of a line whose item has that row of the catalogue.
    fn supply(&self, row: u32, catalogue: u32) -> Option<Supply> {
        let cnt = self.part.cnt[row as usize];
        let stated = self.prd_days.map_or(NO_NUMBER, |days| days[row as usize]);
        let supply = Supply::from_days(cnt, stated).or_else(|| {
            let number =
                |column: &[i64]| column.get(catalogue as usize).copied().unwrap_or(NO_NUMBER);
            let (pack, per_unit) = (number(self.min_pac_cnt), number(self.dose_per_unit));
            Supply::from_dose(cnt, pack, per_unit, number(self.daily_dose)).or_else(|| {
                let own = dose::own_measure(self.run, catalogue)?;
                let (daily, per_unit) = dose::stated(self.run, self.part, row, (catalogue, own))?;
                Supply::from_daily(cnt, pack, per_unit, daily)
            })
        });
        supply.filter(|supply| 0 < supply.days())
    }
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
            found.not_evaluable_for(part.amount[idx], "days of supply are not known");
            continue;
        };
        found.n_judged += 1;
        let beyond = beyond_limit(supply, limit);
        if beyond <= 0 {
            continue;
        }
        let lines = [HitLine::new(part.first + line.row, Evidence::Cut(Cut::Units(beyond)))];
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

/// Judges the lines of a part for more days than the first limit that holds for them.
pub(crate) fn judge_limit(run: &Run<'_>, rule: usize, part: &Part<'_>, found: &mut Found) {
    let plan = run.rule(rule);
    let Shape::SupplyLimit { limits } = &plan.shape else { return };
    let rows = in_scope(run, rule, part, part.own(), found);
    let rows = without_exempt(run, rule, part, rows, found);
    if rows.is_empty() {
        return;
    }
    let on = Subjects::of_lines(run, part, &rows, &plan.params);
    let limits: Vec<Case> = limits
        .iter()
        .map(|case| {
            let when = case.when.as_ref().map(|when| truths(when, &on));
            (when, numbers(&case.days, &on))
        })
        .collect();
    let (item_rows, doses) = (on.item_row(), Doses::new(run, part));
    for (idx, &row) in rows.iter().enumerate() {
        let amount = part.amount[row as usize];
        let Some(supply) = doses.supply(row, item_rows[idx]) else {
            found.not_evaluable_for(amount, "days of supply are not known");
            continue;
        };
        let Some(limit) = limit_of(&limits, supply, idx) else {
            found.line_not_evaluable(part, row);
            continue;
        };
        found.n_judged += 1;
        let beyond = beyond_limit(supply, limit);
        if beyond <= 0 {
            continue;
        }
        let cut = HitLine::new(part.first + row, Evidence::Cut(Cut::Units(beyond)));
        let values = [
            Value::Number(supply.days(), 4),
            Value::Int(limit),
            Value::Number(part.cnt[row as usize] - beyond, 4),
            Value::Missing,
        ];
        found.push(Place::of_line(rule, plan.grade, part, row), &[cut], values);
    }
}

/// Where a limit holds and its days, for each line.
type Case = (Option<Values<u8>>, Values<i64>);

/// The limit of a line; none if it could be another one that cuts otherwise, or is missing.
fn limit_of(cases: &[Case], supply: Supply, idx: usize) -> Option<i64> {
    let (mut found, mut cuts, mut differ) = (None, false, false);
    for (when, days) in cases {
        let holds = when.as_ref().map_or(TRUE, |when| when[idx]);
        if holds == FALSE {
            continue;
        }
        let days = days[idx];
        if days == NO_NUMBER {
            return None;
        }
        cuts |= 0 < beyond_limit(supply, days);
        differ |= *found.get_or_insert(days) != days;
        if holds == TRUE {
            break;
        }
    }
    found.filter(|_| !(cuts && differ))
}

/// Judges the lines of a part for refills before the former supply is used up.
pub(crate) fn judge_early_refill(run: &Run<'_>, rule: usize, part: &Part<'_>, found: &mut Found) {
    if !run.engine.supply.has_kinds() {
        return;
    }
    let plan = run.rule(rule);
    let Shape::EarlyRefill { allowance, chronic_allowance } = plan.shape else { return };
    let chronic = run.month.codes.get(b"chronic");
    let lines = dispensed(run, rule, part, found);
    let mut known: Vec<(u32, u32, Refill, u32)> = Vec::with_capacity(lines.len());
    for line in lines {
        let idx = line.row as usize;
        let Some(supply) = line.supply else {
            if !part.carried[idx] {
                found.not_evaluable_for(part.amount[idx], "days of supply are not known");
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
            if overlap.over <= 0 || overlap.units <= 0 || part.carried[row as usize] {
                continue;
            }
            let mut lines =
                vec![HitLine::new(part.first + row, Evidence::Cut(Cut::Units(overlap.units)))];
            if let Some(&(_, _, _, former)) =
                idx.checked_sub(1).and_then(|before| group.get(before))
            {
                lines.push(HitLine::new(part.first + former, Evidence::Shown));
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
