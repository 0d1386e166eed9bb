//! What a planted visit shows besides the rule it is planted for.

use std::collections::BTreeMap;

use super::super::calendar::day_at;
use super::super::draft::{Back, Line, Oddity, Visit};
use super::super::scribe::World;
use super::bit;

/// A rule, its limit with the usual number and days, and what counts.
type Often = (&'static str, (&'static str, i64, i64), fn(&Visit) -> bool);

/// Rules of how often one goes: the name of the limit, and what counts.
const KINDS: [Often; 3] = [
    ("frequent-visits", ("visits", 6, 7), |visit| !visit.is_stay() && visit.med_type != "41"),
    ("frequent-purchases", ("purchases", 15, 30), |visit| visit.med_type == "41"),
    ("frequent-stays", ("stays", 2, 30), Visit::is_stay),
];

/// Marks the lines of a person's planted visits for the rules that any visits may break.
pub(super) fn mark(world: &World, visits: &mut [Visit]) {
    for visit in &mut *visits {
        after_settlement(visit);
    }
    two_places(world, visits);
    settled_twice(visits);
    for (rule, most, kind) in KINDS {
        too_often(world, visits, (rule, most), kind);
    }
}

fn is_judged(line: &Line) -> bool {
    line.oddity != Oddity::Void && line.back == Back::No && 0 < line.cnt
}

/// Lines of a later day than the settlement, which follows the end of the visit.
fn after_settlement(visit: &mut Visit) {
    let settled = day_at(visit.end + 600);
    for line in visit.lines.iter_mut().filter(|line| is_judged(line)) {
        if settled < day_at(line.time) && line.oddity != Oddity::GoesHome {
            line.marks |= bit("service-after-settlement");
        }
    }
}

/// Lines soon after one at another institution, and the last of those.
fn two_places(world: &World, visits: &mut [Visit]) {
    let mut lines: Vec<(i64, usize, usize)> = Vec::new();
    for (nth, visit) in visits.iter().enumerate() {
        let judged = visit.lines.iter().enumerate().filter(|(_, line)| is_judged(line));
        lines.extend(judged.map(|(place, line)| (line.time, nth, place)));
    }
    // Keys rise with the visits of a person and their lines.
    lines.sort_unstable();
    let mut marked: Vec<(usize, usize)> = Vec::new();
    for (at, (time, nth, place)) in lines.iter().enumerate() {
        let minutes = world.law.whole(("two-places", "minutes"), day_at(*time), 30);
        let near =
            lines[..at].iter().rev().take_while(|(former, ..)| time - former <= minutes * 60);
        let mut elsewhere =
            near.filter(|(_, other, _)| visits[*other].institution != visits[*nth].institution);
        if let Some((_, other, former)) = elsewhere.next() {
            marked.extend([(*nth, *place), (*other, *former)]);
        }
    }
    for (nth, place) in marked {
        visits[nth].lines[place].marks |= bit("two-places");
    }
}

/// Lines that are the same as one of an earlier visit: item, time, quantity and amount.
fn settled_twice(visits: &mut [Visit]) {
    let mut firsts: BTreeMap<(u32, i64, i64, i64), usize> = BTreeMap::new();
    for (nth, visit) in visits.iter_mut().enumerate() {
        for line in visit.lines.iter_mut().filter(|line| is_judged(line)) {
            let same = (line.item, line.time, line.cnt, line.amount);
            if *firsts.entry(same).or_insert(nth) != nth {
                line.marks |= bit("settled-twice");
            }
        }
    }
}

/// The first lines of visits of a kind of which too many lie within some days.
fn too_often(
    world: &World,
    visits: &mut [Visit],
    (rule, (name, most, days)): (&str, (&str, i64, i64)),
    is_kind: fn(&Visit) -> bool,
) {
    let mut firsts: Vec<(i64, i64, usize, usize)> = Vec::new();
    for (nth, visit) in visits.iter().enumerate().filter(|(_, visit)| is_kind(visit)) {
        let judged = visit.lines.iter().enumerate().filter(|(_, line)| is_judged(line));
        let first = judged.map(|(place, line)| (line.time, place)).min();
        firsts.extend(first.map(|(time, place)| (day_at(visit.begin), time, nth, place)));
    }
    firsts.sort_unstable();
    let mut marked: Vec<(usize, usize)> = Vec::new();
    for (at, (day, ..)) in firsts.iter().enumerate() {
        let most = world.law.whole((rule, name), *day, most);
        let days = world.law.whole((rule, "days"), *day, days);
        let near = firsts[..=at].iter().filter(|(former, ..)| day - former < days);
        let near: Vec<(usize, usize)> = near.map(|(.., nth, place)| (*nth, *place)).collect();
        if most < near.len() as i64 {
            marked.extend(near);
        }
    }
    for (nth, place) in marked {
        visits[nth].lines[place].marks |= bit(rule);
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::draft::Fate;
    use super::*;

    /// A visit with lines of these items, times and prices.
    fn visit(lines: &[(u32, i64, i64)]) -> Visit {
        let line = |&(item, time, pric): &(u32, i64, i64)| Line {
            item,
            own: item,
            cnt: 10_000,
            pric,
            amount: pric / 10_000,
            in_policy: 0,
            time,
            order: 1,
            supply_days: 0,
            code: 0,
            n_codes: 0,
            oddity: Oddity::None,
            back: Back::No,
            marks: 0,
        };
        Visit {
            month: 0,
            institution: 0,
            med_type: "21",
            begin: 0,
            end: 0,
            diagnosis: "".into(),
            only_in_diagnoses: false,
            second: "".into(),
            disease: "".into(),
            way: "",
            ipt_type: "",
            operation: "",
            pay_loc: "",
            department: "",
            lines: lines.iter().map(line).collect(),
            fate: Fate::Stands,
            is_wrongly_paid: false,
            paid: (0, 0),
        }
    }

    #[test]
    fn the_same_service_in_a_second_visit_is_settled_twice() {
        let first = visit(&[(1, 100, 20_000), (2, 100, 20_000), (2, 100, 20_000)]);
        let second = visit(&[(1, 100, 20_000), (1, 101, 20_000), (2, 100, 30_000)]);
        let mut visits = [first, second];
        settled_twice(&mut visits);
        let marks = visits.each_ref().map(|visit| {
            visit.lines.iter().map(|line| line.marks == bit("settled-twice")).collect::<Vec<_>>()
        });
        assert_eq!(marks, [vec![false; 3], vec![true, false, false]]);
    }
}
