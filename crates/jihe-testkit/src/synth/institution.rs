//! Hospitals of three levels and pharmacies.

use super::random::{Draw, Zipf};

/// An institution.
#[derive(Clone, Debug)]
pub(super) struct Institution {
    /// `fixmedins_code`.
    pub(super) code: String,
    /// 1 to 3; 0 is a pharmacy.
    pub(super) level: u8,
}

/// At most so many hospitals, the busiest, keep stock records.
const MOST_WITH_STOCK: usize = 24;

/// All of them: hospitals first, the busiest first.
#[derive(Clone, Debug)]
pub(super) struct Institutions {
    /// In order of index.
    pub(super) all: Vec<Institution>,
    /// How many are hospitals.
    pub(super) n_hospitals: usize,
    hospitals: Zipf,
    pharmacies: Zipf,
}

impl Institutions {
    /// As many as `n_lines` lines keep busy.
    pub(super) fn new(n_lines: u64, draw: &mut Draw) -> Self {
        let n_all = (n_lines / 6000).clamp(16, 6000) as usize;
        let n_hospitals = n_all * 7 / 10;
        let mut all = Vec::with_capacity(n_all);
        for index in 0..n_all {
            let level = match (index < n_hospitals, index * 10 / n_hospitals) {
                (false, _) => 0,
                (true, 0 | 1) => 3,
                (true, 2..=4) => 2,
                (true, _) => 1,
            };
            let letter = if level == 0 { 'P' } else { 'H' };
            let code = format!("{letter}3301{:02}{:05}", draw.below(13) + 1, index + 1);
            all.push(Institution { code, level });
        }
        let n_pharmacies = n_all - n_hospitals;
        Self {
            all,
            n_hospitals,
            hospitals: Zipf::new(n_hospitals),
            pharmacies: Zipf::new(n_pharmacies),
        }
    }

    /// How many institutions, the first ones, keep stock records.
    pub(super) fn n_with_stock(&self) -> usize {
        self.n_hospitals.min(MOST_WITH_STOCK)
    }

    /// A hospital.
    pub(super) fn hospital(&self, draw: &mut Draw) -> u32 {
        self.hospitals.rank(draw) as u32
    }

    /// A pharmacy.
    pub(super) fn pharmacy(&self, draw: &mut Draw) -> u32 {
        (self.n_hospitals + self.pharmacies.rank(draw)) as u32
    }

    /// A hospital of a level that `suits`, if there is one.
    pub(super) fn hospital_where(
        &self,
        draw: &mut Draw,
        suits: impl Fn(u8) -> bool,
    ) -> Option<u32> {
        let start = draw.below(self.n_hospitals as u64) as usize;
        (0..self.n_hospitals)
            .map(|step| (start + step) % self.n_hospitals)
            .find(|index| suits(self.all[*index].level))
            .map(|index| index as u32)
    }

    /// Another hospital than `one`.
    pub(super) fn another_hospital(&self, draw: &mut Draw, one: u32) -> u32 {
        let step = 1 + draw.below(self.n_hospitals as u64 - 1) as usize;
        ((one as usize + step) % self.n_hospitals) as u32
    }

    /// The level of an institution; 0 is a pharmacy.
    pub(super) fn level(&self, index: u32) -> u8 {
        self.all[index as usize].level
    }
}
