//! contained-consumable: consumable b is billed beside service a, of which it is a part
//! (semantics, section 7; `contained_consumable`).

use crate::oracle::context::{Context, Verdicts};

use super::contained_item::judge_by;

/// Judges as for contained items, by the table of consumables.
pub fn judge(context: &Context<'_>) -> Verdicts {
    judge_by(context, "contained_consumable")
}
