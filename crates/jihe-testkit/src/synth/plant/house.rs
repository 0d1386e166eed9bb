//! What makes an institution stand out: visits to the odd ones, where nobody else goes.

use super::super::calendar::DAY;
use super::super::institution::Quirk;
use super::super::item::Kind;
use super::super::scribe::Scribe;
use super::{Case, Planted, bit};

impl Scribe<'_> {
    /// A visit or stays that move a figure of an institution far, or a visit to one that falls
    /// short of admission.
    pub(super) fn of_house(&mut self, rule: &'static str, month: usize) -> Option<Case> {
        match rule {
            "cost-per-stay" | "cost-per-day" | "readmission-rate" => Some(self.costly_stays(month)),
            "qualification" => self.short_of_admission(month),
            _ => self.costly_visit(rule, month),
        }
    }

    /// So much of one item that every figure of the outlier's visits is its own.
    fn costly_visit(&mut self, rule: &'static str, month: usize) -> Option<Case> {
        let mut person = self.person();
        let day = self.day(month, (1, 1));
        let hospital = self.world.institutions.odd(Quirk::Outlier);
        let mut visit = self.visit(month, hospital, day);
        let items = &self.world.universe.items;
        let wanted = match rule {
            "class-share" | "cost-per-visit" => (Kind::Consumable, 1),
            _ => (Kind::Drug, 3),
        };
        let item = (0..400).find_map(|_| {
            let item = self.world.universe.plain(wanted.0).item(&mut self.draw);
            let known = &items[item as usize];
            let is_fit = wanted.0 == Kind::Consumable || known.class == wanted.1;
            (is_fit && known.class <= wanted.1).then_some(item)
        })?;
        let price = self.price(item, hospital).max(10_000);
        let cnt = if wanted.0 == Kind::Drug { 1 } else { 90_000_000_000 / price + 1 };
        self.add(&mut visit, &mut person, item, cnt * 10_000);
        (!visit.lines.is_empty()).then_some((person, vec![visit]))
    }

    /// Two stays at the outlier, weeks apart and dear.
    fn costly_stays(&mut self, month: usize) -> Case {
        let person = self.person();
        let hospital = self.world.institutions.odd(Quirk::Outlier);
        let from = self.world.months[month].first;
        let n_diagnoses = self.world.diagnoses.len();
        let turn = self.draw.below(n_diagnoses as u64) as usize;
        let mut stays = Vec::new();
        for (nth, day) in [from, from + 20].into_iter().enumerate() {
            let mut stay = self.stay(month, hospital, (day, day + 3));
            stay.diagnosis = self.world.diagnoses[(turn + nth) % n_diagnoses].into();
            let item = self.world.universe.plain(Kind::Consumable).item(&mut self.draw);
            let line = self.line(&stay, item, (day + 1) * DAY + 9 * 3600);
            let cnt = 900_000_000_000 / line.pric.max(10_000) + 1;
            let line = self.times(line, cnt * 10_000);
            stay.lines.push(line);
            stays.push(stay);
        }
        (person, stays)
    }

    /// A visit to an institution that lacks what admission asks for.
    fn short_of_admission(&mut self, month: usize) -> Option<Case> {
        let institution = self.world.institutions.short(self.n_short_plants);
        self.n_short_plants += 1;
        let mut person = self.person();
        let day = self.day(month, (0, 0));
        let mut visit = self.visit(month, institution, day);
        self.add_plain(&mut visit, &mut person);
        (!visit.lines.is_empty()).then_some((person, vec![visit]))
    }

    /// Two persons in one bed.
    pub(super) fn crowd(&mut self, month: usize) -> Planted {
        let hospital = self.world.institutions.odd(Quirk::Crowded);
        let from = self.day(month, (0, 5));
        let mut cases = Vec::new();
        for nth in 0..2 {
            let person = self.person();
            cases.push((person, vec![self.dressed_stay(month, hospital, (from + nth, from + 4))]));
        }
        Planted { cases, stock: None }
    }

    /// A visit after the agreement of the institution ended.
    pub(super) fn without_agreement(&mut self, month: usize) -> Case {
        let mut person = self.person();
        let day = self.day(month, (1, 1));
        let hospital = self.world.institutions.odd(Quirk::Closed);
        let mut visit = self.dressed_visit_at(&mut person, month, (hospital, day));
        self.add_plain(&mut visit, &mut person);
        visit.mark_all(bit("institution-inactive"));
        (person, vec![visit])
    }
}
