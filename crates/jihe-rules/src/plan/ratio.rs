//! What an institution's indicator is made of.

use crate::expr::Expr;

/// A ratio of two sums over what an institution billed, held against its peers or a target.
///
/// Rate = Σ above ÷ Σ below in 10⁻⁶, half up. With a row of the table `indicator_target` for the
/// institution the limit is that row's target; else it is the median of its peers, moved by the
/// parameter `distance`, if there are as many peers as the parameter `peers` asks for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Ratio {
    /// What is summed.
    pub over: Over,
    /// Added to the sum above the line, a number.
    pub above: Expr,
    /// Added to the sum below the line, a number.
    pub below: Expr,
    /// Which subjects count above the line; all if none.
    pub part: Option<Expr>,
    /// Table of classes: a line counts above the line of each class that it belongs to.
    pub classes: Option<String>,
    /// On which side of the limit an institution stands out.
    pub side: Side,
    /// How the rate is shown.
    pub unit: RatioUnit,
    /// Place of the parameter `distance`, Number(6).
    pub distance: usize,
    /// Place of the parameter `peers`, Number(0).
    pub peers: usize,
}

/// What a ratio sums.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Over {
    /// Net lines with quantity above 0.
    Lines,
    /// Net settlements.
    Settlements,
    /// Encounters that have such lines, each with its cost.
    Encounters,
    /// Stays, each with the person's former stay at the institution, if there is one.
    Stays,
}

impl Over {
    /// All of them with their words.
    pub const ALL: [(&'static str, Self); 4] = [
        ("lines", Self::Lines),
        ("settlements", Self::Settlements),
        ("encounters", Self::Encounters),
        ("stays", Self::Stays),
    ];

    /// Its word.
    pub fn word(self) -> &'static str {
        Self::ALL.into_iter().find(|&(_, over)| over == self).map_or("", |(word, _)| word)
    }
}

/// The side of the limit that is looked at.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Side {
    /// Above it.
    High,
    /// Below it.
    Low,
}

/// How a rate is shown.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RatioUnit {
    /// In per cent.
    Percent,
    /// In yuan.
    Yuan,
}

impl Ratio {
    /// By which power of ten the sum above is multiplied before it is divided by the sum below, to
    /// give 10⁻⁶; `None` if the sums have too many decimals.
    pub fn scale(&self) -> Option<u32> {
        use crate::expr::Type;
        match (self.above.ty(), self.below.ty()) {
            (Type::Number(above), Type::Number(below)) if below <= 6 => {
                below.saturating_add(6).checked_sub(above)
            }
            _ => None,
        }
    }
}
