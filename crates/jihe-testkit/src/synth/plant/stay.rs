//! Violations that the sequence of stays shows.

use super::super::calendar::DAY;
use super::super::draft::{Oddity, Visit};
use super::super::item::Kind;
use super::super::scribe::Scribe;
use super::{Case, Planted, bit};

/// Kinds of charge that show that a stay was for something.
const CARE: [&str; 7] = ["03", "04", "05", "06", "09", "10", "11"];

impl Scribe<'_> {
    /// A stay soon after another one; now and then also one that is exempt as a transfer.
    pub(super) fn split_stay(&mut self, month: usize) -> Planted {
        let mut cases = vec![self.split_case(month, "1")];
        if 0 < self.world.n_dressing && self.draw.chance(400) {
            cases.push(self.split_case(month, "2"));
        }
        Planted { cases, stock: None }
    }

    /// Two stays for one diagnosis; `way` is how the former ended.
    fn split_case(&mut self, month: usize, way: &'static str) -> Case {
        let person = self.person();
        let hospital = person.hospital;
        let start = self.world.months[month].first;
        let window = self.world.law.whole(("split-stay", "window_days"), start, 15);
        let (first, second) = self.two_days(month, window.min(3), window.min(20));
        let last = self.world.months[second.0].first + self.world.months[second.0].n_days - 1;
        let discharge = self.draw.between(first.1 + 1, (first.1 + 3).min(second.1) + 1);
        // The former stay ends in the month that it is settled in.
        let former_month = &self.world.months[first.0];
        let end = discharge.min(former_month.first + former_month.n_days - 1);
        let mut former = self.dressed_stay(first.0, hospital, (first.1, end));
        let mut later = self.dressed_stay(second.0, hospital, (second.1, (second.1 + 2).min(last)));
        former.way = way;
        later.diagnosis.clone_from(&former.diagnosis);
        if way == "1" {
            later.mark_all(bit("split-stay"));
        }
        (person, vec![former, later])
    }

    /// A stay at one hospital within a stay at another.
    pub(super) fn overlap_stay(&mut self, month: usize) -> Case {
        let person = self.person();
        let from = self.day(month, (0, 7));
        let elsewhere = self.world.institutions.another_hospital(&mut self.draw, person.hospital);
        let mut former = self.dressed_stay(month, person.hospital, (from, from + 5));
        if 0 < self.world.n_dressing {
            for day in from..from + 5 {
                self.daily_charges(&mut former, day, from + 5);
                self.treat(&mut former, day);
            }
        }
        let length = self.draw.between(2, 5);
        let mut later = self.dressed_stay(month, elsewhere, (from + 2, from + 2 + length));
        later.mark_all(bit("overlap-stay"));
        (person, vec![former, later])
    }

    /// A treatment in the afternoon.
    pub(super) fn treat(&mut self, stay: &mut Visit, day: i64) {
        let universe = &self.world.universe;
        let mut service = universe.plain(Kind::Service).item(&mut self.draw);
        while !universe.items[service as usize].is_charged_as("05") {
            service = universe.plain(Kind::Service).item(&mut self.draw);
        }
        let line = self.line(stay, service, day * DAY + 13 * 3600);
        stay.lines.push(line);
    }

    /// Three days or more with bed and nursing only, treatment before and after.
    pub(super) fn empty_bed(&mut self, month: usize) -> Option<Case> {
        let is_bed = |item: &u32| {
            let item = &self.world.universe.items[*item as usize];
            item.is_charged_as("01") || item.is_charged_as("07")
        };
        let is_care = |item: &u32| {
            let item = &self.world.universe.items[*item as usize];
            CARE.iter().any(|charge| item.is_charged_as(charge))
        };
        let daily = &self.world.universe.stay_daily;
        if !daily.iter().any(is_bed) || daily.iter().any(is_care) {
            return None;
        }
        let person = self.person();
        let start = self.world.months[month].first;
        let least = self.world.law.whole(("empty-bed", "days"), start, 3);
        let n_days = self.draw.between(least, least + 3);
        let from = self.day(month, (0, n_days + 2));
        let out = from + n_days + 2;
        let mut stay = self.stay(month, person.hospital, (from, out));
        self.treat(&mut stay, from);
        let first = stay.lines.len();
        for day in from + 1..=from + n_days {
            self.daily_charges(&mut stay, day, out);
        }
        for line in &mut stay.lines[first..] {
            line.marks |= bit("empty-bed");
        }
        self.daily_charges(&mut stay, out - 1, out);
        self.treat(&mut stay, out - 1);
        Some((person, vec![stay]))
    }

    /// A short stay of little cost without an operation.
    pub(super) fn low_standard(&mut self, month: usize) -> Option<Case> {
        let person = self.person();
        let start = self.world.months[month].first;
        let days = self.world.law.whole(("low-standard", "days"), start, 3);
        let least = self.world.law.micro(("low-standard", "least"), start, 500) / 10_000;
        if days < 2 {
            return None;
        }
        let length = self.draw.between(1, days);
        let from = self.day(month, (0, length));
        let mut stay = self.stay(month, person.hospital, (from, from + length));
        stay.lines.clear();
        for _ in 0..20 {
            let service = self.world.universe.plain(Kind::Service).item(&mut self.draw);
            let line = self.line(&stay, service, stay.end);
            let is_operation = self.world.universe.items[service as usize].is_charged_as("06");
            if !is_operation && 0 < line.amount && line.amount < least {
                stay.lines.push(line);
                stay.mark_all(bit("low-standard"));
                return Some((person, vec![stay]));
            }
        }
        None
    }

    /// A visit elsewhere within a stay; one at the same hospital is in order.
    pub(super) fn visit_during_stay(&mut self, month: usize) -> Case {
        let mut person = self.person();
        let from = self.day(month, (0, 6));
        let hospital = person.hospital;
        let elsewhere = self.world.institutions.another_hospital(&mut self.draw, hospital);
        let stay = self.dressed_stay(month, hospital, (from, from + 4));
        let mut visits = vec![stay];
        if 0 < self.world.n_dressing && self.draw.chance(500) {
            visits.push(self.dressed_visit_at(&mut person, month, (hospital, from + 1)));
        }
        let mut visit = self.dressed_visit_at(&mut person, month, (elsewhere, from + 2));
        self.add_plain(&mut visit, &mut person);
        visit.mark_all(bit("visit-during-stay"));
        visits.push(visit);
        (person, visits)
    }

    /// A line before admission or after discharge; discharge drugs after it are in order.
    pub(super) fn outside_stay(&mut self, month: usize) -> Case {
        let person = self.person();
        let length = self.draw.between(1, 5);
        let from = self.day(month, (2, length + 2));
        let mut stay = self.dressed_stay(month, person.hospital, (from, from + length));
        let day = if self.draw.chance(500) { from - 1 } else { from + length + 1 };
        let service = self.world.universe.plain[2].item(&mut self.draw);
        let mut line = self.line(&stay, service, day * DAY + 10 * 3600);
        line.marks |= bit("outside-stay");
        stay.lines.push(line);
        if 0 < self.world.n_dressing {
            let drug = self.world.universe.plain[0].item(&mut self.draw);
            let mut line = self.line(&stay, drug, (from + length + 1) * DAY + 9 * 3600);
            line.oddity = Oddity::GoesHome;
            line.supply_days = 300;
            stay.lines.push(line);
        }
        (person, vec![stay])
    }

    /// Four packs of four weeks to take home.
    pub(super) fn discharge_supply(&mut self, month: usize) -> Case {
        let person = self.person();
        let from = self.day(month, (0, 4));
        let mut stay = self.dressed_stay(month, person.hospital, (from, from + 3));
        let drug = self.world.universe.plain[0].item(&mut self.draw);
        let line = self.line(&stay, drug, stay.end);
        let mut line = self.times(line, 40_000);
        line.supply_days = 2_800;
        (line.oddity, line.marks) = (Oddity::GoesHome, bit("discharge-supply"));
        stay.lines.push(line);
        (person, vec![stay])
    }
}
