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
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
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

    /// A place among other cuts, equal only for equal ones.
    fn order(&self) -> (i64, i64, i64, bool, bool, i64) {
        (self.units, self.price, self.amount, self.whole, self.any, self.bounded)
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
        self.allowed_less(billed, 0)
    }

    /// The same, where cuts that are not among these refuse `less` beside them.
    fn allowed_less(&self, billed: Billed, less: i64) -> i64 {
        let found = self.allowed_as_found(billed).saturating_sub(less);
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

    /// Whether nothing of the line is payable.
    pub fn is_whole(&self) -> bool {
        self.whole
    }

    /// The largest cut by units, 10⁻⁴ unit.
    pub fn units(&self) -> Option<i64> {
        (self.units != 0).then_some(self.units)
    }

    /// The lowest price, 10⁻⁶ yuan.
    pub fn price(&self) -> Option<i64> {
        (self.price != i64::MAX).then_some(self.price)
    }

    /// The lowest amount, fen.
    pub fn amount(&self) -> Option<i64> {
        (self.amount != i64::MAX).then_some(self.amount)
    }

    /// The most that cuts bounded by a review refuse of `billed`.
    pub fn reviewed(&self, billed: Billed) -> Option<i64> {
        (self.bounded != i64::MAX).then(|| billed.amount.saturating_sub(self.bounded))
    }
}

/// Tells what a cut adds at most to any others: its part of the billed amount, rounded up to the fen, as
/// on a line billed below quantity × price; and never less than it refuses alone.
///
/// # Panics
///
/// If a product leaves 128 bits, which two numbers of 63 bits cannot.
pub fn reach(cut: Cut, billed: Billed) -> i64 {
    let alone = billed.amount.saturating_sub(Cuts::only(cut).allowed(billed));
    let (part, of) = match cut {
        Cut::Units(units) => (units.min(billed.cnt), billed.cnt),
        Cut::Price(price) => (billed.pric.saturating_sub(price.max(0)), billed.pric),
        Cut::Amount(_) | Cut::Whole => return alone,
    };
    if part <= 0 || of <= 0 {
        return alone;
    }
    let product = i128::from(billed.amount.max(0)).checked_mul(i128::from(part));
    let product = product.expect("two numbers of 63 bits each have a product of 126 bits");
    let up = i64::from(product.checked_rem(i128::from(of)) != Some(0));
    let floor = product.checked_div(i128::from(of)).and_then(|floor| i64::try_from(floor).ok());
    floor.map_or(alone, |floor| floor.saturating_add(up).max(alone))
}

/// All cuts of a line so far, of which some may add only so much to the others.
///
/// What is payable is the most that is left if each of those either counts as it was found or is left
/// out and refuses what it may: so it adds at most that, and nothing is changed where it adds less.
#[derive(Clone, Debug, Default)]
pub struct Joint {
    /// All of them as found.
    all: Cuts,
    /// Those that count if others are left out, and what these may refuse; each set of cuts once.
    besides: Vec<(Cuts, i64)>,
}

impl Joint {
    /// Adds a cut.
    pub fn add(&mut self, cut: Cut) {
        self.all.add(cut);
        self.besides.iter_mut().for_each(|(cuts, _)| cuts.add(cut));
    }

    /// Adds a cut of which a review lets less be refused than it would be alone: [`Cuts::add_bounded`].
    pub fn add_bounded(&mut self, billed: Billed, most: i64) {
        self.all.add_bounded(billed, most);
        self.besides.iter_mut().for_each(|(cuts, _)| cuts.add_bounded(billed, most));
    }

    /// Adds a cut of which a review lets at most `most` be refused, not less than it would be alone.
    pub fn add_at_most(&mut self, cut: Cut, most: i64) {
        let mut besides = vec![(self.all, most.max(0))];
        besides.extend(self.besides.iter().map(|&(cuts, less)| (cuts, less.saturating_add(most))));
        self.add(cut);
        besides.append(&mut self.besides);
        // Of equal cuts only the way that refuses least beside them can count.
        besides.sort_by_key(|&(cuts, less)| (cuts.order(), less));
        besides.dedup_by_key(|&mut (cuts, _)| cuts);
        besides.retain(|(cuts, _)| *cuts != self.all);
        self.besides = besides;
    }

    /// The cuts that count, and what those that are left out refuse beside them: where several ways leave
    /// the most, one with the largest quantity.
    pub fn counting(&self, billed: Billed) -> (Cuts, i64) {
        let rank =
            |(cuts, less): (Cuts, i64)| (cuts.allowed_less(billed, less), cuts.refused_cnt(billed));
        let ways = self.besides.iter().copied();
        ways.fold((self.all, 0), |best, way| if rank(best) < rank(way) { way } else { best })
    }

    /// What is payable of `billed`.
    pub fn allowed(&self, billed: Billed) -> i64 {
        let (cuts, less) = self.counting(billed);
        cuts.allowed_less(billed, less)
    }

    /// The quantity not payable, of the cuts that count.
    pub fn refused_cnt(&self, billed: Billed) -> i64 {
        self.counting(billed).0.refused_cnt(billed)
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
    fn a_review_bounds_what_a_cut_adds_beside_others_and_changes_nothing_above_it() {
        // Two units at the price of one: a unit less, or 36.67 a unit, pays all; both pay 36.67.
        let line = Billed { cnt: 20_000, pric: 45_670_000, amount: 4_567 };
        let (units, price) = (Cut::Units(10_000), Cut::Price(36_670_000));
        assert_eq!([units, price].map(|cut| Cuts::only(cut).allowed(line)), [4_567, 4_567]);
        assert_eq!([units, price].map(|cut| reach(cut, line)), [2_284, 900]);
        let together = |units_at_most: Option<i64>, price_at_most: Option<i64>| {
            let mut cuts = Joint::default();
            for (cut, most) in [(price, price_at_most), (units, units_at_most)] {
                match most {
                    Some(most) => cuts.add_at_most(cut, most),
                    None => cuts.add(cut),
                }
            }
            (cuts.allowed(line), cuts.refused_cnt(line))
        };
        assert_eq!(together(None, None), (3_667, 10_000));
        assert_eq!(together(Some(900), None), (3_667, 10_000));
        assert_eq!(together(Some(899), None), (3_668, 0));
        assert_eq!(together(Some(0), None), (4_567, 0));
        assert_eq!(together(Some(0), Some(0)), (4_567, 10_000));
        assert_eq!(together(None, Some(0)), (4_567, 10_000));
        assert_eq!(together(Some(500), Some(300)), (4_267, 10_000));
    }

    #[test]
    fn half_a_fen_of_the_allowed_part_rounds_up() {
        let line = Billed { cnt: 10_000, pric: 12_345_000, amount: 1_235 };
        assert_eq!(Cuts::only(Cut::Units(0)).allowed(line), 1_235);
        assert_eq!(Cuts::only(Cut::Price(12_344_999)).allowed(line), 1_234);
    }
}
