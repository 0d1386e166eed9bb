//! frequent-purchases: one of too many purchases at pharmacies; nothing is cut (semantics,
//! section 7).

use crate::oracle::context::{Context, Verdicts};
use crate::oracle::rules::frequent_visits::judge_by;

/// Judges purchases.
pub fn judge(context: &Context<'_>) -> Verdicts {
    judge_by(context, ("purchases", 15, 30), &|kind, _| kind.starts_with("41"), false)
}
