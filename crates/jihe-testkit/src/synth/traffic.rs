//! Base traffic: visits and stays that break no rule.

use super::calendar::{DAY, day_at};
use super::draft::{Back, Fate, Line, Oddity, Visit};
use super::item::{Kind, amount_of, named};
use super::knowledge::AgeBand;
use super::person::Person;
use super::scribe::Scribe;

/// Special diseases with their diagnoses: two chronic ones, and cancer.
const DISEASES: [(&str, &str); 3] =
    [("M03900", "I10.x00"), ("M01600", "E11.900"), ("M00500", "C34.900")];

impl Scribe<'_> {
    /// The visits and stays of a person in a month, in order of time.
    pub(super) fn person_month(&mut self, person: &mut Person, month: usize) -> Vec<Visit> {
        let n_visits = match self.draw.below(100) {
            0..=47 => 1,
            48..=74 => 2,
            75..=88 => 3,
            89..=96 => self.draw.between(4, 7),
            _ => self.draw.between(7, 16),
        };
        let mut days: Vec<i64> = (0..n_visits).map(|_| self.day(month, (0, 0))).collect();
        let stay = self.draw.chance(360).then(|| self.stay_days(month));
        let stay = stay.filter(|(from, _)| self.may_stay(person, *from));
        if let Some((from, until)) = stay {
            days.retain(|day| *day < from || until < *day);
        }
        days.sort_unstable();
        days.dedup();
        self.rest(&mut days, month);
        self.thin(person, &mut days);
        let mut visits = Vec::new();
        for day in days {
            if stay.is_some_and(|(from, _)| from < day) && !visits.iter().any(Visit::is_stay) {
                visits.extend(stay.map(|days| self.plain_stay(person, month, days)));
            }
            visits.push(self.plain_visit(person, month, day));
        }
        if !visits.iter().any(Visit::is_stay) {
            visits.extend(stay.map(|days| self.plain_stay(person, month, days)));
        }
        visits
    }

    /// Takes days out, so that nobody goes seven days in a row, not even over the end of a month.
    fn rest(&self, days: &mut Vec<i64>, month: usize) {
        let first = self.world.months[month].first;
        let mut kept: Vec<i64> = Vec::new();
        for day in days.iter().copied() {
            let is_sixth = 5 <= kept.len() && kept[kept.len() - 5] == day - 5;
            if !is_sixth && (day != first || days.len() < 5) {
                kept.push(day);
            }
        }
        *days = kept;
    }

    /// Takes days out, so that nobody goes more often than any count of visits or purchases allows.
    fn thin(&self, person: &mut Person, days: &mut Vec<i64>) {
        let law = &self.world.law;
        let limits = [
            (("frequent-visits", "visits"), ("frequent-visits", "days"), (6, 7)),
            (("frequent-purchases", "purchases"), ("frequent-purchases", "days"), (15, 30)),
        ];
        days.retain(|day| {
            let is_fit = limits.iter().all(|(most, within, usual)| {
                let since = day - law.whole(*within, *day, usual.1);
                let n_near = person.visits.iter().filter(|former| since < **former).count();
                (n_near as i64) < law.whole(*most, *day, usual.0)
            });
            if is_fit {
                person.visits.push(*day);
            }
            is_fit
        });
    }

    /// Whether a stay from this day on is none too many.
    fn may_stay(&self, person: &Person, from: i64) -> bool {
        let law = &self.world.law;
        let since = from - law.whole(("frequent-stays", "days"), from, 30);
        // They began before they ended, if not by much.
        let n_near = person.stays.iter().filter(|(_, out)| since < *out).count();
        (n_near as i64) < law.whole(("frequent-stays", "stays"), from, 2)
    }

    /// First and last day of a stay in a month.
    fn stay_days(&mut self, month: usize) -> (i64, i64) {
        let length = match self.draw.below(10) {
            0..=6 => self.draw.between(3, 10),
            7 | 8 => self.draw.between(1, 4),
            _ => self.draw.between(10, 21),
        };
        let from = self.day(month, (0, length));
        (from, from + length)
    }

    /// A visit of a hospital or pharmacy.
    fn plain_visit(&mut self, person: &mut Person, month: usize, day: i64) -> Visit {
        let is_pharmacy = self.draw.chance(270);
        let institution = match (is_pharmacy, self.draw.chance(600)) {
            (true, true) => person.pharmacy,
            (false, true) => person.hospital,
            (true, false) => self.world.institutions.pharmacy(&mut self.draw),
            (false, false) => self.world.institutions.hospital(&mut self.draw),
        };
        let mut visit = self.visit(month, institution, day);
        if !is_pharmacy {
            match self.draw.below(100) {
                0..=9 => visit.med_type = "13",
                10..=24 => {
                    let (disease, diagnosis) = self.draw.pick(&DISEASES);
                    // Drugs are drawn from all: none keeps to the list of a disease.
                    if !self.world.knowledge.has_whole_list(disease) {
                        visit.med_type = "14";
                        (visit.disease, visit.diagnosis) = (disease.into(), diagnosis.into());
                    }
                }
                _ => {}
            }
        }
        visit.fate = match self.draw.below(1000) {
            0..=9 => Fate::Cancelled,
            10..=19 => Fate::SettledAgain,
            _ => Fate::Stands,
        };
        let before = (visit.fate == Fate::Cancelled).then(|| person.clone());
        let n_lines = if is_pharmacy { self.draw.between(1, 4) } else { self.draw.between(2, 8) };
        for _ in 0..n_lines {
            self.add_plain(&mut visit, person);
        }
        if !is_pharmacy && self.draw.chance(120) {
            self.add_guarded(&mut visit, person);
        }
        self.disturb(&mut visit);
        // What a cancelled visit dispensed was given back.
        if let Some(before) = before {
            *person = before;
        }
        visit
    }

    /// Adds a plain line to a visit.
    pub(super) fn add_plain(&mut self, visit: &mut Visit, person: &mut Person) {
        let is_pharmacy = self.world.institutions.level(visit.institution) == 0;
        let kind = match (is_pharmacy, self.draw.below(100)) {
            (true, 0..=89) | (false, 0..=44) => Kind::Drug,
            (false, 45..=48) => Kind::Herb,
            (false, 49..=84) => Kind::Service,
            (true | false, _) => Kind::Consumable,
        };
        let time = Self::next_time(visit);
        let mut item = self.world.universe.plain(kind).item(&mut self.draw);
        let is_fresh = |item: u32, person: &Person| {
            let group = self.world.universe.items[item as usize].supply_group;
            let of = |line: &Line| &self.world.universe.items[line.item as usize];
            visit.lines.iter().all(|line| of(line).supply_group != group)
                && person.is_out_of(group, day_at(time))
        };
        let mut n_tries = 0;
        while !is_fresh(item, person) {
            n_tries += 1;
            let kind = if n_tries < 5 { kind } else { Kind::Consumable };
            item = self.world.universe.plain(kind).item(&mut self.draw);
            if 12 < n_tries {
                return;
            }
        }
        let line = self.line(visit, item, time);
        let line = self.plain_quantity(line);
        let line = self.dispense(visit, person, line);
        visit.lines.push(line);
    }

    /// Gives a usual quantity.
    fn plain_quantity(&mut self, line: Line) -> Line {
        let cnt = match self.world.universe.items[line.item as usize].kind {
            Kind::Herb => self.draw.between(10, 40) * 5_000,
            Kind::Service if self.draw.chance(800) => 10_000,
            Kind::Drug | Kind::Service => self.draw.between(1, 4) * 10_000,
            Kind::Consumable => self.draw.between(1, 6) * 10_000,
        };
        self.times(line, cnt)
    }

    /// Gives a drug line its days, within the limit of the visit, and notes the supply.
    pub(super) fn dispense(&mut self, visit: &Visit, person: &mut Person, mut line: Line) -> Line {
        let item = &self.world.universe.items[line.item as usize];
        if !item.kind.is_drug() || visit.is_stay() {
            return line;
        }
        let most = self.most_days(visit);
        let by_dose = item.days_per_unit.map(|days| days * (line.cnt / 10_000));
        let days = match by_dose {
            Some(days) if days <= most * 100 && self.draw.chance(700) => days,
            None if !item.doubtful_dose && self.draw.chance(80) => 0,
            Some(_) | None => {
                line.supply_days = self.draw.between(1, most / 100 + 1) * 100;
                line.supply_days * 100
            }
        };
        if 0 < days {
            person.supply(item.supply_group, line.time, days);
        }
        self.trace(&mut line);
        line
    }

    /// A stay with the daily charges and a few lines a day.
    fn plain_stay(&mut self, person: &mut Person, month: usize, days: (i64, i64)) -> Visit {
        let institution = if self.draw.chance(700) {
            person.hospital
        } else {
            self.world.institutions.hospital(&mut self.draw)
        };
        let mut visit = self.stay(month, institution, days);
        // Another diagnosis in every month: no two stays look like one that was split.
        let n_diagnoses = self.world.diagnoses.len();
        let turn = (person.birth.unsigned_abs() as usize + month) % n_diagnoses;
        visit.diagnosis = self.world.diagnoses[turn].into();
        for day in days.0..=days.1 {
            self.daily_charges(&mut visit, day, days.1);
            let n_lines = self.draw.between(3, 11);
            self.stay_day(&mut visit, day, n_lines);
        }
        if self.draw.chance(200) {
            self.add_guarded(&mut visit, person);
        }
        if self.draw.chance(100) {
            self.take_back(&mut visit);
        }
        self.disturb(&mut visit);
        visit
    }

    /// Bed, nursing and round of a day that counts.
    pub(super) fn daily_charges(&mut self, visit: &mut Visit, day: i64, discharge: i64) {
        if day == discharge {
            return;
        }
        for (nth, item) in self.world.universe.stay_daily.iter().enumerate() {
            let time = (day * DAY + 12 * 3600 + nth as i64).max(visit.begin + 1 + nth as i64);
            let line = self.line(visit, *item, time);
            let per_day = &self.world.knowledge.stay_days;
            let units = per_day.get(&self.world.universe.items[*item as usize].code);
            let line = self.times(line, units.copied().unwrap_or(10_000).min(10_000));
            visit.lines.push(line);
        }
    }

    /// Plain lines of a day of a stay, no item twice.
    pub(super) fn stay_day(&mut self, visit: &mut Visit, day: i64, n_lines: i64) {
        let mut time = (day * DAY + 8 * 3600).max(visit.begin + 60);
        let from = visit.lines.len();
        for _ in 0..n_lines {
            let kind = match self.draw.below(100) {
                0..=42 => Kind::Drug,
                43..=46 => Kind::Herb,
                47..=81 => Kind::Service,
                _ => Kind::Consumable,
            };
            let item = self.world.universe.plain(kind).item(&mut self.draw);
            if visit.lines[from..].iter().any(|line| line.item == item) {
                continue;
            }
            let line = self.line(visit, item, time.min(visit.end));
            let line = self.plain_quantity(line);
            visit.lines.push(line);
            if self.draw.chance(500) {
                time += self.draw.between(20, 700);
            }
        }
    }

    /// Adds a line of a restricted item, if one drawn at random may be billed here.
    fn add_guarded(&mut self, visit: &mut Visit, person: &mut Person) {
        if self.world.guarded.is_empty() {
            return;
        }
        let item = self.draw.pick(&self.world.guarded);
        let time = if visit.is_stay() { visit.end } else { Self::next_time(visit) };
        let Some(cnt) = self.allowed_quantity(visit, person, item, day_at(time)) else { return };
        let line = self.line(visit, item, time);
        let line = self.times(line, cnt);
        let line = self.dispense(visit, person, line);
        visit.lines.push(line);
    }

    /// A quantity at which no rule minds the item, if there is one.
    fn allowed_quantity(
        &mut self,
        visit: &Visit,
        person: &mut Person,
        index: u32,
        day: i64,
    ) -> Option<i64> {
        let world = self.world;
        let item = &world.universe.items[index as usize];
        let knowledge = &world.knowledge;
        let is_out = person.is_out_of(item.supply_group, day);
        if item.kind.is_drug() && !visit.is_stay() && !is_out {
            return None;
        }
        if knowledge.sex.get(&item.code).is_some_and(|sex| sex != person.sex) {
            return None;
        }
        let bands = knowledge.age.get(&item.code);
        if bands.is_some_and(|bands| !bands.iter().any(|band| admits(band, person, day))) {
            return None;
        }
        let level = world.institutions.level(visit.institution);
        if knowledge.level.get(&item.code).is_some_and(|least| level < *least) {
            return None;
        }
        let visits = knowledge.visit.get(&item.code);
        if visits.is_some_and(|allowed| !allowed.iter().any(|kind| kind == visit.med_type)) {
            return None;
        }
        if item.named & named::STAY_DAYS != 0 && visit.is_stay() {
            return None;
        }
        if let Some((period, _)) = knowledge.period.get(&item.code) {
            let last = person.period.iter().rev().find(|(of, _)| *of == index);
            if last.is_some_and(|(_, last)| day - last < *period) {
                return None;
            }
            person.period.push((index, day));
        }
        let hours = world.law.micro(("hours-over-day", "day_hours"), day, 24) / 100;
        let mut most = if item.named & named::HOURS != 0 { hours } else { 20_000 };
        for quota in knowledge.daily.get(&item.code).into_iter().flatten() {
            most = most.min(quota.max);
        }
        for quota in knowledge.monthly.get(&item.code).into_iter().flatten() {
            let used = person.monthly.iter().filter(|(of, _)| *of == index);
            most = most.min(quota.max - used.map(|(_, units)| units).sum::<i64>());
        }
        let cnt = most / 10_000 * 10_000;
        if cnt <= 0 {
            return None;
        }
        if item.named & named::MONTHLY != 0 {
            person.monthly.push((index, cnt));
        }
        Some(cnt)
    }

    /// Takes a line of a stay back, wholly or in part.
    fn take_back(&mut self, visit: &mut Visit) {
        let place = self.draw.below(visit.lines.len() as u64) as usize;
        let original = visit.lines[place].clone();
        let item = &self.world.universe.items[original.item as usize];
        // The operation that a stay codes stays billed.
        let is_plain = item.named == 0 && !item.is_charged_as("06");
        if original.cnt <= 0 || !is_plain || visit.end <= original.time {
            return;
        }
        let n_units = original.cnt / 10_000;
        let cnt = if n_units < 1 || self.draw.chance(600) {
            original.cnt
        } else {
            self.draw.between(1, n_units + 1) * 10_000
        };
        let back = if self.draw.chance(700) { Back::Named(place) } else { Back::Unnamed };
        let (back, cnt) = if self.leaves_odd_fen(visit, &original, cnt) {
            (Back::Named(place), original.cnt)
        } else {
            (back, cnt)
        };
        let line = self.times(original, -cnt);
        visit.lines.push(Line { back, time: visit.end, ..line });
    }

    /// Whether so much, taken back from a line or one alike, leaves an amount that is not quantity
    /// times price, with the tolerance: two rounded parts may come to a fen more or less than the whole.
    fn leaves_odd_fen(&self, visit: &Visit, original: &Line, cnt: i64) -> bool {
        let name = ("amount-mismatch", "tolerance");
        let part = amount_of(cnt, original.pric);
        let mut alike =
            visit.lines.iter().filter(|line| line.item == original.item && cnt <= line.cnt);
        alike.any(|line| {
            let tolerance = self.world.law.micro(name, day_at(line.time), 0) / 10_000;
            let rest = amount_of(line.cnt - cnt, line.pric);
            tolerance < (line.amount - part - rest).abs()
        })
    }

    /// Rows that arrive twice, and void rows.
    fn disturb(&mut self, visit: &mut Visit) {
        if visit.lines.is_empty() {
            return;
        }
        if self.draw.chance(8) {
            let place = self.draw.below(visit.lines.len() as u64) as usize;
            visit.lines[place].oddity = Oddity::Repeated;
        }
        if self.draw.chance(4) {
            let item = self.world.universe.plain(Kind::Service).item(&mut self.draw);
            let line = self.line(visit, item, visit.end);
            visit.lines.push(Line { oddity: Oddity::Void, ..line });
        }
    }
}

/// Whether a band admits a person on a day.
pub(super) fn admits(band: &AgeBand, person: &Person, day: i64) -> bool {
    let age = if band.in_days { day - person.birth } else { person.age(day) };
    band.min <= age && age < band.max
}
