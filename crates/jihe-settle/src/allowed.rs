//! The allowed part of a line under its cuts.

use jihe_frame::Cut;
use jihe_terms::half_up;
use jihe_terms::money::UNIT_PRICE_PER_FEN;

/// What a line bills.
#[derive(Clone, Copy, Debug)]
pub struct Billed {
    /// Quantity, 10⁻⁴ unit.
    pub cnt: i64,
    /// Unit price, 10⁻⁶ yuan.
    pub pric: i64,
    /// Amount, fen.
    pub amount: i64,
}

/// All cuts of a line so far: the largest of each kind.
#[derive(Clone, Copy, Debug)]
pub struct Cuts {
    units: i64,
    price: i64,
    amount: i64,
    whole: bool,
    any: bool,
    /// What cuts that a review bounded leave payable.
    bounded: i64,
}

impl Default for Cuts {
    fn default() -> Self {
        let (units, price, amount, bounded) = (0, i64::MAX, i64::MAX, i64::MAX);
        Self { units, price, amount, whole: false, any: false, bounded }
    }
}

impl Cuts {
    /// One cut alone.
    pub fn only(cut: Cut) -> Self {
        let mut cuts = Self::default();
        cuts.add(cut);
        cuts
    }

    /// Adds a cut; the larger one of its kind counts.
    pub fn add(&mut self, cut: Cut) {
        self.any = true;
        match cut {
            Cut::Units(units) => self.units = self.units.max(units),
            Cut::Price(price) => self.price = self.price.min(price),
            Cut::Amount(amount) => self.amount = self.amount.min(amount),
            Cut::Whole => self.whole = true,
        }
    }

    /// Adds a cut of which a review lets at most `most` be refused alone: less than it would be.
    ///
    /// It is no cut of its kind any more, but the same as any other reason to pay `billed − most`.
    pub fn add_bounded(&mut self, billed: Billed, most: i64) {
        self.bounded = self.bounded.min(billed.amount.saturating_sub(most.max(0)));
    }

    /// What is payable of `billed`: `min(billed, half_up((cnt − q) × min(pric, p)), a)`, 0 if whole.
    ///
    /// # Panics
    ///
    /// If a product leaves 128 bits, which no column of the platform can reach.
    pub fn allowed(&self, billed: Billed) -> i64 {
        let found = self.allowed_as_found(billed);
        found.min(self.bounded.max(0)).min(billed.amount)
    }

    fn allowed_as_found(&self, billed: Billed) -> i64 {
        if !self.any {
            return billed.amount;
        }
        if self.whole {
            return 0;
        }
        let cnt = billed.cnt.saturating_sub(self.units).max(0);
        let pric = billed.pric.min(self.price).max(0);
        let product = i128::from(cnt).checked_mul(i128::from(pric));
        let value = product.and_then(|product| half_up(product, UNIT_PRICE_PER_FEN));
        let value = value.expect("quantity and price of 63 bits each have a product of 126 bits");
        let value = i64::try_from(value).unwrap_or(i64::MAX);
        billed.amount.min(value).min(self.amount.max(0)).max(0).min(billed.amount.max(0))
    }

    /// The quantity not payable, for reports: all of it if whole.
    pub fn refused_cnt(&self, billed: Billed) -> i64 {
        if self.whole { billed.cnt } else { self.units.min(billed.cnt) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: Billed = Billed { cnt: 30_000, pric: 120_000_000, amount: 36_000 };

    #[test]
    fn the_largest_cut_counts_and_not_the_sum() {
        let mut cuts = Cuts::default();
        assert_eq!(cuts.allowed(LINE), 36_000);
        cuts.add(Cut::Units(10_000));
        assert_eq!(cuts.allowed(LINE), 24_000);
        cuts.add(Cut::Units(5_000));
        assert_eq!(cuts.allowed(LINE), 24_000);
        cuts.add(Cut::Price(100_000_000));
        assert_eq!(cuts.allowed(LINE), 20_000);
        cuts.add(Cut::Amount(19_999));
        assert_eq!(cuts.allowed(LINE), 19_999);
        cuts.add(Cut::Whole);
        assert_eq!(cuts.allowed(LINE), 0);
    }

    #[test]
    fn a_price_above_the_standard_is_cut_to_it() {
        assert_eq!(Cuts::only(Cut::Price(100_000_000)).allowed(LINE), 30_000);
        assert_eq!(Cuts::only(Cut::Price(120_000_000)).allowed(LINE), 36_000);
    }

    #[test]
    fn a_review_bounds_what_a_cut_refuses_and_leaves_the_others() {
        let mut cuts = Cuts::default();
        cuts.add_bounded(LINE, 1_000);
        assert_eq!(cuts.allowed(LINE), 35_000);
        cuts.add_bounded(LINE, 0);
        assert_eq!(cuts.allowed(LINE), 35_000);
        // A line that bills more than quantity × price is not cut to the product by a bound.
        assert_eq!(cuts.allowed(Billed { cnt: 10_000, ..LINE }), 35_000);
        cuts.add(Cut::Units(10_000));
        assert_eq!(cuts.allowed(LINE), 24_000);
    }

    #[test]
    fn half_a_fen_of_the_allowed_part_rounds_up() {
        let line = Billed { cnt: 10_000, pric: 12_345_000, amount: 1_235 };
        assert_eq!(Cuts::only(Cut::Units(0)).allowed(line), 1_235);
        assert_eq!(Cuts::only(Cut::Price(12_344_999)).allowed(line), 1_234);
    }
}
