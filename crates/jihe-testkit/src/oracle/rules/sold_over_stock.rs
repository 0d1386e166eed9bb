//! sold-over-stock: more units billed by an institution than its stock allows
//! (semantics, section 7; `inventory`).

use std::collections::BTreeMap;

use crate::oracle::civil::{civil, day_of};
use crate::oracle::context::{Context, Verdicts, excess};
use crate::oracle::decimal::narrow;
use crate::oracle::reference::StockMove;

/// Judges groups of institution and item, across persons.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let mut verdicts = Verdicts::default();
    let month_of = |time: i64| {
        let (year, month, _) = civil(day_of(time));
        (year, month)
    };
    let last = context.net.lines.iter().map(|line| line.fee_ocur_time).max();
    let Some(last_month) = last.map(month_of) else { return verdicts };
    let mut groups: BTreeMap<_, Vec<(usize, i64, i64)>> = BTreeMap::new();
    for (place, line) in context.lines() {
        let item = line.med_list_codg.clone().unwrap_or_else(|| line.hilist_code.clone());
        let is_its = |row: &&StockMove| {
            row.fixmedins_code == line.fixmedins_code
                && row.med_list_codg == item
                && month_of(row.event_time) <= last_month
        };
        let moves: Vec<_> = context.reference.inventory.iter().flatten().filter(is_its).collect();
        if moves.is_empty() {
            verdicts.not_evaluable.push(line.bkkp_sn.clone());
            continue;
        }
        let available = moves.iter().map(|row| row.cnt).sum::<i64>().max(0);
        let limit = with_tolerance(context, available);
        let key = (line.fixmedins_code.clone(), item);
        groups.entry(key).or_default().push((place, line.cnt, limit));
    }
    for group in groups.values() {
        let cuts = excess(group);
        if !cuts.is_empty() {
            verdicts.hits.push(context.hit(cuts));
        }
    }
    verdicts
}

/// `available x (1 + tolerance)`, rounded up to 10^-4 unit.
fn with_tolerance(context: &Context<'_>, available: i64) -> i64 {
    let factor = i128::from(1_000_000 + context.param("tolerance", 50_000));
    narrow((i128::from(available) * factor + 999_999) / 1_000_000)
}
