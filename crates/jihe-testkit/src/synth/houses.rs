//! What institutions add up to in a month, and which of their figures stand out.
//!
//! In: every visit that was written. Out: pairs of rule and institution, as `docs/semantics.md`,
//! section 8, has them. Cost: a few numbers for each institution and month.

use std::collections::{BTreeMap, BTreeSet};

use jihe_terms::Day;
use jihe_terms::day::completed_months;

use super::calendar::day_at;
use super::draft::{Fate, Oddity, Visit};
use super::institution::Quirk;
use super::person::Person;
use super::scribe::World;

/// Above and below the line.
type Share = (i64, i64);

/// Rule, share, factor, and whether the high ones stand out.
type Plain = (&'static str, fn(&House) -> Share, i128, bool);

/// What an institution billed in a month.
#[derive(Clone, Debug, Default)]
struct House {
    /// Of each class of `share_class`, in all amounts.
    classes: Vec<i64>,
    billed: i64,
    /// Drugs of classes 01 and 02 in all drugs.
    drugs: Share,
    /// What the fund did not pay, in all settlements.
    own: Share,
    visits: Share,
    stays: Share,
    days: Share,
    /// Stays soon after another, in all stays.
    back: Share,
    /// Stays present by day of the month; empty without any.
    present: Vec<i64>,
    has_lines: bool,
}

/// All institutions in all months.
#[derive(Clone, Debug)]
pub(super) struct Houses {
    months: Vec<Vec<House>>,
    /// The last day of service by month.
    last_day: Vec<i64>,
}

/// Which way a rate stands out, and what makes 10⁻⁶ of a quotient.
struct Rate<'a> {
    rule: &'static str,
    class: &'a str,
    share: &'a dyn Fn(&House) -> Share,
    factor: i128,
    is_high: bool,
}

impl Houses {
    /// Nothing yet.
    pub(super) fn new(world: &World) -> Self {
        let n_classes = world.knowledge.classes.len();
        let months = world.months.iter().map(|_| {
            let house = House { classes: vec![0; n_classes], ..House::default() };
            vec![house; world.institutions.all.len()]
        });
        Self { months: months.collect(), last_day: vec![i64::MIN; world.months.len()] }
    }

    /// Adds a visit; `fee` and `fund` are those of its settlement.
    pub(super) fn add(
        &mut self,
        world: &World,
        person: &mut Person,
        visit: &Visit,
        (fee, fund): (i64, i64),
    ) {
        if visit.fate == Fate::Cancelled {
            return;
        }
        let house = &mut self.months[visit.month][visit.institution as usize];
        house.own = (house.own.0 + fee - fund, house.own.1 + fee);
        let cost = house.add_lines(world, visit);
        let day = day_at(visit.begin);
        let out = day_at(visit.end);
        if let Some(cost) = cost {
            house.has_lines = true;
            let last = visit.lines.iter().map(|line| day_at(line.time)).max();
            self.last_day[visit.month] = self.last_day[visit.month].max(last.unwrap_or(day));
            if visit.is_stay() {
                house.stays = (house.stays.0 + cost, house.stays.1 + 1);
                house.days = (house.days.0 + cost, house.days.1 + (out - day).max(1));
            } else {
                house.visits = (house.visits.0 + cost, house.visits.1 + 1);
            }
        }
        if visit.is_stay() {
            let window = world.law.whole(("readmission-rate", "window_days"), day, 31);
            let former = person.stays.iter().rev().find(|(at, _)| *at == visit.institution);
            let is_back = former.is_some_and(|(_, out)| (0..=window).contains(&(day - out)));
            house.back = (house.back.0 + i64::from(is_back), house.back.1 + 1);
            person.stays.push((visit.institution, out));
            let (first, n_days) = {
                let month = &world.months[visit.month];
                (month.first, month.n_days)
            };
            house.present.resize(n_days as usize, 0);
            for at in day..out.max(day + 1) {
                if let Some(n_present) = house.present.get_mut((at - first) as usize) {
                    *n_present += 1;
                }
            }
        }
    }

    /// The approved beds of a hospital: more than it ever needed, but of the crowded one.
    pub(super) fn beds(&self, index: usize, quirk: Quirk, usual: i64) -> i64 {
        let of_months = self.months.iter().flat_map(|month| &month[index].present);
        let most = of_months.copied().max().unwrap_or(0);
        if quirk == Quirk::Crowded { 1 } else { usual.max(most) }
    }

    /// Every rule and institution that stands out in some month.
    pub(super) fn findings(&self, world: &World) -> BTreeSet<(&'static str, u32)> {
        let mut found = BTreeSet::new();
        for (nth, houses) in self.months.iter().enumerate() {
            let day = self.last_day[nth];
            rates(world, houses, day, &mut found);
            for (index, house) in houses.iter().enumerate() {
                let quirk = world.institutions.all[index].quirk;
                if house.has_lines && falls_short(world, quirk, day) {
                    found.insert(("qualification", index as u32));
                }
                let tolerance = world.law.micro(("beds-over-capacity", "tolerance"), day, 0);
                let is_over = |present: &i64| 1_000_000 + tolerance < *present * 1_000_000;
                if quirk == Quirk::Crowded && house.present.iter().any(is_over) {
                    found.insert(("beds-over-capacity", index as u32));
                }
            }
        }
        found.retain(|(rule, _)| world.law.judges(rule));
        found
    }
}

impl House {
    /// Adds the lines of a visit as they net; gives what they come to if any is left.
    fn add_lines(&mut self, world: &World, visit: &Visit) -> Option<i64> {
        let mut net: BTreeMap<u32, (i64, i64)> = BTreeMap::new();
        for line in visit.lines.iter().filter(|line| line.oddity != Oddity::Void) {
            let sum = net.entry(line.item).or_default();
            *sum = (sum.0 + line.cnt, sum.1 + line.amount);
        }
        net.retain(|_, (cnt, _)| 0 < *cnt);
        for (item, (_, amount)) in &net {
            let item = &world.universe.items[*item as usize];
            self.billed += amount;
            for (class, sum) in world.knowledge.classes.iter().zip(&mut self.classes) {
                if class.has(item) {
                    *sum += amount;
                }
            }
            let [kind, _, level] = item.listing();
            if ["101", "102", "103"].contains(&kind) {
                let is_ab = level == "01" || level == "02";
                self.drugs.0 += if is_ab { *amount } else { 0 };
                self.drugs.1 += amount;
            }
        }
        (!net.is_empty()).then(|| net.values().map(|(_, amount)| amount).sum())
    }
}

/// Holds every rate against its target, else against the middle of its peers.
fn rates(world: &World, houses: &[House], day: i64, found: &mut BTreeSet<(&'static str, u32)>) {
    for (nth, class) in world.knowledge.classes.iter().enumerate() {
        let share = |house: &House| (house.classes[nth], house.billed);
        let rate = Rate {
            rule: "class-share",
            class: &class.name,
            share: &share,
            factor: 1_000_000,
            is_high: true,
        };
        outliers(world, houses, (&rate, day), found);
    }
    // Fen over a number are 10⁻² yuan.
    let plain: [Plain; 6] = [
        ("class-ab-share", |house| house.drugs, 1_000_000, false),
        ("self-pay-share", |house| house.own, 1_000_000, true),
        ("cost-per-visit", |house| house.visits, 10_000, true),
        ("cost-per-stay", |house| house.stays, 10_000, true),
        ("cost-per-day", |house| house.days, 10_000, true),
        ("readmission-rate", |house| house.back, 1_000_000, true),
    ];
    for (rule, share, factor, is_high) in plain {
        let rate = Rate { rule, class: "", share: &share, factor, is_high };
        outliers(world, houses, (&rate, day), found);
    }
}

fn outliers(
    world: &World,
    houses: &[House],
    (rate, day): (&Rate<'_>, i64),
    found: &mut BTreeSet<(&'static str, u32)>,
) {
    let mut peers: BTreeMap<u8, Vec<i128>> = BTreeMap::new();
    let shares: Vec<(usize, Share)> = houses.iter().map(rate.share).enumerate().collect();
    let shares = shares.into_iter().filter(|(_, (_, below))| 0 < *below);
    let shares: Vec<(usize, Share)> = shares.collect();
    let above = |share: &Share| i128::from(share.0) * rate.factor;
    for (index, share) in &shares {
        let level = world.institutions.all[*index].level;
        let own = half_up(above(share), i128::from(share.1));
        peers.entry(level).or_default().push(own);
    }
    for rates in peers.values_mut() {
        rates.sort_unstable();
    }
    let least = world.law.whole((rate.rule, "peers"), day, 3);
    let distance = i128::from(world.law.micro((rate.rule, "distance"), day, 0));
    for (index, share) in &shares {
        let institution = &world.institutions.all[*index];
        let rates = &peers[&institution.level];
        let target = world.knowledge.target((rate.rule, rate.class), institution, day);
        let limit = match target {
            Some(target) => i128::from(target),
            None if (rates.len() as i64) < least => continue,
            None => {
                let n_rates = rates.len();
                let middle = match n_rates % 2 {
                    1 => rates[n_rates / 2],
                    _ => half_up(rates[n_rates / 2 - 1] + rates[n_rates / 2], 2),
                };
                let whole = if rate.is_high { 1_000_000 + distance } else { 1_000_000 - distance };
                half_up(middle * whole, 1_000_000)
            }
        };
        let bound = limit * i128::from(share.1);
        let is_out = if rate.is_high { bound < above(share) } else { above(share) < bound };
        if is_out {
            found.insert((rate.rule, *index as u32));
        }
    }
}

/// Whether an institution lacks what admission asks for.
fn falls_short(world: &World, quirk: Quirk, day: i64) -> bool {
    let since = |first: i64| {
        let (first, day) = (Day::from_epoch(first as i32), Day::from_epoch(day as i32));
        i64::from(completed_months(first, day))
    };
    let months = |name: &str, usual: i64| world.law.whole(("qualification", name), day, usual);
    match quirk {
        Quirk::None | Quirk::Closed | Quirk::Outlier | Quirk::Crowded => false,
        Quirk::New => since(world.lately()) < months("open_months", 3),
        Quirk::Penalised => since(world.lately()) < months("penalty_months", 12),
        Quirk::Unstaffed
        | Quirk::Unmanaged
        | Quirk::Undepartmented
        | Quirk::Unpharmacied
        | Quirk::Understocked => true,
    }
}

/// A quotient, half up.
fn half_up(above: i128, below: i128) -> i128 {
    (2 * above + below).div_euclid(2 * below)
}
