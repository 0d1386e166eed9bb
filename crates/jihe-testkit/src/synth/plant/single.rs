//! Violations that one line or one visit shows.

use super::super::calendar::day_at;
use super::super::draft::{Line, Oddity};
use super::super::item::{amount_of, in_policy};
use super::super::person::Person;
use super::super::scribe::Scribe;
use super::super::sheet::is_last_costly;
use super::super::traffic::admits;
use super::{Case, bit};

impl Scribe<'_> {
    /// A visit with one bad line; none where no item fits the rule.
    pub(super) fn single(&mut self, rule: &'static str, month: usize) -> Option<Case> {
        let mut person = self.person();
        let day = self.day(month, (1, 1));
        let item = match rule {
            "unknown-item" => self.any(|pools| &pools.unknown),
            "out-of-catalogue" => self.any(|pools| &pools.unpaid),
            "sex-mismatch" => self.any(|pools| &pools.sex),
            "age-outside" => self.any(|pools| &pools.age),
            "institution-level" => self.any(|pools| &pools.level),
            "visit-type" => self.any(|pools| &pools.visit),
            "scheme" => self.any(|pools| &pools.scheme),
            "indication" => self.any(|pools| &pools.indication),
            "herb-not-payable" => self.any(|pools| &pools.herb),
            "companion-missing" => self.any(|pools| &pools.needy),
            _ => {
                let capped = &self.world.universe.capped;
                (!capped.is_empty()).then(|| self.draw.pick(capped))
            }
        }?;
        let mut hospital = self.world.institutions.hospital(&mut self.draw);
        match rule {
            "sex-mismatch" => self.other_sex(&mut person, item),
            "age-outside" => self.other_age(&mut person, item, day)?,
            "institution-level" => {
                let least = *self.world.knowledge.level.get(self.code(item))?;
                let is_below = |level: u8| level < least;
                hospital = self.world.institutions.hospital_where(&mut self.draw, is_below)?;
            }
            _ => {}
        }
        let mut visit = self.dressed_visit_at(&mut person, month, (hospital, day));
        if rule == "visit-type" {
            let allowed = self.world.knowledge.visit.get(self.code(item))?;
            visit.med_type =
                ["11", "14", "13"].into_iter().find(|kind| !allowed.iter().any(|ok| ok == kind))?;
            // The days of the other lines must suit the kind of visit.
            visit.lines.clear();
        }
        self.add(&mut visit, &mut person, item, 10_000);
        let level = self.world.institutions.level(hospital);
        let class = self.world.universe.items[item as usize].class;
        let line = visit.lines.last_mut()?;
        line.marks |= bit(rule);
        match rule {
            "unknown-item" | "out-of-catalogue" | "herb-not-payable" => {
                line.in_policy = line.amount;
            }
            "restricted-unapproved" => line.oddity = Oddity::Unapproved,
            "price-ceiling" => {
                let high = self.world.universe.items[item as usize].ceiling(level)?.1;
                line.pric = high + 10_000 + high / 100 * self.draw.between(0, 80);
                line.amount = amount_of(line.cnt, line.pric);
                line.in_policy = in_policy(class, line.amount);
            }
            "amount-mismatch" => {
                let tolerance = (("amount-mismatch", "tolerance"), day);
                let least = self.world.law.micro(tolerance.0, tolerance.1, 0) / 10_000 + 1;
                line.amount += self.draw.between(least, 5000);
                line.in_policy = in_policy(class, line.amount);
            }
            _ => {}
        }
        if rule == "restricted-unapproved" {
            // It has no approval of the other kind either.
            let is_costly = is_last_costly(self.world, &visit);
            if is_costly && let Some(line) = visit.lines.last_mut() {
                line.marks |= bit("approval-missing");
            }
        }
        Some((person, vec![visit]))
    }

    fn other_sex(&self, person: &mut Person, item: u32) {
        let is_for_men =
            self.world.knowledge.sex.get(self.code(item)).is_some_and(|sex| sex == "1");
        person.sex = if is_for_men { "2" } else { "1" };
    }

    /// Gives the person an age that no band of the item admits.
    fn other_age(&mut self, person: &mut Person, item: u32, day: i64) -> Option<()> {
        let bands = self.world.knowledge.age.get(self.code(item))?;
        for years in [40, 70, 90, 10, 5, 1] {
            person.birth = day - years * 365 - years / 4 - self.draw.between(20, 300);
            if bands.iter().all(|band| !admits(band, person, day)) {
                return Some(());
            }
        }
        None
    }

    /// A line that arrives once more under another number.
    pub(super) fn same_line_twice(&mut self, month: usize) -> Option<Case> {
        let mut person = self.person();
        let day = self.day(month, (1, 1));
        let mut visit = self.dressed_visit(&mut person, month, day);
        if self.world.universe.capped.is_empty() {
            return None;
        }
        let item = self.draw.pick(&self.world.universe.capped);
        self.add(&mut visit, &mut person, item, 10_000);
        let first = visit.lines.last()?.clone();
        visit.lines.push(Line { marks: bit("same-line-twice"), ..first });
        Some((person, vec![visit]))
    }

    /// A whole and its part on one day.
    pub(super) fn contained_item(&mut self, month: usize) -> Option<Case> {
        let pairs = &self.world.universe.pairs;
        if pairs.is_empty() {
            return None;
        }
        let (whole, part) = self.draw.pick(pairs);
        let mut person = self.person();
        let day = self.day(month, (1, 1));
        let mut visit = self.dressed_visit(&mut person, month, day);
        self.add(&mut visit, &mut person, whole, 10_000);
        self.add(&mut visit, &mut person, part, 10_000);
        visit.lines.last_mut()?.marks |= bit("contained-item");
        Some((person, vec![visit]))
    }

    /// A visit on the day of death, which is in order, and one after it.
    pub(super) fn after_death(&mut self, month: usize) -> Case {
        let mut person = self.person();
        let death = self.day(month, (1, 8));
        person.death = Some(death);
        let mut visits = Vec::new();
        for day in [death, death + self.draw.between(1, 8)] {
            let mut visit = self.dressed_visit(&mut person, month, day);
            self.add_plain(&mut visit, &mut person);
            if death < day_at(visit.begin) {
                visit.mark_all(bit("after-death"));
            }
            visits.push(visit);
        }
        (person, visits)
    }

    /// A visit after a traffic accident.
    pub(super) fn excluded_cause(&mut self, month: usize) -> Case {
        let mut person = self.person();
        let day = self.day(month, (1, 1));
        let mut visit = self.dressed_visit(&mut person, month, day);
        self.add_plain(&mut visit, &mut person);
        visit.second = "V43.500".into();
        visit.mark_all(bit("excluded-cause"));
        (person, vec![visit])
    }

    /// More packs than the days of the visit's kind need.
    pub(super) fn over_supply(&mut self, month: usize) -> Option<Case> {
        let mut person = self.person();
        let day = self.day(month, (1, 1));
        let mut visit = self.dressed_visit(&mut person, month, day);
        let most = self.world.knowledge.supply_days(visit.med_type, "")? / 100;
        let item = self.fresh_drug(&person, day)?;
        let time = Self::next_time(&visit);
        let line = self.line(&visit, item, time);
        let mut line = self.times(line, 40_000);
        line.supply_days = most * 4;
        line.marks |= bit("over-supply");
        self.trace(&mut line);
        visit.lines.push(line);
        Some((person, vec![visit]))
    }

    /// The same generic again while there is some left.
    pub(super) fn early_refill(&mut self, month: usize) -> Option<Case> {
        let mut person = self.person();
        let start = self.world.months[month].first;
        let allowance = self.world.law.whole(("early-refill", "allowance_days"), start, 0);
        let (first, second) = self.two_days(month, 1, 6 - allowance.min(5));
        let item = self.fresh_drug(&person, first.1)?;
        let mut visits = Vec::new();
        for (month, day) in [first, second] {
            let mut visit = self.dressed_visit(&mut person, month, day);
            let most = self.world.knowledge.supply_days(visit.med_type, "")? / 100;
            if most < 700 {
                return None;
            }
            let group = self.world.universe.items[item as usize].supply_group;
            visit
                .lines
                .retain(|line| self.world.universe.items[line.item as usize].supply_group != group);
            let time = Self::next_time(&visit);
            let mut line = self.line(&visit, item, time);
            line.supply_days = most;
            self.trace(&mut line);
            if !visits.is_empty() {
                line.marks |= bit("early-refill");
            }
            person.supply(group, time, most * 100);
            visit.lines.push(line);
            visits.push(visit);
        }
        Some((person, visits))
    }

    /// Two days `from..=until` days apart, the second in the month, at times over its border.
    pub(super) fn two_days(
        &mut self,
        month: usize,
        from: i64,
        until: i64,
    ) -> ((usize, i64), (usize, i64)) {
        let gap = self.draw.between(from, until + 1);
        if 0 < month && 2 <= gap && self.draw.chance(400) {
            let border = self.world.months[month].first;
            let before = self.draw.between(1, gap);
            return ((month - 1, border - before), (month, border - before + gap));
        }
        let day = self.day(month, (0, gap + 1));
        ((month, day), (month, day + gap))
    }

    /// A plain drug of which a person has none.
    pub(super) fn fresh_drug(&mut self, person: &Person, day: i64) -> Option<u32> {
        for _ in 0..40 {
            let item = self.world.universe.plain[0].item(&mut self.draw);
            let known = &self.world.universe.items[item as usize];
            if known.named == 0 && person.is_out_of(known.supply_group, day) {
                return Some(item);
            }
        }
        None
    }
}
