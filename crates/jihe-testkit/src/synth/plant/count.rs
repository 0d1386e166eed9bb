//! Violations that a count of different things shows.

use super::super::calendar::DAY;
use super::super::draft::Visit;
use super::super::scribe::Scribe;
use super::{Case, bit};

impl Scribe<'_> {
    /// A drug or two more in a prescription than it may have.
    pub(super) fn drug_kinds(&mut self, month: usize) -> Option<Case> {
        let mut person = self.person();
        let day = self.day(month, (1, 1));
        let mut visit = self.dressed_visit(&mut person, month, day);
        let most = self.world.law.whole(("drug-kinds", "kinds"), day, 5);
        for _ in 0..most + self.draw.between(1, 3) {
            let item = self.fresh_drug(&person, day)?;
            self.add(&mut visit, &mut person, item, 10_000);
            visit.lines.last_mut()?.marks |= bit("drug-kinds");
            // A drug whose dose says nothing leaves no supply behind, and may come again.
            let line = visit.lines.last()?;
            let group = self.world.universe.items[item as usize].supply_group;
            person.supply(group, line.time, 10_000);
        }
        let mut drugs: Vec<u32> =
            visit.lines.iter().filter(|line| line.marks != 0).map(|line| line.item).collect();
        drugs.sort_unstable();
        drugs.dedup();
        (most < drugs.len() as i64).then_some((person, vec![visit]))
    }

    /// An item on a day or two more than its course has.
    pub(super) fn course_days(&mut self, month: usize) -> Option<Case> {
        let (item, course) = (0..60).find_map(|_| {
            let item = self.any(|pools| &pools.course)?;
            let days = *self.world.knowledge.course.get(self.code(item))?;
            (1..=21).contains(&days).then_some((item, days))
        })?;
        let person = self.person();
        let more = self.draw.between(1, 3);
        let length = course + more;
        let from = self.day(month, (0, length));
        let hospital = self.world.institutions.hospital(&mut self.draw);
        let mut stay = self.dressed_stay(month, hospital, (from, from + length));
        for nth in 0..course + more {
            let time = ((from + nth) * DAY + 12 * 3600).max(stay.begin + 1);
            let mut line = self.line(&stay, item, time);
            if course <= nth {
                line.marks |= bit("course-days");
            }
            stay.lines.push(line);
        }
        Some((person, vec![stay]))
    }

    /// A drug more of one class than is paid; the one with the least in-policy money is too many.
    pub(super) fn same_class(&mut self, month: usize) -> Option<Case> {
        let item = self.any(|pools| &pools.class)?;
        let code = self.code(item);
        let classes = &self.world.knowledge.class;
        let of_class = classes.values().find(|items| items.iter().any(|other| other == code))?;
        let pool = &self.world.pools.class;
        let alike: Vec<u32> = pool
            .iter()
            .copied()
            .filter(|item| of_class.iter().any(|other| other == self.code(*item)))
            .collect();
        let first = self.draw.below(alike.len() as u64) as usize;
        let mut person = self.person();
        let day = self.day(month, (1, 1));
        let mut visit = self.dressed_visit(&mut person, month, day);
        let from = visit.lines.len();
        let n_drugs = self.world.law.whole(("same-class", "kinds"), day, 2) as usize + 1;
        for nth in 0..n_drugs {
            let item = alike[(first + nth) % alike.len()];
            self.add(&mut visit, &mut person, item, 10_000);
        }
        let drugs = &mut visit.lines[from..];
        if alike.len() < n_drugs || drugs.len() != n_drugs {
            return None;
        }
        // Of equals the first ones stay.
        let least = drugs.iter().map(|line| line.in_policy).min()?;
        drugs.iter_mut().rev().find(|line| line.in_policy == least)?.marks |= bit("same-class");
        Some((person, vec![visit]))
    }

    /// A visit a day until there is one too many.
    pub(super) fn frequent_visits(&mut self, month: usize) -> Option<Case> {
        let mut person = self.person();
        let n_visits = self.one_too_many(month, ("frequent-visits", "visits"), 6)?;
        let day = self.day(month, (0, n_visits));
        let mut visits = Vec::new();
        for nth in 0..n_visits {
            let mut visit = self.dressed_visit(&mut person, month, day + nth);
            if self.world.universe.capped.is_empty() {
                return None;
            }
            let item = self.draw.pick(&self.world.universe.capped);
            self.add(&mut visit, &mut person, item, 10_000);
            visits.push(visit);
        }
        Some((person, visits))
    }

    /// A purchase a day until there is one too many.
    pub(super) fn frequent_purchases(&mut self, month: usize) -> Option<Case> {
        let mut person = self.person();
        let n_visits = self.one_too_many(month, ("frequent-purchases", "purchases"), 15)?;
        let day = self.day(month, (0, n_visits));
        let mut visits = Vec::new();
        for nth in 0..n_visits {
            let mut visit = self.visit(month, person.pharmacy, day + nth);
            self.add_plain(&mut visit, &mut person);
            if visit.lines.is_empty() {
                return None;
            }
            visits.push(visit);
        }
        Some((person, visits))
    }

    /// A stay every eight days until there is one too many, for different reasons.
    pub(super) fn frequent_stays(&mut self, month: usize) -> Option<Case> {
        let person = self.person();
        let n_stays = self.one_too_many(month, ("frequent-stays", "stays"), 2)?;
        if 4 < n_stays {
            return None;
        }
        let from = self.day(month, (0, 8 * n_stays - 1));
        let n_diagnoses = self.world.diagnoses.len();
        let turn = self.draw.below(n_diagnoses as u64) as usize;
        let mut stays = Vec::new();
        for nth in 0..n_stays {
            let hospital = self.world.institutions.hospital(&mut self.draw);
            let day = from + 8 * nth;
            let mut stay = self.dressed_stay(month, hospital, (day, day + 3));
            stay.diagnosis = self.world.diagnoses[(turn + nth as usize) % n_diagnoses].into();
            stays.push(stay);
        }
        Some((person, stays))
    }

    /// How many are one too many within a month; none if it has too few days for them.
    fn one_too_many(&self, month: usize, name: (&str, &str), usual: i64) -> Option<i64> {
        let calendar = &self.world.months[month];
        let n_visits = self.world.law.whole(name, calendar.first, usual) + 1;
        (n_visits < calendar.n_days).then_some(n_visits)
    }

    /// More minutes of one doctor's day than it has.
    pub(super) fn workload(&mut self, month: usize) -> Option<Case> {
        let item = self.any(|pools| &pools.minutes)?;
        let minutes = *self.world.knowledge.minutes.get(self.code(item))?;
        let mut person = self.person();
        let day = self.day(month, (1, 1));
        let mut visit = self.dressed_visit(&mut person, month, day);
        // The day's minutes and at least a unit more, on two lines.
        let most = self.world.law.whole(("workload", "minutes"), day, 600) * 10_000;
        let n_units = most / minutes.max(10_000) + self.draw.between(1, 4);
        for cnt in [n_units / 2, n_units - n_units / 2] {
            self.add(&mut visit, &mut person, item, cnt * 10_000);
            visit.lines.last_mut()?.marks |= bit("workload");
        }
        Some((person, vec![visit]))
    }
}

/// Marks the first line of each visit.
pub(super) fn mark_firsts(visits: &mut [Visit], rule: &str) {
    for visit in visits {
        let first = visit.lines.iter_mut().min_by_key(|line| line.time);
        if let Some(first) = first {
            first.marks |= bit(rule);
        }
    }
}
