//! Indicators of institutions: two sums over what each billed, held against its peers or a target.
//!
//! Each part gives exact sums of its lines; they are added up in any order. Settlements and
//! encounters are summed when all parts are through. The rates are compared once, at the end.

use std::collections::HashMap;

use jihe_frame::Value;
use jihe_rules::plan::{Over, Ratio, RatioUnit, Shape, Side};
use jihe_terms::schema::TableName;
use jihe_terms::{NO_CODE, NO_DAY, NO_NUMBER, half_up};

use crate::evaluate::{numbers, truths};
use crate::found::{Found, Place, exceptions, in_scope, scope_of, surely_not_exempt};
use crate::judge::costs::Costs;
use crate::judge::stay::{StayList, untold};
use crate::run::{Part, Run, bounds};
use crate::subjects::{Subjects, param_on};
use crate::vector::{NULL, TRUE, Values};

/// Subjects that expressions are evaluated over at once.
const BATCH: usize = 16_384;

/// One whole, 10⁻⁶.
const ONE: i128 = 1_000_000;

/// The sums of an institution; those above the line by class.
#[derive(Clone, Debug)]
pub(crate) struct Sums {
    below: i128,
    above: Vec<i128>,
    last_day: i32,
}

/// The sums of all institutions, exact, so that their order does not matter.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    slots: HashMap<u32, usize, ahash::RandomState>,
    sums: Vec<Sums>,
    institutions: Vec<u32>,
    /// The institution that was asked for last, and its place: neighbours are mostly of one.
    last: Option<(u32, usize)>,
}

impl Tally {
    fn of(&mut self, institution: u32, n_classes: usize) -> &mut Sums {
        let slot = match self.last {
            Some((last, slot)) if last == institution => slot,
            _ => *self.slots.entry(institution).or_insert_with(|| {
                self.sums.push(Sums { below: 0, above: vec![0; n_classes], last_day: NO_DAY });
                self.institutions.push(institution);
                self.sums.len() - 1
            }),
        };
        self.last = Some((institution, slot));
        &mut self.sums[slot]
    }

    /// Adds the sums of another part.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (&institution, sums) in other.institutions.iter().zip(&other.sums) {
            let own = self.of(institution, sums.above.len());
            own.below += sums.below;
            own.last_day = own.last_day.max(sums.last_day);
            for (own, other) in own.above.iter_mut().zip(&sums.above) {
                *own += other;
            }
        }
    }
}

fn ratio_of<'a>(run: &Run<'a>, rule: usize) -> Option<&'a Ratio> {
    match &run.rule(rule).shape {
        Shape::Ratio(ratio) => Some(ratio),
        _ => None,
    }
}

/// The sums of the lines of a part, if the rule sums lines.
pub(crate) fn of_lines(run: &Run<'_>, rule: usize, part: &Part<'_>, found: &mut Found) -> Tally {
    let mut tally = Tally::default();
    let Some(ratio) = ratio_of(run, rule) else { return tally };
    if ratio.over == Over::Stays {
        untold(run, rule, part, found);
    }
    let has_no_class = ratio.classes.is_some() && run.engine.classes.is_none();
    if ratio.over != Over::Lines || has_no_class {
        return tally;
    }
    let classes = run.engine.classes.as_ref().filter(|_| ratio.classes.is_some());
    let n_classes = classes.map_or(1, |classes| classes.names().len());
    let rows = in_scope(run, rule, part, part.own(), found);
    let rows = surely_not_exempt(run, rule, part, rows, found);
    let mut classes = classes.map(|classes| classes.of_part(run, part));
    for rows in rows.chunks(BATCH) {
        let on = Subjects::of_lines(run, part, rows, &run.rule(rule).params);
        let added = Added::new(ratio, &on, &[]);
        for (place, &row) in rows.iter().enumerate() {
            let idx = row as usize;
            let mask = match &mut classes {
                None => u64::from(added.part[place] == TRUE),
                Some(classes) => {
                    let Some(mask) = classes.of(row) else {
                        found.not_evaluable_for(
                            part.amount[idx],
                            "the class of some items is not known",
                        );
                        continue;
                    };
                    mask
                }
            };
            if added.is_unknown(place, mask) {
                found.line_not_evaluable(part, row);
                continue;
            }
            let sums = tally.of(part.institution[idx], n_classes);
            added.to(sums, place, mask, part.day[idx]);
        }
    }
    tally
}

/// What each subject adds.
struct Added {
    above: Values<i64>,
    below: Values<i64>,
    part: Values<u8>,
}

impl Added {
    /// `counts_not` names, in order, subjects that never count above the line.
    fn new(ratio: &Ratio, on: &Subjects<'_>, counts_not: &[usize]) -> Self {
        let mut part = match &ratio.part {
            Some(part) => truths(part, on),
            None => Values::of(TRUE, on.n),
        };
        for &place in counts_not {
            part[place] = 0;
        }
        Self { above: numbers(&ratio.above, on), below: numbers(&ratio.below, on), part }
    }

    /// Whether it is not known what a subject adds; one that is not above the line, by its mask, may
    /// lack what it would add there.
    fn is_unknown(&self, place: usize, mask: u64) -> bool {
        let lacks_above = mask != 0 && self.above[place] == NO_NUMBER;
        self.part[place] == NULL || lacks_above || self.below[place] == NO_NUMBER
    }

    fn to(&self, sums: &mut Sums, place: usize, mask: u64, day: i32) {
        sums.below += i128::from(self.below[place]);
        sums.last_day = sums.last_day.max(day);
        let mut bits = mask;
        while bits != 0 {
            sums.above[bits.trailing_zeros() as usize] += i128::from(self.above[place]);
            bits &= bits - 1;
        }
    }
}

/// Sums what is no line, compares the rates, and reports those that stand out.
pub(crate) fn judge(
    run: &Run<'_>,
    rule: usize,
    (stays, costs): (&StayList, &Costs),
    mut tally: Tally,
    found: &mut Found,
) {
    let Some(ratio) = ratio_of(run, rule) else { return };
    let month = run.month;
    let (all, former): (Vec<u32>, Vec<u32>) = match ratio.over {
        Over::Lines => (Vec::new(), Vec::new()),
        Over::Settlements => {
            let own = |&idx: &usize| month.settlements.listed[idx];
            let all = (0..month.settlements.len()).filter(own).map(|idx| idx as u32);
            all.filter(|&idx| !month.settlements.carried[idx as usize])
                .map(|idx| (idx, NO_CODE))
                .unzip()
        }
        Over::Encounters => {
            let all = 0..month.encounters.len() as u32;
            let all = all.filter(|&encounter| costs.get(encounter).is_some());
            all.filter(|&idx| !month.encounters.carried[idx as usize])
                .map(|idx| (idx, NO_CODE))
                .unzip()
        }
        Over::Stays => stays.neighbours(run),
    };
    let batches = all.chunks(BATCH).zip(former.chunks(BATCH));
    for (rows, former) in batches {
        add(run, rule, (rows, former), costs, &mut tally, found);
    }
    compare(run, rule, &tally, found);
}

/// Adds settlements or encounters that the rule looks at.
fn add(
    run: &Run<'_>,
    rule: usize,
    (rows, former): (&[u32], &[u32]),
    costs: &Costs,
    tally: &mut Tally,
    found: &mut Found,
) {
    let Some(ratio) = ratio_of(run, rule) else { return };
    let plan = run.rule(rule);
    let (from, until) = bounds(plan.range);
    let of = |rows, former| match ratio.over {
        Over::Settlements => Subjects::of_settlements(run, rows, &plan.params),
        Over::Lines | Over::Encounters | Over::Stays => {
            Subjects::of_stays(run, rows, former, &plan.params).with_costs(costs)
        }
    };
    let on = of(rows, former);
    let truth = scope_of(&on, rule);
    let (mut kept, mut kept_former) = (Vec::new(), Vec::new());
    for (place, &day) in on.day().iter().enumerate() {
        // A day that is not known is of an encounter that no table has.
        let in_force = day == NO_DAY || (from <= day && day < until);
        if in_force && (truth[place] == NULL || day == NO_DAY) {
            found.not_evaluable(money(run, ratio, rows[place], costs), &[]);
        } else if in_force && truth[place] == TRUE {
            kept.push(rows[place]);
            kept_former.push(former[place]);
        }
    }
    let on = of(&kept, &kept_former);
    let alone: Vec<usize> = match ratio.over {
        Over::Stays => (0..on.n).filter(|&place| kept_former[place] == NO_CODE).collect(),
        Over::Lines | Over::Settlements | Over::Encounters => Vec::new(),
    };
    let added = Added::new(ratio, &on, &alone);
    let excepted = exceptions(&on, rule);
    for (place, &institution) in on.institution().iter().enumerate() {
        let mask = u64::from(added.part[place] == TRUE);
        if let Some(exception) = excepted.exempt(place) {
            found.exempt_visit(rule, exception, on.encounter()[place]);
        } else if excepted.is_open(place) {
            found.open_exception(money(run, ratio, kept[place], costs));
        } else if costs.is_too_large(kept[place]) && ratio.over != Over::Settlements {
            let reason = "what the lines of a visit come to is too large";
            found.not_evaluable_for(money(run, ratio, kept[place], costs), reason);
        } else if added.is_unknown(place, mask) || institution == NO_CODE {
            found.not_evaluable(money(run, ratio, kept[place], costs), &[]);
        } else {
            added.to(tally.of(institution, 1), place, mask, on.day()[place]);
        }
    }
}

/// The money that is concerned where a subject cannot be judged.
fn money(run: &Run<'_>, ratio: &Ratio, row: u32, costs: &Costs) -> i128 {
    if ratio.over != Over::Settlements {
        return costs.get(row).unwrap_or(0);
    }
    let settled = run.month.settlements.rows.numbers("medfee_sumamt").unwrap_or(&[]);
    let value = settled.get(row as usize).copied().filter(|&value| value != NO_NUMBER);
    value.map_or(0, i128::from)
}

/// The rate of one institution, and what it is held against.
struct House {
    institution: u32,
    above: i128,
    below: i128,
    day: i32,
    rate: i64,
    group: Group,
}

/// Type and level of an institution; none if neither is known.
type Group = Option<(u32, i64)>;

fn compare(run: &Run<'_>, rule: usize, tally: &Tally, found: &mut Found) {
    let Some(ratio) = ratio_of(run, rule) else { return };
    let classes: Vec<u32> = match (&run.engine.classes, &ratio.classes) {
        (_, None) => vec![NO_CODE],
        (Some(classes), Some(_)) => classes.names().to_vec(),
        // A table without rows has nothing to ask.
        (None, Some(_)) => return,
    };
    if tally.institutions.is_empty() {
        return;
    }
    let scale = 10_i128.pow(ratio.scale().unwrap_or(0));
    let all = tally.institutions.iter().zip(&tally.sums);
    // Nothing below the line: there is no rate.
    let houses: Vec<(u32, &Sums, Group)> = all
        .filter(|(_, sums)| 0 < sums.below)
        .map(|(&institution, sums)| (institution, sums, group_of(run, institution, sums.last_day)))
        .collect();
    let mut groups: Vec<Group> = houses.iter().map(|house| house.2).collect();
    groups.sort_unstable();
    groups.dedup();
    for (place, &class) in classes.iter().enumerate() {
        let rates = houses.iter().map(|&(institution, sums, group)| {
            let above = sums.above[place].saturating_mul(scale);
            let rate = half_up(above, sums.below).and_then(|rate| i64::try_from(rate).ok());
            let rate = rate.unwrap_or(i64::MAX);
            House { institution, above, below: sums.below, day: sums.last_day, rate, group }
        });
        let rates: Vec<House> = rates.collect();
        let mut of_groups: Vec<Vec<i64>> = vec![Vec::new(); groups.len()];
        let nth = |rate: &House| groups.binary_search(&rate.group).unwrap_or(0);
        for rate in &rates {
            of_groups[nth(rate)].push(rate.rate);
        }
        let peers: Vec<(i64, i64)> = of_groups
            .into_iter()
            .map(|rates| {
                let n = i64::try_from(rates.len()).unwrap_or(i64::MAX);
                (median(rates), n)
            })
            .collect();
        for rate in &rates {
            let peers = rate.group.map(|_| peers[nth(rate)]);
            hold(run, rule, (class, rate), peers, found);
        }
    }
}

/// Holds one rate against its target, else against its peers.
fn hold(
    run: &Run<'_>,
    rule: usize,
    (class, rate): (u32, &House),
    peers: Option<(i64, i64)>,
    found: &mut Found,
) {
    let Some(ratio) = ratio_of(run, rule) else { return };
    let plan = run.rule(rule);
    let target = run.engine.targets.of(run, rule, (class, rate.institution, rate.day));
    let least = param_on(&plan.params[ratio.peers].values, rate.day);
    let distance = i128::from(param_on(&plan.params[ratio.distance].values, rate.day));
    let (limit, row) = match (target, peers) {
        (Some((target, row)), _) => (target, row),
        (None, Some((median, n))) if least <= n => {
            let factor = match ratio.side {
                Side::High => ONE + distance,
                Side::Low => ONE - distance,
            };
            let limit = half_up(i128::from(median) * factor, ONE);
            (limit.and_then(|limit| i64::try_from(limit).ok()).unwrap_or(i64::MAX), NO_CODE)
        }
        (None, peers) => {
            found.not_evaluable_for(
                0,
                match (peers, &run.engine.institutions) {
                    (Some(_), _) => "fewer peers than the rule asks for",
                    (None, None) => "table institutions is missing",
                    (None, Some(_)) => "type and level of the institution are missing",
                },
            );
            return;
        }
    };
    found.n_judged += 1;
    // Not the rounded rate: its exact parts.
    let bound = i128::from(limit).saturating_mul(rate.below);
    let stands_out = match ratio.side {
        Side::High => bound < rate.above,
        Side::Low => rate.above < bound,
    };
    if !stands_out {
        return;
    }
    // What 64 bits did not hold is not known.
    let shown = |value: i64| match ratio.unit {
        _ if value == i64::MAX => Value::Missing,
        RatioUnit::Percent => Value::Number(value, 4),
        RatioUnit::Yuan => {
            let fen = half_up(i128::from(value), 10_000).and_then(|fen| i64::try_from(fen).ok());
            fen.map_or(Value::Missing, |fen| Value::Number(fen, 2))
        }
    };
    let median = peers.map(|(median, _)| median);
    let values = [
        shown(rate.rate),
        median.map_or(Value::Missing, shown),
        median.map_or(Value::Missing, |median| match rate.rate {
            i64::MAX => Value::Missing,
            rate => shown(rate.saturating_sub(median)),
        }),
        shown(limit),
        if class == NO_CODE { Value::Missing } else { Value::Code(class) },
        Value::Int(peers.map_or(0, |(_, n)| n)),
    ];
    let place = Place {
        rule,
        grade: plan.grade,
        person: NO_CODE,
        encounter: NO_CODE,
        institution: rate.institution,
        row,
        unknown_exceptions: 0,
    };
    found.push(place, &[], values);
}

/// Type and level of an institution; level −1 where it has none, as a pharmacy.
fn group_of(run: &Run<'_>, institution: u32, day: i32) -> Option<(u32, i64)> {
    let table = run.engine.institutions.as_ref()?;
    let row = table.by_key.on(institution, day).next()? as usize;
    let place = |name: &str| TableName::Institutions.column(name).unwrap_or(usize::MAX);
    let kind = table.codes(place("fixmedins_type")).map_or(NO_CODE, |codes| codes[row]);
    let level = table.numbers(place("lmtpric_hosp_lv")).map_or(NO_NUMBER, |levels| levels[row]);
    match (kind, level) {
        (NO_CODE, NO_NUMBER) => None,
        (kind, NO_NUMBER) => Some((kind, -1)),
        (kind, level) => Some((kind, level)),
    }
}

/// The middle rate; of an even number half up of the two in the middle.
fn median(mut rates: Vec<i64>) -> i64 {
    rates.sort_unstable();
    let middle = rates.len() / 2;
    if rates.len() % 2 == 1 {
        return rates[middle];
    }
    let both = i128::from(rates[middle - 1]) + i128::from(rates[middle]);
    half_up(both, 2).and_then(|value| i64::try_from(value).ok()).unwrap_or(i64::MAX)
}
