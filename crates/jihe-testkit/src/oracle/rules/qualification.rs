//! qualification: an institution that falls short of a condition of the admission standard
//! (semantics, section 8).

use std::collections::BTreeSet;

use crate::oracle::civil::{Day, completed_months};
use crate::oracle::context::{Context, Verdicts};
use crate::oracle::month::Line;
use crate::oracle::outcome::HouseHit;
use crate::oracle::reference::Institution;

/// Whether a condition fails, what is there and what is asked for.
type Answer = (Option<bool>, Option<i64>, i64);

/// Judges every institution that billed, on the last day of service.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let mut verdicts = Verdicts::default();
    let Some(day) = context.net.lines.iter().map(Line::day).max() else { return verdicts };
    if !context.rule.is_in_force(day) {
        return verdicts;
    }
    let houses: BTreeSet<&String> =
        context.net.lines.iter().map(|line| &line.fixmedins_code).collect();
    for house in houses {
        let unknown = Institution::default();
        let row = context.reference.institution_on(house, day).unwrap_or(&unknown);
        let (doctors, pharmacists) = staff(context, house, day);
        let answers = [
            ("open", open(context, row, day)),
            ("penalty", penalty(context, row, day)),
            ("physician", fewer(context, (row, "1"), doctors, "physicians_least")),
            ("pharmacist", fewer(context, (row, "2"), pharmacists, "pharmacists_least")),
            ("managers", managers(context, row)),
            ("department", department(context, row)),
            ("stock", stock(context, row)),
        ];
        for (name, (fails, value, limit)) in answers {
            match fails {
                None => verdicts.not_evaluable.push(format!("{house} {name}")),
                Some(false) => {}
                Some(true) => {
                    let value = value.map_or_else(|| "none".to_owned(), |value| value.to_string());
                    verdicts.houses.push(HouseHit {
                        rule_id: context.rule.id.clone(),
                        fixmedins_code: house.clone(),
                        said: format!("{name} {value} {limit}"),
                    });
                }
            }
        }
    }
    verdicts
}

/// Both hold; one that does not decides alone.
fn both(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    if a == Some(false) || b == Some(false) {
        return Some(false);
    }
    Some(a? && b?)
}

fn open(context: &Context<'_>, row: &Institution, day: Day) -> Answer {
    let least = context.whole_param("open_months", 3);
    let since = |first: Option<Day>| first.map(|first| completed_months(first, day));
    let fails = match (since(row.opng_date), since(row.begntime)) {
        (Some(months), _) => Some(months < least),
        // An agreement is never older than the institution.
        (None, Some(months)) if least <= months => Some(false),
        (None, _) => None,
    };
    (fails, since(row.opng_date), least)
}

fn penalty(context: &Context<'_>, row: &Institution, day: Day) -> Answer {
    let months = context.whole_param("penalty_months", 12);
    let since = row.pnlt_date.map(|on| completed_months(on, day));
    let was = match (&row.pnlt_flag, row.pnlt_date) {
        (_, Some(_)) => Some(true),
        (Some(flag), None) => Some(flag == "1"),
        (None, None) => None,
    };
    (both(was, since.map(|since| since < months)), since, months)
}

/// Practitioners who surely count, and those who may.
type Count = Option<(i64, i64)>;

fn fewer(
    context: &Context<'_>,
    (row, kind): (&Institution, &str),
    count: Count,
    least: &str,
) -> Answer {
    let least = context.whole_param(least, 1);
    let fails = count.and_then(|(surely, perhaps)| {
        if least <= surely {
            Some(false)
        } else if perhaps < least {
            Some(true)
        } else {
            None
        }
    });
    let is_kind = row.fixmedins_type.as_ref().map(|own| own == kind);
    let shown = count.filter(|(surely, perhaps)| surely == perhaps).map(|(surely, _)| surely);
    (both(is_kind, fails), shown, least)
}

/// Physicians, and pharmacists whose contract is long enough and holds on the day.
fn staff(context: &Context<'_>, house: &str, day: Day) -> (Count, Count) {
    let Some(rows) = &context.reference.practitioners else { return (None, None) };
    let months = context.whole_param("contract_months", 12);
    let persons: BTreeSet<&String> = rows
        .iter()
        .filter(|row| row.works(&row.prac_psn_code, house, day))
        .map(|row| &row.prac_psn_code)
        .collect();
    let (mut doctors, mut pharmacists) = ((0, 0), (0, 0));
    for person in persons {
        let own = rows.iter().filter(|row| row.works(person, house, day));
        let (mut doctor, mut pharmacist) = (Vec::new(), Vec::new());
        for row in own {
            let is = |kind: &str| row.prac_psn_type.as_ref().map(|own| own == kind);
            let term = row.cntr_begndate.zip(row.cntr_enddate);
            let is_long = term.map(|(first, last)| months <= completed_months(first, last + 1));
            let has_begun = row.cntr_begndate.map(|first| first <= day);
            let lasts = row.cntr_enddate.map(|last| day <= last);
            doctor.push(is("1"));
            pharmacist.push(both(is("3"), both(is_long, both(has_begun, lasts))));
        }
        for (answers, count) in [(doctor, &mut doctors), (pharmacist, &mut pharmacists)] {
            count.0 += i64::from(answers.contains(&Some(true)));
            count.1 += i64::from(answers.iter().any(|answer| *answer != Some(false)));
        }
    }
    (Some(doctors), Some(pharmacists))
}

fn managers(context: &Context<'_>, row: &Institution) -> Answer {
    let least = context.whole_param("managers_least", 2);
    (row.hi_mgt_psncnt.map(|there| there < least), row.hi_mgt_psncnt, least)
}

fn department(context: &Context<'_>, row: &Institution) -> Answer {
    let beds = context.whole_param("beds", 100);
    let is_large = row.aprv_bed_cnt.map(|there| beds <= there);
    let without = row.hi_mgt_dept_flag.as_ref().map(|flag| flag != "1");
    (both(is_large, without), row.aprv_bed_cnt, beds)
}

fn stock(context: &Context<'_>, row: &Institution) -> Answer {
    let least = context.param("stock_rate", 800_000);
    let is_pharmacy = row.fixmedins_type.as_ref().map(|kind| kind == "2");
    let is_low = row.drug_stoc_rate.map(|rate| rate < least);
    (both(is_pharmacy, is_low), row.drug_stoc_rate, least)
}
