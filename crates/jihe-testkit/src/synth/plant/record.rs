//! Violations that the record of a visit or stay shows.

use super::super::calendar::{DAY, day_at};
use super::super::draft::{UNCODED, Visit};
use super::super::item::Kind;
use super::super::scribe::Scribe;
use super::count::mark_firsts;
use super::{Case, bit};

impl Scribe<'_> {
    /// A visit some days before the person was born.
    pub(super) fn unborn(&mut self, month: usize) -> Case {
        let mut person = self.person();
        let day = self.day(month, (1, 1));
        person.birth = day + self.draw.between(1, 20);
        let mut visit = self.dressed_visit(&mut person, month, day);
        self.add_plain(&mut visit, &mut person);
        visit.mark_all(bit("listing-anomaly"));
        (person, vec![visit])
    }

    /// A line dated a day or two after the visit was settled.
    pub(super) fn after_settlement(&mut self, month: usize) -> Option<Case> {
        let mut person = self.person();
        let day = self.day(month, (1, 4));
        let mut visit = self.dressed_visit(&mut person, month, day);
        let item = self.a_capped()?;
        let late = day_at(visit.end) + self.draw.between(1, 3);
        let line = self.line(&visit, item, late * DAY + 10 * 3600);
        visit.lines.push(line);
        Some((person, vec![visit]))
    }

    /// A visit some minutes after one elsewhere.
    pub(super) fn two_places(&mut self, month: usize) -> Option<Case> {
        let mut person = self.person();
        let day = self.day(month, (1, 1));
        let item = self.a_capped()?;
        let hospital = self.world.institutions.hospital(&mut self.draw);
        let elsewhere = self.world.institutions.another_hospital(&mut self.draw, hospital);
        let mut first = self.dressed_visit_at(&mut person, month, (hospital, day));
        self.add(&mut first, &mut person, item, 10_000);
        let last = Self::next_time(&first);
        let mut second = self.visit(month, elsewhere, day);
        let minutes = self.world.law.whole(("two-places", "minutes"), day, 30);
        second.begin = last + self.draw.between(0, (minutes - 3).max(1)) * 60;
        second.end = second.begin + 3000;
        self.add(&mut second, &mut person, item, 10_000);
        Some((person, vec![first, second]))
    }

    /// A man's stay that codes an operation of women, or the other way.
    pub(super) fn operation_of_other_sex(&mut self, month: usize) -> Case {
        let (person, mut stay) = self.operated(month);
        stay.operation = if person.sex == "1" { "68.4100" } else { "60.2900" };
        let mut stays = vec![stay];
        mark_firsts(&mut stays, "operation-sex");
        (person, stays)
    }

    /// A stay that bills an operation and codes none.
    pub(super) fn uncoded_operation(&mut self, month: usize) -> Case {
        let (person, mut stay) = self.operated(month);
        stay.operation = UNCODED;
        let mut stays = vec![stay];
        mark_firsts(&mut stays, "operation-coding");
        (person, stays)
    }

    /// A stay of which nobody says how it ended.
    pub(super) fn incomplete_record(&mut self, month: usize) -> Case {
        let (person, mut stay) = self.operated(month);
        stay.way = "";
        let mut stays = vec![stay];
        mark_firsts(&mut stays, "record-incomplete");
        (person, stays)
    }

    /// A stay of some days with an operation.
    fn operated(&mut self, month: usize) -> (super::Person, Visit) {
        let person = self.person();
        let from = self.day(month, (0, 5));
        let mut stay = self.dressed_stay(month, person.hospital, (from, from + 4));
        let time = (from + 1) * DAY + 10 * 3600;
        let operation = self.line(&stay, self.world.universe.operation, time);
        stay.lines.push(operation);
        (person, stay)
    }

    /// One herb more in a prescription than it may have.
    pub(super) fn herb_kinds(&mut self, month: usize) -> Option<Case> {
        let mut person = self.person();
        let day = self.day(month, (1, 1));
        let most = self.world.law.whole(("herb-kinds", "kinds"), day, 18);
        let mut visit = self.visit(month, person.hospital, day);
        // All within one hour, so that they are one prescription.
        visit.begin = day * DAY + self.draw.between(7, 19) * 3600;
        visit.end = visit.begin + 3000;
        let mut herbs: Vec<u32> = Vec::new();
        for _ in 0..4_000 {
            let herb = self.world.universe.plain(Kind::Herb).item(&mut self.draw);
            if !herbs.contains(&herb) {
                herbs.push(herb);
            }
            if most < herbs.len() as i64 {
                break;
            }
        }
        if herbs.len() as i64 <= most {
            return None;
        }
        for herb in herbs {
            self.add(&mut visit, &mut person, herb, 50_000);
        }
        visit.mark_all(bit("herb-kinds"));
        Some((person, vec![visit]))
    }

    /// A plain service or consumable with a ceiling everywhere.
    fn a_capped(&mut self) -> Option<u32> {
        let capped = &self.world.universe.capped;
        (!capped.is_empty()).then(|| self.draw.pick(capped))
    }
}
