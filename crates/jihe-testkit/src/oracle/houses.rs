//! Rates of institutions, one institution at a time (semantics, section 8).

use std::collections::BTreeMap;

use super::civil::Day;
use super::context::{Context, Verdicts, cell};
use super::decimal::{half_up, parse_decimal};
use super::outcome::HouseHit;
use super::reference::without_zero;
use super::table::{row_in_force, text};

/// What one institution adds up to.
#[derive(Clone, Debug, Default)]
pub struct Sum {
    /// Below the line.
    pub below: i128,
    /// Above the line, by class; the empty class where there are none.
    pub above: BTreeMap<String, i128>,
    /// The last day of what was summed.
    pub last_day: Day,
}

/// Sums by institution.
pub type Sums = BTreeMap<String, Sum>;

/// How the rates of a rule are looked at.
#[derive(Clone, Debug)]
pub struct How {
    /// The classes; the empty one alone where there are none.
    pub classes: Vec<String>,
    /// What turns a quotient of the sums into 10^-6.
    pub factor: i128,
    /// How much of 10^-6 the last digit shown is.
    pub shown_by: i128,
    /// Whether the high ones stand out, or the low ones.
    pub is_high: bool,
}

/// Adds to the sums of an institution.
pub fn add(sums: &mut Sums, house: &str, day: Day, (above, below): (&[(String, i64)], i64)) {
    let fresh = || Sum { last_day: day, ..Sum::default() };
    let sum = sums.entry(house.to_owned()).or_insert_with(fresh);
    sum.below += i128::from(below);
    sum.last_day = sum.last_day.max(day);
    for (class, amount) in above {
        *sum.above.entry(class.clone()).or_default() += i128::from(*amount);
    }
}

/// Holds every rate against its target, else against the middle of its peers.
pub fn compare(context: &Context<'_>, sums: &Sums, how: &How, verdicts: &mut Verdicts) {
    for class in &how.classes {
        let above_of = |sum: &Sum| sum.above.get(class).copied().unwrap_or(0) * how.factor;
        let rate_of = |sum: &Sum| half_up(above_of(sum), sum.below);
        for (house, sum) in sums.iter().filter(|(_, sum)| 0 < sum.below) {
            let group = group_of(context, house, sum.last_day);
            let mut peers: Vec<i64> = Vec::new();
            for (other, of_other) in sums.iter().filter(|(_, sum)| 0 < sum.below) {
                if group.is_some() && group_of(context, other, of_other.last_day) == group {
                    peers.push(rate_of(of_other));
                }
            }
            peers.sort_unstable();
            let n_peers = peers.len();
            let middle = middle_of(&peers);
            let distance = context.param("distance", 300_000);
            let least = context.whole_param("peers", 3);
            let limit = match target_of(context, class, house, sum.last_day) {
                Some(target) => Some(target),
                None if i64::try_from(n_peers).unwrap_or(0) < least => None,
                None => middle.map(|middle| {
                    let whole =
                        if how.is_high { 1_000_000 + distance } else { 1_000_000 - distance };
                    half_up(i128::from(middle) * i128::from(whole), 1_000_000)
                }),
            };
            let Some(limit) = limit else {
                verdicts.not_evaluable.push(format!("{house} {class}"));
                continue;
            };
            let bound = i128::from(limit) * sum.below;
            let is_over = if how.is_high { bound < above_of(sum) } else { above_of(sum) < bound };
            if is_over {
                let rate = rate_of(sum);
                let shown = |value: i64| half_up(i128::from(value), how.shown_by).to_string();
                let known = |value: Option<i64>| value.map_or_else(|| "none".to_owned(), &shown);
                let (middle, away) = (known(middle), known(middle.map(|middle| rate - middle)));
                let (rate, limit) = (shown(rate), shown(limit));
                verdicts.houses.push(HouseHit {
                    rule_id: context.rule.id.clone(),
                    fixmedins_code: house.clone(),
                    said: format!("{class} {rate} {middle} {away} {limit} {n_peers}"),
                });
            }
        }
    }
}

fn middle_of(sorted: &[i64]) -> Option<i64> {
    let n = sorted.len();
    match n % 2 {
        _ if n == 0 => None,
        1 => Some(sorted[n / 2]),
        _ => Some(half_up(i128::from(sorted[n / 2 - 1]) + i128::from(sorted[n / 2]), 2)),
    }
}

/// Type and level, if one of the two is known.
fn group_of(
    context: &Context<'_>,
    house: &str,
    day: Day,
) -> Option<(Option<String>, Option<String>)> {
    let row = context.reference.institution_on(house, day)?;
    let level = row.lmtpric_hosp_lv.as_deref().map(without_zero);
    let kind = row.fixmedins_type.clone();
    (kind.is_some() || level.is_some()).then_some((kind, level))
}

/// The target of an institution: its own, else its level's, else that of all.
fn target_of(context: &Context<'_>, class: &str, house: &str, day: Day) -> Option<i64> {
    let level = context.reference.level_on(house, day);
    let rows = context.pack.table("indicator_target").iter().filter(|row| {
        cell(row, "indicator") == context.rule.id
            && cell(row, "class") == class
            && row_in_force(row, day)
    });
    let own = |row: &&super::table::Row| cell(row, "fixmedins_code") == house;
    let of_any = |row: &&super::table::Row| cell(row, "fixmedins_code").is_empty();
    let of_level = |row: &&super::table::Row| {
        level.is_some() && text(row, "lmtpric_hosp_lv").map(|text| without_zero(&text)) == level
    };
    let of_all = |row: &&super::table::Row| cell(row, "lmtpric_hosp_lv").is_empty();
    let rows: Vec<_> = rows.collect();
    let find = |is_it: &dyn Fn(&&super::table::Row) -> bool| rows.iter().copied().find(is_it);
    find(&|row| own(row) && of_level(row))
        .or_else(|| find(&|row| own(row) && of_all(row)))
        .or_else(|| find(&|row| of_any(row) && of_level(row)))
        .or_else(|| find(&|row| of_any(row) && of_all(row)))
        .and_then(|row| parse_decimal(cell(row, "target"), 6))
}
