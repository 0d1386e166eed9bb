//! over-supply: more days of medicine in a line than its kind allows; whole packs are allowed up
//! to the limit (semantics, section 7; `supply_kind`, `supply_limit`).

use crate::oracle::context::{Context, Cut, Verdicts, number};
use crate::oracle::decimal::narrow;
use crate::oracle::supply::{Supply, is_sold_drug, kind_of, supply_of};

/// Judges every line by itself.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let mut verdicts = Verdicts::default();
    if ["supply_kind", "supply_limit"].iter().any(|table| context.pack.table(table).is_empty()) {
        return verdicts;
    }
    for (place, line) in context.lines() {
        let (kind, exact, days) = match supply_of(context, line) {
            Supply::NotApplicable => continue,
            Supply::NotEvaluable if is_sold_drug(context, line).is_none() => {
                verdicts.not_evaluable.push(line.bkkp_sn.clone());
                continue;
            }
            Supply::NotEvaluable => (kind_of(context, line), (0, 1), 0),
            Supply::Dispensed { kind, exact, days } => (kind, exact, days),
        };
        // A line of no kind, or of one without a limit that day, is none of this rule's concern.
        let Some(kind) = kind else { continue };
        let rows = context.pack.rows("supply_limit", line.day(), ("kind", &kind));
        let Some(limit) = rows.first().and_then(|row| number(row, "days", 4)) else { continue };
        if days == 0 {
            verdicts.not_evaluable.push(line.bkkp_sn.clone());
            continue;
        }
        if days <= limit {
            continue;
        }
        // Packs = limit x cnt / days; limit and cnt are 10^-4, days the exact fraction.
        let above = i128::from(limit) * i128::from(line.cnt) * exact.1;
        let below = exact.0 * 100_000_000;
        let packs = (above + below - 1) / below;
        let over = line.cnt - narrow(packs * 10_000);
        if 0 < over {
            verdicts.hits.push(context.line_hit(place, Cut::Units(over)));
        }
    }
    verdicts
}
