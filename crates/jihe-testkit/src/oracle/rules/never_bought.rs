//! never-bought: billed, and nothing of the item came into the institution's stock before.

use crate::oracle::civil::day_of;
use crate::oracle::context::{Context, Cut, Verdicts};
use crate::oracle::reference::StockMove;

/// Judges every line of a drug or consumable.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let mut verdicts = Verdicts::default();
    let days = context.whole_param("days", 90);
    for (place, line) in context.lines() {
        let kind = context.list_type(line);
        if kind.as_deref().is_some_and(|kind| !["101", "102", "103", "301"].contains(&kind)) {
            continue;
        }
        let of_house = |row: &&StockMove| row.fixmedins_code == line.fixmedins_code;
        let moves: Vec<&StockMove> =
            context.reference.inventory.iter().flatten().filter(of_house).collect();
        if kind.is_none() || moves.is_empty() {
            verdicts.not_evaluable.push(line.bkkp_sn.clone());
            continue;
        }
        let item = line.med_list_codg.clone().unwrap_or_else(|| line.hilist_code.clone());
        let came = moves.iter().any(|row| {
            let before = line.day() - day_of(row.event_time);
            row.med_list_codg == item && 0 < row.cnt && (0..=days).contains(&before)
        });
        if !came {
            verdicts.hits.push(context.line_hit(place, Cut::Whole));
        }
    }
    verdicts
}
