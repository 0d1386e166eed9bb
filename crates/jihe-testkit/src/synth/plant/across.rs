//! Violations that lines of several persons show together.

use super::super::draft::Oddity;
use super::super::item::Kind;
use super::super::reference::PLENTY;
use super::super::scribe::Scribe;
use super::{Case, Planted, bit, mark_excess};

impl Scribe<'_> {
    /// More sold than the institution ever had.
    pub(super) fn over_stock(&mut self, month: usize) -> Option<Planted> {
        let n_hospitals = self.world.institutions.n_with_stock() as u64;
        let nth = self.n_stock_plants;
        // The other half of the items is never bought at all.
        let items = &self.world.pools.stock;
        let item = *items[..items.len() / 2].get((nth / n_hospitals) as usize)?;
        self.n_stock_plants += 1;
        let hospital = (nth % n_hospitals) as u32;
        let mut cases: Vec<Case> = Vec::new();
        let mut sold = 0;
        for _ in 0..3 {
            let mut person = self.person();
            let day = self.day(month, (0, 0));
            let mut visit = self.visit(month, hospital, day);
            let cnt = self.draw.between(4, 30) * 10_000;
            self.add(&mut visit, &mut person, item, cnt);
            sold += cnt;
            cases.push((person, vec![visit]));
        }
        let day = self.world.months[month].first;
        let tolerance = self.world.law.micro(("sold-over-stock", "tolerance"), day, 0);
        let most = 100_000_000 / (1_000_000 + tolerance) - 3;
        let stock = (sold / 100 * self.draw.between(30, most) / 10_000 * 10_000).max(10_000);
        let limit = (stock * (1_000_000 + tolerance) + 999_999) / 1_000_000;
        let mut in_order: Vec<usize> = (0..cases.len()).collect();
        in_order.sort_by(|left, right| cases[*left].0.number.cmp(&cases[*right].0.number));
        let mut lines: Vec<_> =
            in_order.iter().map(|index| cases[*index].1[0].lines[0].clone()).collect();
        mark_excess(lines.iter_mut(), limit, bit("sold-over-stock"));
        for (index, line) in in_order.into_iter().zip(lines) {
            cases[index].1[0].lines[0] = line;
        }
        Some(Planted { cases, stock: Some((hospital, item, stock)) })
    }

    /// An item that the institution has no stock record of, but it has one of another.
    pub(super) fn never_bought(&mut self, month: usize) -> Option<Planted> {
        let items = &self.world.pools.stock;
        let item = self.draw.pick(&items[items.len() / 2..]);
        let hospital = self.draw.below(self.world.institutions.n_with_stock() as u64) as u32;
        let mut person = self.person();
        let day = self.day(month, (0, 0));
        let mut visit = self.dressed_visit_at(&mut person, month, (hospital, day));
        self.add(&mut visit, &mut person, item, 10_000);
        visit.lines.last_mut()?.marks |= bit("never-bought");
        let other = self.world.universe.plain(Kind::Consumable).item(&mut self.draw);
        let stock = Some((hospital, other, PLENTY));
        Some(Planted { cases: vec![(person, vec![visit])], stock })
    }

    /// One trace code on lines of two persons; codes of opened packs may stand on both.
    pub(super) fn reused_trace(&mut self, month: usize) -> Option<Planted> {
        let mut cases = self.traced_pair(month)?;
        let code = cases[0].1[0].lines.last()?.code;
        let later = usize::from(cases[0].0.number < cases[1].0.number);
        for (index, (_, visits)) in cases.iter_mut().enumerate() {
            let line = visits[0].lines.last_mut()?;
            line.code = code;
            if index == later {
                line.marks |= bit("trace-reused");
            }
        }
        if 0 < self.world.n_dressing && self.draw.chance(300) {
            let mut opened = self.traced_pair(month)?;
            for (_, visits) in &mut opened {
                let line = visits[0].lines.last_mut()?;
                (line.code, line.oddity) = (code + (1 << 40), Oddity::Opened);
            }
            cases.append(&mut opened);
        }
        Some(Planted { cases, stock: None })
    }

    /// Two persons whose last line is one pack of the same drug.
    fn traced_pair(&mut self, month: usize) -> Option<Vec<Case>> {
        let mut cases = Vec::new();
        let mut person = self.person();
        let item = self.fresh_drug(&person, self.world.months[month].first)?;
        let group = self.world.universe.items[item as usize].supply_group;
        for _ in 0..2 {
            let day = self.day(month, (0, 0));
            let mut visit = self.dressed_visit(&mut person, month, day);
            visit
                .lines
                .retain(|line| self.world.universe.items[line.item as usize].supply_group != group);
            self.add(&mut visit, &mut person, item, 10_000);
            cases.push((person, vec![visit]));
            person = self.person();
        }
        Some(cases)
    }
}
