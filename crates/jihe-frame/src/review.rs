//! What people decided of a finding.

/// What a review decided.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Decision {
    /// The finding stands and refuses, whatever its grade.
    Confirmed,
    /// The finding falls: it neither refuses nor holds.
    Dismissed,
    /// The finding stands for an amount of its own, and refuses no more than that.
    Appealed,
}

impl Decision {
    /// The word that results use.
    pub fn word(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Dismissed => "dismissed",
            Self::Appealed => "appealed",
        }
    }
}

/// The review of one finding.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Review {
    /// What was decided.
    pub decision: Decision,
    /// The most that the finding may refuse of all its lines, fen; all that it found if none.
    pub amount: Option<i64>,
    /// Why, in the reviewer's words; may be empty.
    pub reason: String,
}

impl Review {
    /// Whether the finding refuses even if it is not definite.
    pub fn stands(&self) -> bool {
        self.decision != Decision::Dismissed
    }

    /// The most that the finding may refuse, fen; `None` without a bound.
    pub fn most(&self) -> Option<i64> {
        match self.decision {
            Decision::Confirmed | Decision::Appealed => self.amount,
            Decision::Dismissed => Some(0),
        }
    }
}
