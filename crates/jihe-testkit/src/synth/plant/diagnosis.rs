//! Violations that a diagnosis shows beside the person or the item.

use super::super::person::Person;
use super::super::scribe::Scribe;
use super::super::traffic::admits;
use super::{Case, bit};

/// Diagnoses of one sex: of women, of men.
const OF_WOMEN: (&str, &str) = ("female_only", "N83.200");
const OF_MEN: (&str, &str) = ("male_only", "N42.900");

impl Scribe<'_> {
    /// A diagnosis of the other sex.
    pub(super) fn diagnosis_sex(&mut self, month: usize) -> Option<Case> {
        let mut person = self.person();
        let (set, code) = if person.sex == "1" { OF_WOMEN } else { OF_MEN };
        if !self.world.knowledge.is_in_set(set, code) {
            return None;
        }
        let day = self.day(month, (1, 1));
        let mut visit = self.dressed_visit(&mut person, month, day);
        self.add_plain(&mut visit, &mut person);
        visit.second = code.into();
        visit.mark_all(bit("diagnosis-sex"));
        Some((person, vec![visit]))
    }

    /// Childbirth of a woman past the age, or of a child.
    pub(super) fn diagnosis_age(&mut self, month: usize) -> Option<Case> {
        if !self.world.knowledge.is_in_set("childbearing", "O80.000") {
            return None;
        }
        let mut person = self.person();
        let day = self.day(month, (1, 1));
        let age =
            |name: &str, usual: i64| self.world.law.whole(("diagnosis-age", name), day, usual);
        let (youngest, oldest) = (age("youngest", 10), age("oldest", 60));
        let years = if self.draw.chance(500) { oldest + 1 } else { youngest - 1 };
        self.turn(&mut person, "2", years, day);
        let mut visit = self.dressed_visit(&mut person, month, day);
        self.add_plain(&mut visit, &mut person);
        visit.second = "O80.000".into();
        visit.mark_all(bit("diagnosis-age"));
        Some((person, vec![visit]))
    }

    /// An item that a diagnosis forbids, billed for one that it is paid for.
    pub(super) fn contraindication(&mut self, month: usize) -> Option<Case> {
        let item = self.any(|pools| &pools.forbidden)?;
        let knowledge = &self.world.knowledge;
        let code = self.code(item);
        let second = knowledge.contraindication(code)?.to_owned();
        let main = knowledge.indication(code).map(str::to_owned);
        let is_of_men = knowledge.is_in_set("male_only", &second);
        let mut person = self.person();
        let day = self.day(month, (1, 1));
        self.turn(&mut person, if is_of_men { "1" } else { "2" }, 30, day);
        let mut visit = self.dressed_visit(&mut person, month, day);
        self.add(&mut visit, &mut person, item, 10_000);
        visit.second = second.into();
        if let Some(main) = main {
            visit.diagnosis = main.into();
        }
        visit.lines.last_mut()?.marks |= bit("contraindication");
        Some((person, vec![visit]))
    }

    /// An item that is forbidden at the person's age.
    pub(super) fn forbidden_age(&mut self, month: usize) -> Option<Case> {
        let item = self.any(|pools| &pools.age_forbidden)?;
        let bands = self.world.knowledge.age_forbidden.get(self.code(item))?.clone();
        let mut person = self.person();
        let day = self.day(month, (1, 1));
        let years = [3, 8, 15, 40, 70, 85, 1, 0];
        let is_forbidden = years.into_iter().any(|years| {
            let sex = person.sex;
            self.turn(&mut person, sex, years, day);
            bands.iter().any(|band| admits(band, &person, day))
        });
        if !is_forbidden {
            return None;
        }
        let least = self.world.knowledge.level.get(self.code(item)).copied().unwrap_or(1);
        let suits = |level: u8| least <= level;
        let hospital = self.world.institutions.hospital_where(&mut self.draw, suits)?;
        let mut visit = self.dressed_visit_at(&mut person, month, (hospital, day));
        self.add(&mut visit, &mut person, item, 10_000);
        visit.lines.last_mut()?.marks |= bit("contraindication-age");
        Some((person, vec![visit]))
    }

    /// Gives a person a sex, and an age on a day that lasts for months.
    fn turn(&mut self, person: &mut Person, sex: &'static str, years: i64, day: i64) {
        person.sex = sex;
        person.birth = day - years * 365 - years / 4 - 60 - self.draw.between(0, 60);
    }
}
