//! What the benefit policy comes to beside what was paid.

/// A settlement by the policy and as it was paid; money in fen.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct SettlementBenefit {
    /// Index of the settlement.
    pub settlement: u32,
    /// Code of the institution.
    pub institution: u32,
    /// Row of the pack's table `benefit_kind`.
    pub kind: u32,
    /// Amount of its lines.
    pub amount: i64,
    /// In-policy amount by the policy.
    pub in_policy: i64,
    /// Deductible used by the policy.
    pub deductible: i64,
    /// What the cap of the year takes off.
    pub over_cap: i64,
    /// The fund's part by the policy.
    pub fund: i64,
    /// In-policy amount as settled.
    pub settled_in_policy: i64,
    /// What the fund paid.
    pub settled_fund: i64,
    /// Deductible that earlier settlements of the year used.
    pub used_deductible: i64,
    /// What the fund paid earlier in the year.
    pub used_fund: i64,
}

/// A line by the policy; money in fen. Its parts add up to its amount.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct LineBenefit {
    /// Index of the settlement.
    pub settlement: u32,
    /// Canonical number.
    pub line: u32,
    /// Outside the catalogue.
    pub outside: i64,
    /// Above the price ceiling.
    pub over_price: i64,
    /// The person's first share.
    pub first_share: i64,
    /// In policy.
    pub in_policy: i64,
    /// The fund's part of it.
    pub fund: i64,
}

/// All that the benefit policy says of a month.
#[derive(Clone, Debug, Default)]
pub struct Benefits {
    /// By settlement, in the order of their ids.
    pub settlements: Vec<SettlementBenefit>,
    /// By settlement, then canonical number.
    pub lines: Vec<LineBenefit>,
}

impl Benefits {
    /// Puts them in order, each once.
    pub fn sort(&mut self) {
        self.settlements.sort_unstable();
        self.settlements.dedup();
        self.lines.sort_unstable();
        self.lines.dedup();
    }

    /// Adds those of another part.
    pub fn append(&mut self, mut other: Self) {
        self.settlements.append(&mut other.settlements);
        self.lines.append(&mut other.lines);
    }
}
