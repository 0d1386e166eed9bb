//! frequent-stays: one of too many stays; nothing is cut (semantics, section 7).

use crate::oracle::context::{Context, Verdicts};
use crate::oracle::rules::frequent_visits::judge_by;

/// Judges stays by their days of admission.
pub fn judge(context: &Context<'_>) -> Verdicts {
    judge_by(context, ("stays", 2, 30), &|_, in_stay| in_stay, true)
}
