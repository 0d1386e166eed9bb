//! What the benefit policy pays: the in-policy part of a line, and the fund's part of a settlement.
//!
//! In: amounts in fen, prices in 10⁻⁶ yuan, ratios in millionths. Out: the parts of each amount,
//! which add up to it. Not here: which class, ratio, price, segment or cap applies (`jihe-engine`).
//! Money is rounded in four places and nowhere else: the payable price, the person's first share,
//! each segment's payment, and the split of the fund's payment over the lines.
//!
//! Source: order of a settlement by the platform's settlement list (基金结算清单): items by class and
//! first share, deductible, segments, cap of the year.

pub mod line;
pub mod settlement;
