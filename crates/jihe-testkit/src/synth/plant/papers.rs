//! Violations that the papers around a line show: its prescription, approval, doctor and codes.

use super::super::draft::{Line, Oddity};
use super::super::item::Kind;
use super::super::scribe::Scribe;
use super::{Case, bit};

impl Scribe<'_> {
    /// A visit with a drug of which something is odd.
    pub(super) fn odd_drug(
        &mut self,
        month: usize,
        oddity: Oddity,
        rule: &'static str,
    ) -> Option<Case> {
        let mut person = self.person();
        let day = self.day(month, (1, 1));
        let item = self.fresh_drug(&person, day)?;
        // Of what hospitals make themselves no code is asked.
        let is_coded =
            ["101", "104"].contains(&self.world.universe.items[item as usize].listing()[0]);
        if oddity == Oddity::Untraced && !is_coded {
            return None;
        }
        let mut visit = self.dressed_visit(&mut person, month, day);
        self.without_alike(&mut visit.lines, item);
        self.add(&mut visit, &mut person, item, 10_000);
        let line = visit.lines.last_mut()?;
        if oddity == Oddity::Untraced {
            line.n_codes = 0;
        }
        (line.oddity, line.marks) = (oddity, bit(rule));
        Some((person, vec![visit]))
    }

    /// A pack more of a drug than was prescribed.
    pub(super) fn over_prescribed(&mut self, month: usize) -> Option<Case> {
        let mut person = self.person();
        let day = self.day(month, (1, 1));
        let item = self.fresh_drug(&person, day)?;
        let mut visit = self.dressed_visit(&mut person, month, day);
        self.without_alike(&mut visit.lines, item);
        let line = self.line(&visit, item, Self::next_time(&visit));
        let mut line = self.times(line, 20_000);
        line.supply_days = 100;
        self.trace(&mut line);
        (line.oddity, line.marks) = (Oddity::Oversold, bit("over-prescribed"));
        visit.lines.push(line);
        Some((person, vec![visit]))
    }

    /// A prescription of one or two herbs that are not paid alone.
    pub(super) fn herb_alone(&mut self, month: usize) -> Option<Case> {
        let (first, second) =
            (self.any(|pools| &pools.herb_alone)?, self.any(|pools| &pools.herb_alone)?);
        let mut person = self.person();
        let day = self.day(month, (1, 1));
        let mut visit = self.dressed_visit(&mut person, month, day);
        let items = &self.world.universe.items;
        visit.lines.retain(|line| items[line.item as usize].kind != Kind::Herb);
        let herbs = if first == second { vec![first] } else { vec![first, second] };
        for herb in herbs {
            self.add(&mut visit, &mut person, herb, 200_000);
            visit.lines.last_mut()?.marks |= bit("herb-alone");
        }
        Some((person, vec![visit]))
    }

    /// So much of an item that its approval should have been filed.
    pub(super) fn approval_missing(&mut self, month: usize) -> Option<Case> {
        let capped = &self.world.universe.capped;
        if capped.is_empty() {
            return None;
        }
        let item = self.draw.pick(capped);
        let mut person = self.person();
        let day = self.day(month, (1, 1));
        let mut visit = self.dressed_visit(&mut person, month, day);
        let line = self.line(&visit, item, Self::next_time(&visit));
        let total = self.world.costly().1 + 100;
        let n_units = total / (line.pric / 10_000).max(1) + 1;
        let mut line = self.times(line, n_units * 10_000);
        (line.oddity, line.marks) = (Oddity::Unfiled, bit("approval-missing"));
        visit.lines.push(line);
        Some((person, vec![visit]))
    }

    /// An item that goes by the own code of another one.
    pub(super) fn code_mismatch(&mut self, month: usize) -> Option<Case> {
        let capped = &self.world.universe.capped;
        if capped.len() < 2 {
            return None;
        }
        let other = self.draw.pick(self.world.universe.always_mapped());
        let mut item = self.draw.pick(capped);
        while item == other {
            item = self.draw.pick(capped);
        }
        let mut person = self.person();
        let day = self.day(month, (1, 1));
        let mut visit = self.dressed_visit(&mut person, month, day);
        self.add(&mut visit, &mut person, item, 10_000);
        let line = visit.lines.last_mut()?;
        (line.own, line.marks) = (other, bit("code-mismatch"));
        Some((person, vec![visit]))
    }

    /// Drops the lines of an item's generic.
    fn without_alike(&self, lines: &mut Vec<Line>, item: u32) {
        let items = &self.world.universe.items;
        let group = items[item as usize].supply_group;
        lines.retain(|line| items[line.item as usize].supply_group != group);
    }
}
