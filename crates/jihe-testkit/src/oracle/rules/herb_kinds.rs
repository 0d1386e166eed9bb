//! herb-kinds: more different herbs in one prescription of a visit than it may have; nothing is cut
//! (semantics, section 7).

use crate::oracle::context::{Context, Verdicts};
use crate::oracle::rules::drug_kinds::judge_kinds;

/// Judges groups of encounter and order number.
pub fn judge(context: &Context<'_>) -> Verdicts {
    judge_kinds(context, &["102", "106"], 18)
}
