//! Hospitals of three levels and pharmacies.

use super::random::{Draw, Zipf};

/// What is odd about an institution; nobody goes to an odd one but to break a rule there.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Quirk {
    /// Nothing.
    None,
    /// Its agreement ended before the first month.
    Closed,
    /// Its figures are far from those of its peers.
    Outlier,
    /// It has one bed.
    Crowded,
    /// It opened just before the first month.
    New,
    /// It was penalised just before the first month.
    Penalised,
    /// It has no physician.
    Unstaffed,
    /// It has too few insurance managers.
    Unmanaged,
    /// It is large and has no insurance department.
    Undepartmented,
    /// A pharmacy without a pharmacist.
    Unpharmacied,
    /// A pharmacy with too little in stock.
    Understocked,
}

/// The odd institutions with their levels; those that fall short of admission come last.
const ODD: [(Quirk, u8); 10] = [
    (Quirk::Closed, 2),
    (Quirk::Outlier, 1),
    (Quirk::Crowded, 1),
    (Quirk::New, 1),
    (Quirk::Penalised, 2),
    (Quirk::Unstaffed, 1),
    (Quirk::Unmanaged, 1),
    (Quirk::Undepartmented, 2),
    (Quirk::Unpharmacied, 0),
    (Quirk::Understocked, 0),
];

/// How many of [`ODD`] fall short of a condition of admission.
const N_SHORT: u64 = 7;

/// An institution.
#[derive(Clone, Debug)]
pub(super) struct Institution {
    /// `fixmedins_code`.
    pub(super) code: String,
    /// 1 to 3; 0 is a pharmacy.
    pub(super) level: u8,
    /// What is odd about it.
    pub(super) quirk: Quirk,
}

/// At most so many hospitals, the busiest, keep stock records.
const MOST_WITH_STOCK: usize = 24;

/// All of them: hospitals first, the busiest first; then pharmacies, then the odd ones.
#[derive(Clone, Debug)]
pub(super) struct Institutions {
    /// In order of index.
    pub(super) all: Vec<Institution>,
    /// How many are hospitals that people go to.
    pub(super) n_hospitals: usize,
    n_usual: usize,
    hospitals: Zipf,
    pharmacies: Zipf,
}

impl Institutions {
    /// As many as `n_lines` lines keep busy.
    pub(super) fn new(n_lines: u64, draw: &mut Draw) -> Self {
        let n_usual = (n_lines / 6000).clamp(16, 6000) as usize;
        let n_hospitals = n_usual * 7 / 10;
        let mut all = Vec::with_capacity(n_usual + ODD.len());
        let mut add = |level: u8, quirk: Quirk| {
            let letter = if level == 0 { 'P' } else { 'H' };
            let code = format!("{letter}3301{:02}{:05}", draw.below(13) + 1, all.len() + 1);
            all.push(Institution { code, level, quirk });
        };
        for index in 0..n_usual {
            let level = match (index < n_hospitals, index * 10 / n_hospitals) {
                (false, _) => 0,
                (true, 0 | 1) => 3,
                (true, 2..=4) => 2,
                (true, _) => 1,
            };
            add(level, Quirk::None);
        }
        for (quirk, level) in ODD {
            add(level, quirk);
        }
        Self {
            all,
            n_hospitals,
            n_usual,
            hospitals: Zipf::new(n_hospitals),
            pharmacies: Zipf::new(n_usual - n_hospitals),
        }
    }

    /// The institution with a quirk.
    pub(super) fn odd(&self, quirk: Quirk) -> u32 {
        let place = ODD.iter().position(|(odd, _)| *odd == quirk).unwrap_or(0);
        (self.n_usual + place) as u32
    }

    /// The nth of those that fall short of a condition of admission, again from the first after all.
    pub(super) fn short(&self, nth: u64) -> u32 {
        (self.all.len() as u64 - N_SHORT + nth % N_SHORT) as u32
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
