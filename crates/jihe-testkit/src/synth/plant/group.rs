//! Violations that a sum or a count shows.

use super::super::calendar::DAY;
use super::super::draft::{Line, Visit};
use super::super::scribe::Scribe;
use super::{Case, bit, mark_excess};

impl Scribe<'_> {
    /// One unit more in a day than the item allows.
    pub(super) fn daily_quantity(&mut self, month: usize) -> Option<Case> {
        let item = self.any(|pools| &pools.daily)?;
        let most = self.least_daily(item)?;
        let person = self.person();
        // A stay that is long enough for the units of its bed and nursing items.
        let length = most / 10_000 + 3;
        if 20 < length || most < 10_000 {
            return None;
        }
        let from = self.day(month, (0, length));
        let hospital = self.world.institutions.hospital(&mut self.draw);
        let mut stay = self.dressed_stay(month, hospital, (from, from + length));
        let middle = (from + 1) * DAY + 12 * 3600;
        self.add_two(&mut stay, item, middle, (most, 10_000));
        let limits = [(most, "daily-quantity")];
        mark_item(&mut stay, item, &limits);
        Some((person, vec![stay]))
    }

    /// More hours than a day has.
    pub(super) fn hours_over_day(&mut self, month: usize) -> Option<Case> {
        let item = self.any(|pools| &pools.hours)?;
        let person = self.person();
        let from = self.day(month, (0, 4));
        let hospital = self.world.institutions.hospital(&mut self.draw);
        let mut stay = self.dressed_stay(month, hospital, (from, from + 3));
        let hours = self.world.law.micro(("hours-over-day", "day_hours"), from, 24) / 100;
        let (few, more) = ((hours - 80_000).max(10_000), self.draw.between(9, 20) * 10_000);
        self.add_two(&mut stay, item, (from + 1) * DAY + 9 * 3600, (few, more));
        mark_item(&mut stay, item, &[(hours, "hours-over-day")]);
        if let Some(most) = self.least_daily(item) {
            mark_item(&mut stay, item, &[(most, "daily-quantity")]);
        }
        Some((person, vec![stay]))
    }

    /// A bed, nursing or round on the day of discharge too.
    pub(super) fn stay_days_over(&mut self, month: usize) -> Option<Case> {
        let item = self.any(|pools| &pools.stay_days)?;
        let per_day = *self.world.knowledge.stay_days.get(self.code(item))?;
        let start = self.world.months[month].first;
        if 0 < self.world.law.whole(("stay-days", "allowance_days"), start, 0) {
            return None;
        }
        if self.least_daily(item).is_some_and(|most| most < per_day) {
            return None;
        }
        let person = self.person();
        let length = self.draw.between(1, 4);
        let from = self.day(month, (0, length));
        let hospital = self.world.institutions.hospital(&mut self.draw);
        let mut stay = self.dressed_stay(month, hospital, (from, from + length));
        for day in from..=from + length {
            let line = self.line(&stay, item, (day * DAY + 12 * 3600).max(stay.begin + 1));
            let line = self.times(line, per_day);
            stay.lines.push(line);
            // Not three days in a row with nothing but the bed.
            if day % 2 == 0 {
                self.treat(&mut stay, day);
            }
        }
        mark_item(&mut stay, item, &[(per_day * length, "stay-days")]);
        Some((person, vec![stay]))
    }

    /// One unit more in a month than the item allows.
    pub(super) fn month_quantity(&mut self, month: usize) -> Option<Case> {
        let item = self.any(|pools| &pools.monthly)?;
        let quotas = self.world.knowledge.monthly.get(self.code(item))?;
        let most = quotas.iter().map(|quota| quota.max).min()?;
        let is_by_person = quotas.iter().all(|quota| quota.per_person);
        let mut person = self.person();
        let day = self.day(month, (0, 9));
        let mut first = self.dressed_visit(&mut person, month, day);
        self.add(&mut first, &mut person, item, most);
        if !is_by_person {
            self.add(&mut first, &mut person, item, 10_000);
            first.lines.last_mut()?.marks |= bit("month-quantity");
            return Some((person, vec![first]));
        }
        let later = day + self.draw.between(1, 8);
        let mut second = self.dressed_visit(&mut person, month, later);
        self.add(&mut second, &mut person, item, 10_000);
        second.lines.last_mut()?.marks |= bit("month-quantity");
        Some((person, vec![first, second]))
    }

    /// A use too soon after as many as are paid.
    pub(super) fn period_frequency(&mut self, month: usize) -> Option<Case> {
        let item = self.any(|pools| &pools.period)?;
        let (days, n_paid) = *self.world.knowledge.period.get(self.code(item))?;
        if days < 2 || n_paid < 1 {
            return None;
        }
        let mut person = self.person();
        let (first, second) = self.two_days(month, 1, (days - 1).min(14));
        let mut visits = Vec::new();
        let mut visit = self.dressed_visit(&mut person, first.0, first.1);
        for _ in 0..n_paid {
            self.add(&mut visit, &mut person, item, 10_000);
        }
        visits.push(visit);
        let mut visit = self.dressed_visit(&mut person, second.0, second.1);
        self.add(&mut visit, &mut person, item, 10_000);
        visit.lines.last_mut()?.marks |= bit("period-frequency");
        visits.push(visit);
        Some((person, visits))
    }

    /// The least units of a day that a row allows.
    fn least_daily(&self, item: u32) -> Option<i64> {
        let quotas = self.world.knowledge.daily.get(self.code(item))?;
        quotas.iter().map(|quota| quota.max).min()
    }

    /// Adds two lines of an item, the second an hour later.
    fn add_two(&mut self, stay: &mut Visit, item: u32, time: i64, units: (i64, i64)) {
        for (time, cnt) in [(time, units.0), (time + 3600, units.1)] {
            let line = self.line(stay, item, time);
            let line = self.times(line, cnt);
            stay.lines.push(line);
        }
    }
}

/// Marks what lies above a limit of an item in a stay.
fn mark_item(stay: &mut Visit, item: u32, limits: &[(i64, &'static str)]) {
    for (limit, rule) in limits {
        let of_item = |line: &&mut Line| line.item == item;
        mark_excess(stay.lines.iter_mut().filter(of_item), *limit, bit(rule));
    }
}
