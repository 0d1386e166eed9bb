//! Violations that lines together show.

use super::super::calendar::DAY;
use super::super::draft::Line;
use super::super::item::named;
use super::super::scribe::Scribe;
use super::{Case, bit};

impl Scribe<'_> {
    /// One service in two settlements.
    pub(super) fn settled_twice(&mut self, month: usize) -> Option<Case> {
        if self.world.universe.capped.is_empty() {
            return None;
        }
        let item = self.draw.pick(&self.world.universe.capped);
        let mut person = self.person();
        let day = self.day(month, (1, 1));
        let mut first = self.dressed_visit(&mut person, month, day);
        self.add(&mut first, &mut person, item, 10_000);
        let line = first.lines.last()?.clone();
        let mut second = first.clone();
        second.lines = vec![Line { marks: bit("settled-twice"), ..line }];
        Some((person, vec![first, second]))
    }

    /// The parts of a whole that cost more than it.
    pub(super) fn split_item(&mut self, month: usize) -> Option<Case> {
        let sets: Vec<_> = self.world.knowledge.sets.iter().collect();
        if sets.is_empty() {
            return None;
        }
        let ((_, whole), parts) = self.draw.pick(&sets);
        let place = |code: &String| -> Option<u32> {
            let items = &self.world.universe.items;
            let place = items.iter().position(|item| item.code == *code)?;
            (items[place].named & named::OTHER == 0).then_some(place as u32)
        };
        let whole = place(whole)?;
        let parts: Option<Vec<u32>> = parts.iter().map(place).collect();
        let parts = parts?;
        for _ in 0..60 {
            let hospital = self.world.institutions.hospital(&mut self.draw);
            let level = self.world.institutions.level(hospital);
            let (low, high) = self.world.universe.items[whole as usize].ceiling(level)?;
            let sum: i64 = parts.iter().map(|part| self.price(*part, hospital)).sum();
            if low != high || sum <= low + 10_000 {
                continue;
            }
            let mut person = self.person();
            let day = self.day(month, (1, 1));
            let mut visit = self.dressed_visit_at(&mut person, month, (hospital, day));
            let from = visit.lines.len();
            for part in &parts {
                self.add(&mut visit, &mut person, *part, 10_000);
            }
            let of_parts = &mut visit.lines[from..];
            let fen: i64 = of_parts.iter().map(|line| line.amount).sum();
            let mut excess = fen - (low + 5_000) / 10_000;
            for line in of_parts.iter_mut().rev().filter(|line| 0 < line.amount) {
                if 0 < excess {
                    line.marks |= bit("split-item");
                    excess -= line.amount;
                }
            }
            return Some((person, vec![visit]));
        }
        None
    }

    /// A second operation of a group at the price of a first.
    pub(super) fn operation_discount(&mut self, month: usize) -> Option<Case> {
        for _ in 0..200 {
            let first = self.any(|pools| &pools.operation)?;
            let second = self.any(|pools| &pools.operation)?;
            let hospital = self.world.institutions.hospital(&mut self.draw);
            let level = self.world.institutions.level(hospital);
            let groups = |item: u32| self.world.knowledge.operation.get(self.code(item));
            let (of_first, of_second) = (groups(first)?, groups(second)?);
            let shared = of_second.iter().find(|group| of_first.contains(group));
            let ceiling = self.world.universe.items[second as usize].ceiling(level);
            let (Some((_, discount)), Some((low, high))) = (shared, ceiling) else { continue };
            let least = low / 1_000_000 * discount + 1_000_000;
            if first == second || low != high || self.price(second, hospital) <= least {
                continue;
            }
            let person = self.person();
            let from = self.day(month, (0, 4));
            let mut stay = self.dressed_stay(month, hospital, (from, from + 3));
            let noon = (from + 1) * DAY + 12 * 3600;
            for (item, time) in [(first, noon), (second, noon + 3600)] {
                let line = self.line(&stay, item, time);
                stay.lines.push(line);
            }
            stay.lines.last_mut()?.marks |= bit("operation-discount");
            return Some((person, vec![stay]));
        }
        None
    }
}
