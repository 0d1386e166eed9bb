//! Violations of tables that mostly local packs fill.

use super::super::benefit;
use super::super::city::DEPARTMENTS;
use super::super::draft::Oddity;
use super::super::item::Kind;
use super::super::scribe::Scribe;
use super::super::sheet::is_last_costly;
use super::{Case, bit, mark_excess};

impl Scribe<'_> {
    /// A drug of an internet visit that may not be prescribed there.
    pub(super) fn internet_drug(&mut self, month: usize) -> Option<Case> {
        let item = self.any(|pools| &pools.internet)?;
        self.marked_visit(month, item, "internet-drug").map(|(person, mut visits)| {
            visits[0].pay_loc = "5";
            (person, visits)
        })
    }

    /// A drug of the second line without the hospital's approval; where it is so dear that any
    /// drug needs one, that is missing, too.
    pub(super) fn second_line(&mut self, month: usize) -> Option<Case> {
        let item = self.any(|pools| &pools.second_line)?;
        let (person, mut visits) = self.marked_visit(month, item, "second-line-unapproved")?;
        let is_costly = is_last_costly(self.world, &visits[0]);
        let line = visits[0].lines.last_mut()?;
        if is_costly {
            (line.oddity, line.marks) = (Oddity::Unfiled, line.marks | bit("approval-missing"));
        }
        Some((person, visits))
    }

    /// An item ordered by a department that it is not paid from.
    pub(super) fn wrong_department(&mut self, month: usize) -> Option<Case> {
        let item = self.any(|pools| &pools.department)?;
        let paid = self.world.knowledge.departments.get(self.code(item))?;
        let is_paid = |own: &&str| paid.iter().any(|listed| own.starts_with(listed.as_str()));
        let department = DEPARTMENTS.into_iter().find(|own| !is_paid(own))?;
        self.marked_visit(month, item, "department").map(|(person, mut visits)| {
            visits[0].department = department;
            (person, visits)
        })
    }

    /// A drug of one special disease in a visit for another.
    pub(super) fn of_other_disease(&mut self, month: usize) -> Option<Case> {
        let item = self.any(|pools| &pools.disease)?;
        let knowledge = &self.world.knowledge;
        let of_item = knowledge.disease_items.get(self.code(item))?;
        let mut named = knowledge.diseases.iter().chain(knowledge.disease_items.values().flatten());
        let is_other =
            |disease: &&String| knowledge.has_whole_list(disease) && !of_item.contains(*disease);
        let disease = named.find(is_other)?.clone();
        if !self.world.universe.items[item as usize].kind.is_drug() {
            return None;
        }
        let mut person = self.person();
        let day = self.day(month, (1, 1));
        let mut visit = self.visit(month, person.hospital, day);
        (visit.med_type, visit.disease) = ("14", disease.into());
        self.add(&mut visit, &mut person, item, 10_000);
        visit.lines.last_mut()?.marks |= bit("special-disease-scope");
        Some((person, vec![visit]))
    }

    /// More in-policy money of an item than its cap.
    pub(super) fn above_cap(&mut self, month: usize) -> Option<Case> {
        let item = self.any(|pools| &pools.cap)?;
        let cap = *self.world.knowledge.cap.get(self.code(item))?;
        let (person, mut visits) = self.marked_visit(month, item, "pay-cap")?;
        let line = visits[0].lines.last()?.clone();
        let n_units = cap / line.in_policy.max(1) + 1;
        *visits[0].lines.last_mut()? = self.times(line, n_units * 10_000);
        Some((person, visits))
    }

    /// Twice as much in a day as the label allows.
    pub(super) fn over_dose(&mut self, month: usize) -> Option<Case> {
        let item = self.any(|pools| &pools.dose)?;
        let (person, mut visits) = self.marked_visit(month, item, "over-dose")?;
        // A pack has ten days' highest doses.
        visits[0].lines.last_mut()?.supply_days = 500;
        Some((person, visits))
    }

    /// One unit more in a stay than the item allows.
    pub(super) fn stay_quantity(&mut self, month: usize) -> Option<Case> {
        let item = self.any(|pools| &pools.stay)?;
        let most = *self.world.knowledge.stay.get(self.code(item))?;
        self.over_in_stay(month, item, (most, "stay-quantity"))
    }

    /// One unit more in a stay than its days allow.
    pub(super) fn stay_day_quantity(&mut self, month: usize) -> Option<Case> {
        let item = self.any(|pools| &pools.stay_day)?;
        let most = *self.world.knowledge.stay_day.get(self.code(item))? * 4;
        self.over_in_stay(month, item, (most, "stay-day-quantity"))
    }

    /// A stay of four days with two lines of an item, one unit above a limit.
    fn over_in_stay(
        &mut self,
        month: usize,
        item: u32,
        (most, rule): (i64, &'static str),
    ) -> Option<Case> {
        let person = self.person();
        let from = self.day(month, (0, 5));
        let mut stay = self.dressed_stay(month, person.hospital, (from, from + 4));
        let noon = (from + 1) * super::super::calendar::DAY + 12 * 3600;
        for (time, cnt) in [(noon, most), (noon + 3600, 10_000)] {
            let line = self.line(&stay, item, time);
            let line = self.times(line, cnt);
            stay.lines.push(line);
        }
        mark_excess(stay.lines.iter_mut().filter(|line| line.item == item), most, bit(rule));
        (0 < most).then_some((person, vec![stay]))
    }

    /// An item and a consumable that it contains on one day.
    pub(super) fn contained_consumable(&mut self, month: usize) -> Option<Case> {
        let pairs = &self.world.universe.consumed;
        if pairs.is_empty() {
            return None;
        }
        let (whole, part) = self.draw.pick(pairs);
        let (mut person, mut visits) = self.marked_visit(month, part, "contained-consumable")?;
        self.add(&mut visits[0], &mut person, whole, 10_000);
        Some((person, visits))
    }

    /// Two drugs of one prescription that do not go together.
    pub(super) fn incompatible(&mut self, month: usize) -> Option<Case> {
        let pairs = &self.world.universe.mixes;
        if pairs.is_empty() {
            return None;
        }
        let (first, second) = self.draw.pick(pairs);
        let mut person = self.person();
        let day = self.day(month, (1, 1));
        let mut visit = self.visit(month, person.hospital, day);
        visit.begin = day * super::super::calendar::DAY + self.draw.between(8, 18) * 3600;
        visit.end = visit.begin + 3000;
        for item in [first, second] {
            self.add(&mut visit, &mut person, item, 10_000);
        }
        visit.mark_all(bit("incompatible"));
        // Where a prescription has one drug only, the other one is too many as well.
        let items = &self.world.universe.items;
        let are_drugs = visit.lines.iter().all(|line| items[line.item as usize].kind == Kind::Drug);
        if are_drugs && self.world.law.whole(("drug-kinds", "kinds"), day, 5) < 2 {
            visit.mark_all(bit("drug-kinds"));
        }
        (visit.lines.len() == 2).then_some((person, vec![visit]))
    }

    /// A visit or stay of which the fund pays another amount than the policy comes to.
    pub(super) fn wrongly_paid(&mut self, month: usize) -> Option<Case> {
        if self.world.knowledge.benefit.is_empty() {
            return None;
        }
        for nth in 0..8 {
            let mut person = self.person();
            let mut visit = if nth % 2 == 0 {
                let from = self.day(month, (0, 5));
                self.dressed_stay(month, person.hospital, (from, from + 4))
            } else {
                let day = self.day(month, (1, 1));
                let mut visit = self.dressed_visit(&mut person, month, day);
                self.add_plain(&mut visit, &mut person);
                visit
            };
            visit.is_wrongly_paid = true;
            if !visit.lines.is_empty() && benefit::speaks_of(self.world, &person, &visit) {
                return Some((person, vec![visit]));
            }
        }
        None
    }

    /// A visit whose last line, one unit of an item, is marked.
    fn marked_visit(&mut self, month: usize, item: u32, rule: &'static str) -> Option<Case> {
        let mut person = self.person();
        let day = self.day(month, (1, 1));
        let mut visit = self.dressed_visit(&mut person, month, day);
        self.add(&mut visit, &mut person, item, 10_000);
        visit.lines.last_mut()?.marks |= bit(rule);
        Some((person, vec![visit]))
    }
}
